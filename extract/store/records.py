"""Records of PubMed and their revisions: keyed on PMID, a changed record is a new revision."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import Row, bindparam, exists, func, select

from extract.schema.record import Pmid, Record
from extract.schema.vocabulary import RecordState
from extract.store.engine import Transaction, remembered
from extract.store.tables import decisions, record_revisions, records

Upsert = Literal["new", "changed", "known"]

NOT_EXCLUDED = tuple(state for state in RecordState if state is not RecordState.EXCLUDED)

PARAMETERS_A_STATEMENT = 500
"""Ids in one statement: below the smallest limit of bound parameters of the databases we use."""


@dataclass(frozen=True)
class StoredRecord:
    """A record as we hold it; ``content`` is its JSON text at the current revision."""

    pmid: Pmid
    revision: int
    state: RecordState
    title: str
    doi: str | None
    publication_year: int | None
    created: str | None
    first_night: str
    report_id: str | None
    deleted_night: str | None
    extracted_with: str | None
    content: str


def upsert_record(
    tx: Transaction, record: Record, *, content: str, content_hash: str, night: str, run_id: int | None
) -> Upsert:
    """Store a record once; the same content again changes nothing.

    A record of an import that was undone comes back as a new one.

    Parameters
    ----------
    run_id
        The search run that brought it; None for a record of an imported file.

    Returns
    -------
    Upsert
        ``"new"``, ``"changed"`` (a new revision was written) or ``"known"``.
    """
    row = tx.connection.execute(
        select(records.c.revision, records.c.undone_at).where(records.c.pmid == record.pmid)
    ).first()
    facts = {
        "title": record.title,
        "doi": record.doi,
        "publication_year": record.publication_year,
        "created": record.created,
    }
    if row is None:
        tx.connection.execute(
            records.insert().values(
                pmid=record.pmid,
                revision=1,
                state=RecordState.NEW.value,
                first_night=night,
                first_run_id=run_id,
                **facts,
            )
        )
        _write_revision(tx, record.pmid, 1, content, content_hash, night, run_id)
        return "new"
    if row.undone_at is not None:
        back = {"undone_at": None, "first_night": night, "first_run_id": run_id, "state": RecordState.NEW.value}
        tx.connection.execute(records.update().where(records.c.pmid == record.pmid).values(**back))
    current = tx.connection.execute(
        select(record_revisions.c.content_hash).where(
            record_revisions.c.pmid == record.pmid, record_revisions.c.revision == row.revision
        )
    ).scalar_one()
    if current == content_hash:
        return "known" if row.undone_at is None else "new"
    earlier = tx.connection.execute(
        select(record_revisions.c.revision).where(
            record_revisions.c.pmid == record.pmid, record_revisions.c.content_hash == content_hash
        )
    ).scalar()
    revision = earlier
    if revision is None:
        # Not row.revision + 1: a record that went back to earlier words stands at an earlier number.
        last = select(func.max(record_revisions.c.revision)).where(record_revisions.c.pmid == record.pmid)
        revision = int(tx.connection.execute(last).scalar_one()) + 1
        _write_revision(tx, record.pmid, revision, content, content_hash, night, run_id)
    tx.connection.execute(
        records.update().where(records.c.pmid == record.pmid).values(revision=revision, extracted_with=None, **facts)
    )
    return "changed" if row.undone_at is None else "new"


def known_pmids(tx: Transaction, pmids: Sequence[Pmid]) -> set[Pmid]:
    """Return which of these PMIDs are in the store."""
    known: set[Pmid] = set()
    for start in range(0, len(pmids), PARAMETERS_A_STATEMENT):
        part = pmids[start : start + PARAMETERS_A_STATEMENT]
        wanted = records.c.pmid.in_(part) & records.c.undone_at.is_(None)
        known |= set(tx.connection.execute(select(records.c.pmid).where(wanted)).scalars())
    return known


def all_pmids(tx: Transaction, *, state: RecordState | None = None) -> tuple[Pmid, ...]:
    """Return every PMID of the store, or of the records in a state, in order."""
    query = select(records.c.pmid).where(records.c.undone_at.is_(None)).order_by(records.c.pmid)
    if state is not None:
        query = query.where(records.c.state == state.value)
    return tuple(tx.connection.execute(query).scalars())


@remembered
def get_record(tx: Transaction, pmid: str) -> StoredRecord | None:
    """Return one record at its current revision, or None."""
    row = tx.connection.execute(_one_current(), {"wanted": pmid}).first()
    return _stored(row) if row is not None else None


def list_records(
    tx: Transaction,
    *,
    states: Sequence[RecordState] | None = None,
    deleted: bool | None = None,
    unread_by: str | None = None,
) -> tuple[StoredRecord, ...]:
    """Return records at their current revision with their content, oldest first.

    The whole table is large: a night asks for what it needs.

    Parameters
    ----------
    states
        Only those in these states.
    deleted
        Only those PubMed withdrew (True), or only those it has (False).
    unread_by
        Only those whose current revision this extractor has not read.
    """
    query = _current().order_by(records.c.first_night, records.c.pmid)
    if states is not None:
        query = query.where(records.c.state.in_([state.value for state in states]))
    if deleted is not None:
        query = query.where(records.c.deleted_night.is_not(None) if deleted else records.c.deleted_night.is_(None))
    if unread_by is not None:
        query = query.where(records.c.extracted_with.is_distinct_from(unread_by))
    return tuple(_stored(row) for row in tx.connection.execute(query))


def record_counts(tx: Transaction) -> dict[RecordState, int]:
    """Return how many records PubMed still has stand in each state."""
    query = select(records.c.state, func.count()).where(records.c.deleted_night.is_(None)).group_by(records.c.state)
    found = {RecordState(state): int(number) for state, number in tx.connection.execute(query)}
    return {state: found.get(state, 0) for state in RecordState}


def decided_basis(tx: Transaction) -> str:
    """Return a mark that changes when a record comes, changes, goes, or is settled: whether to look at all again.

    A vote that leaves its record undecided does not change it. Sums and counts, computed by the database: reading every
    record to see that nothing changed took longer than the rest of a quiet night.
    """
    counts = tx.connection.execute(
        select(func.count(), func.sum(records.c.revision), func.count(records.c.deleted_night))
    ).one()
    revisions = tx.connection.execute(select(func.count()).select_from(record_revisions)).scalar_one()
    states = record_counts(tx)
    settled = [states[RecordState.INCLUDED], states[RecordState.EXCLUDED]]
    mark = json.dumps(
        [*(int(each or 0) for each in counts), revisions, _last_settled(tx), sum(states.values()), settled]
    )
    return hashlib.sha256(mark.encode()).hexdigest()


def _last_settled(tx: Transaction) -> int | None:
    """Return the number of the last decision on a record that is settled now.

    Two records that change places leave the counts as they were; whichever was settled last has a newer decision.
    """
    is_settled = exists().where(
        records.c.pmid == decisions.c.subject_id, records.c.state.in_((RecordState.INCLUDED, RecordState.EXCLUDED))
    )
    query = select(decisions.c.seq).where(decisions.c.subject_kind == "record", is_settled)
    return tx.connection.execute(query.order_by(decisions.c.seq.desc()).limit(1)).scalar()


def record_states(tx: Transaction, pmids: Sequence[str]) -> dict[str, RecordState]:
    """Return where these records stand, without those PubMed withdrew."""
    found: dict[str, RecordState] = {}
    for start in range(0, len(pmids), PARAMETERS_A_STATEMENT):
        part = pmids[start : start + PARAMETERS_A_STATEMENT]
        query = select(records.c.pmid, records.c.state).where(
            records.c.pmid.in_(part), records.c.deleted_night.is_(None)
        )
        found |= {pmid: RecordState(state) for pmid, state in tx.connection.execute(query)}
    return found


def revised_since(tx: Transaction, night: str) -> set[str]:
    """Return the records whose current revision came in on this night or later."""
    query = (
        select(records.c.pmid)
        .join(
            record_revisions,
            (record_revisions.c.pmid == records.c.pmid) & (record_revisions.c.revision == records.c.revision),
        )
        .where(record_revisions.c.night >= night)
    )
    return set(tx.connection.execute(query).scalars())


def set_state(tx: Transaction, pmid: str, state: RecordState) -> None:
    """Set where a record stands (a consequence of votes, never of a program's opinion)."""
    tx.connection.execute(records.update().where(records.c.pmid == pmid).values(state=state.value))


def set_report(tx: Transaction, pmid: str, report_id: str) -> None:
    """Tie a record to the report it is the PubMed record of."""
    tx.connection.execute(records.update().where(records.c.pmid == pmid).values(report_id=report_id))


def set_extracted(tx: Transaction, pmid: str, extractor_version: str) -> None:
    """Note that the current revision was read by this extractor."""
    tx.connection.execute(records.update().where(records.c.pmid == pmid).values(extracted_with=extractor_version))


def set_deleted(tx: Transaction, pmid: str, *, night: str) -> None:
    """Note that PubMed withdrew this PMID."""
    tx.connection.execute(
        records.update().where(records.c.pmid == pmid, records.c.deleted_night.is_(None)).values(deleted_night=night)
    )


def _write_revision(
    tx: Transaction, pmid: str, revision: int, content: str, content_hash: str, night: str, run_id: int | None
) -> None:
    tx.connection.execute(
        record_revisions.insert().values(
            pmid=pmid, revision=revision, content_hash=content_hash, record=content, night=night, run_id=run_id
        )
    )


@lru_cache(maxsize=1)
def _one_current() -> Any:
    return _current().where(records.c.pmid == bindparam("wanted"))


def _current() -> Any:
    """Return the query for records at their current revision; those of an undone import are not among them."""
    current = (record_revisions.c.pmid == records.c.pmid) & (record_revisions.c.revision == records.c.revision)
    joined = select(records, record_revisions.c.record).join(record_revisions, current)
    return joined.where(records.c.undone_at.is_(None))


def _stored(row: Row[Any]) -> StoredRecord:
    return StoredRecord(
        pmid=row.pmid,
        revision=row.revision,
        state=RecordState(row.state),
        title=row.title,
        doi=row.doi,
        publication_year=row.publication_year,
        created=row.created,
        first_night=row.first_night,
        report_id=row.report_id,
        deleted_night=row.deleted_night,
        extracted_with=row.extracted_with,
        content=row.record,
    )
