"""Backups: made under load, refused when a bit is flipped, and the way back to the same table and the same site."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from extract.errors import StoreError
from extract.review.screening import maybe_record
from extract.schema.vocabulary import RecordState
from extract.store.accounts import add_account, add_session, get_session
from extract.store.archive import archive_path, read_body
from extract.store.curated import curated_values
from extract.store.decisions import all_decisions, verify_chain
from extract.store.engine import Store
from extract.store.records import list_records
from extract.store.saving import archived_bodies
from flows.backups import restoring
from flows.backups.making import Backup, make_backup, remove_old
from flows.backups.manifest import read_manifest, write_manifest
from flows.backups.moving import move_database
from flows.backups.restoring import restore_backup
from flows.context import open_store
from flows.errors import SettingsError
from flows.publish import publish
from flows.rehearsal import rehearsal_clock
from flows.settings import Settings, sqlite_url
from reports.frozen import keep_published
from tests.nights import NIGHTS, after_first_night, evidence_state, rehearsal, rehearse, site_state
from tests.stores import AT, BOTH_DATABASES, Under, copied_state

PEOPLE = ("reviewer-a", "reviewer-b")


@contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    store = open_store(settings)
    try:
        yield store
    finally:
        store.close()


def emptied(folder: Path) -> Settings:
    """Return settings with an empty state and an empty database."""
    settings = rehearsal(folder)
    if Under.database == "postgresql":
        from tests.postgres import drop_database, empty_database

        drop_database(Under.urls.pop(folder))
        Under.urls[folder] = empty_database()
        return rehearsal(folder)
    return settings


class Voting(threading.Thread):
    """Two people who vote on every open record, one vote after the other, until they are stopped."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings, self.stop, self.votes = settings, threading.Event(), 0

    def run(self) -> None:
        with opened(self.settings) as store:
            with store.read() as tx:
                records = list_records(tx, states=[RecordState.NEW])
            for record in records:
                for person in PEOPLE:
                    if self.stop.is_set():
                        return
                    maybe_record(store, self.settings.protocol, record.pmid, by=person, at=AT, reason="to be read")
                    self.votes += 1


