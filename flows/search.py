"""The search of a night: what is new, what changed, and now and then everything again.

Each window is one search run of the log. "Failed" is a state of its own: only a complete run says anything about
what exists, and only complete runs move "searched through" forward.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from extract.errors import SearchFailed
from extract.pubmed.fetch import FetchAnswer, run_search
from extract.pubmed.fetch.search import fetch_batches
from extract.pubmed.parse import content_hash, parse_records, record_to_json
from extract.pubmed.query import query_hash, window_since
from extract.schema.protocol import AcceptedFall, SearchStrategy
from extract.schema.record import DeletedRecord, Pmid
from extract.store.engine import Transaction
from extract.store.log import last_complete
from extract.store.records import known_pmids, set_deleted, upsert_record
from extract.store.results import found_in_window
from flows.context import NightContext
from flows.differences import FullRunDifference, full_run_difference
from flows.large_jobs import LargeJob, announced
from flows.pubmed import pubmed
from flows.runs import logged_run

WindowKind = Literal["all", "crdt", "mdat"]
FALL_ALLOWED = 0.01
"""A full run may find this share fewer than the last one (withdrawn records); more is a failure, not news."""

MISSING_ALLOWED, FORGOTTEN_ALLOWED = 2, 0.1
"""A nightly window may lack so many records it gave before, or this share of them, whichever is more."""


@dataclass(frozen=True)
class PlannedWindow:
    """One window to search tonight."""

    kind: WindowKind
    start: dt.date
    end: dt.date


@dataclass(frozen=True)
class SearchOutcome:
    """What the search of a night found, and what went wrong; ``failures`` empty means complete.

    ``differences`` are those of full runs to what was known before, one a query that was run in full; ``announced``
    are large jobs in words, and ``held_until`` when the first of those held for NCBI's quiet hours may run (ISO, UTC).
    """

    new: int
    changed: int
    received: int
    failures: tuple[str, ...]
    differences: tuple[FullRunDifference, ...] = ()
    announced: tuple[str, ...] = ()
    held_until: str | None = None


def plan_windows(tx: Transaction, context: NightContext, strategy: SearchStrategy) -> tuple[PlannedWindow, ...]:
    """Return tonight's windows of one query.

    The first night of a query, and every ``full_rerun_every_days`` after, runs it over all dates; other nights look
    at what was created (``crdt``) and what was changed (``mdat``), each reaching ``overlap_days`` back behind the
    last complete run, because about one record in twenty is indexed late.
    """
    living = context.protocol.living
    fingerprint = query_hash(strategy.query())
    full = last_complete(tx, query_hash=fingerprint, date_type="all")
    everything = PlannedWindow("all", living.first_search_from, context.night)
    if full is None or full.window_end is None:
        return (everything,)
    full_end = dt.date.fromisoformat(full.window_end)
    due = (context.night - full_end).days >= living.full_rerun_every_days
    windows = [everything] if due or context.scope != "tonight" else []
    kinds: tuple[WindowKind, ...] = ("mdat",) if windows else ("crdt", "mdat")
    for kind in kinds:
        last = last_complete(tx, query_hash=fingerprint, date_type=kind)
        ends = [full_end] + ([dt.date.fromisoformat(last.window_end)] if last and last.window_end else [])
        window = window_since(
            min(max(ends), context.night),
            today=context.night,
            overlap_days=living.overlap_days,
            first_search_from=living.first_search_from,
        )
        windows.append(PlannedWindow(kind, window.start, window.end))
    return tuple(windows)


def search_night(context: NightContext) -> SearchOutcome:
    """Run every window of every query; a window that fails is logged as failed and the others still run."""
    totals = {"new": 0, "changed": 0, "received": 0}
    failures: list[str] = []
    differences: list[FullRunDifference] = []
    jobs: list[LargeJob] = []
    for strategy in context.protocol.search:
        with context.store.read() as tx:
            windows = plan_windows(tx, context, strategy)
        for window in windows:
            try:
                found, difference = _search_window(context, strategy, window, jobs)
            except SearchFailed as error:
                # Not swallowed: the run is logged with its state, the night ends with exit code 3.
                failures.append(f"{window.kind} {window.start} to {window.end}: {error}")
                continue
            differences += [difference] if difference is not None else []
            for key, count in found.items():
                totals[key] += count
    return SearchOutcome(
        totals["new"],
        totals["changed"],
        totals["received"],
        tuple(failures),
        differences=tuple(differences),
        announced=tuple(job.told for job in jobs if job.held_until is None),
        held_until=min((job.held_until.isoformat() for job in jobs if job.held_until is not None), default=None),
    )


def _search_window(
    context: NightContext, strategy: SearchStrategy, window: PlannedWindow, jobs: list[LargeJob]
) -> tuple[dict[str, int], FullRunDifference | None]:
    """Search one window; a full run also gives its difference to what was known."""
    query = strategy.query()
    fingerprint = query_hash(query)
    with context.store.read() as tx:
        previous = last_complete(tx, query_hash=fingerprint, date_type="all")
    days = (window.start.isoformat(), window.end.isoformat())
    difference = None
    with logged_run(context, source=strategy.source, date_type=window.kind, query_hash=fingerprint, window=days) as run:
        with pubmed(context, run.run_id) as client:
            result = run_search(
                client,
                query,
                date_type="mdat" if window.kind == "mdat" else "crdt",
                start=window.start,
                end=window.end,
                accepted_drops=frozenset(strategy.accepted_drops),
            )
            run.hits = result.count
            if window.kind == "all" and previous is not None and previous.hits:
                _refuse_fall(result.count, previous.hits, strategy.accepted_falls)
            if window.kind != "mdat":
                _refuse_forgotten(context, strategy, window, result.pmids)
            wanted = _wanted(context, window.kind, result.pmids)
            batches = -(-len(wanted) // client.settings.batch_size)
            if job := announced(context, f"the search {window.kind} {days[0]} to {days[1]}", batches):
                run.message = job.told
                jobs.append(job)
                if job.held_until is not None:
                    raise SearchFailed(job.told, state="incomplete")
            store_batches(context, fetch_batches(client, wanted), run.run_id, run.counts)
        if window.kind == "all":
            difference = _difference(context, strategy, run.run_id, result.pmids)
            run.found = result.pmids
            run.message = "; ".join(filter(None, (run.message, difference.told()))) or None
    return run.counts, difference


def _difference(
    context: NightContext, strategy: SearchStrategy, run_id: int, pmids: tuple[Pmid, ...]
) -> FullRunDifference:
    """Compare a full run with what the nightly windows had brought."""
    fingerprint = query_hash(strategy.query())
    with context.store.read() as tx:
        reach = _new_records_since(tx, context, fingerprint)
        return full_run_difference(tx, fingerprint, strategy.source, run_id, pmids, reach=reach)


def _new_records_since(tx: Transaction, context: NightContext, fingerprint: str) -> dt.date | None:
    """Return the first day the window of new records reaches back to tonight, None before the first full run."""
    runs = [last_complete(tx, query_hash=fingerprint, date_type=kind) for kind in ("all", "crdt")]
    ends = [dt.date.fromisoformat(run.window_end) for run in runs if run is not None and run.window_end is not None]
    return max(ends) - dt.timedelta(days=context.protocol.living.overlap_days) if ends else None


def _refuse_fall(hits: int, before: int, accepted: Sequence[AcceptedFall]) -> None:
    """Refuse a full run that counts clearly fewer than the last one, unless a person accepted that fall."""
    floor = before * (1 - FALL_ALLOWED)
    if hits < floor and not any(fall.hits < floor and hits >= fall.hits * (1 - FALL_ALLOWED) for fall in accepted):
        raise SearchFailed(
            f"the full run counts {hits} records, the last one counted {before}: a fall of more than "
            f"{FALL_ALLOWED:.0%} is a fault of the search, not news; run it again. If PubMed really lost them, "
            f"accept it in protocol.toml under [[search.accepted_falls]] with hits = {hits}, reason, by and date",
            state="incomplete",
        )


def _refuse_forgotten(
    context: NightContext, strategy: SearchStrategy, window: PlannedWindow, pmids: tuple[Pmid, ...]
) -> None:
    """Refuse a window of create dates that lacks records this query found in it before.

    "Count 0" over days of which we hold records is a fault of the service, however whole the answer looks; so is a part
    of them. Single records do leave a query (withdrawn, re-indexed); a full run has its own bound for more of them.
    """
    accepted = {loss.pmid for loss in strategy.accepted_losses}
    fingerprint = query_hash(strategy.query())
    with context.store.read() as tx:
        known = found_in_window(tx, fingerprint, window.start.isoformat(), window.end.isoformat())
    expected = {pmid for pmid in known if pmid not in accepted}
    missing = sorted(expected - set(pmids))
    allowed = max(MISSING_ALLOWED, FORGOTTEN_ALLOWED * len(expected)) if window.kind == "crdt" else len(expected) - 1
    if missing and (len(missing) == len(expected) or len(missing) > allowed):
        lacks = "none" if len(missing) == len(expected) else f"{len(missing)} not"
        raise SearchFailed(
            f"the search of {window.start} to {window.end} gives {len(pmids)} records and {lacks} of the "
            f"{len(expected)} it gave before (PMID {', '.join(missing[:5])}); run it again. If PubMed really has them "
            "no longer under this query, accept each in protocol.toml under [[search.accepted_losses]]",
            state="incomplete",
        )


def _wanted(context: NightContext, kind: WindowKind, pmids: tuple[Pmid, ...]) -> tuple[Pmid, ...]:
    """Return which of the ids found must be fetched: changed ones always, new ones only if we lack them."""
    if kind == "mdat" or context.scope == "all records":
        return pmids
    with context.store.read() as tx:
        known = known_pmids(tx, pmids)
    return tuple(pmid for pmid in pmids if pmid not in known)


def store_batches(context: NightContext, batches: Iterable[FetchAnswer], run_id: int, found: dict[str, int]) -> None:
    """Parse and store batches of records, each batch in one transaction; counts go into ``found``.

    Raises
    ------
    DocumentError
        An answer cannot be parsed; batches before it are stored.
    SearchFailed
        Records stayed away.
    """
    for batch in batches:
        # A day of grace: PubMed dates its records by its own clock.
        tomorrow = context.clock().date() + dt.timedelta(days=1)
        parsed = list(parse_records(io.BytesIO(batch.raw), not_after=tomorrow))
        with context.store.write() as tx:
            for item in parsed:
                if isinstance(item, DeletedRecord):
                    set_deleted(tx, item.pmid, night=context.night.isoformat())
                    continue
                outcome = upsert_record(
                    tx,
                    item,
                    content=record_to_json(item),
                    content_hash=content_hash(item),
                    night=context.night.isoformat(),
                    run_id=run_id,
                )
                found["received"] += 1
                if outcome != "known":
                    found[outcome] += 1
