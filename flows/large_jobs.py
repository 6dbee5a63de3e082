"""Large jobs are announced, and wait for NCBI's quiet hours unless the operator says otherwise.

NCBI asks for jobs of more than a hundred requests "either on weekends or between 9:00 PM and 5:00 AM Eastern time
during weekdays" (E-utilities, General Introduction, "Usage Guidelines and Requirements").
"""

from __future__ import annotations

import datetime as dt
import logging
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


def announce(context: NightContext, what: str, requests: int) -> str | None:
    """Announce a large job, and wait for the quiet hours where the settings say so; return the words, None if small.

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
    wait = (begin - now).total_seconds()
    if wait > 0 and settings.large_jobs == "wait":
        told += (
            f"; waiting until {begin:%Y-%m-%d %H:%M} UTC, when NCBI's quiet hours begin "
            "(LIVING_REVIEW_LARGE_JOBS=now goes on at once)"
        )
    _LOG.warning(told)
    if wait > 0 and settings.large_jobs == "wait":
        context.sleep(wait)
    return told
