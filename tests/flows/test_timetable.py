"""When nights are due, in every kind of time zone and on the days the clocks change."""

from __future__ import annotations

import asyncio
import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from extract.schema.protocol import Living
from flows.errors import SettingsError
from flows.timetable import checked_hour, cron_of, due_at, last_due, local_date, next_due
from tests.stores import protocol

SWITCHES = {
    # The days the clocks change in 2026 (IANA time zone data 2025b), forward and back.
    "Europe/Vienna": ("2026-03-29", "2026-10-25"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "Australia/Lord_Howe": ("2026-10-04", "2026-04-05"),  # by half an hour
    "UTC": ("2026-03-29", "2026-10-25"),
}


def living(zone: str, at: str) -> Living:
    return protocol().living.model_copy(update={"timezone": zone, "night_at": at})


def starts_by_prefect(plan: Living, around: dt.date) -> list[dt.datetime]:
    """Return when Prefect starts nights from two days before to three days after."""
    from prefect.server.schemas.schedules import CronSchedule

    start = dt.datetime.combine(around - dt.timedelta(days=2), dt.time(), tzinfo=ZoneInfo(plan.timezone))
    schedule = CronSchedule(cron=cron_of(plan.night_at), timezone=plan.timezone)
    return list(asyncio.run(schedule.get_dates(5, start=start)))


@pytest.mark.parametrize("at", ["00:30", "01:30", "02:30", "03:15"])
@pytest.mark.parametrize("zone", SWITCHES)
def test_on_days_the_clocks_change_the_scheduler_starts_each_nights_date_exactly_once(zone: str, at: str) -> None:
    plan = living(zone, at)
    for switch in map(dt.date.fromisoformat, SWITCHES[zone]):
        expected = [switch + dt.timedelta(days=offset) for offset in (-2, -1, 0, 1, 2)]
        assert [local_date(start, plan) for start in starts_by_prefect(plan, switch)] == expected


@pytest.mark.parametrize("at", ["01:30", "02:30"])
@pytest.mark.parametrize("zone", SWITCHES)
def test_the_next_and_the_last_night_follow_each_other_without_gap_over_a_year(zone: str, at: str) -> None:
    plan = living(zone, at)
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    seen = []
    while now.year == 2026:
        now = next_due(now, plan)
        assert due_at(last_due(now, plan), plan) == now
        seen.append(last_due(now, plan))
    assert seen == [seen[0] + dt.timedelta(days=n) for n in range(len(seen))]


def test_the_night_has_the_date_of_the_protocols_zone_not_of_utc() -> None:
    # 01:30 in Vienna is 00:30 UTC in winter and 23:30 UTC of the day before in summer: by UTC two nights would be
    # 29 March 2026 and none 25 October.
    plan = living("Europe/Vienna", "01:30")
    assert due_at(dt.date(2026, 3, 29), plan).date() == due_at(dt.date(2026, 3, 30), plan).date()
    assert local_date(due_at(dt.date(2026, 3, 30), plan), plan) == dt.date(2026, 3, 30)


def test_an_hour_that_the_clocks_skip_across_midnight_is_refused_in_one_line() -> None:
    with pytest.raises(SettingsError, match=r"00:30 does not exist on 2026-03-08 in America/Havana.*from 01:00 on"):
        checked_hour(living("America/Havana", "00:30"), today=dt.date(2026, 1, 1))
    assert checked_hour(living("Europe/Vienna", "02:30"), today=dt.date(2026, 1, 1)) == "02:30"
