"""Every fault of PubMed at every request of a night: the right state and exit code, nothing lost, nothing doubled.

The night is a real one (full re-run with history pages, fetches, citations in both directions, changed records,
surveillance, registries, linking, extraction, full texts) over ten records of the packaged archive, a month after the
first: two records are new, one gained an erratum, one is found by a citation only, one has a full text. Ranking and
publishing are left to other tests. Each fault strikes every request once, and in other nights every request from the
first of a kind on. After a night that was not survived, a clean one must end in the state of an undisturbed one.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from extract.pubmed.replay import Fault, ReplayServer, SeenRequest
from extract.schema.vocabulary import SearchState
from extract.store.log import SearchRun, all_nights, search_log
from flows.context import NightContext, open_store
from flows.night import NightReport, StepName, opened_night, run_night
from flows.pubmed import entrez_settings
from flows.ranking import RankingOutcome
from flows.rehearsal import rehearsal_clock
from flows.screening_progress import ScreeningProgress
from flows.settings import Settings
from tests.extract.pubmed.samples import article, article_set
from tests.flows.jats import jats
from tests.nights import NIGHTS, archive_of, evidence_state, rehearsal, without_publishing

PMIDS = (
    "29777404",  # MF07-01
    "26363985",  # Tata Memorial
    "31082916",  # ABCSG-28
    "34995128",  # E2108; gains its erratum later
    "40615712",  # JCOG1017
    "22833684",  # JCOG1017's protocol
    "29542106",  # a systematic review
    "37025581",  # a review
    "42057318",  # appears later
    "28994557",  # appears later
)
CITING = "990000066"
"""Not found by the query; it cites MF07-01, so that following citations brings it in."""

PAGE = 6
"""Ids a page and records a batch: small, so that ten records are two pages."""

LATER = dt.date(2026, 12, 21)
"""The night that is disturbed: 31 days after the first, so that everything is asked again."""

HEAD = b'<?xml version="1.0" encoding="UTF-8" ?>\n'
HTML = b"<html><head><title>Service unavailable</title></head><body>Try again</body></html>"
Strike = Callable[[ReplayServer, SeenRequest], Fault | None]


def search_xml(inner: bytes) -> bytes:
    return HEAD + b"<eSearchResult>" + inner + b"</eSearchResult>"


def always(fault: Fault) -> Strike:
    return lambda _server, _request: fault


def right_answer(server: ReplayServer, request: SeenRequest) -> bytes:
    parameters: dict[str, list[str]] = {}
    for name, value in request.parameters:
        parameters.setdefault(name, []).append(value)
    return server.utilities.answer(request.utility, parameters).body


def recounted(step: int) -> Strike:
    """Strike searches: the right ids, and a count that is off by ``step``."""

    def strike(server: ReplayServer, request: SeenRequest) -> Fault | None:
        body = right_answer(server, request)
        found = re.search(rb"<Count>(\d+)</Count>", body)
        if request.utility != "esearch" or found is None:
            return None
        return Fault(body=body.replace(found.group(0), b"<Count>%d</Count>" % (int(found.group(1)) + step), 1))

    return strike


def one_record_short(server: ReplayServer, request: SeenRequest) -> Fault | None:
    """Strike fetches: the last record of the right answer is missing."""
    body = right_answer(server, request)
    if request.utility != "efetch" or request.parameter("db") == "pmc":
        return None
    return Fault(body=body[: body.rindex(b"<PubmedArticle>")] + b"</PubmedArticleSet>")


def expired(server: ReplayServer, _request: SeenRequest) -> Fault | None:
    """Let every history expire before the request is answered."""
    server.utilities.forget_histories()
    return None


HEALED: dict[str, Strike] = {
    "error in XML with 200": always(Fault(body=search_xml(b"<ERROR>Search Backend failed: timeout</ERROR>"))),
    "no count": always(Fault(body=search_xml(b"<IdList><Id>26363985</Id></IdList>"))),
    "id with letters": always(Fault(body=search_xml(b"<Count>1</Count><IdList><Id>12a4</Id></IdList>"))),
    "empty body": always(Fault(body=b"")),
    "web page with 200": always(Fault(body=HTML)),
    "another record": always(Fault(body=article_set(article(999_999)))),
    "entity expansion": always(
        Fault(body=b'<!DOCTYPE x [<!ENTITY a "a"><!ENTITY b "&a;&a;">]><eSearchResult>&b;</eSearchResult>')
    ),
    "truncated XML": always(Fault(mode="garble")),
    "broken off": always(Fault(mode="cut")),
    "closed": always(Fault(mode="close")),
    "reset": always(Fault(mode="reset")),
    "silence": always(Fault(mode="stall", seconds=0.8)),
    "slow drip": always(Fault(mode="drip", seconds=0.2)),
    "429 with Retry-After": always(Fault(status=429, body=b"{}", headers=(("Retry-After", "2"),))),
    "502": always(Fault(status=502)),
    "503": always(Fault(status=503, body=HTML)),
    "history expired": expired,
}
"""Faults of the moment: struck once they must cost nothing."""

LOUD: dict[str, Strike] = {
    "more counted than there are ids": recounted(+3),
    "fewer counted than there are ids": recounted(-1),
    "one record short": one_record_short,
    "field not found": always(
        Fault(body=search_xml(b"<Count>0</Count><IdList/><ErrorList><FieldNotFound>tiaab</FieldNotFound></ErrorList>"))
    ),
    "phrase ignored": always(
        Fault(
            body=search_xml(b"<Count>2</Count><IdList/><WarningList><PhraseIgnored>stage</PhraseIgnored></WarningList>")
        )
    ),
    "404": always(Fault(status=404, body=HTML)),
}
"""Faults that may end the search at once; what is not told must at least do no harm."""

OBSERVED = (
    "200_efetch_empty_set.xml",
    "200_efetch_unable_to_obtain_query.xml",
    "200_esearch_backend_failed_db.json",
    "200_esearch_backend_unresolved.json",
    "200_esearch_invalid_db.json",
    "200_esearch_quoted_phrase_not_found.json",
    "200_esearch_retstart_raw_newline.invalid.json",
    "200_esearch_webenv_expired.json",
    "400_api_key_invalid.json",
    "400_efetch_history_out_of_range.xml",
    "429_rate_limit.json",
    "500_ncbi_html_excerpt.html",
)
"""Bodies seen in the wild; the client's own suite holds every one, these are the kinds a night must tell apart."""

