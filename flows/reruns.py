"""The flows beside the night: full re-run, reconciliation, surveillance, publication on approval, alert.

Each is thin over a plain function of its own that needs no Prefect; see :mod:`flows.deployments` for when they run.
"""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Failed

from flows.alerts import AlertKind, send_alert
from flows.backups.making import make_backup, remove_old
from flows.context import open_store, system_clock
from flows.digest import send_digests
from flows.doctor.examine import examine
from flows.doctor.findings import exit_code
from flows.nightly import again_if_held, night_flow, night_state
from flows.process import begin_process
from flows.publisher import publish_once
from flows.reconciliation import verify_state
from flows.running import surveillance_alone
from flows.settings import Settings, load_settings
from flows.timetable import local_date

PATIENCE_SECONDS = 3600.0
"""How long a rerun waits for the night to end; two never run at once in a state folder."""


def _begun() -> Settings:
    settings = load_settings()
    begin_process(settings)
    return settings


@flow(name="full-rerun")
def full_rerun() -> int | State[int]:
    """Search all dates whatever the windows say, and publish."""
    settings = _begun()
    night = local_date(system_clock(), settings.protocol.living)
    report = night_flow(settings, night=night, clock=system_clock, scope="all dates", wait_seconds=PATIENCE_SECONDS)
    again_if_held(report.search)
    return night_state(report)


@flow(name="reconciliation")
def reconciliation() -> int | State[int]:
    """Search all dates, fetch every record again, publish, and verify what is stored."""
    settings = _begun()
    night = local_date(system_clock(), settings.protocol.living)
    report = night_flow(settings, night=night, clock=system_clock, scope="all records", wait_seconds=PATIENCE_SECONDS)
    again_if_held(report.search)
    problems = verify_state(settings)
    if problems:
        return Failed(message=f"{len(problems)} problems, the first: {problems[0]}")
    return night_state(report)


@flow(name="surveillance")
def surveillance() -> int | State[int]:
    """Look at the included reports again, and publish what changed."""
    outcome = surveillance_alone(_begun(), clock=system_clock, wait_seconds=PATIENCE_SECONDS)
    return Failed(message=outcome.failures[0]) if outcome.failures else len(outcome.alerts)


@flow(name="backup")
def backup() -> str | State[str]:
    """Back up, and remove the oldest; what is damaged fails the run."""
    settings = _begun()
    store = open_store(settings)
    try:
        folder = settings.state_dir / "backups"
        made = make_backup(settings, store, to=folder)
        remove_old(folder, keep=settings.backups_kept)
    finally:
        store.close()
    damaged = made.manifest.damaged
    return Failed(message=f"{len(damaged)} archived answers are damaged: {damaged[0]}") if damaged else str(made.folder)


@flow(name="digest")
def digest() -> int | State[int]:
    """Send today's digests; one that was not taken fails the run, and the next call tries it again."""
    settings = _begun()
    store = open_store(settings)
    try:
        sent = send_digests(settings, store, clock=system_clock)
    finally:
        store.close()
    failed = [one.recipient for one in sent if one.state == "failed"]
    return Failed(message=f"digests for {', '.join(failed)} were not taken") if failed else len(sent)


@flow(name="doctor")
def doctor() -> int | State[int]:
    """Look at everything; anything that needs a person fails the run."""
    findings = examine(_begun(), online=True)
    if exit_code(findings) == 0:
        return 0
    needed = [f"{one.check}: {one.found}" for one in findings if one.state in ("problem", "warning")]
    return Failed(message="; ".join(needed))


@flow(name="publish-approved")
def publish_approved() -> str:
    """Publish what is approved; a refusal fails the run and leaves the old site standing."""
    return publish_once(_begun(), clock=system_clock).version


@flow(name="alert")
def alert(kind: AlertKind, about: str = "") -> int:
    """Tell the operator."""
    return send_alert(_begun(), kind, about=about, clock=system_clock)
