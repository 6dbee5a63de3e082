"""Large jobs are announced, and held for NCBI's quiet hours unless the operator says otherwise.

A held job ends its night at once: nothing waits for hours with the night's lock. What it would have searched stays
unsearched and is logged so, and the next run in quiet hours takes it (``flows.timetable.night_due`` for the timer,
``flows.nightly`` for Prefect).

NCBI asks for jobs of more than a hundred requests "either on weekends or between 9:00 PM and 5:00 AM Eastern time
during weekdays" (E-utilities, General Introduction, "Usage Guidelines and Requirements").
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from flows.context import NightContext
from flows.pubmed import entrez_settings

EASTERN: Final = ZoneInfo("America/New_York")
QUIET_FROM: Final = dt.time(21)
QUIET_UNTIL: Final = dt.time(5)
SATURDAY: Final = 5

_LOG = logging.getLogger(__name__)


def quiet_at(instant: dt.datetime) -> dt.datetime:
    """Return when NCBI's quiet hours hold: the instant itself, or 21:00 Eastern of that weekday."""
    there = instant.astimezone(EASTERN)
    if there.weekday() >= SATURDAY or there.time() >= QUIET_FROM or there.time() < QUIET_UNTIL:
        return instant
    return dt.datetime.combine(there.date(), QUIET_FROM, EASTERN).astimezone(dt.UTC)


@dataclass(frozen=True)
class LargeJob:
    """A large job in words, and until when it is held (None: it goes on)."""

    told: str
    held_until: dt.datetime | None


def announced(context: NightContext, what: str, requests: int) -> LargeJob | None:
    """Announce a large job and say whether it is held; return None for a small one.

    Parameters
    ----------
    requests
        Requests still to send.
    """
    settings = context.settings
    if settings.rehearsal or requests <= settings.large_job_requests:
        return None
    rate = (context.entrez or entrez_settings(settings)).rate()
    told = (
        f"large job: {what} needs about {requests} requests, at least {requests / rate / 60:.0f} min at {rate} a second"
    )
    now = context.clock().astimezone(dt.UTC)
    begin = quiet_at(now)
    held = begin > now and settings.large_jobs == "wait"
    if held:
        told += (
            f"; held until {begin:%Y-%m-%d %H:%M} UTC, when NCBI's quiet hours begin: the next run from then on takes "
            "it (LIVING_REVIEW_LARGE_JOBS=now goes on at once)"
        )
    _LOG.warning(told)
    return LargeJob(told, begin if held else None)
