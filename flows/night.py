"""One night as an ordered list of plain steps; :mod:`flows.nightly` runs the same steps as Prefect tasks.

Every step can be repeated: killed at any instant and run again, the night ends in the state of an undisturbed one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
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
    SearchScope,
    only_one,
    only_one_host,
    open_store,
    refuse_other_kind,
    system_clock,
    writable,
)
from flows.errors import PublishRefused
from flows.extraction import ExtractionOutcome, extract_night
from flows.fulltexts import FullTextOutcome, full_text_night
from flows.imports import ImportedRecordsOutcome, fetch_imported
from flows.linking import apply_starting_decisions
from flows.logs import log_step
from flows.proposals import ProposalOutcome, propose_night
from flows.publish import Publication, publish, status_after_refusal
from flows.ranking import RankingOutcome, rank_night
from flows.registries import RegistryOutcome, watch_registries
from flows.search import SearchOutcome, search_night
from flows.settings import Settings
from flows.surveillance import SurveillanceOutcome, watch_included
from reports.status import Status

ExitCode = Literal[0, 3, 4]
StepName = Literal[
    "baseline",
    "search",
    "imports",
    "citations",
    "linking",
    "surveillance",
    "registries",
    "proposals",
    "extraction",
    "fulltexts",
    "ranking",
    "publish",
]
RunStep = Callable[[StepName, Callable[[], Any]], Any]


@dataclass(frozen=True)
class Gathered:
    """What each step before publishing reported."""

    search: SearchOutcome
    imports: ImportedRecordsOutcome
    citations: CitationOutcome
    surveillance: SurveillanceOutcome
    registries: RegistryOutcome
    proposals: ProposalOutcome
    extraction: ExtractionOutcome
    fulltexts: FullTextOutcome
    ranking: RankingOutcome

    @property
    def failures(self) -> tuple[str, ...]:
        """Everything that did not answer, or not with everything; empty means that the night was complete."""
        asked = (self.search, self.imports, self.citations, self.surveillance, self.registries, self.fulltexts)
        return tuple(failure for outcome in asked for failure in outcome.failures)


@dataclass(frozen=True)
class NightReport:
    """How a night ended.

    Parameters
    ----------
    exit_code
        0 done; 3 done, but a search failed or was incomplete; 4 refused to publish.
    requests
        Requests sent, to every source.
    """

    night: dt.date
    rehearsal: bool
    exit_code: ExitCode
    gathered: Gathered
    publication: Publication | None
    refusal: str | None
    status: Status
    waiting: int
    requests: int
    site: Path

    @property
    def search(self) -> SearchOutcome:
        """What the database search found."""
        return self.gathered.search

    @property
    def surveillance(self) -> SurveillanceOutcome:
        """What became of included reports."""
        return self.gathered.surveillance

    @property
    def extraction(self) -> ExtractionOutcome:
        """What was read in the records."""
        return self.gathered.extraction


def plain_step(_name: StepName, step: Callable[[], Any]) -> Any:
    """Run a step as it is."""
    return step()


@contextmanager
def opened_night(
    settings: Settings,
    *,
    night: dt.date,
    clock: Clock = system_clock,
    scope: SearchScope = "tonight",
    wait_seconds: float = 0,
) -> Iterator[NightContext]:
    """Open the store and log a night; one at a time in a state folder, and on a database.

    Parameters
    ----------
    wait_seconds
        How long to wait for another one to end.

    Raises
    ------
    SettingsError
        Another night is running, or the state folder cannot be written.
    extract.errors.StoreError
        The database cannot be used.
    """
    with only_one(settings, "night", wait_seconds=wait_seconds):
        writable(settings.state_dir)
        store = open_store(settings)
        try:
            with only_one_host(store, "night"):
                at = clock().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                with store.write() as tx:
                    refuse_other_kind(tx, settings)
                    fail_abandoned_runs(tx, at=at)
                    night_id = open_night(tx, night=night.isoformat(), at=at, rehearsal=settings.rehearsal)
                yield NightContext(settings, store, night, night_id, clock, scope=scope)
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
    run_step = _logged(run_step, context.night)
    gathered = _gather(context, run_step)
    failed = bool(gathered.failures)
    publication: Publication | None = None
    refusal: str | None = None
    _close(context, "search_failed" if failed else "done", gathered)
    try:
        publication = run_step(
            "publish",
            lambda: publish(context.settings, context.store, now=context.clock(), night=context.night),
        )
    except PublishRefused as error:
        refusal = str(error)
        _close(context, "refused", gathered)
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
        gathered=gathered,
        publication=publication,
        refusal=refusal,
        status=status,
        waiting=waiting,
        requests=requests,
        site=context.settings.site_dir,
    )


def _gather(context: NightContext, run_step: RunStep) -> Gathered:
    """Run every step before publishing, in order."""
    baseline: Baseline = load_baseline(context.protocol)
    run_step("baseline", lambda: import_baseline(context, baseline))
    search: SearchOutcome = run_step("search", lambda: search_night(context))
    imports: ImportedRecordsOutcome = run_step("imports", lambda: fetch_imported(context))
    citations: CitationOutcome = run_step("citations", lambda: follow_citations(context))
    run_step("linking", lambda: apply_starting_decisions(context, baseline))
    surveillance: SurveillanceOutcome = run_step("surveillance", lambda: watch_included(context))
    registries: RegistryOutcome = run_step("registries", lambda: watch_registries(context, baseline))
    proposals: ProposalOutcome = run_step("proposals", lambda: propose_night(context))
    extraction: ExtractionOutcome = run_step("extraction", lambda: extract_night(context))
    fulltexts: FullTextOutcome = run_step("fulltexts", lambda: full_text_night(context))
    ranking: RankingOutcome = run_step("ranking", lambda: rank_night(context))
    return Gathered(search, imports, citations, surveillance, registries, proposals, extraction, fulltexts, ranking)


def _logged(run_step: RunStep, night: dt.date) -> RunStep:
    """Return the same way to run a step, with one log line about each."""
    return lambda name, step: log_step(name, lambda: run_step(name, step), night=night.isoformat())


def _close(context: NightContext, state: str, gathered: Gathered) -> None:
    outcomes = (getattr(gathered, field.name) for field in fields(gathered))
    summary = {type(outcome).__name__: asdict(outcome) for outcome in outcomes}
    with context.store.write() as tx:
        close_night(tx, context.night_id, at=context.now(), state=state, summary=summary)
