"""How a command runs a night: live, as a rehearsal, or publishing alone; what it prints for a person."""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import asdict, replace
from pathlib import Path

import typer

from extract.errors import SearchFailed
from extract.pubmed.fetch import EntrezClient
from extract.store.log import Night, close_night, latest_nights
from flows.context import Clock, open_store, system_clock
from flows.errors import SettingsError
from flows.night import NightReport, opened_night
from flows.publish import publish
from flows.publisher import publish_once
from flows.pubmed import entrez_settings
from flows.rehearsal import next_night, packaged_archive, rehearsal_clock, rehearsing
from flows.settings import Settings, load_settings, rehearsal_settings
from flows.summary import summary_lines
from flows.surveillance import SurveillanceOutcome, watch_included
from flows.timetable import local_date, night_due

LOOKED_BACK = 20
"""Nights looked at to see whether one is due; reruns and surveillance count among them."""


def run_live_night(*, as_of: str | None) -> NightReport:
    """Run tonight against PubMed."""
    settings = load_settings()
    today = local_date(system_clock(), settings.protocol.living)
    night = parsed_date(as_of) if as_of else today
    if night > today:
        raise SettingsError(f"--as-of {night} lies in the future: nothing can have been searched through that day")
    return told(run_one(settings, night=night, clock=system_clock))


def due_tonight(settings: Settings, *, clock: Clock) -> str | None:
    """Return the date of the night that was due last and has not run to its end, None when there is none."""
    due = night_due(_last_nights(settings), now=clock(), living=settings.protocol.living)
    return due.isoformat() if due is not None else None


def missed_night(settings: Settings, *, clock: Clock) -> str | None:
    """Return the night to make up for when a scheduler starts; a state folder without nights has missed none."""
    return due_tonight(settings, clock=clock) if _last_nights(settings) else None


def _last_nights(settings: Settings) -> tuple[Night, ...]:
    store = open_store(settings)
    try:
        with store.read() as tx:
            return latest_nights(tx, LOOKED_BACK)
    finally:
        store.close()


def surveillance_alone(settings: Settings, *, clock: Clock, wait_seconds: float = 0) -> SurveillanceOutcome:
    """Look at the included reports outside of a night, and publish what changed.

    Raises
    ------
    SettingsError
        A night is running and did not end in time.
    flows.errors.PublishRefused
        A gate failed; the old site stands.
    """
    night = local_date(clock(), settings.protocol.living)
    with opened_night(settings, night=night, clock=clock, wait_seconds=wait_seconds) as context:
        outcome = watch_included(context)
        state = "search_failed" if outcome.failures else "done"
        with context.store.write() as tx:
            summary = {type(outcome).__name__: asdict(outcome)}
            close_night(tx, context.night_id, at=context.now(), state=state, summary=summary)
        publish(settings, context.store, now=clock(), night=night)
    return outcome


def run_archive_night(archive: Path, *, as_of: str | None) -> NightReport:
    """Run one night against a recorded archive, in the state folder of the settings, marked as rehearsal."""
    settings = replace(load_settings(), rehearsal=True)
    night = parsed_date(as_of) if as_of else next_night(settings, archive)
    return told(_rehearse(settings, archive, night))


def as_typed(program: Path) -> str:
    """Return how a program is called from here; a newcomer's environment is on no path."""
    here = Path.cwd()
    return str(program.relative_to(here)) if program.is_relative_to(here) else str(program)


def run_or_rehearse() -> NightReport:
    """Run the live night if PubMed answers, else say so and rehearse in a state folder of its own."""
    settings = load_settings()
    problem = pubmed_problem(settings)
    if problem is None:
        return told(run_one(settings, night=local_date(system_clock(), settings.protocol.living), clock=system_clock))
    typer.echo(f"No route to PubMed ({problem}): this is a REHEARSAL on the recorded archive, not the live review.")
    rehearsal = rehearsal_settings(settings)
    archive = packaged_archive()
    report = told(_rehearse(rehearsal, archive, next_night(rehearsal, archive)))
    program = as_typed(Path(sys.executable).with_name("living-review"))
    typer.echo(f"Next: `make serve`, or `{program} queue list --rehearsal`; again `make run` for the next night.")
    return report


def publish_now(*, rehearsal: bool) -> None:
    """Publish what is approved and print the result.

    Raises
    ------
    flows.errors.PublishRefused
        A gate failed; the old site stands.
    """
    settings = rehearsal_settings(load_settings()) if rehearsal else load_settings()
    done = publish_once(settings, clock=system_clock)
    typer.echo(
        f"Version {done.version} {'published' if done.new else 'unchanged (status brought up to date)'}", err=True
    )
    typer.echo(f"{done.headline}", err=True)


def run_one(settings: Settings, *, night: dt.date, clock: Clock) -> NightReport:
    """Run one night as a Prefect flow."""
    from flows.prefect_home import prepare_prefect

    prepare_prefect(settings)
    from flows.nightly import run_with_prefect

    return run_with_prefect(settings, night, clock)


def _rehearse(settings: Settings, archive: Path, night: dt.date) -> NightReport:
    with rehearsing(settings, archive, night=night) as served:
        return run_one(served, night=night, clock=rehearsal_clock(settings, night))


def pubmed_problem(settings: Settings) -> str | None:
    """Return None when PubMed answers, else why not, in a few words."""
    patience = replace(entrez_settings(settings), timeout_seconds=5, deadline_seconds=8, max_attempts=1)
    try:
        with EntrezClient(patience, keep=lambda _exchange: None) as client:
            client.info()
    except SearchFailed as error:
        return " ".join(str(error).split()).split(";")[0]
    return None


def told(report: NightReport) -> NightReport:
    """Print what happened and return the report."""
    for line in summary_lines(report):
        typer.echo(line)
    return report


def parsed_date(text: str) -> dt.date:
    """Return a date a person typed.

    Raises
    ------
    SettingsError
        It is no ISO date.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"--as-of {text!r} is not a date; write YYYY-MM-DD") from error
