"""Several at once, wrong clocks, full disks, locks and read-only folders: real processes, and how each one ends."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import sqlite3
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from extract.errors import StoreError
from extract.review.reopened import reopen_value, withdraw_value
from extract.store import postgresql, sqlite
from extract.store.curated import curated_values
from extract.store.decisions import all_decisions, verify_chain
from extract.store.engine import Store
from extract.store.integrity import unsound
from extract.store.log import all_nights, search_log
from extract.store.records import all_pmids
from extract.store.versions import all_versions, frozen_rows, published_snapshots
from flows.context import open_store
from flows.errors import SettingsError
from flows.publish import publish, shown_snapshot_id
from flows.rehearsal import rehearsal_clock
from flows.settings import Settings
from flows.status import compute_status
from reports.snapshot import read_snapshot
from tests.disks import filled_up, read_only, small_disk
from tests.nights import NIGHTS, after_first_night, archive_of, evidence_state, gather, rehearsal, rehearse, site_state
from tests.stores import AT, BOTH_DATABASES, copied_state, database_url

SOME = ("29777404", "26363985", "31082916", "40615712", "990000005")
WITHDRAWN = tuple(f"{study}--os--all--all--1" for study in ("mf07-01-2021", "tata-2015", "abcsg28-2019"))


@contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    store = open_store(settings)
    try:
        yield store
    finally:
        store.close()


@pytest.fixture(scope="module")
def first_night(database: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a state folder after the first night."""
    return after_first_night(tmp_path_factory.mktemp("first") / "state").state_dir


@pytest.fixture
def settings(first_night: Path, tmp_path: Path) -> Settings:
    return rehearsal(copied_state(first_night, tmp_path / "state"))