LATER_SOURCES = ("link", "full text")
EVERY_REQUEST = "EVERY_REQUEST"
"""Set in the environment, every fault strikes every request (tests/benchmarks/night_faults.py)."""

SLOW = ("silence", "slow drip")
"""Faults that cost real time, so they strike one request of each kind."""


@dataclass(frozen=True)
class Stage:
    """A night to disturb: the state folder before it, how it ends undisturbed, and the requests it makes."""

    before: Path
    night: dt.date
    server: ReplayServer
    undisturbed: dict[str, object]
    requests: tuple[SeenRequest, ...]


def short_night(
    settings: Settings, stage_night: dt.date, server: ReplayServer, *, hurried: bool = False
) -> NightReport:
    """Run a night up to publishing; waits between tries are skipped."""
    served = replace(settings, entrez_url=server.url)
    tuned = replace(
        entrez_settings(served),
        id_page_size=PAGE,
        batch_size=PAGE,
        requests_per_second=100_000,
        timeout_seconds=0.3 if hurried else 20.0,
        deadline_seconds=0.4 if hurried else 40.0,
    )
    with opened_night(served, night=stage_night, clock=rehearsal_clock(served, stage_night)) as opened:
        context = replace(opened, entrez=tuned, sleep=lambda _seconds: None)
        return run_night(context, run_step=lambda name, step: without_ranking(name, step, context))


def without_ranking(name: StepName, step: Callable[[], Any], context: NightContext) -> Any:
    """Run a step as it is, but neither rank nor publish: neither asks anybody anything."""
    if name == "ranking":
        return RankingOutcome(0, "left to other tests", ScreeningProgress(0, 0, 0))
    return without_publishing(name, step, context)


