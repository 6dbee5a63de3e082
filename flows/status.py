"""The review's status, computed from the log: what was searched, what waits, what is integrated."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Sequence
from typing import Literal

from extract.pubmed.query import query_hash
from extract.review.views import queue_items
from extract.schema.protocol import Protocol
from extract.schema.vocabulary import SearchState
from extract.store.engine import Transaction
from extract.store.journey import approvals_from_the_queue, record_journeys
from extract.store.log import Night, SearchRun, all_nights, search_log
from extract.store.versions import published_snapshots
from flows.settings import Settings
from flows.timetable import SEARCHED, local_date, next_due
from reports.status import LivingStatus, Status, Wait

LastSearch = Literal["complete", "incomplete", "failed", "never"]
WINDOWS = ("all", "crdt", "mdat")
"""Kinds of runs that search; the others watch what is known."""

WINDOW_DAYS = 90
"""Nights older than this do not count in "nights run, missed, failed"."""


def searched_through(tx: Transaction, protocol: Protocol) -> dt.date | None:
    """Return the last day up to which both new and changed records were searched completely.

    A full run covers what is new and what changed; otherwise both windows must have been complete.
    """
    runs = search_log(tx)
    reached = [_reached(runs, query_hash(strategy.query())) for strategy in protocol.search]
    known = [day for day in reached if day is not None]
    # With several queries the review is searched through the day the slowest one reached.
    return min(known) if len(known) == len(reached) else None


def _reached(runs: Sequence[SearchRun], fingerprint: str) -> dt.date | None:
    ends: dict[str, dt.date] = {}
    for run in runs:
        if run.state is SearchState.COMPLETE and run.query_hash == fingerprint and run.window_end:
            end = dt.date.fromisoformat(run.window_end)
            ends[run.date_type] = max(end, ends.get(run.date_type, end))
    windows = [ends[kind] for kind in ("crdt", "mdat") if kind in ends]
    both = min(windows) if len(windows) == 2 else None
    full = ends.get("all")
    return max((day for day in (both, full) if day is not None), default=None)


def compute_status(tx: Transaction, settings: Settings, *, now: dt.datetime) -> Status:
    """Compute the status strip after whatever happened last."""
    protocol = settings.protocol
    through = searched_through(tx, protocol)
    items = queue_items(tx)
    waiting_since = min((item.since for item in items), default=None)
    integrated = through
    if through is not None and waiting_since is not None:
        integrated = min(through, dt.date.fromisoformat(waiting_since) - dt.timedelta(days=1))
    runs = search_log(tx)
    worst = _worst(_since_last_search(runs))
    snapshots = published_snapshots(tx)
    nights = all_nights(tx)
    today = local_date(now, protocol.living)
    run_count, missed, failed = _count_nights(nights, today=today)
    return Status(
        living_status=_living_status(protocol, through, today),
        searched_through=through.isoformat() if through else None,
        last_search_state=worst[0],
        last_search_at=runs[-1].finished_at if runs else None,
        last_search_message=worst[1],
        pending_records=sum(item.item.startswith("record:") for item in items),
        pending_values=sum(not item.item.startswith("record:") for item in items),
        pending_since=waiting_since,
        integrated_through=integrated.isoformat() if integrated else None,
        published_at=snapshots[-1].published_at if snapshots else None,
        next_search_due=next_due(now, protocol.living).strftime("%Y-%m-%dT%H:%MZ"),
        nights_run=run_count,
        nights_missed=missed,
        nights_failed=failed,
        **_waits(tx, [snapshot.published_at for snapshot in snapshots]),
        rehearsal=settings.rehearsal,
    )


def _waits(tx: Transaction, published: Sequence[str]) -> dict[str, Wait | None]:
    """Return how long records and values took, of what entered PubMed since the review began."""
    journeys = record_journeys(tx)
    approved = approvals_from_the_queue(tx)
    reached = [(at, next((day for day in sorted(published) if day >= at), None)) for at in approved]
    return {
        "to_queue": _wait([(one.entered, one.queued) for one in journeys]),
        "to_decision": _wait([(one.queued, one.decided) for one in journeys if one.decided is not None]),
        "to_publication": _wait([(at, day) for at, day in reached if day is not None]),
    }


def _wait(pairs: Sequence[tuple[str, str]]) -> Wait | None:
    days = [(dt.date.fromisoformat(end[:10]) - dt.date.fromisoformat(start[:10])).days for start, end in pairs]
    return Wait(median_days=statistics.median(days), n=len(days)) if days else None


def _since_last_search(runs: Sequence[SearchRun]) -> list[SearchRun]:
    """Return the runs of the last night that searched, and of what ran after it (surveillance by itself)."""
    searching = [run.night_id for run in runs if run.date_type in WINDOWS]
    last = searching[-1] if searching else runs[-1].night_id if runs else 0
    return [run for run in runs if run.night_id >= last]


def _worst(runs: Sequence[SearchRun]) -> tuple[LastSearch, str | None]:
    if not runs:
        return "never", None
    for state in (SearchState.FAILED, SearchState.RUNNING, SearchState.INCOMPLETE):
        hit = next((run for run in runs if run.state is state), None)
        if hit is not None:
            return ("incomplete" if state is SearchState.INCOMPLETE else "failed"), hit.message
    return "complete", None


def _living_status(protocol: Protocol, through: dt.date | None, today: dt.date) -> LivingStatus:
    if protocol.living.status != "active":
        return protocol.living.status
    overdue = through is None or (today - through).days > protocol.living.overdue_after_days
    return "overdue" if overdue else "active"


def _count_nights(nights: tuple[Night, ...], *, today: dt.date) -> tuple[int, int, int]:
    first_day = today - dt.timedelta(days=WINDOW_DAYS - 1)
    # Surveillance or a re-extraction by itself is logged like a night and is none.
    recent = [
        night
        for night in nights
        if first_day <= dt.date.fromisoformat(night.night) <= today and (not night.summary or SEARCHED in night.summary)
    ]
    good = {night.night for night in recent if night.state == "done"}
    bad = {night.night for night in recent if night.state in ("search_failed", "refused", "running")} - good
    if not recent:
        return 0, 0, 0
    begun = min(dt.date.fromisoformat(night.night) for night in recent)
    expected = (today - begun).days + 1
    return len(good), max(0, expected - len(good | bad)), len(bad)
