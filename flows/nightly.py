"""The night as a Prefect flow: the same steps as :mod:`flows.night`, each a task with retries and a name.

Logic stays in plain functions; this module only says how Prefect runs them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger, runtime, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.deployments import run_deployment
from prefect.events import emit_event
from prefect.states import Failed

from flows.alerts import queue_age_days
from flows.context import Clock, SearchScope, system_clock
from flows.deployments import QUEUE_OLD, QUEUE_RESOURCE
from flows.logs import redacted
from flows.night import NightReport, StepName, opened_night, run_night
from flows.process import begin_process
from flows.search import SearchOutcome
from flows.settings import Settings, load_settings
from flows.summary import summary_lines
from flows.timetable import local_date

RETRIES = 2
"""Further tries of a step that ended in a bug or a busy database; failed searches have their own retries inside."""

RETRY_SECONDS = 10
"""Pause between tries of a step."""


@flow(name="nightly", log_prints=False)
def nightly(as_of: str | None = None) -> int | State[int]:
    """Run tonight's search, surveillance, extraction and publication; a night that did not go well fails the run.

    Parameters
    ----------
    as_of
        Date the night stands for (ISO); today when not given.
    """
    settings = load_settings()
    begin_process(settings)
    night = dt.date.fromisoformat(as_of) if as_of else local_date(system_clock(), settings.protocol.living)
    report = night_flow(settings, night=night, clock=system_clock)
    if queue_age_days(settings, report.status, clock=system_clock) > settings.queue_old_after_days:
        emit_event(QUEUE_OLD, resource={"prefect.resource.id": QUEUE_RESOURCE})
    again_if_held(report.search, as_of=night.isoformat())
    return night_state(report)


def again_if_held(search: SearchOutcome, **parameters: str) -> None:
    """Let this run's deployment run again when a large job that was held may go; without one, the next night takes it.

    Parameters
    ----------
    parameters
        What the flow is given then.
    """
    if search.held_until is None or runtime.deployment.id is None:
        return
    run_deployment(
        UUID(str(runtime.deployment.id)),
        parameters=parameters,
        scheduled_time=dt.datetime.fromisoformat(search.held_until),
        timeout=0,
        as_subflow=False,
    )


def night_state(report: NightReport) -> int | State[int]:
    """Return 0, or a failed state that says what went wrong: the operator's automations go by it."""
    if report.exit_code == 0:
        return 0
    failures = (report.refusal, *report.gathered.failures)
    return Failed(message=next((what for what in failures if what), f"exit code {report.exit_code}"))


def night_flow(
    settings: Settings, *, night: dt.date, clock: Clock, scope: SearchScope = "tonight", wait_seconds: float = 0
) -> NightReport:
    """Run one night with each step as a task; call inside a flow run."""
    logger = get_run_logger()

    def as_task(name: StepName, step: Callable[[], Any]) -> Any:
        prefect_task = task(
            name=name,
            retries=RETRIES,
            retry_delay_seconds=RETRY_SECONDS,
            cache_policy=NO_CACHE,
            persist_result=False,
            retry_condition_fn=_worth_retrying,
        )(step)
        return prefect_task()

    with opened_night(settings, night=night, clock=clock, scope=scope, wait_seconds=wait_seconds) as context:
        report = run_night(context, run_step=as_task)
    for line in summary_lines(report):
        logger.info(line)
    markdown = redacted(night_markdown(report, site_url=settings.site_url), settings.secrets)
    create_markdown_artifact(markdown=markdown, key="night", description=f"Night {report.night}")
    return report


def _worth_retrying(_task: Any, _run: Any, state: Any) -> bool:
    """Try again after a fault of the moment; never after a refusal or bad input, which stay what they are."""
    from extract.errors import UserError
    from flows.errors import FlowError

    try:
        state.result()
    except (UserError, FlowError):
        return False
    except Exception:  # noqa: BLE001 - this is the question "did it end in any other error", not handling it
        return True
    return False


@flow(name="nightly-run", log_prints=False)
def run_with_prefect(settings: Settings, night: dt.date, clock: Clock) -> NightReport:
    """Run one night of given settings (the command line's way in)."""
    return night_flow(settings, night=night, clock=clock)


def night_markdown(report: NightReport, *, site_url: str) -> str:
    """Return the night's artifact: what needs a person first, then what happened, and where to look."""
    first, *rest = summary_lines(report)
    table = [
        ("searched through", report.status.searched_through),
        ("integrated through", report.status.integrated_through),
        ("living status", report.status.living_status),
        ("waiting for people", report.waiting),
        ("oldest waits since", report.status.pending_since),
        ("site version", report.publication.version if report.publication else "unchanged"),
        ("exit code", report.exit_code),
    ]
    rows = "\n".join(f"| {name} | {value if value is not None else 'never'} |" for name, value in table)
    happened = "\n".join(f"{'  ' if line.startswith(' ') else ''}- {line.strip()}" for line in rest)
    needed = "\n".join(f"- {line}" for line in what_is_needed(report, site_url=site_url))
    return f"# {first}\n\n## Needs a person\n\n{needed}\n\n## What happened\n\n{happened}\n\n| | |\n|---|---|\n{rows}\n"


def what_is_needed(report: NightReport, *, site_url: str) -> list[str]:
    """Return what somebody should do after a night, the most pressing first."""
    needed = []
    if report.refusal:
        needed.append(f"Publishing was refused and the old site stands: {report.refusal}")
    if report.gathered.failures:
        needed.append(
            "A source failed or was incomplete (this is not 'nothing new'). The next night asks again over the same "
            f"days; if it fails twice, look: {report.gathered.failures[0]}"
        )
    if report.waiting:
        since = f", the oldest since {report.status.pending_since}" if report.status.pending_since else ""
        needed.append(f"{report.waiting} items wait in the [review queue]({site_url}review/){since}.")
    return needed or ["Nothing."]
