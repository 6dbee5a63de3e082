"""Optimistic locks: a mark of what a person had before them, compared inside the transaction that decides.

Independent votes must not disturb one another: while a record is open, its mark counts only the person's own votes.
A candidate's mark counts everybody's decisions, because the second reading is blind and the first is not.
"""

from __future__ import annotations

from extract.errors import StaleItem
from extract.schema.vocabulary import RecordState
from extract.store.candidates import Candidate
from extract.store.curated import CuratedValue
from extract.store.decisions import decisions_on
from extract.store.engine import Transaction
from extract.store.records import StoredRecord, get_record


def record_mark(tx: Transaction, record: StoredRecord, person_id: str) -> str:
    """Return the mark of a record as one person sees it."""
    logged = decisions_on(tx, "record", record.pmid)
    if record.state in (RecordState.NEW, RecordState.SCREENING):
        own = max((d.seq for d in logged if d.decision.by == person_id), default=0)
        return f"{record.revision}-open-{own}"
    return f"{record.revision}-{record.state.value}-{max((d.seq for d in logged), default=0)}"


def candidate_mark(tx: Transaction, candidate: Candidate) -> str:
    """Return the mark of a proposed value; a new revision of its record (a retraction, say) is a change too."""
    last = max((d.seq for d in decisions_on(tx, "candidate", candidate.candidate_id)), default=0)
    record = get_record(tx, candidate.pmid)
    return f"{candidate.state}-{last}-{record.revision if record is not None else 0}"


def value_mark(tx: Transaction, value: CuratedValue) -> str:
    """Return the mark of a curated value."""
    last = max((d.seq for d in decisions_on(tx, "value", value.value_id)), default=0)
    return f"{value.state}-{last}"


def refuse_stale(current: str, seen: str | None) -> None:
    """Refuse a decision on something that is not what the person saw.

    Raises
    ------
    StaleItem
        The marks differ.
    """
    if seen is not None and seen != current:
        raise StaleItem("this item changed since you opened it; nothing was saved")
