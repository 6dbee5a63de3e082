"""Citations in the night: both directions of every included report, weekly, and where each record came from."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from extract.pubmed.replay import Fault, ReplayServer, SeenRequest
from extract.schema.vocabulary import SearchState
from extract.store.engine import Transaction
from extract.store.log import search_log
from extract.store.records import get_record, list_records
from extract.store.results import record_origins
from flows.citations import CitationOutcome, follow_citations
from flows.content import prisma_flow
from flows.context import NightContext
from flows.frozen import read_table
from flows.search import search_night
from tests.nights import NIGHTS, archive_of, night_on_starting_table

MF07_01, TATA, REVIEW = "29777404", "26363985", "37025581"
UNFOUND = "990000066"
"""A record of the archive that the protocol's query does not find."""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Return an archive in which a record the query does not find cites MF07-01, and the Tata trial cites it."""
    folder = archive_of(tmp_path / "archive", [MF07_01, TATA, REVIEW, UNFOUND])
    links = {"pubmed_pubmed_citedin": {MF07_01: [UNFOUND, REVIEW]}, "pubmed_pubmed_refs": {TATA: [UNFOUND]}}
    (folder / "links.json").write_text(json.dumps(links))
    return folder


def night(
    folder: Path, archive: Path, day: dt.date = NIGHTS[0], fault: Fault | None = None
) -> tuple[CitationOutcome, list[SeenRequest], dict[str, str]]:
    """Search, then follow citations; return the outcome, the elink requests, and how each record was found."""
    with ReplayServer(archive, as_of=day) as server:
        with night_on_starting_table(folder, day, entrez_url=server.url) as context:
            search_night(context)
            if fault is not None:
                server.faults = lambda request: fault if request.utility == "elink" else None
            outcome = follow_citations(context)
            with context.store.read() as tx:
                return outcome, [r for r in server.requests if r.utility == "elink"], dict(record_origins(tx))


def test_a_record_that_only_citations_find_enters_screening_marked_by_its_way(tmp_path: Path, archive: Path) -> None:
    outcome, _, origins = night(tmp_path, archive)
    assert (outcome.new, outcome.failures) == (1, ())
    assert origins == {MF07_01: "all", TATA: "all", REVIEW: "all", UNFOUND: "citedin"}


def test_both_directions_of_every_included_report_are_asked_in_one_request_each(tmp_path: Path, archive: Path) -> None:
    outcome, requests, _ = night(tmp_path, archive)
    assert [request.parameter("linkname") for request in requests] == ["pubmed_pubmed_citedin", "pubmed_pubmed_refs"]
    assert outcome.asked == sum(name == "id" for name, _ in requests[0].parameters)


def test_citations_are_asked_again_after_a_week_and_not_before(tmp_path: Path, archive: Path) -> None:
    night(tmp_path, archive)
    asked = {days: len(night(tmp_path, archive, NIGHTS[0] + dt.timedelta(days=days))[1]) for days in (1, 6, 7)}
    assert asked == {1: 0, 6: 0, 7: 2}


def test_a_failed_lookup_is_a_failed_run_and_is_asked_again_the_next_night(tmp_path: Path, archive: Path) -> None:
    broken = Fault(status=500, body=b"", times=99)
    outcome, _, origins = night(tmp_path, archive, fault=broken)
    assert len(outcome.failures) == 2
    assert UNFOUND not in origins
    with night_on_starting_table(tmp_path) as context, context.store.read() as tx:
        assert _states(tx) == [SearchState.FAILED, SearchState.FAILED]
    assert night(tmp_path, archive, NIGHTS[1])[0].new == 1


def _states(tx: Transaction) -> list[SearchState]:
    return [run.state for run in search_log(tx) if run.date_type in ("citedin", "refs")]


def test_the_flow_counts_records_from_citations_apart_and_its_sum_holds(tmp_path: Path, archive: Path) -> None:
    night(tmp_path, archive)
    with night_on_starting_table(tmp_path) as context:
        counts = _counts(context)
    assert (counts["identified"], counts["other_citations"], counts["records"]) == (3, 1, 4)


def _counts(context: NightContext) -> dict[str, int]:
    with context.store.read() as tx:
        records = list_records(tx)
        assert get_record(tx, UNFOUND) is not None
        flow = prisma_flow(context.protocol, records, read_table(tx), (), (), record_origins(tx))
    return {box.key: box.count for box in flow.boxes}