@BOTH_DATABASES
def test_a_backup_made_under_load_brings_back_the_same_table_and_the_same_site(tmp_path: Path) -> None:
    settings = after_first_night(tmp_path / "state")
    site = site_state(settings.site_dir)
    with opened(settings) as store, store.read() as tx:
        table, begun = curated_values(tx), len(all_decisions(tx))
    people = Voting(settings)
    night = threading.Thread(target=rehearse, args=(settings, NIGHTS[0]))
    for load in (people, night):
        load.start()
    with opened(settings) as store:
        while not people.votes:  # the load is on
            time.sleep(0.01)
        made = make_backup(settings, store, to=tmp_path / "backups")
        under_load = night.is_alive()
    people.stop.set()
    for load in (people, night):
        load.join()
    assert under_load
    with opened(settings) as store, store.read() as tx:
        decided = all_decisions(tx)

    shutil.rmtree(settings.state_dir)
    settings = emptied(tmp_path / "state")
    restore_backup(settings, made.folder)
    with opened(settings) as store:
        with store.read() as tx:
            assert curated_values(tx) == table
            restored = all_decisions(tx)
            assert begun < len(restored) <= len(decided)
            assert restored == decided[: len(restored)]
            assert verify_chain(tx) == len(restored) == made.manifest.decisions
            assert all(read_body(settings.archive_dir, sha256) for sha256 in archived_bodies(tx))
        done = publish(settings, store, now=rehearsal_clock(settings, NIGHTS[0])(), night=NIGHTS[0])
    assert done.version == "2026.1"
    assert site_state(settings.site_dir) == site


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a state folder after one night, with somebody signed in."""
    settings = after_first_night(tmp_path_factory.mktemp("state") / "state")
    with opened(settings) as store, store.write() as tx:
        add_account(tx, "reviewer-a", role=None, at=AT)
        add_session(tx, "token", "reviewer-a", at=AT)
    return settings.state_dir


@pytest.fixture(scope="module")
def kept(state: Path, tmp_path_factory: pytest.TempPathFactory) -> Backup:
    """Return a backup of that state."""
    settings = rehearsal(state)
    with opened(settings) as store:
        return make_backup(settings, store, to=tmp_path_factory.mktemp("kept"))


@pytest.fixture
def copied(kept: Backup, tmp_path: Path) -> Path:
    """Return a copy of the backup, to spoil."""
    return Path(shutil.copytree(kept.folder, tmp_path / "backup"))


def html_files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.html")}


def test_frozen_pages_come_back_from_a_backup_to_the_byte(state: Path, tmp_path: Path) -> None:
    # They cannot be made again: templates change (DECISIONS 0040).
    settings = rehearsal(state)
    (kept_id,) = keep_published(settings.site_dir, settings.frozen_pages_dir)
    pages = html_files(settings.frozen_pages_dir / kept_id)
    assert pages
    with opened(settings) as store:
        made = make_backup(settings, store, to=tmp_path / "backups")
    there = emptied(tmp_path / "there")
    restore_backup(there, made.folder)
    assert html_files(there.frozen_pages_dir / kept_id) == pages


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def remanifest(folder: Path, **changes: object) -> None:
    write_manifest(folder, read_manifest(folder).model_copy(update=changes))


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "a bit of the database": (lambda f: flip_a_bit(f / "review.db"), "review.db: was changed since"),
    "a bit of the archive": (lambda f: flip_a_bit(next((f / "archive").rglob("*.gz"))), r"\.gz: was changed since"),
    "a bit of a snapshot": (lambda f: flip_a_bit(next((f / "snapshots").rglob("*.csv"))), r"\.csv: was changed since"),
    "a bit of the manifest": (lambda f: flip_a_bit(f / "manifest.json"), "manifest.json: was changed"),
    "a missing file": (lambda f: next((f / "archive").rglob("*.gz")).unlink(), "is missing from the backup"),
    "a missing manifest": (lambda f: (f / "manifest.json").unlink(), "is not a whole backup"),
    "a strange file": (lambda f: (f / "archive" / "x").write_text("x"), "does not belong to the backup"),
    "another format": (lambda f: remanifest(f, format=2), "is a backup of format 2"),
    "another length": (lambda f: remanifest(f, decisions=1), "does not hold what"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_backup_is_one_clear_line_and_nothing_is_put_in_place(copied: Path, tmp_path: Path, name: str) -> None:
    spoil, said = SPOILT[name]
    spoil(copied)
    settings = rehearsal(tmp_path / "state")
    with pytest.raises((SettingsError, StoreError), match=said) as raised:
        restore_backup(settings, copied)
    assert "\n" not in str(raised.value)
    assert not settings.state_dir.exists() or [p.name for p in settings.state_dir.iterdir() if p.is_dir()] in (
        [],
        [".restoring"],
    )
    assert not (settings.state_dir / "review.db").exists()


def test_a_backup_of_a_newer_version_is_refused(copied: Path, tmp_path: Path) -> None:
    from contextlib import closing
    from sqlite3 import connect

    from flows.backups.making import described

    with closing(connect(copied / "review.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    files = read_manifest(copied).files | {"review.db": described(copied / "review.db")}
    remanifest(copied, files=files, revision="9999")
    settings = rehearsal(tmp_path / "state")
    with pytest.raises(StoreError, match=r"newer version \(revision 9999"):
        restore_backup(settings, copied)
    assert not (settings.state_dir / "review.db").exists()


def test_a_state_that_is_not_empty_is_never_restored_over(state: Path, kept: Backup) -> None:
    settings = rehearsal(state)
    before = evidence_state(settings)
    with pytest.raises(SettingsError, match=r"review\.db: exists; a backup is restored into an empty state only"):
        restore_backup(settings, kept.folder)
    assert evidence_state(settings) == before


@pytest.mark.parametrize("step", range(4))
def test_a_restore_that_was_stopped_is_run_again(
    state: Path, kept: Backup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    class Killed(BaseException):
        pass

    settings = rehearsal(tmp_path / "state")
    done: list[str] = []

    def until(name: str, act: Callable[..., object]) -> Callable[..., object]:
        def counted(*args: object, **kwargs: object) -> object:
            if len(done) == step:
                raise Killed
            done.append(name)
            return act(*args, **kwargs)

        return counted

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", until("rename", Path.rename))
        patch.setattr(restoring.shutil, "move", until("move", shutil.move))
        patch.setattr(restoring, "examine_database", until("examine", restoring.examine_database))
        with pytest.raises(Killed):
            restore_backup(settings, kept.folder)
    restore_backup(settings, kept.folder)
    assert evidence_of(settings) == evidence_of(rehearsal(state))
    assert not (settings.state_dir / ".restoring").exists()


def evidence_of(settings: Settings) -> dict[str, object]:
    return {name: part for name, part in evidence_state(settings).items() if not name.startswith("site ")}


def test_whoever_was_signed_in_is_not_after_a_restore(state: Path, kept: Backup, tmp_path: Path) -> None:
    with opened(rehearsal(state)) as store, store.read() as tx:
        assert get_session(tx, "token") is not None
    settings = rehearsal(tmp_path / "state")
    restore_backup(settings, kept.folder)
    with opened(settings) as store, store.read() as tx:
        assert get_session(tx, "token") is None


def test_a_backup_that_was_stopped_leaves_nothing_that_looks_like_one(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.backups import making

    settings, to = rehearsal(state), tmp_path / "backups"
    with opened(settings) as store:
        monkeypatch.setattr(making, "write_manifest", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            make_backup(settings, store, to=to)
    assert list(to.iterdir()) == []


def test_a_damaged_archive_is_told_and_the_rest_is_backed_up(state: Path, tmp_path: Path) -> None:
    settings = rehearsal(copied_state(state, tmp_path / "state"))
    spoilt = next(settings.archive_dir.rglob("*.gz"))
    flip_a_bit(spoilt)
    with opened(settings) as store:
        made = make_backup(settings, store, to=tmp_path / "backups")
    assert [spoilt.name in line for line in made.manifest.damaged] == [True]
    assert not archive_path(made.folder / "archive", spoilt.name.removesuffix(".gz")).exists()
    assert len(list((made.folder / "archive").rglob("*.gz"))) == len(list(settings.archive_dir.rglob("*.gz"))) - 1


def test_only_the_newest_backups_are_kept_and_other_folders_left_alone(kept: Backup, tmp_path: Path) -> None:
    names = [f"2026-11-{day}T023000Z" for day in (20, 21, 22)]
    for name in names:
        shutil.copytree(kept.folder, tmp_path / name)
    (tmp_path / "mine").mkdir()
    assert [path.name for path in remove_old(tmp_path, keep=2)] == names[:1]
    assert sorted(path.name for path in tmp_path.iterdir()) == [*names[1:], "mine"]


def test_backup_and_restore_as_commands(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from flows.commands.storage import backup, restore

    monkeypatch.setenv("LIVING_REVIEW_STATE_DIR", str(state))
    backup(to=tmp_path / "backups", keep=1)
    told = json.loads(capsys.readouterr().out)
    assert told["rows"] > 500
    assert told["damaged"] == told["removed"] == []
    monkeypatch.setenv("LIVING_REVIEW_STATE_DIR", str(tmp_path / "other"))
    restore(Path(told["backup"]))
    out = capsys.readouterr()
    assert json.loads(out.out)["rows"] == told["rows"]
    assert "Sessions, tokens and unused one-time links have ended" in out.err


@pytest.mark.postgres
def test_a_store_moved_to_postgresql_holds_the_same_and_the_nights_go_on_the_same(tmp_path: Path) -> None:
    from tests.postgres import drop_database, empty_database

    here = after_first_night(tmp_path / "here")
    there = replace(rehearsal(copied_state(tmp_path / "here", tmp_path / "there")), database_url=empty_database())
    try:
        moved = move_database(str(tmp_path / "there" / "review.db"), there.database_url)
        assert (moved["records"].rows, moved["search_runs"].rows > 0) == (78, True)
        with pytest.raises(StoreError, match="is not empty"):
            move_database(str(tmp_path / "there" / "review.db"), there.database_url)
        for settings in (here, there):
            assert rehearse(settings, NIGHTS[1]).exit_code == 0
        assert evidence_state(here) == evidence_state(there)
        # And the way back, which a backup of PostgreSQL also takes.
        move_database(there.database_url, sqlite_url(tmp_path / "back"))
    finally:
        drop_database(there.database_url)


def test_moving_a_database_that_is_not_there_makes_none(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such database"):
        move_database(str(tmp_path / "nothing.db"), sqlite_url(tmp_path))
    assert list(tmp_path.iterdir()) == []
