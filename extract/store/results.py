"""What each complete search found: the base of set differences, and of knowing by what a record came in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from extract.schema.record import Pmid
from extract.schema.vocabulary import SearchState
from extract.store.engine import Transaction
from extract.store.tables import nights, records, search_results, search_runs

QUERY_WINDOWS = ("all", "crdt", "mdat")
"""Kinds of runs that put the protocol's query to a source; others follow links or look up known ids."""


@dataclass(frozen=True)
class RunResult:
    """What a complete run was asked about (None for a query) and the ids it found."""

    run_id: int
    asked: tuple[str, ...] | None
    found: tuple[str, ...]


def keep_result(tx: Transaction, run_id: int, *, found: Sequence[str], asked: Sequence[str] | None = None) -> None:
    """Keep what a run found; once, for a run ends once."""
    tx.connection.execute(
        search_results.insert().values(
            run_id=run_id, found=sorted(found), asked=None if asked is None else sorted(asked)
        )
    )


def result_of(tx: Transaction, run_id: int) -> RunResult | None:
    """Return what a run found, or None if it was not kept (incomplete, or a window)."""
    row = tx.connection.execute(select(search_results).where(search_results.c.run_id == run_id)).first()
    if row is None:
        return None
    return RunResult(run_id, None if row.asked is None else tuple(row.asked), tuple(row.found))


def recently_asked(tx: Transaction, date_type: str, *, since: str, until: str) -> set[str]:
    """Return the ids that complete runs of a kind asked about in the nights from ``since`` to ``until`` (ISO)."""
    rows = tx.connection.execute(
        select(search_results.c.asked)
        .join(search_runs, search_results.c.run_id == search_runs.c.run_id)
        .join(nights, search_runs.c.night_id == nights.c.night_id)
        .where(
            search_runs.c.date_type == date_type,
            search_runs.c.state == SearchState.COMPLETE.value,
            nights.c.night >= since,
            nights.c.night <= until,
        )
    ).scalars()
    return {asked for run in rows for asked in run or ()}


def record_origins(tx: Transaction) -> dict[Pmid, str]:
    """Return for each record the kind of the run that brought it in: a window of the query, or another way."""
    rows = tx.connection.execute(
        select(records.c.pmid, search_runs.c.date_type).join(
            search_runs, records.c.first_run_id == search_runs.c.run_id
        )
    )
    return {Pmid(row.pmid): row.date_type for row in rows}


def found_in_window(tx: Transaction, query_hash: str, start: str, end: str) -> tuple[Pmid, ...]:
    """Return the records a query brought in before that were created in a window and are still in PubMed."""
    rows = tx.connection.execute(
        select(records.c.pmid)
        .join(search_runs, records.c.first_run_id == search_runs.c.run_id)
        .where(
            search_runs.c.query_hash == query_hash,
            records.c.created >= start,
            records.c.created <= end,
            records.c.deleted_night.is_(None),
            records.c.undone_at.is_(None),
        )
        .order_by(records.c.pmid)
    ).scalars()
    return tuple(map(Pmid, rows))


def records_of_run(tx: Transaction, run_id: int) -> tuple[tuple[Pmid, str | None], ...]:
    """Return the records a run brought in, each with its create date (ISO)."""
    rows = tx.connection.execute(
        select(records.c.pmid, records.c.created).where(records.c.first_run_id == run_id).order_by(records.c.pmid)
    )
    return tuple((Pmid(row.pmid), row.created) for row in rows)
