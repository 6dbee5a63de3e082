"""Large jobs are announced with their size, and wait for the hours NCBI asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flows.context import NightContext
from flows.large_jobs import announce, quiet_at
from tests.nights import night_on_starting_table

# New York is 5 hours behind UTC in November, 4 in July.
WEDNESDAY_NOON = dt.datetime(2026, 11, 25, 17, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("now", "begin"),
    [
        (WEDNESDAY_NOON, dt.datetime(2026, 11, 26, 2, 0, tzinfo=dt.UTC)),  # 12:00 there: from 21:00
        (dt.datetime(2026, 11, 26, 2, 0, tzinfo=dt.UTC), None),  # 21:00 there
        (dt.datetime(2026, 11, 26, 9, 59, tzinfo=dt.UTC), None),  # 4:59 there
        (dt.datetime(2026, 11, 26, 10, 0, tzinfo=dt.UTC), dt.datetime(2026, 11, 27, 2, 0, tzinfo=dt.UTC)),  # 5:00
        (dt.datetime(2026, 11, 28, 17, 0, tzinfo=dt.UTC), None),  # Saturday
        (dt.datetime(2026, 11, 29, 17, 0, tzinfo=dt.UTC), None),  # Sunday
        (dt.datetime(2026, 7, 15, 12, 0, tzinfo=dt.UTC), dt.datetime(2026, 7, 16, 1, 0, tzinfo=dt.UTC)),  # summer time
    ],
)
def test_quiet_hours_are_nights_and_weekends_of_the_us_east_coast(now: dt.datetime, begin: dt.datetime | None) -> None:
    assert quiet_at(now) == (begin or now)


@pytest.fixture
def context(tmp_path: Path) -> Iterator[NightContext]:
    with night_on_starting_table(tmp_path, rehearsal=False) as opened:
        yield opened


def at_noon(context: NightContext, waits: list[float], **settings: object) -> NightContext:
    chosen = replace(context.settings, rehearsal=False, **settings)  # type: ignore[arg-type]
    return replace(context, settings=chosen, clock=lambda: WEDNESDAY_NOON, sleep=waits.append)


def test_a_large_job_by_day_is_announced_and_waits_for_the_evening(context: NightContext) -> None:
    waits: list[float] = []
    told = announce(at_noon(context, waits), "the search all", 240)
    assert waits == [9 * 3600]
    assert told is not None
    assert "the search all needs about 240 requests, at least 1 min at 3 a second" in told
    assert "waiting until 2026-11-26 02:00 UTC" in told


def test_the_operator_may_let_it_go_on_at_once(context: NightContext) -> None:
    waits: list[float] = []
    told = announce(at_noon(context, waits, large_jobs="now"), "the search all", 240)
    assert waits == []
    assert told is not None
    assert "waiting" not in told


def test_a_small_job_is_neither_announced_nor_held(context: NightContext) -> None:
    waits: list[float] = []
    assert announce(at_noon(context, waits), "the search all", 100) is None
    assert waits == []


def test_a_rehearsal_never_waits(context: NightContext) -> None:
    waits: list[float] = []
    rehearsed = replace(at_noon(context, waits), settings=replace(context.settings, rehearsal=True))
    assert announce(rehearsed, "the search all", 1_000) is None
    assert waits == []
