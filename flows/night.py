"""One night as an ordered list of plain steps; :mod:`flows.nightly` runs the same steps as Prefect tasks.

Every step can be repeated: killed at any instant and run again, the night ends in the state of an undisturbed one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import Path
from typing import Any, Literal

from extract.baseline.load import load_baseline
from extract.baseline.rows import Baseline
from extract.review.views import queue_items
from extract.store.log import close_night, fail_abandoned_runs, open_night, request_count
from flows.baseline import import_baseline
from flows.citations import CitationOutcome, follow_citations
from flows.context import (
    Clock,
    NightContext,
    only_one,
    only_one_host,
    open_store,
    refuse_other_kind,
    system_clock,
    writable,
)
from flows.errors import PublishRefused
from flows.extraction import ExtractionOutcome, extract_night
from flows.linking import apply_starting_decisions
from flows.proposals import ProposalOutcome, propose_night
from flows.publish import Publication, publish, status_after_refusal
from flows.registries import RegistryOutcome, watch_registries
from flows.search import SearchOutcome, search_night
from flows.settings import Settings
from flows.surveillance import SurveillanceOutcome, watch_included
from reports.status import Status

ExitCode = Literal[0, 3, 4]
StepName = Literal[
    "baseline", "search", "citations", "linking", "surveillance", "registries", "proposals", "extraction", "publish"
]
RunStep = Callable[[StepName, Callable[[], Any]], Any]


@dataclass
class NightLog:
    """What each step of the night reported, in order; filled while the night runs."""

    outcomes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NightReport:
    """How a night ended.

    Parameters
    ----------
    exit_code
        0 done; 3 done, but the search failed or was incomplete; 4 refused to publish.
    """

    night: dt.date
    rehearsal: bool
    exit_code: ExitCode
    search: SearchOutcome
    citations: CitationOutcome
    surveillance: SurveillanceOutcome
    registries: RegistryOutcome
    proposals: ProposalOutcome
    extraction: ExtractionOutcome
    publication: Publication | None
    refusal: str | None
    status: Status
    waiting: int
    requests: int
    site: Path


def plain_step(_name: StepName, step: Callable[[], Any]) -> Any:
    """Run a step as it is."""
    return step()


@contextmanager
def opened_night(settings: Settings, *, night: dt.date, clock: Clock = system_clock) -> Iterator[NightContext]:
    """Open the store and log a night; one at a time in a state folder, and on a database.

    Raises
    ------
    SettingsError
        Another night is running, or the state folder cannot be written.
    extract.errors.StoreError
        The database cannot be used.
    """
    with only_one(settings, "night"):
        writable(settings.state_dir)
        store = open_store(settings)
        try:
            with only_one_host(store, "night"):
                at = clock().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                with store.write() as tx:
                    refuse_other_kind(tx, settings)
                    fail_abandoned_runs(tx, at=at)
                    night_id = open_night(tx, night=night.isoformat(), at=at, rehearsal=settings.rehearsal)
                yield NightContext(settings=settings, store=store, night=night, night_id=night_id, clock=clock)
        finally:
            store.close()


def run_night(context: NightContext, *, run_step: RunStep = plain_step) -> NightReport:
    """Run the steps of a night.

    A search that fails does not stop the night: what was found is worked on, the status says that the search failed,
    and the exit code is 3. A gate that refuses to publish leaves the old site standing: exit code 4.

    Parameters
    ----------
    context
        From :func:`opened_night`.
    run_step
        How one step is run: as it is, or as a Prefect task with retries.
    """
    baseline: Baseline = load_baseline(context.protocol)
    run_step("baseline", lambda: import_baseline(context, baseline))
    search: SearchOutcome = run_step("search", lambda: search_night(context))
    citations: CitationOutcome = run_step("citations", lambda: follow_citations(context))
    run_step("linking", lambda: apply_starting_decisions(context, baseline))
    surveillance: SurveillanceOutcome = run_step("surveillance", lambda: watch_included(context))
    registries: RegistryOutcome = run_step("registries", lambda: watch_registries(context, baseline))
    proposals: ProposalOutcome = run_step("proposals", lambda: propose_night(context))
    extraction: ExtractionOutcome = run_step("extraction", lambda: extract_night(context))
    failed = bool(search.failures or citations.failures or surveillance.failures or registries.failures)
    publication: Publication | None = None
    refusal: str | None = None
    _close(
        context,
        "search_failed" if failed else "done",
        search,
        citations,
        surveillance,
        registries,
        proposals,
        extraction,
    )
    try:
        publication = run_step(
            "publish",
            lambda: publish(context.settings, context.store, now=context.clock(), night=context.night),
        )
    except PublishRefused as error:
        refusal = str(error)
        _close(context, "refused", search, citations, surveillance, registries, proposals, extraction)
    if publication is not None:
        status = publication.status
    else:
        status = status_after_refusal(context.settings, context.store, now=context.clock())
    with context.store.read() as tx:
        waiting = len(queue_items(tx))
        requests = request_count(tx, context.night_id)
    return NightReport(
        night=context.night,
        rehearsal=context.settings.rehearsal,
        exit_code=4 if refusal else 3 if failed else 0,
        search=search,
        citations=citations,
        surveillance=surveillance,
        registries=registries,
        proposals=proposals,
        extraction=extraction,
        publication=publication,
        refusal=refusal,
        status=status,
        waiting=waiting,
        requests=requests,
        site=context.settings.site_dir,
    )


def _close(context: NightContext, state: str, *outcomes: object) -> None:
    summary: dict[str, Any] = {}
    for outcome in outcomes:
        if is_dataclass(outcome) and not isinstance(outcome, type):
            summary[type(outcome).__name__] = asdict(outcome)
    with context.store.write() as tx:
        close_night(tx, context.night_id, at=context.now(), state=state, summary=summary)


def summary_lines(report: NightReport) -> list[str]:
    """Return what happened in at most a dozen lines, for a person at a terminal."""
    search, status = report.search, report.status
    lines = [
        f"Night {report.night}{' (rehearsal against the recorded archive)' if report.rehearsal else ''}",
    ]
    if search.failures:
        lines.append(f"Search FAILED or incomplete (this is not 'nothing new'): {search.failures[0]}")
        lines += [f"  and {len(search.failures) - 1} more, see the status page"] if len(search.failures) > 1 else []
    else:
        lines.append(
            f"Search complete through {status.searched_through}: {search.new} new and {search.changed} changed records "
            f"({report.requests} requests)"
        )
    lines += [f"  Full run: {told}" for told in (difference.told() for difference in search.differences) if told]
    lines.append(
        f"Surveillance: {report.surveillance.looked_at} included records looked at, "
        f"{len(report.surveillance.alerts)} new alerts"
    )
    lines += [f"  {failure}" for failure in report.surveillance.failures[:1]]
    lines.append(
        f"Extraction: {report.extraction.read} records read, {report.extraction.proposed} values proposed, "
        f"{report.extraction.confirmed} approved values found in their source"
    )
    lines.append(f"Queue: {report.waiting} items wait for people")
    if report.publication is not None:
        kind = "published" if report.publication.new else "unchanged (status brought up to date)"
        lines.append(f"Site version {report.publication.version} {kind}")
        lines.append(f"  {report.publication.headline}")
    else:
        lines.append(f"{report.refusal}")
    lines.append(f"Look at: {report.site / 'index.html'}")
    return lines
