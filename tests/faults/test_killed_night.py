"""Kill -9 at any instant, run again: the state of an undisturbed night.

The night runs in a forked child that kills itself before a step, at a commit in the middle of one, or at the n-th
commit of the night, wherever that falls. The steps are the night's own, so a new one is killed too.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

import reports.snapshot as snapshot_module
from flows.night import StepName, opened_night, run_night
from flows.rehearsal import packaged_archive, rehearsal_clock, rehearsing
from flows.settings import Settings
from tests.kills import count_writes, die, in_child, killed_at_write, spread
from tests.nights import NIGHTS, after_first_night, evidence_state, rehearsal, rehearse
from tests.stores import copied_state

STEPS: tuple[StepName, ...] = get_args(StepName)
COMMITS_TRIED = 6
"""How many commits, spread evenly over the night, get a kill of their own."""

ON_POSTGRESQL = pytest.mark.parametrize(
    "database", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True, scope="module"
)
"""Some of the same cuts there: what a killed process leaves in the database is the server's business, not ours."""


WRITES_TRIED = 6
"""How many writes to the state folder, spread evenly over the night, get a kill of their own."""

EVERY_WRITE = "EVERY_WRITE"
"""Environment variable: how many writes get a kill instead."""


def run_with_steps(settings: Settings, run_step: Callable[[StepName, Callable[[], Any]], Any]) -> None:
    night = NIGHTS[1]
    with rehearsing(settings, packaged_archive(), night=night) as served:
        with opened_night(served, night=night, clock=rehearsal_clock(served, night)) as context:
            run_night(context, run_step=run_step)


def killed_before(settings: Settings, name: StepName) -> None:
    def run_step(step_name: StepName, step: Callable[[], Any]) -> Any:
        if step_name == name:
            die()
        return step()

    run_with_steps(settings, run_step)


def killed_after(settings: Settings, name: StepName) -> None:
    def run_step(step_name: StepName, step: Callable[[], Any]) -> Any:
        outcome = step()
        if step_name == name:
            die()
        return outcome

    run_with_steps(settings, run_step)


def killed_at_commit(settings: Settings, number: int, *, within: StepName | None = None) -> None:
    """Die at the n-th commit of the night, or of one of its steps.

    The event fires before the commit reaches the disk: the transaction it ends is lost, those before it stand.
    """
    commits = Commits()

    def count(_connection: Any) -> None:
        if commits.add(within) == number:
            die()

    event.listen(Engine, "commit", count)
    run_with_steps(settings, commits.run_step)


def killed_while_writing_a_snapshot(settings: Settings, file: str) -> None:
    """Die when this file of the snapshot stands in its staging folder, before the folder gets its name."""

    def synced(_descriptor: int) -> None:
        if list(settings.snapshots_dir.glob(f".staging-*/{file}")):
            die()

    snapshot_module.os.fsync = synced  # type: ignore[attr-defined]  # in the child only
    second_night(settings)


def second_night(settings: Settings) -> None:
    run_with_steps(settings, lambda _name, step: step())


class Commits:
    """Commits of a night, counted by the step they fall into (None between steps)."""

    def __init__(self) -> None:
        self.by_step: dict[StepName | None, int] = {}
        self.steps: list[StepName] = []
        self._now: StepName | None = None

    def run_step(self, name: StepName, step: Callable[[], Any]) -> Any:
        self.steps.append(name)
        self._now = name
        try:
            return step()
        finally:
            self._now = None

    def add(self, counted: StepName | None = None) -> int:
        """Count one commit; return how many fell into a step so far, or into the night."""
        self.by_step[self._now] = self.by_step.get(self._now, 0) + 1
        if counted is None:
            return self.total
        return self.by_step.get(counted, 0) if self._now == counted else 0

    @property
    def total(self) -> int:
        return sum(self.by_step.values())


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory, database: str) -> Path:
    """Return a state folder after the first night; each case disturbs the second one in a copy of it."""
    return after_first_night(tmp_path_factory.mktemp("first") / "state").state_dir


@pytest.fixture(scope="module")
def undisturbed(first_night: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, object], Commits]:
    """Return the state after an undisturbed second night, and the steps and commits it took."""
    settings = copy_of(first_night, tmp_path_factory.mktemp("undisturbed"))
    commits = Commits()

    def count(_connection: Any) -> None:
        commits.add()

    event.listen(Engine, "commit", count)
    try:
        run_with_steps(settings, commits.run_step)
    finally:
        event.remove(Engine, "commit", count)
    return evidence_state(settings), commits


def copy_of(first_night: Path, folder: Path) -> Settings:
    return rehearsal(copied_state(first_night, folder / "state"))


def assert_same_end(settings: Settings, expected: dict[str, object]) -> None:
    assert rehearse(settings, NIGHTS[1]).exit_code == 0
    ended = evidence_state(settings)
    assert set(ended) == set(expected)
    assert [name for name in expected if ended[name] != expected[name]] == []


def assert_killed_and_same_end(
    undisturbed: tuple[dict[str, object], Commits], first_night: Path, folder: Path, run: Callable[[Settings], None]
) -> None:
    settings = copy_of(first_night, folder)
    assert os.WIFSIGNALED(in_child(lambda: run(settings)))
    assert_same_end(settings, undisturbed[0])


