"""Large jobs are announced with their size, and held for the hours NCBI asks for, without the night's lock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from extract.store.candidates import list_candidates
from extract.store.log import Night, latest_nights
from extract.store.records import list_records
from flows.context import NightContext, only_one, open_store
from flows.large_jobs import announced, quiet_at
from flows.night import NightReport, opened_night, run_night
from flows.rehearsal import rehearsing
from flows.settings import Settings
from flows.timetable import night_due
from tests.nights import NIGHTS, archive_of, night_on_starting_table, rehearsal
from tests.stores import protocol

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


def at_noon(context: NightContext, **settings: object) -> NightContext:
    chosen = replace(context.settings, rehearsal=False, **settings)  # type: ignore[arg-type]
    return replace(context, settings=chosen, clock=lambda: WEDNESDAY_NOON)


def test_a_large_job_by_day_is_announced_and_held_until_the_evening(context: NightContext) -> None:
    job = announced(at_noon(context), "the search all", 240)
    assert job is not None
    assert job.held_until == dt.datetime(2026, 11, 26, 2, 0, tzinfo=dt.UTC)
    assert "the search all needs about 240 requests, at least 1 min at 3 a second" in job.told
    assert "held until 2026-11-26 02:00 UTC" in job.told


def test_the_operator_may_let_it_go_on_at_once(context: NightContext) -> None:
    job = announced(at_noon(context, large_jobs="now"), "the search all", 240)
    assert job is not None
    assert job.held_until is None
    assert "held" not in job.told


def test_a_small_job_is_neither_announced_nor_held(context: NightContext) -> None:
    assert announced(at_noon(context), "the search all", 100) is None


def test_a_rehearsal_never_waits(context: NightContext) -> None:
    rehearsed = replace(at_noon(context), settings=replace(context.settings, rehearsal=True))
    assert announced(rehearsed, "the search all", 1_000) is None


LIVING = protocol().living
FRIDAY_NOON = dt.datetime(2026, 11, 20, 17, 0, tzinfo=dt.UTC)
QUIET_EVENING = dt.datetime(2026, 11, 21, 2, 0, tzinfo=dt.UTC)


def night_at(settings: Settings, archive: Path, now: dt.datetime) -> NightReport:
    """Run the night of the first day live, at an hour; every search that fetches is a large job."""
    with rehearsing(settings, archive, night=NIGHTS[0]) as recorded:
        live = replace(recorded, rehearsal=False, large_job_requests=0)
        with opened_night(live, night=NIGHTS[0], clock=lambda: now) as opened:
            return run_night(replace(opened, sleep=lambda _seconds: None))


def nights_of(settings: Settings) -> tuple[Night, ...]:
    store = open_store(settings)
    with store.read() as tx:
        found = latest_nights(tx, 5)
    store.close()
    return found


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Path, NightReport]:
    folder = tmp_path_factory.mktemp("held")
    settings, archive = rehearsal(folder / "state"), archive_of(folder / "archive", ["29777404", "26363985"])
    return settings, archive, night_at(settings, archive, FRIDAY_NOON)


def test_a_held_job_ends_its_night_as_unsearched_and_gives_the_lock_back(
    held: tuple[Settings, Path, NightReport],
) -> None:
    settings, _, report = held
    assert report.exit_code == 3
    assert report.search.held_until == QUIET_EVENING.isoformat()
    assert report.search.received == 0
    assert "held until 2026-11-21 02:00 UTC" in report.search.failures[0]
    assert report.status.last_search_state == "incomplete"
    with only_one(settings, "night"):
        assert nights_of(settings)[-1].state == "search_failed"


def test_a_held_night_is_due_again_when_the_quiet_hours_begin_and_not_before(
    held: tuple[Settings, Path, NightReport],
) -> None:
    nights = nights_of(held[0])
    assert nights[-1].night == NIGHTS[0].isoformat()
    assert night_due(nights, now=FRIDAY_NOON + dt.timedelta(hours=1), living=LIVING) is None
    assert night_due(nights, now=QUIET_EVENING - dt.timedelta(minutes=1), living=LIVING) is None
    assert night_due(nights, now=QUIET_EVENING, living=LIVING) == NIGHTS[0]


def test_the_next_run_in_quiet_hours_takes_the_held_job_and_ends_like_a_night_that_was_never_held(
    held: tuple[Settings, Path, NightReport], tmp_path: Path
) -> None:
    settings, archive, _ = held
    report = night_at(settings, archive, QUIET_EVENING)
    assert (report.exit_code, report.search.held_until, report.search.received) == (0, None, 2)
    assert any("large job" in told for told in report.search.announced)
    never_held = rehearsal(tmp_path / "state")
    assert night_at(never_held, archive, QUIET_EVENING).exit_code == 0
    both = [table_of(settings), table_of(never_held)]
    assert both[0] == both[1]
    assert [pmid for pmid, *_ in both[0]["records"]] == ["26363985", "29777404"]
    assert night_due(nights_of(settings), now=QUIET_EVENING, living=LIVING) is None


def table_of(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    store = open_store(settings)
    with store.read() as tx:
        found = {
            "records": sorted((r.pmid, r.revision, r.state, r.report_id, r.content) for r in list_records(tx)),
            "candidates": sorted((c.candidate_id, c.state, c.value_id) for c in list_candidates(tx)),
        }
    store.close()
    return found
