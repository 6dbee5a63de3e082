"""How long records and values take from PubMed to a reader; read from the logs, never typed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from extract.schema.vocabulary import RecordState
from extract.store.engine import Transaction
from extract.store.tables import decisions, nights, records, values

UNDECIDED = (RecordState.NEW.value, RecordState.SCREENING.value, RecordState.CONFLICT.value)


@dataclass(frozen=True)
class RecordJourney:
    """When a record entered PubMed, came into the queue, and was decided (ISO dates; None while it waits)."""

    pmid: str
    entered: str
    queued: str
    decided: str | None


def record_journeys(tx: Transaction) -> tuple[RecordJourney, ...]:
    """Return the records that entered PubMed since the review's first night: older ones were never late."""
    first_night = tx.connection.execute(select(func.min(nights.c.night))).scalar()
    if first_night is None:
        return ()
    last_vote = (
        select(decisions.c.subject_id, func.max(decisions.c.at).label("at"))
        .where(decisions.c.subject_kind == "record", decisions.c.action == "vote")
        .group_by(decisions.c.subject_id)
        .subquery()
    )
    rows = tx.connection.execute(
        select(records.c.pmid, records.c.created, records.c.first_night, records.c.state, last_vote.c.at)
        .outerjoin(last_vote, last_vote.c.subject_id == records.c.pmid)
        .where(records.c.created >= first_night, records.c.undone_at.is_(None))
        .order_by(records.c.pmid)
    )
    return tuple(
        RecordJourney(row.pmid, row.created, row.first_night, None if row.state in UNDECIDED else _day(row.at))
        for row in rows
    )


def approvals_from_the_queue(tx: Transaction) -> tuple[str, ...]:
    """Return when each value that reviewers approved from the queue was complete (ISO times)."""
    rows = tx.connection.execute(
        select(values.c.approved_at).where(values.c.origin == "queue").order_by(values.c.value_id)
    )
    return tuple(row.approved_at for row in rows)


def _day(at: str | None) -> str | None:
    return at[:10] if at else None
