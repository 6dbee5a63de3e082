"""Answers that look whole and cannot be: "Count 0" or a part of known records, a fall a person may accept."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from extract.pubmed.replay import Fault, ReplayServer, SeenRequest
from extract.schema.protocol import AcceptedFall, AcceptedLoss, Protocol
from extract.schema.vocabulary import SearchState
from extract.store.log import search_log
from flows.context import NightContext
from flows.search import SearchOutcome, search_night
from tests.nights import NIGHTS, archive_of, night_on_starting_table, withdrawn
from tests.soak.world import FIRST, synthetic_records, write_world

TRIALS = ("29777404", "26363985", "31082916", "34995128", "40615712", "42057318")
EMPTY = b"<eSearchResult><Count>0</Count><RetMax>0</RetMax><RetStart>0</RetStart><IdList/></eSearchResult>"
NEW = "42057318"
"""Its create date is the second night's, so it lies in every window of new records after it."""


def night(
    folder: Path, archive: Path, day: dt.date, *, empty: str | None = None, protocol: Protocol | None = None
) -> tuple[SearchOutcome, list[tuple[str, SearchState]]]:
    """Search one night; searches by the kind of date ``empty`` answer "Count 0"."""

    def strike(request: SeenRequest) -> Fault | None:
        hit = request.utility == "esearch" and empty is not None and f"[{empty}]" in (request.parameter("term") or "")
        return Fault(body=EMPTY, times=99) if hit else None

    with ReplayServer(archive, as_of=day, faults=strike) as server:
        with night_on_starting_table(folder, day, entrez_url=server.url) as context:
            chosen = context if protocol is None else _under(context, protocol)
            outcome = search_night(chosen)
            with context.store.read() as tx:
                runs = [(run.date_type, run.state) for run in search_log(tx) if run.night == day.isoformat()]
    return outcome, runs


def _under(context: NightContext, protocol: Protocol) -> NightContext:
    return replace(context, settings=replace(context.settings, protocol=protocol))


def with_strategy(folder: Path, **changes: object) -> Protocol:
    with night_on_starting_table(folder) as context:
        protocol = context.protocol
    return protocol.model_copy(update={"search": (protocol.search[0].model_copy(update=changes),)})


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return archive_of(tmp_path / "archive", TRIALS)


def test_count_0_over_days_of_which_we_hold_records_is_incomplete_and_never_nothing_new(
    tmp_path: Path, archive: Path
) -> None:
    state = tmp_path / "state"
    for day in NIGHTS[:2]:
        assert night(state, archive, day)[0].failures == ()
    outcome, runs = night(state, archive, NIGHTS[2], empty="crdt")
    assert runs == [("crdt", SearchState.INCOMPLETE), ("mdat", SearchState.COMPLETE)]
    assert "none of the 1 it gave before (PMID 42057318)" in outcome.failures[0]
    assert night(state, archive, NIGHTS[2])[0].failures == (), "the next one, answered rightly, is complete"


def test_count_0_over_days_without_known_records_is_an_answer(tmp_path: Path, archive: Path) -> None:
    state = tmp_path / "state"
    night(state, archive, NIGHTS[0])
    # Every record known so far was created years before the window.
    outcome, runs = night(state, archive, NIGHTS[0] + dt.timedelta(days=1), empty="crdt")
    assert (outcome.failures, runs[0]) == ((), ("crdt", SearchState.COMPLETE))


@pytest.mark.parametrize(("gone", "state_of_run"), [(2, SearchState.COMPLETE), (3, SearchState.INCOMPLETE)])
def test_a_window_that_lacks_more_than_two_of_the_records_it_gave_before_is_incomplete(
    tmp_path: Path, gone: int, state_of_run: SearchState
) -> None:
    # Eight records appear, one a day; then the service answers as if it had never held some of them.
    records, state = synthetic_records(9, every=1), tmp_path / "state"
    archive = write_world(tmp_path / "archive", records, real=TRIALS[:1])
    for offset in (0, 8):
        assert night(state, archive, FIRST + dt.timedelta(days=offset))[0].failures == ()
    for pmid in list(records)[:gone]:
        (archive / "records" / f"{pmid}.xml").unlink()
    outcome, runs = night(state, archive, FIRST + dt.timedelta(days=9))
    assert runs[0] == ("crdt", state_of_run)
    told = "3 not of the 8 it gave before (PMID 991000001, 991000002, 991000003); run it again"
    assert [told in failure for failure in outcome.failures] == [True] * (gone - 2)


def test_a_record_that_a_person_accepted_to_lose_does_not_hold_the_window_back(tmp_path: Path, archive: Path) -> None:
    state = tmp_path / "state"
    for day in NIGHTS[:2]:
        night(state, archive, day)
    loss = AcceptedLoss(pmid=NEW, reason="re-indexed", by="reviewer-a", date=NIGHTS[2])
    protocol = with_strategy(state, accepted_losses=(loss,))
    assert night(state, archive, NIGHTS[2], empty="crdt", protocol=protocol)[0].failures == ()


def fallen(tmp_path: Path, archive: Path) -> tuple[Path, dt.date]:
    """Search a first night, then let PubMed withdraw two of six records before the next full run."""
    state, later = tmp_path / "state", NIGHTS[1] + dt.timedelta(days=31)
    night(state, archive, NIGHTS[1])
    for pmid in TRIALS[3:5]:
        withdrawn(archive, pmid, later)
    return state, later


def test_a_fall_of_a_full_run_stays_incomplete_until_a_person_accepts_it(tmp_path: Path, archive: Path) -> None:
    state, later = fallen(tmp_path, archive)
    outcome, runs = night(state, archive, later)
    assert ("all", SearchState.INCOMPLETE) in runs
    assert "accept it in protocol.toml under [[search.accepted_falls]] with hits = 4" in outcome.failures[0]
    fall = AcceptedFall(hits=4, reason="two records withdrawn", by="reviewer-a", date=later)
    outcome, runs = night(state, archive, later, protocol=with_strategy(state, accepted_falls=(fall,)))
    assert outcome.failures == ()
    assert ("all", SearchState.COMPLETE) in runs[2:]


@pytest.mark.parametrize("hits", [5, 6], ids=["a smaller fall", "no fall"])
def test_an_accepted_fall_covers_no_deeper_one(tmp_path: Path, archive: Path, hits: int) -> None:
    state, later = fallen(tmp_path, archive)
    fall = AcceptedFall(hits=hits, reason="one record withdrawn", by="reviewer-a", date=later)
    outcome, _ = night(state, archive, later, protocol=with_strategy(state, accepted_falls=(fall,)))
    assert "counts 4 records, the last one counted 6" in outcome.failures[0]