@pytest.fixture(scope="module")
def undisturbed(first_night: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Return the state after an undisturbed second night."""
    settings = rehearsal(copied_state(first_night, tmp_path_factory.mktemp("undisturbed") / "state"))
    assert rehearse(settings, NIGHTS[1]).exit_code == 0
    return evidence_state(settings)


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """Run each in a process of its own, all started at one signal; return how each ended."""
    context = multiprocessing.get_context("fork")
    start, ends = context.Event(), context.Queue()

    def run(number: int, act: Callable[[], Any]) -> None:
        start.wait()
        try:
            ends.put((number, str(act())))
        except (SettingsError, StoreError) as error:
            ends.put((number, f"refused: {error}"))
        except BaseException:
            ends.put((number, traceback.format_exc()))
            raise

    processes = [context.Process(target=run, args=(number, act)) for number, act in enumerate(acts)]
    for process in processes:
        process.start()
    start.set()
    ended = dict(ends.get(timeout=300) for _ in processes)
    for process in processes:
        process.join()
    return [ended[number] for number in range(len(acts))]


@BOTH_DATABASES
def test_of_two_nights_started_at_once_one_runs_and_one_is_refused(
    settings: Settings, undisturbed: dict[str, object]
) -> None:
    def night() -> int:
        return rehearse(settings, NIGHTS[1]).exit_code

    ended = sorted(at_once(night, night))
    assert ended[0] == "0"
    assert "another process is busy with this (night)" in ended[1]
    after = evidence_state(settings)
    assert [part for part in undisturbed if after[part] != undisturbed[part]] == []
    with opened(settings) as store, store.read() as tx:
        assert [(night.night, night.state) for night in all_nights(tx)] == [
            (NIGHTS[0].isoformat(), "done"),
            (NIGHTS[1].isoformat(), "done"),
        ]


def withdraw(settings: Settings, store: Store, value_id: str) -> None:
    protocol, why = settings.protocol, "a test of this test"
    reopen_value(store, protocol, value_id, by="reviewer-a", at=AT, reason=why)
    for person in ("reviewer-a", "reviewer-b"):
        withdraw_value(store, protocol, value_id, by=person, at=AT, reason=why)


def publish_once(settings: Settings, *, minutes: int = 0) -> str:
    now = rehearsal_clock(settings, NIGHTS[1])() + dt.timedelta(minutes=minutes)
    with opened(settings) as store:
        return publish(settings, store, now=now, night=NIGHTS[1]).version


@BOTH_DATABASES
def test_two_publishers_at_once_make_one_version(settings: Settings) -> None:
    with opened(settings) as store:
        withdraw(settings, store, WITHDRAWN[0])
    assert at_once(*[lambda: publish_once(settings)] * 2) == ["2026.2", "2026.2"]
    with opened(settings) as store, store.read() as tx:
        assert [snapshot.version for snapshot in published_snapshots(tx)] == ["2026.1", "2026.2"]
        assert len(all_versions(tx)) == 2
        assert shown_snapshot_id(settings) == published_snapshots(tx)[-1].snapshot_id
    assert len(list(settings.snapshots_dir.glob("2026.*"))) == 2


@BOTH_DATABASES
def test_what_is_published_while_people_decide_is_always_the_table_of_one_instant(settings: Settings) -> None:
    def decide() -> str:
        with opened(settings) as store:
            for value_id in WITHDRAWN:
                withdraw(settings, store, value_id)
        return "decided"

    def publishing() -> str:
        return " ".join(publish_once(settings, minutes=minute) for minute in range(4))

    assert at_once(decide, publishing)[0] == "decided"
    publish_once(settings, minutes=9)
    with opened(settings) as store, store.read() as tx:
        verify_chain(tx)
        published = published_snapshots(tx)
        gone = [out_of(frozen_rows(tx, snapshot.table_version) or []) for snapshot in published]
    # People withdrew one value after the other: every version lacks the first so many, and none of the others.
    prefixes = [list(WITHDRAWN[:count]) for count in range(len(WITHDRAWN) + 1)]
    assert all(part in prefixes for part in gone)
    assert (gone[0], gone[-1]) == ([], list(WITHDRAWN))
    for snapshot in published:
        held = {value.value_id for value in read_snapshot(settings.snapshots_dir / snapshot.snapshot_id).values}
        assert [v for v in WITHDRAWN if v not in held] == gone[published.index(snapshot)]
    assert shown_snapshot_id(settings) == published[-1].snapshot_id


def out_of(rows: list[dict[str, Any]]) -> list[str]:
    """Return which of the withdrawn values a frozen table does not hold."""
    held = {row["value"]["value_id"] for row in rows}
    return [value_id for value_id in WITHDRAWN if value_id not in held]


def test_a_clock_that_went_back_a_week_and_was_set_right_costs_nothing(
    settings: Settings, undisturbed: dict[str, object]
) -> None:
    assert rehearse(settings, NIGHTS[0] - dt.timedelta(days=7)).exit_code == 0
    with opened(settings) as store, store.read() as tx:
        status = compute_status(tx, settings, now=rehearsal_clock(settings, NIGHTS[0])())
        assert status.searched_through == NIGHTS[0].isoformat()
    assert rehearse(settings, NIGHTS[1]).exit_code == 0
    after = evidence_state(settings)
    assert [part for part in undisturbed if after[part] != undisturbed[part]] == []


def test_a_clock_that_ran_ahead_a_year_and_was_set_right_loses_no_record(tmp_path: Path, settings: Settings) -> None:
    other = rehearsal(copied_state(settings.state_dir, tmp_path / "other"))
    for night in NIGHTS[1:]:
        rehearse(other, night)
    assert rehearse(settings, NIGHTS[0] + dt.timedelta(days=365)).exit_code == 0
    for night in NIGHTS[1:]:
        assert rehearse(settings, night).exit_code == 0
    found = []
    for each in (settings, other):
        with opened(each) as store, store.read() as tx:
            found.append((all_pmids(tx), curated_values(tx), {a.decision.action for a in all_decisions(tx)}))
            assert all((run.window_end or "") <= run.night for run in search_log(tx))
    assert found[0] == found[1]


@pytest.mark.parametrize("change", [dt.date(2027, 3, 28), dt.date(2027, 10, 31)], ids=["spring", "autumn"])
def test_the_nights_around_a_change_of_the_clocks_run_once_each_in_their_order(tmp_path: Path, change: dt.date) -> None:
    settings = rehearsal(tmp_path / "state")
    living = settings.protocol.living.model_copy(update={"timezone": "Europe/Berlin", "night_at": "02:30"})
    settings = replace(settings, protocol=settings.protocol.model_copy(update={"living": living}))
    archive = archive_of(tmp_path / "archive", SOME)
    days = [change + dt.timedelta(days=ahead) for ahead in (-1, 0, 1)]
    for day in days:
        assert gather(settings, day, archive).exit_code == 0
    with opened(settings) as store, store.read() as tx:
        nights, runs = all_nights(tx), search_log(tx)
        status = compute_status(tx, settings, now=rehearsal_clock(settings, days[-1])() + dt.timedelta(hours=1))
    assert [night.night for night in nights] == [day.isoformat() for day in days]
    began = [dt.datetime.fromisoformat(night.started_at) for night in nights]
    assert began == sorted(set(began))
    assert {(later - earlier) for earlier, later in pairwise(began)} != {dt.timedelta(days=1)}
    assert sum(run.new_records or 0 for run in runs) == len(SOME)
    assert (status.searched_through, status.nights_missed, status.nights_run) == (days[-1].isoformat(), 0, 3)


@pytest.mark.parametrize("left", [8, 150, 1200], ids=["at once", "while it gathers", "while it publishes"])
def test_a_night_on_a_full_disk_ends_in_one_line_and_is_made_up_for(
    first_night: Path, tmp_path: Path, undisturbed: dict[str, object], left: int
) -> None:
    with small_disk(tmp_path / "disk", kilobytes=24_000) as disk:
        settings = rehearsal(copied_state(first_night, disk / "state"))
        before = site_state(settings.site_dir)
        with filled_up(disk, but_for=left):
            try:
                refusal = rehearse(settings, NIGHTS[1]).refusal or ""
            except (StoreError, SettingsError) as error:
                refusal = str(error)
        assert any(words in refusal for words in ("No space left", "disk is full", "disk I/O error")), refusal
        assert "\n" not in refusal
        assert site_state(settings.site_dir) == before
        with opened(settings) as store, store.read() as tx:
            assert unsound(tx) == ()
            verify_chain(tx)
        assert rehearse(settings, NIGHTS[1]).exit_code == 0
        after = evidence_state(settings)
        assert [part for part in undisturbed if after[part] != undisturbed[part]] == []


@contextmanager
def locked(folder: Path, *, seconds: float) -> Iterator[None]:
    """Let somebody else write to the database and not end."""
    url = database_url(folder)
    released = threading.Event()

    def hold() -> None:
        store = Store(url, archive=folder)
        with store.write():
            held.set()
            released.wait(seconds)
        store.close()

    held = threading.Event()
    other = threading.Thread(target=hold)
    other.start()
    held.wait()
    try:
        yield
    finally:
        released.set()
        other.join()


@BOTH_DATABASES
def test_a_night_waits_for_a_database_that_is_busy_for_a_moment(
    settings: Settings, undisturbed: dict[str, object]
) -> None:
    with locked(settings.state_dir, seconds=1.5):
        began = time.monotonic()
        assert rehearse(settings, NIGHTS[1]).exit_code == 0
        assert time.monotonic() - began > 1
    after = evidence_state(settings)
    assert [part for part in undisturbed if after[part] != undisturbed[part]] == []


@BOTH_DATABASES
def test_a_database_that_stays_locked_is_one_clear_line_and_the_next_night_makes_up_for_it(
    settings: Settings, undisturbed: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = site_state(settings.site_dir)
    with monkeypatch.context() as patch, locked(settings.state_dir, seconds=60):
        for module in (sqlite, postgresql):
            patch.setattr(module, "BUSY_SECONDS", 1)
        with pytest.raises(StoreError, match=r"cannot be used: .*lock") as raised:
            rehearse(settings, NIGHTS[1])
    assert "\n" not in str(raised.value)
    assert site_state(settings.site_dir) == before
    assert rehearse(settings, NIGHTS[1]).exit_code == 0
    after = evidence_state(settings)
    assert [part for part in undisturbed if after[part] != undisturbed[part]] == []


def test_a_read_only_site_folder_refuses_and_leaves_the_old_site(
    settings: Settings, tmp_path: Path, undisturbed: dict[str, object]
) -> None:
    web = tmp_path / "web"
    web.mkdir()
    moved = replace(settings, site_dir=web / "site")
    publish_once(moved)
    before = site_state(moved.site_dir)
    with read_only(web):
        report = rehearse(moved, NIGHTS[1])
        assert report.exit_code == 4
        assert report.refusal is not None
        assert "Read-only file system" in report.refusal
        assert site_state(moved.site_dir) == before
    assert rehearse(moved, NIGHTS[1]).exit_code == 0
    after = evidence_state(moved)
    assert [part for part in undisturbed if after[part] != undisturbed[part]] == []


def test_a_state_folder_that_cannot_be_written_is_one_clear_line(settings: Settings) -> None:
    before = settings.state_dir / "review.db"
    with closing(sqlite3.connect(before)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with read_only(settings.state_dir), pytest.raises((StoreError, SettingsError), match="cannot be") as raised:
        rehearse(settings, NIGHTS[1])
    assert "\n" not in str(raised.value)
