"""Full texts in the night: fetched once, kept raw, read with their tables; a withheld one is no "nothing"."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from extract.errors import StoreError
from extract.pubmed.parse import content_hash, record_to_json
from extract.pubmed.replay import Fault, ReplayServer, SeenRequest
from extract.review.views import item_details
from extract.schema.record import Pmid
from extract.schema.vocabulary import RecordState, SearchState
from extract.store.archive import archive_path
from extract.store.candidates import list_candidates
from extract.store.fulltexts import all_full_texts
from extract.store.log import search_log
from extract.store.records import set_state, upsert_record
from flows.context import NightContext
from flows.extraction import extract_night
from flows.fulltexts import FullTextOutcome, full_text_night
from tests.extract.store.records import record
from tests.flows.jats import RESULTS, jats, row
from tests.nights import NIGHTS, archive_of, night_on_starting_table

ROWS = row("Age above 50", "1.31 (1.02-1.68)") + row("Surgery of the primary tumour", "0.58 (0.41-0.82)")


def archive(folder: Path, **texts: bytes) -> Path:
    """Return an archive with these full texts and one record that has nothing to do with them."""
    whole = archive_of(folder / "archive", ["29777404"])
    (whole / "pmc").mkdir()
    for pmcid, text in texts.items():
        (whole / "pmc" / f"{pmcid}.xml").write_bytes(text)
    return whole


def add(context: NightContext, pmid: str, pmcid: str, *, abstract: str = "", state: str = "new") -> None:
    held = replace(record(pmid, title="Surgery of the primary tumour", abstract=abstract), pmcid=pmcid)
    with context.store.write() as tx:
        content = record_to_json(replace(held, pmid=Pmid(pmid)))
        upsert_record(tx, held, content=content, content_hash=content_hash(held), night="2026-11-20", run_id=None)
        if state != "new":
            set_state(tx, pmid, RecordState(state))


def night(
    folder: Path,
    whole: Path,
    *records: tuple[str, str],
    day: dt.date = NIGHTS[0],
    fault: Fault | None = None,
    abstract: str = "",
    state: str = "new",
) -> tuple[FullTextOutcome, list[SeenRequest]]:
    with ReplayServer(whole, as_of=NIGHTS[0], faults=lambda _request: fault) as server:
        with night_on_starting_table(folder / "state", day, entrez_url=server.url) as context:
            for pmid, pmcid in records:
                add(context, pmid, pmcid, abstract=abstract, state=state)
            extract_night(context)
            return full_text_night(context), list(server.requests)


def test_a_full_text_puts_the_rows_about_the_arms_into_the_queue_with_their_cell(tmp_path: Path) -> None:
    outcome, _ = night(
        tmp_path, archive(tmp_path, PMC1=jats("PMC1", "100", results="None.", rows=ROWS)), ("100", "PMC1")
    )
    assert (outcome.fetched, outcome.withheld, outcome.read, outcome.failures) == (1, 0, 1, ())
    # The row on age is somebody's covariate: read, counted, not queued.
    assert (outcome.proposed, outcome.beside) == (1, 1)
    with night_on_starting_table(tmp_path / "state") as context, context.store.read() as tx:
        (candidate,) = list_candidates(tx, pmid="100")
        details = item_details(tx, f"value:{candidate.candidate_id}", reader="reviewer-a")
    assert candidate.effect.span.source == "table:T2/r2/c1"
    assert (candidate.effect.estimate, candidate.effect.ci_low, candidate.effect.ci_high) == (0.58, 0.41, 0.82)
    assert details["words_around"] == (
        "Table 2 Multivariable model of overall survival: Surgery of the primary tumour | >>0.58 (0.41-0.82)<< | 0.01"
    )


def test_a_result_in_running_text_is_proposed_with_the_words_around_it(tmp_path: Path) -> None:
    night(tmp_path, archive(tmp_path, PMC1=jats("PMC1", "100")), ("100", "PMC1"))
    with night_on_starting_table(tmp_path / "state") as context, context.store.read() as tx:
        (candidate,) = list_candidates(tx, pmid="100")
        words = str(item_details(tx, f"value:{candidate.candidate_id}", reader="reviewer-a")["words_around"])
    assert candidate.effect.span.source == "sec:s3"
    assert words.replace(">>", "").replace("<<", "") == RESULTS


def test_a_result_that_the_abstract_prints_as_well_is_proposed_once(tmp_path: Path) -> None:
    outcome, _ = night(tmp_path, archive(tmp_path, PMC1=jats("PMC1", "100")), ("100", "PMC1"), abstract=RESULTS)
    assert outcome.proposed == 0
    with night_on_starting_table(tmp_path / "state") as context, context.store.read() as tx:
        assert [c.effect.span.source for c in list_candidates(tx, pmid="100")] == ["abstract"]


def test_a_text_that_came_is_not_asked_for_again_and_reading_it_again_changes_nothing(tmp_path: Path) -> None:
    whole = archive(tmp_path, PMC1=jats("PMC1", "100", rows=ROWS))
    night(tmp_path, whole, ("100", "PMC1"))
    again, requests = night(tmp_path, whole, day=NIGHTS[1])
    assert (again.fetched, again.read, again.proposed, requests) == (0, 0, 0, [])


def test_a_withheld_text_is_a_state_of_its_own_and_is_asked_for_again_after_a_month(tmp_path: Path) -> None:
    whole = archive(tmp_path)
    outcome, _ = night(tmp_path, whole, ("100", "PMC1"))
    assert (outcome.fetched, outcome.withheld, outcome.failures) == (0, 1, ())
    with night_on_starting_table(tmp_path / "state") as context, context.store.read() as tx:
        (text,) = all_full_texts(tx)
    assert (text.state, text.sha256) == ("withheld", None)
    asked = {days: len(night(tmp_path, whole, day=NIGHTS[0] + dt.timedelta(days=days))[1]) for days in (29, 30)}
    assert asked == {29: 0, 30: 1}


def test_excluded_records_are_not_asked_for_and_many_come_in_one_request(tmp_path: Path) -> None:
    whole = archive(tmp_path, **{f"PMC{number}": jats(f"PMC{number}", f"10{number}") for number in range(1, 5)})
    outcome, requests = night(tmp_path, whole, ("101", "PMC1"), ("102", "PMC2"), state="excluded")
    assert (outcome.fetched, requests) == (0, [])
    outcome, requests = night(tmp_path, whole, ("103", "PMC3"), ("104", "PMC4"))
    assert (outcome.fetched, len(requests)) == (2, 1)


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (Fault(status=500, times=99), SearchState.FAILED),
        (Fault(body=b"<pmc-articleset><article></pmc-articleset>", times=99), SearchState.FAILED),
        (Fault(body=b"<pmc-articleset>" + jats("PMC9", "900") + b"</pmc-articleset>", times=99), SearchState.FAILED),
        (Fault(body=b"<pmc-articleset>" + jats("PMC1", "900") + b"</pmc-articleset>", times=99), SearchState.FAILED),
    ],
    ids=["error", "cut", "another article", "another PMID"],
)
def test_a_fetch_that_fails_is_a_failed_run_and_the_text_is_asked_for_the_next_night(
    tmp_path: Path, fault: Fault, state: SearchState
) -> None:
    whole = archive(tmp_path, PMC1=jats("PMC1", "100"))
    outcome, _ = night(tmp_path, whole, ("100", "PMC1"), fault=fault)
    assert len(outcome.failures) == 1
    with night_on_starting_table(tmp_path / "state") as context, context.store.read() as tx:
        assert all_full_texts(tx) == ()
        assert [run.state for run in search_log(tx) if run.date_type == "fulltext"] == [state]
    assert night(tmp_path, whole, day=NIGHTS[1])[0].fetched == 1


def test_an_archived_text_that_was_edited_by_hand_is_refused(tmp_path: Path) -> None:
    whole = archive(tmp_path, PMC1=jats("PMC1", "100"))
    night(tmp_path, whole, ("100", "PMC1"))
    with night_on_starting_table(tmp_path / "state") as context:
        with context.store.write() as tx:
            (text,) = all_full_texts(tx)
            tx.connection.exec_driver_sql("UPDATE full_texts SET read_with = NULL")
        path = archive_path(context.store.archive, text.sha256 or "")
        path.write_bytes(path.read_bytes()[:-9] + b"forgeries")
        with pytest.raises(StoreError, match="restore it from a backup"):
            full_text_night(context)
