"""What the operator is told without asking: a night failed, is late, or the queue is old; each says what to do."""

from __future__ import annotations

from typing import Literal

from flows.context import Clock, open_store
from flows.notify import notify
from flows.settings import Settings
from flows.status import compute_status
from flows.timetable import local_date, parsed_day
from reports.status import Status

AlertKind = Literal["run-failed", "run-late", "queue-old"]
TITLES: dict[str, str] = {
    "run-failed": "A run failed",
    "run-late": "A run is late",
    "queue-old": "The review queue waits",
}
ADVICE: dict[str, str] = {
    "run-failed": "Look at the status page and the log; `living-review nightly` repeats a night, nothing is doubled.",
    "run-late": "Is the scheduler up (/readyz)? `living-review nightly` runs the night now.",
    "queue-old": "Evidence that waits is not in the published result. The queue is at /review/.",
}


def alert_text(settings: Settings, status: Status, kind: AlertKind, *, about: str) -> tuple[str, str]:
    """Return title and words of an alert.

    Parameters
    ----------
    about
        What it concerns, for example the name of the run.
    """
    title = f"{TITLES[kind]}: {about}" if about else TITLES[kind]
    lines = [
        settings.protocol.question.short_title,
        f"Searched through {status.searched_through or 'never'} (last search: {status.last_search_state})",
        f"Waiting for people: {status.pending_records} records, {status.pending_values} values"
        + (f", the oldest since {status.pending_since}" if status.pending_since else ""),
        status.last_search_message or "",
        ADVICE[kind],
        settings.site_url,
    ]
    return title, "\n".join(line for line in lines if line)


def send_alert(settings: Settings, kind: AlertKind, *, about: str, clock: Clock) -> int:
    """Tell the operator; return how many addresses took it.

    Raises
    ------
    flows.errors.SettingsError
        There is nobody to tell.
    """
    status = current_status(settings, clock=clock)
    title, body = alert_text(settings, status, kind, about=about)
    return notify(settings, title=title, body=body)


def current_status(settings: Settings, *, clock: Clock) -> Status:
    """Open the store and compute the status."""
    store = open_store(settings)
    try:
        with store.read() as tx:
            return compute_status(tx, settings, now=clock())
    finally:
        store.close()


def queue_age_days(settings: Settings, status: Status, *, clock: Clock) -> int:
    """Return for how many days the oldest item waits, 0 when nothing does."""
    since = status.pending_since
    return (local_date(clock(), settings.protocol.living) - parsed_day(since)).days if since else 0
