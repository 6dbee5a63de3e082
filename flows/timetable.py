"""When nights are due: the protocol's hour in the protocol's time zone, also on the days the clocks change.

The night belongs to the calendar day of the protocol's time zone. The day of UTC would not do: where 01:30 local time
is 00:30 UTC in winter and 23:30 UTC in summer, the change of the clocks would give two nights one date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from extract.schema.protocol import Living
from extract.store.log import Night
from flows.errors import SettingsError

SEARCHED = "SearchOutcome"
"""Key in a night's summary: it searched. A run of surveillance alone is logged as well and is no night."""

DAY = dt.timedelta(days=1)
YEARS_CHECKED = 3
"""How far ahead an hour is checked against changes of the clocks; time zone data reach little further."""


def cron_of(night_at: str) -> str:
    """Return the cron line of the protocol's hour, for example ``30 2 * * *``."""
    hour, minute = night_at.split(":")
    return f"{int(minute)} {int(hour)} * * *"


def local_date(now: dt.datetime, living: Living) -> dt.date:
    """Return the calendar day it is where the review lives; a night that starts now stands for it."""
    return now.astimezone(ZoneInfo(living.timezone)).date()


def due_at(night: dt.date, living: Living) -> dt.datetime:
    """Return the instant a night is due, in UTC.

    An hour that the clocks skip is taken an hour later by the new time, one that they repeat is taken once, the first
    time. (Prefect starts a night in a skipped hour up to an hour earlier, on the same day.)
    """
    hour, minute = (int(part) for part in living.night_at.split(":"))
    local = dt.datetime.combine(night, dt.time(hour, minute), tzinfo=ZoneInfo(living.timezone))
    return local.astimezone(dt.UTC)


def next_due(now: dt.datetime, living: Living) -> dt.datetime:
    """Return when the next night is due after an instant, in UTC."""
    today = local_date(now, living)
    return next(due for day in (today - DAY, today, today + DAY) if (due := due_at(day, living)) > now)


def last_due(now: dt.datetime, living: Living) -> dt.date:
    """Return the last night that was due at an instant."""
    today = local_date(now, living)
    return next(day for day in (today + DAY, today, today - DAY) if due_at(day, living) <= now)


def checked_hour(living: Living, *, today: dt.date) -> str:
    """Return the hour of the night if it exists, on its own day, on every day of the coming years.

    Raises
    ------
    SettingsError
        The clocks skip it across midnight: the scheduler would start that night on the day before and leave one out.
    """
    zone = ZoneInfo(living.timezone)
    hour, minute = (int(part) for part in living.night_at.split(":"))
    for ahead in range(366 * YEARS_CHECKED):
        day = today + ahead * DAY
        local = dt.datetime.combine(day, dt.time(hour, minute), tzinfo=zone)
        # fold=1 reads a skipped hour by the new time, which is an hour before it, as the scheduler does.
        if local.replace(fold=1).astimezone(dt.UTC).astimezone(zone).date() != day:
            raise SettingsError(
                f"living.night_at {living.night_at} does not exist on {day} in {living.timezone}: the clocks skip it "
                "across midnight; take an hour from 01:00 on"
            )
    return living.night_at


def parsed_day(text: str) -> dt.date:
    """Return the day of an ISO date or instant of the log."""
    return dt.date.fromisoformat(text[:10])


def night_due(nights: Sequence[Night], *, now: dt.datetime, living: Living) -> dt.date | None:
    """Return the night that was due and has not run to its end, None when there is none.

    Parameters
    ----------
    nights
        The last ones of the log. One that was killed stays due; one whose search failed is not tried again before the
        next is due: its windows overlap. One whose large job was held is due again when NCBI's quiet hours begin.
    """
    due = last_due(now, living)
    ended = [night for night in nights if night.finished_at is not None and SEARCHED in night.summary]
    reached = [night for night in ended if night.night >= due.isoformat()]
    if not reached:
        return due
    held_until = reached[-1].summary[SEARCHED].get("held_until")
    return due if held_until is not None and dt.datetime.fromisoformat(held_until) <= now else None
