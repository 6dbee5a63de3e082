"""How long a record takes from PubMed to a decision is read from the logs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from extract.schema.vocabulary import RecordState
from extract.store.decisions import Decision, record_decision
from extract.store.engine import Transaction
from extract.store.journey import RecordJourney, record_journeys
from extract.store.log import open_night
from extract.store.records import set_state, upsert_record
from flows.status import _wait, _waits
from reports.status import Wait
from tests.extract.store.records import record
from tests.stores import BOTH_DATABASES, new_store

pytestmark = BOTH_DATABASES


def came(tx: Transaction, pmid: str, *, entered: str, night: str) -> None:
    one = dataclasses.replace(record(pmid), created=entered)
    upsert_record(tx, one, content="{}", content_hash=pmid, night=night, run_id=None)


def voted(tx: Transaction, pmid: str, at: str, state: RecordState) -> None:
    record_decision(tx, Decision(at, "reviewer-a", "vote", "record", pmid, new="include"))
    set_state(tx, pmid, state)


def test_only_what_entered_pubmed_since_the_first_night_counts_and_waiting_is_not_decided(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:
        with store.write() as tx:
            open_night(tx, night="2026-11-20", at="2026-11-20T02:30:00Z", rehearsal=True)
            came(tx, "1", entered="2007-05-01", night="2026-11-20")  # old when the review began
            came(tx, "2", entered="2026-11-20", night="2026-11-21")
            came(tx, "3", entered="2026-11-21", night="2026-11-24")
            voted(tx, "2", "2026-11-22T09:00:00Z", RecordState.SCREENING)
            voted(tx, "2", "2026-11-25T09:00:00Z", RecordState.INCLUDED)
            voted(tx, "3", "2026-11-25T10:00:00Z", RecordState.CONFLICT)
        with store.read() as tx:
            assert record_journeys(tx) == (
                RecordJourney("2", "2026-11-20", "2026-11-21", "2026-11-25"),
                RecordJourney("3", "2026-11-21", "2026-11-24", None),
            )
            # One day and three days to the queue: the median is two; one decision after four days.
            assert _waits(tx, []) == {
                "to_queue": Wait(median_days=2, n=2),
                "to_decision": Wait(median_days=4, n=1),
                "to_publication": None,
            }


def test_nothing_yet_is_no_number() -> None:
    assert _wait([]) is None
