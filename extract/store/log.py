"""The night log: nights, search runs and every request with its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import CursorResult, Row, func, select

from extract.errors import StoreError
from extract.schema.vocabulary import SearchState
from extract.store.archive import note_body
from extract.store.engine import Transaction
from extract.store.tables import exchanges, nights, search_runs


@dataclass(frozen=True)
class SearchRun:
    """One execution of a search, as logged."""

    run_id: int
    night_id: int
    night: str
    source: str
    query_hash: str
    date_type: str
    window_start: str | None
    window_end: str | None
    state: SearchState
    finished_at: str | None
    hits: int | None
    received: int | None
    new_records: int | None
    message: str | None


@dataclass(frozen=True)
class Night:
    """One night, as logged."""

    night_id: int
    night: str
    started_at: str
    finished_at: str | None
    state: str
    rehearsal: bool
    summary: dict[str, Any]


def open_night(tx: Transaction, *, night: str, at: str, rehearsal: bool) -> int:
    """Log that a night has begun and return its number."""
    result = tx.connection.execute(
        nights.insert().values(night=night, started_at=at, state="running", rehearsal=int(rehearsal), summary={})
    )
    return _new_id(result)


def close_night(tx: Transaction, night_id: int, *, at: str, state: str, summary: dict[str, Any]) -> None:
    """Log how a night ended: ``done``, ``search_failed`` or ``refused`` (to publish)."""
    tx.connection.execute(
        nights.update().where(nights.c.night_id == night_id).values(finished_at=at, state=state, summary=summary)
    )


def all_nights(tx: Transaction) -> tuple[Night, ...]:
    """Return every night, oldest first."""
    rows = tx.connection.execute(select(nights).order_by(nights.c.night_id))
    return tuple(_night(row) for row in rows)


def latest_nights(tx: Transaction, most: int) -> tuple[Night, ...]:
    """Return the last nights, oldest first."""
    rows = tx.connection.execute(select(nights).order_by(nights.c.night_id.desc()).limit(most)).all()
    return tuple(_night(row) for row in reversed(rows))


def open_run(  # one column of the log a parameter
    tx: Transaction,
    night_id: int,
    *,
    source: str,
    query_hash: str,
    date_type: str,
    window_start: str | None,
    window_end: str | None,
    at: str,
) -> int:
    """Log that a search run has begun and return its number."""
    result = tx.connection.execute(
        search_runs.insert().values(
            night_id=night_id,
            source=source,
            query_hash=query_hash,
            date_type=date_type,
            window_start=window_start,
            window_end=window_end,
            state=SearchState.RUNNING.value,
            started_at=at,
        )
    )
    return _new_id(result)


def close_run(
    tx: Transaction,
    run_id: int,
    *,
    state: SearchState,
    at: str,
    hits: int | None = None,
    received: int | None = None,
    new_records: int | None = None,
    changed_records: int | None = None,
    message: str | None = None,
) -> None:
    """Log how a search run ended. Only ``complete`` says anything about what exists."""
    tx.connection.execute(
        search_runs.update()
        .where(search_runs.c.run_id == run_id)
        .values(
            state=state.value,
            finished_at=at,
            hits=hits,
            received=received,
            new_records=new_records,
            changed_records=changed_records,
            message=message,
        )
    )


def fail_abandoned_runs(tx: Transaction, *, at: str) -> int:
    """Mark runs that a killed night left behind as failed: an unfinished search found nothing out."""
    result = tx.connection.execute(
        search_runs.update()
        .where(search_runs.c.state == SearchState.RUNNING.value)
        .values(state=SearchState.FAILED.value, finished_at=at, message="the night was stopped during this search")
    )
    return result.rowcount


def log_exchange(
    tx: Transaction,
    *,
    night_id: int,
    run_id: int | None,
    at: str,
    method: str,
    url: str,
    parameters: dict[str, str],
    status: int | None,
    sha256: str | None,
    size: int,
) -> None:
    """Log one request and where its answer is kept; parameters come without the key."""
    if sha256 is not None:
        note_body(tx, sha256, size=size, at=at)
    tx.connection.execute(
        exchanges.insert().values(
            run_id=run_id,
            night_id=night_id,
            at=at,
            method=method,
            url=url,
            parameters=parameters,
            status=status,
            sha256=sha256,
        )
    )


def search_log(tx: Transaction) -> tuple[SearchRun, ...]:
    """Return every search run, oldest first."""
    rows = tx.connection.execute(select(search_runs, nights.c.night).join(nights).order_by(search_runs.c.run_id))
    return tuple(_run(row) for row in rows)


def last_complete(tx: Transaction, *, query_hash: str, date_type: str) -> SearchRun | None:
    """Return the latest complete run of this query and kind of window, by the end of its window."""
    row = tx.connection.execute(
        select(search_runs, nights.c.night)
        .join(nights)
        .where(
            search_runs.c.query_hash == query_hash,
            search_runs.c.date_type == date_type,
            search_runs.c.state == SearchState.COMPLETE.value,
        )
        .order_by(search_runs.c.window_end.desc(), search_runs.c.run_id.desc())
        .limit(1)
    ).first()
    return _run(row) if row is not None else None


def request_count(tx: Transaction, night_id: int) -> int:
    """Return how many requests a night sent."""
    return int(
        tx.connection.execute(
            select(func.count()).select_from(exchanges).where(exchanges.c.night_id == night_id)
        ).scalar_one()
    )


def _new_id(result: CursorResult[Any]) -> int:
    key = result.inserted_primary_key
    if key is None:
        raise StoreError("the database gave no number for a new row of the log")
    return int(key[0])


def _night(row: Row[Any]) -> Night:
    return Night(
        row.night_id, row.night, row.started_at, row.finished_at, row.state, bool(row.rehearsal), dict(row.summary)
    )


def _run(row: Row[Any]) -> SearchRun:
    return SearchRun(
        run_id=row.run_id,
        night_id=row.night_id,
        night=row.night,
        source=row.source,
        query_hash=row.query_hash,
        date_type=row.date_type,
        window_start=row.window_start,
        window_end=row.window_end,
        state=SearchState(row.state),
        finished_at=row.finished_at,
        hits=row.hits,
        received=row.received,
        new_records=row.new_records,
        message=row.message,
    )
