"""When nights are due, in every kind of time zone and on the days the clocks change."""

from __future__ import annotations

import asyncio
import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from extract.schema.protocol import Living
from extract.store.log import Night
from flows.errors import SettingsError
from flows.timetable import checked_hour, cron_of, due_at, last_due, local_date, next_due, night_due
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


def logged(night: str, *, finished: bool = True, searched: bool = True) -> Night:
    ended = f"{night}T02:31:00Z" if finished else None
    summary = {"SearchOutcome": {}} if searched else {"SurveillanceOutcome": {}}
    return Night(1, night, f"{night}T02:30:00Z", ended, "done" if finished else "running", False, summary)


@pytest.mark.parametrize(
    ("nights", "now", "due"),
    [
        ([], "2026-11-21T01:00Z", "2026-11-20"),
        ([logged("2026-11-20")], "2026-11-21T02:29Z", None),
        ([logged("2026-11-20")], "2026-11-21T02:30Z", "2026-11-21"),
        # The machine was off for three days: the last night is made up for, its windows reach back over the others.
        ([logged("2026-11-20")], "2026-11-24T09:00Z", "2026-11-24"),
        ([logged("2026-11-21", finished=False)], "2026-11-21T03:30Z", "2026-11-21"),
        ([logged("2026-11-21", searched=False)], "2026-11-21T03:30Z", "2026-11-21"),
        # A night run by hand for a later day counts.
        ([logged("2026-11-22")], "2026-11-21T03:30Z", None),
    ],
)
def test_a_night_stays_due_until_one_has_run_to_its_end(nights: list[Night], now: str, due: str | None) -> None:
    found = night_due(nights, now=dt.datetime.fromisoformat(now), living=living("UTC", "02:30"))
    assert (found.isoformat() if found else None) == due


@pytest.mark.parametrize("zone", SWITCHES)
def test_a_look_every_hour_runs_each_night_once_also_when_the_clocks_change(zone: str) -> None:
    plan = living(zone, "02:30")
    for switch in map(dt.date.fromisoformat, SWITCHES[zone]):
        nights: list[Night] = [logged((switch - dt.timedelta(days=3)).isoformat())]
        now = due_at(switch - dt.timedelta(days=2), plan) - dt.timedelta(minutes=30)
        while now < due_at(switch + dt.timedelta(days=2), plan):
            now += dt.timedelta(hours=1)
            due = night_due(nights, now=now, living=plan)
            nights += [logged(due.isoformat())] if due else []
        assert [night.night for night in nights[1:]] == [
            (switch + dt.timedelta(days=offset)).isoformat() for offset in (-2, -1, 0, 1, 2)
        ]