def test_the_kills_know_every_step_of_the_night_and_each_writes_something(
    undisturbed: tuple[dict[str, object], Commits],
) -> None:
    commits = undisturbed[1]
    assert tuple(commits.steps) == STEPS
    assert [name for name in STEPS if not commits.by_step.get(name)] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", STEPS)
def test_a_night_killed_before_a_step_ends_like_an_undisturbed_one(
    first_night: Path, undisturbed: tuple[dict[str, object], Commits], tmp_path: Path, name: StepName
) -> None:
    assert_killed_and_same_end(undisturbed, first_night, tmp_path, lambda s: killed_before(s, name))


@pytest.mark.slow
@pytest.mark.parametrize("name", STEPS[-2:])
def test_a_night_killed_when_all_is_gathered_or_published_ends_like_an_undisturbed_one(
    first_night: Path, undisturbed: tuple[dict[str, object], Commits], tmp_path: Path, name: StepName
) -> None:
    # After any other step nothing happens before the next one begins; after these the night's end is logged.
    assert_killed_and_same_end(undisturbed, first_night, tmp_path, lambda s: killed_after(s, name))


@pytest.mark.slow
@pytest.mark.parametrize("name", STEPS)
def test_a_night_killed_in_the_middle_of_a_step_ends_like_an_undisturbed_one(
    first_night: Path, undisturbed: tuple[dict[str, object], Commits], tmp_path: Path, name: StepName
) -> None:
    middle = (undisturbed[1].by_step[name] + 1) // 2
    assert_killed_and_same_end(undisturbed, first_night, tmp_path, lambda s: killed_at_commit(s, middle, within=name))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(COMMITS_TRIED))
def test_a_night_killed_at_a_commit_ends_like_an_undisturbed_one(
    first_night: Path, undisturbed: tuple[dict[str, object], Commits], tmp_path: Path, part: int
) -> None:
    commits = undisturbed[1].total
    assert commits >= COMMITS_TRIED
    number = 1 + part * (commits - 1) // (COMMITS_TRIED - 1)
    assert_killed_and_same_end(undisturbed, first_night, tmp_path, lambda s: killed_at_commit(s, number))


@pytest.mark.slow
@pytest.mark.parametrize("file", ["protocol.json", "tables/values.csv", "manifest.json"])
def test_a_night_killed_while_it_writes_a_snapshot_ends_like_an_undisturbed_one(
    first_night: Path, undisturbed: tuple[dict[str, object], Commits], tmp_path: Path, file: str
) -> None:
    assert_killed_and_same_end(undisturbed, first_night, tmp_path, lambda s: killed_while_writing_a_snapshot(s, file))


@pytest.fixture(scope="module")
def writes(first_night: Path, tmp_path_factory: pytest.TempPathFactory) -> int:
    """Return how often an undisturbed second night writes to its state folder."""
    folder = tmp_path_factory.mktemp("counted")
    settings = copy_of(first_night, folder)
    return count_writes(settings.state_dir, folder / "writes", lambda: second_night(settings))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(int(os.environ.get(EVERY_WRITE, WRITES_TRIED))))
def test_a_night_killed_at_a_write_ends_like_an_undisturbed_one_and_leaves_no_litter(
    first_night: Path, undisturbed: tuple[dict[str, object], Commits], writes: int, tmp_path: Path, part: int
) -> None:
    number = spread(int(os.environ.get(EVERY_WRITE, WRITES_TRIED)), writes)[part]
    assert_killed_and_same_end(
        undisturbed, first_night, tmp_path, lambda s: killed_at_write(s.state_dir, number, lambda: second_night(s))()
    )
    left = rehearsal(tmp_path / "state")
    hidden = {path.relative_to(left.state_dir).as_posix() for path in left.state_dir.rglob(".*")}
    assert hidden == {".site-versions"}
    # A body half written is cleared a day later, by the next one of its folder: another process may be writing it.
    assert len(list(left.archive_dir.rglob("*.part"))) <= 1


def test_what_killed_publications_of_other_decisions_left_is_cleared_and_read_by_nobody(
    first_night: Path, undisturbed: tuple[dict[str, object], Commits], tmp_path: Path
) -> None:
    # Decisions taken between a kill and the next publication give its snapshot another name.
    settings = copy_of(first_night, tmp_path)
    [published] = settings.snapshots_dir.iterdir()
    unfinished = settings.snapshots_dir / ".staging-2026.7-0123456789ab"
    shutil.copytree(published, unfinished)
    staged = settings.site_dir.parent / ".staged-2026.7-0123456789ab"
    shutil.copytree(settings.site_dir, staged)
    assert_same_end(settings, undisturbed[0])
    assert [unfinished.exists(), staged.exists()] == [False, False]


@pytest.mark.slow
@ON_POSTGRESQL
@pytest.mark.parametrize("cut", ["search", "extraction", "publish", 0.3, 0.7])
def test_a_night_killed_on_postgresql_ends_like_an_undisturbed_one(
    first_night: Path, undisturbed: tuple[dict[str, object], Commits], tmp_path: Path, cut: StepName | float
) -> None:
    def run(killed: Settings) -> None:
        assert killed.database_url.startswith("postgresql")
        if isinstance(cut, float):
            killed_at_commit(killed, int(cut * undisturbed[1].total))
        else:
            killed_after(killed, cut)

    assert_killed_and_same_end(undisturbed, first_night, tmp_path, run)
