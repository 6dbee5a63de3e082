"""Kill -9 at any instant, run again: the state of an undisturbed night.

The night runs in a forked child that kills itself at a given boundary: before or after a step, or right after the
n-th commit to the database, wherever that falls.
"""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from flows.night import StepName, opened_night, run_night
from flows.rehearsal import packaged_archive, rehearsal_clock, rehearsing
from flows.settings import Settings
from tests.nights import NIGHTS, after_first_night, evidence_state, rehearsal, rehearse
from tests.stores import copied_state

STEPS: tuple[StepName, ...] = (
    "baseline",
    "search",
    "imports",
    "citations",
    "linking",
    "surveillance",
    "registries",
    "proposals",
    "extraction",
    "fulltexts",
    "ranking",
    "publish",
)
COMMITS_TRIED = 8
"""How many commits, spread evenly over the night, get a kill of their own."""

ON_POSTGRESQL = pytest.mark.parametrize(
    "database", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True, scope="module"
)
"""Some of the same cuts there: what a killed process leaves in the database is the server's business, not ours."""


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def night_in_child(settings: Settings, run: Callable[[Settings], None]) -> int:
    """Run in a forked child and return its wait status."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking with threads: the child starts its own server
        child = os.fork()
    if child == 0:
        try:
            run(settings)
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1]


def run_with_steps(settings: Settings, run_step: Callable[[StepName, Callable[[], Any]], Any]) -> None:
    night = NIGHTS[1]
    with rehearsing(settings, packaged_archive(), night=night) as served:
        with opened_night(served, night=night, clock=rehearsal_clock(served, night)) as context:
            run_night(context, run_step=run_step)


def killed_at_step(settings: Settings, name: StepName, *, after: bool) -> None:
    def run_step(step_name: StepName, step: Callable[[], Any]) -> Any:
        if step_name == name and not after:
            die()
        outcome = step()
        if step_name == name:
            die()
        return outcome

    run_with_steps(settings, run_step)


def killed_at_commit(settings: Settings, number: int) -> None:
    seen = 0

    def count(_connection: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            die()

    # The event fires before the commit reaches the disk: the transaction it ends is lost, those before it stand.
    event.listen(Engine, "commit", count)
    run_with_steps(settings, lambda _name, step: step())


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory, database: str) -> Path:
    """Return a state folder after the first night; each case disturbs the second one in a copy of it."""
    return after_first_night(tmp_path_factory.mktemp("first") / "state").state_dir


@pytest.fixture(scope="module")
def undisturbed(first_night: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, object], int]:
    """Return the state after an undisturbed second night, and how many commits it took."""
    settings = copy_of(first_night, tmp_path_factory.mktemp("undisturbed"))
    commits = 0

    def count(_connection: Any) -> None:
        nonlocal commits
        commits += 1

    event.listen(Engine, "commit", count)
    try:
        rehearse(settings, NIGHTS[1])
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


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", STEPS)
def test_a_night_killed_at_a_step_boundary_ends_like_an_undisturbed_one(
    first_night: Path, undisturbed: tuple[dict[str, object], int], tmp_path: Path, name: StepName, after: bool
) -> None:
    settings = copy_of(first_night, tmp_path)
    status = night_in_child(settings, lambda s: killed_at_step(s, name, after=after))
    assert os.WIFSIGNALED(status)
    assert_same_end(settings, undisturbed[0])


@pytest.mark.slow
@pytest.mark.parametrize("part", range(COMMITS_TRIED))
def test_a_night_killed_at_a_commit_ends_like_an_undisturbed_one(
    first_night: Path, undisturbed: tuple[dict[str, object], int], tmp_path: Path, part: int
) -> None:
    expected, commits = undisturbed
    assert commits >= COMMITS_TRIED
    settings = copy_of(first_night, tmp_path)
    number = 1 + part * (commits - 1) // (COMMITS_TRIED - 1)
    status = night_in_child(settings, lambda s: killed_at_commit(s, number))
    assert os.WIFSIGNALED(status)
    assert_same_end(settings, expected)


@pytest.mark.slow
@ON_POSTGRESQL
@pytest.mark.parametrize("cut", ["search", "extraction", "publish", 0.3, 0.7])
def test_a_night_killed_on_postgresql_ends_like_an_undisturbed_one(
    first_night: Path, undisturbed: tuple[dict[str, object], int], tmp_path: Path, cut: StepName | float
) -> None:
    expected, commits = undisturbed
    settings = copy_of(first_night, tmp_path)
    assert settings.database_url.startswith("postgresql")

    def run(killed: Settings) -> None:
        if isinstance(cut, float):
            killed_at_commit(killed, int(cut * commits))
        else:
            killed_at_step(killed, cut, after=True)

    assert os.WIFSIGNALED(night_in_child(settings, run))
    assert_same_end(settings, expected)
