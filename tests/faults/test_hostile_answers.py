"""Hostile answers to a night: one clear line, the exchange logged, nothing stored, the next night whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from extract.errors import DocumentError
from extract.pubmed.replay import Fault, ReplayServer, SeenRequest
from extract.schema.vocabulary import SearchState
from extract.store.candidates import list_candidates
from extract.store.log import request_count, search_log
from extract.store.records import list_records
from flows.context import NightContext, open_store
from flows.night import NightReport, opened_night, run_night
from flows.pubmed import entrez_settings
from flows.rehearsal import rehearsal_clock, rehearsing
from flows.settings import Settings
from tests.extract.pubmed.samples import article, article_set
from tests.faults.test_night_faults import without_ranking
from tests.nights import NIGHTS, archive_of, rehearsal

PMIDS = ("29777404", "26363985")
MOST_BYTES = 2_000_000
"""Largest answer these nights take; 256 MB outside of tests (``EntrezSettings.max_body_bytes``)."""


def with_doctype(declared: str, title: str) -> bytes:
    body = article_set(*(article(int(pmid), title=title) for pmid in PMIDS)).decode()
    return body.replace("?>\n", f"?>\n<!DOCTYPE PubmedArticleSet [{declared}]>", 1).encode()


FETCHED: dict[str, tuple[bytes, str]] = {
    "entity expansion": (with_doctype('<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">', "&b;"), "entit"),
    "external entity": (with_doctype('<!ENTITY x SYSTEM "file:///etc/hostname">', "&x;"), "entit"),
    "white space without end": (b"<PubmedArticleSet>" + b" " * (MOST_BYTES + 1), f"larger than {MOST_BYTES} bytes"),
    "another PMID than asked": (article_set(article(999_999)), "PMID 999999, which was not asked for"),
    "an id with letters": (article_set(article("12a4")), "'12a4'"),
    "a date in the future": (
        article_set(*(article(int(pmid), created=dt.date(2099, 1, 1)) for pmid in PMIDS)),
        "created 2099-01-01 lies in the future",
    ),
}
"""Answers to every efetch of the night, and what the message must say."""


def hostile_night(settings: Settings, server: ReplayServer) -> tuple[NightReport, int]:
    """Run a night up to ranking; return its report and how many requests the log holds of it."""
    served = replace(settings, entrez_url=server.url)
    tuned = replace(entrez_settings(served), max_body_bytes=MOST_BYTES, requests_per_second=100_000)
    with opened_night(served, night=NIGHTS[0], clock=rehearsal_clock(served, NIGHTS[0])) as opened:
        context: NightContext = replace(opened, entrez=tuned, sleep=lambda _seconds: None)
        report = run_night(context, run_step=lambda name, step: without_ranking(name, step, context))
        with context.store.read() as tx:
            return report, request_count(tx, context.night_id)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ReplayServer]:
    with ReplayServer(archive_of(tmp_path / "archive", PMIDS), as_of=NIGHTS[0]) as opened:
        yield opened


def stored(settings: Settings) -> tuple[int, int, list[SearchState]]:
    store = open_store(settings)
    try:
        with store.read() as tx:
            runs = [run.state for run in search_log(tx) if run.date_type == "all"]
            return len(list_records(tx)), len(list_candidates(tx)), runs
    finally:
        store.close()


@pytest.mark.parametrize("kind", FETCHED)
def test_a_hostile_answer_is_refused_logged_and_stores_nothing(server: ReplayServer, tmp_path: Path, kind: str) -> None:
    settings = rehearsal(tmp_path / "state")
    body, said = FETCHED[kind]
    server.faults = lambda request: Fault(body=body) if request.utility == "efetch" else None
    report, logged = hostile_night(settings, server)
    assert report.exit_code == 3
    message = " ".join(report.search.failures)
    assert said in message
    assert "\n" not in message
    records, candidates, runs = stored(settings)
    assert (records, candidates) == (0, 0)
    assert runs[0] in (SearchState.FAILED, SearchState.INCOMPLETE)
    assert logged == len(server.requests)
    server.faults = None
    assert hostile_night(settings, server)[0].exit_code == 0
    assert stored(settings)[0] == len(PMIDS)


def test_ids_with_letters_in_a_search_are_refused(server: ReplayServer, tmp_path: Path) -> None:
    settings = rehearsal(tmp_path / "state")

    def letters(request: SeenRequest) -> Fault | None:
        body = b"<eSearchResult><Count>1</Count><IdList><Id>29a77404</Id></IdList></eSearchResult>"
        return Fault(body=body) if request.utility == "esearch" else None

    server.faults = letters
    report, _ = hostile_night(settings, server)
    assert report.exit_code == 3
    assert "'29a77404', which is no PMID" in report.search.failures[0]
    assert stored(settings)[0] == 0


def test_an_archive_edited_by_hand_is_refused_before_the_night_begins(tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "archive", PMIDS)
    path = archive / "records" / f"{PMIDS[0]}.xml"
    path.write_bytes(path.read_bytes().replace(PMIDS[0].encode(), b"29777405"))
    settings = rehearsal(tmp_path / "state")
    with pytest.raises(DocumentError, match=r"29777404\.xml: must hold exactly the record 29777404, holds 29777405"):
        with rehearsing(settings, archive, night=NIGHTS[0]):
            pass
    assert not settings.state_dir.exists()