def copied(before: Path, folder: Path) -> Settings:
    shutil.copytree(before, folder)
    return rehearsal(folder)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """Return a folder in memory where there is one: hundreds of nights wait for the disk most of the time."""
    shm = Path("/dev/shm")
    if not shm.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=shm) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Return the night to disturb."""
    folder = tmp_path_factory.mktemp("stage")
    archive = archive_of(folder / "archive", (*PMIDS, CITING))
    with ReplayServer(archive, as_of=NIGHTS[0]) as server:
        assert short_night(rehearsal(folder / "before"), NIGHTS[0], server).exit_code == 0
    # Only the night that is disturbed finds a citing record and an open full text.
    (archive / "links.json").write_text(json.dumps({"pubmed_pubmed_citedin": {"29777404": [CITING]}}))
    (archive / "pmc").mkdir()
    (archive / "pmc" / "PMC8937009.xml").write_bytes(jats("PMC8937009", "34995128"))
    with ReplayServer(archive, as_of=LATER) as server:
        settings = copied(folder / "before", folder / "undisturbed")
        assert short_night(settings, LATER, server).exit_code == 0
        yield Stage(folder / "before", LATER, server, ended(settings), tuple(server.requests))


def ended(settings: Settings) -> dict[str, object]:
    """Return what a night leaves behind; decisions in any order, for a night in two parts takes them in two parts."""
    state = evidence_state(settings)
    decisions = state["decisions"]
    assert isinstance(decisions, list)
    return state | {"decisions": sorted(decisions, key=repr)}


def kind_of(request: SeenRequest) -> str:
    if request.utility == "esearch":
        return "search" if request.parameter("term") else "history page"
    if request.parameter("db") == "pmc":
        return "full text"
    return {"efetch": "fetch", "elink": "link"}[request.utility]


def strikes(stage: Stage, name: str) -> list[tuple[int, bool]]:
    """Return which requests a fault strikes, and whether for good.

    Each request once, and the first of each kind for good; a fault that costs real time only the first of each kind,
    and a body seen in the wild never for good: the client's own suite does that. Citations and full texts, which go
    through the same client, are struck once by every fault that is no body seen in the wild, and for good by two.
    ``python -m tests.benchmarks.night_faults`` strikes every request with everything.
    """
    kinds = [kind_of(request) for request in stage.requests]
    first = sorted({kinds.index(kind) for kind in kinds})
    later = [position for position in first if kinds[position] in LATER_SOURCES]
    everywhere = EVERY_REQUEST in os.environ
    old = [position for position in range(len(kinds)) if everywhere or kinds[position] not in LATER_SOURCES]
    once = first if name in SLOW else old + ([] if everywhere or name in OBSERVED else later)
    if name in OBSERVED:
        for_good = []
    elif name in SLOW:
        for_good = first[-1:]
    else:
        for_good = [position for position in first if everywhere or position not in later or name in ("404", "503")]
    return [(position, False) for position in once] + [(position, True) for position in for_good]


def struck(stage: Stage, strike: Strike, position: int, *, for_good: bool) -> None:
    """Plan the fault for the next night."""
    begin = len(stage.server.requests)

    def plan(request: SeenRequest) -> Fault | None:
        number = request.index - begin
        if number == position or (for_good and number > position):
            return strike(stage.server, request)
        return None

    stage.server.faults = plan


def runs_of_last_night(settings: Settings) -> tuple[SearchRun, ...]:
    store = open_store(settings)
    try:
        with store.read() as tx:
            last = all_nights(tx)[-1].night
            return tuple(run for run in search_log(tx) if run.night == last)
    finally:
        store.close()


def assert_told(report: NightReport, settings: Settings) -> None:
    """Exit code 3, a run in the log that says why, a status that says so: never "nothing found"."""
    assert report.exit_code == 3
    broken = [r for r in runs_of_last_night(settings) if r.state in (SearchState.FAILED, SearchState.INCOMPLETE)]
    assert broken
    assert all(run.message for run in broken)
    assert report.status.last_search_state in ("failed", "incomplete")
    assert report.status.last_search_message


def disturb(stage: Stage, name: str, strike: Strike, folder: Path, tally: Counter[str], *, must_heal: bool) -> None:
    """Strike the requests of a night; run a clean night after each one that was not survived."""
    for position, for_good in strikes(stage, name):
        settings = copied(stage.before, folder / f"{position}-{for_good}")
        struck(stage, strike, position, for_good=for_good)
        report = short_night(settings, stage.night, stage.server, hurried=name in SLOW)
        stage.server.faults = None
        where = f"{name} at request {position} ({kind_of(stage.requests[position])}), for good: {for_good}"
        if report.exit_code == 0:
            assert {run.state for run in runs_of_last_night(settings)} == {SearchState.COMPLETE}, where
            tally["night survived"] += 1
        else:
            assert for_good or not must_heal, f"{where}: {report.gathered.failures}"
            assert_told(report, settings)
            assert short_night(settings, stage.night, stage.server).exit_code == 0, where
            tally["night loud, the next one complete"] += 1
        after = ended(settings)
        assert [part for part in after if after[part] != stage.undisturbed[part]] == [], where


@pytest.mark.slow
@pytest.mark.parametrize("name", HEALED)
def test_a_fault_of_the_moment_costs_no_night_and_one_that_stays_is_loud(
    stage: Stage, name: str, memory: Path, tally: Counter[str]
) -> None:
    disturb(stage, name, HEALED[name], memory, tally, must_heal=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", LOUD)
def test_an_answer_that_is_not_the_whole_answer_is_loud_or_made_whole(
    stage: Stage, name: str, memory: Path, tally: Counter[str]
) -> None:
    disturb(stage, name, LOUD[name], memory, tally, must_heal=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", OBSERVED)
def test_an_error_body_seen_in_the_wild_is_never_taken_for_nothing_found(
    stage: Stage, name: str, memory: Path, shared: Path, tally: Counter[str]
) -> None:
    body = (shared / "eutils" / "observed_errors" / name).read_bytes()
    disturb(stage, name, always(Fault(status=int(name[:3]), body=body)), memory, tally, must_heal=False)


def test_the_night_that_is_disturbed_makes_every_kind_of_request(stage: Stage) -> None:
    assert {kind_of(request) for request in stage.requests} == {"search", "history page", "fetch", "link", "full text"}
