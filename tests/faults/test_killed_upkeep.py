"""Kill -9 at any write of a backup or of a restore, run again: whole, the same, and no litter."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flows.backups.making import Backup, make_backup
from flows.backups.manifest import read_manifest, verify_files
from flows.backups.restoring import restore_backup
from flows.context import open_store
from flows.settings import Settings
from tests.kills import count_writes, in_child, killed_at_write, spread
from tests.nights import after_first_night, evidence_state, rehearsal

KILLS = int(os.environ.get("EVERY_WRITE", "4"))
"""How many writes of each, spread evenly, get a kill of their own."""


def backed_up(settings: Settings, to: Path) -> Backup:
    store = open_store(settings)
    try:
        return make_backup(settings, store, to=to)
    finally:
        store.close()


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return after_first_night(tmp_path_factory.mktemp("first") / "state")


@pytest.fixture(scope="module")
def kept(state: Settings, tmp_path_factory: pytest.TempPathFactory) -> Backup:
    return backed_up(state, tmp_path_factory.mktemp("kept"))


@pytest.fixture(scope="module")
def backup_writes(state: Settings, tmp_path_factory: pytest.TempPathFactory) -> int:
    folder = tmp_path_factory.mktemp("counted")
    return count_writes(folder / "to", folder / "writes", lambda: backed_up(state, folder / "to"))


@pytest.fixture(scope="module")
def restore_writes(kept: Backup, tmp_path_factory: pytest.TempPathFactory) -> int:
    folder = tmp_path_factory.mktemp("counted")
    settings = rehearsal(folder / "state")
    return count_writes(settings.state_dir, folder / "writes", lambda: restore_backup(settings, kept.folder))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(KILLS))
def test_after_a_killed_backup_the_next_one_is_whole_and_the_only_one(
    state: Settings, backup_writes: int, tmp_path: Path, part: int
) -> None:
    number = spread(KILLS, backup_writes)[part]
    to = tmp_path / "to"
    assert os.WIFSIGNALED(in_child(killed_at_write(to, number, lambda: backed_up(state, to))))
    assert list(to.glob("[!.]*")) == []
    made = backed_up(state, to)
    verify_files(made.folder, read_manifest(made.folder))
    assert list(to.iterdir()) == [made.folder]


@pytest.mark.slow
@pytest.mark.parametrize("part", range(KILLS))
def test_a_killed_restore_is_run_again_to_the_same_state(
    state: Settings, kept: Backup, restore_writes: int, tmp_path: Path, part: int
) -> None:
    settings = rehearsal(tmp_path / "state")
    number = spread(KILLS, restore_writes)[part]
    killed = killed_at_write(settings.state_dir, number, lambda: restore_backup(settings, kept.folder))
    assert os.WIFSIGNALED(in_child(killed))
    if not (settings.state_dir / "review.db").exists():  # else all is in place, and restoring again is refused
        restore_backup(settings, kept.folder)
    expected = {name: part for name, part in evidence_state(state).items() if not name.startswith("site ")}
    assert {name: part for name, part in evidence_state(settings).items() if not name.startswith("site ")} == expected
    assert [path for path in settings.state_dir.rglob(".restoring/**/*") if path.is_file()] == []
