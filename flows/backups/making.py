"""Making a backup while nights and approvals run: the database first, then the files it speaks of.

The archive and the snapshots only ever gain files, and a file is on disk before the database speaks of it. So the
files of the instant at which the database was copied are all there a moment later.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from extract.store.archive import archive_path
from extract.store.engine import Store
from extract.store.saving import damaged_bodies, file_sha256, save_database, saved_bodies
from flows.backups.manifest import (
    DATABASE,
    FORMAT,
    MANIFEST,
    BackedUpFile,
    BackedUpTable,
    BackupManifest,
    read_manifest,
    write_manifest,
)
from flows.context import Clock, only_one, system_clock
from flows.errors import SettingsError
from flows.settings import Settings
from reports.frozen import INDEX
from reports.snapshot import whole_snapshots

STAGING = ".making"


@dataclass(frozen=True)
class Backup:
    """A backup that was made."""

    folder: Path
    manifest: BackupManifest


def make_backup(settings: Settings, store: Store, *, to: Path, clock: Clock = system_clock) -> Backup:
    """Back up database, archive, snapshots and frozen pages into a new folder; it appears whole or not at all.

    Parameters
    ----------
    to
        Folder of the backups; each gets a folder named by its time.

    Raises
    ------
    SettingsError
        The folder cannot be written, or another backup is being made.
    extract.errors.StoreError
        The database cannot be copied, or is damaged.
    """
    made_at = clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    folder, staging = to / made_at.replace(":", ""), to / STAGING
    with only_one(settings, "backup"):
        if folder.exists():
            raise SettingsError(f"{folder}: exists already; wait a second and try again")
        try:
            shutil.rmtree(staging, ignore_errors=True)  # what a killed backup left
            staging.mkdir(parents=True, mode=0o700)
            saved = save_database(store, staging / DATABASE)
            damaged = _copy_archive(settings, staging)
            _copy_snapshots(settings, staging)
            _copy_frozen_pages(settings, staging)
            shutil.copyfile(settings.protocol_path, staging / "protocol.toml")
            manifest = BackupManifest(
                format=FORMAT,
                software=importlib.metadata.version("living-review"),
                made_at=made_at,
                came_from=store.dialect,
                revision=saved.revision,
                protocol_sha256=settings.protocol_sha256,
                decisions=saved.decisions,
                tables={name: BackedUpTable(rows=t.rows, sha256=t.sha256) for name, t in saved.tables.items()},
                files={str(path.relative_to(staging)): described(path) for path in _files(staging)},
                damaged=damaged,
            )
            write_manifest(staging, manifest)
            _to_disk(staging)
            staging.rename(folder)
        except OSError as error:
            shutil.rmtree(staging, ignore_errors=True)
            raise SettingsError(f"no backup was made in {to}: {error.strerror}: {error.filename}") from error
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
    return Backup(folder, manifest)


def remove_old(to: Path, *, keep: int) -> tuple[Path, ...]:
    """Remove all but the newest backups of a folder; return what was removed."""
    whole = sorted(path.parent for path in to.glob(f"*/{MANIFEST}") if not path.parent.name.startswith("."))
    removed = whole[:-keep]
    for folder in removed:
        read_manifest(folder)  # never delete a folder that is not a backup of ours
        shutil.rmtree(folder)
    return tuple(removed)


def _copy_archive(settings: Settings, staging: Path) -> tuple[str, ...]:
    """Copy the raw responses the copied database knows; return what is wrong with those that are not copied."""
    target = staging / "archive"

    def keep(path: Path) -> None:
        sha256 = path.name.partition(".")[0]
        copy = archive_path(target, sha256)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)

    return damaged_bodies(settings.archive_dir, saved_bodies(staging / DATABASE), noted=keep)


def _copy_snapshots(settings: Settings, staging: Path) -> None:
    """Copy every whole snapshot, also one the log does not know yet: readers may have seen it."""
    for folder in whole_snapshots(settings.snapshots_dir):
        shutil.copytree(folder, staging / "snapshots" / folder.name)


def _copy_frozen_pages(settings: Settings, staging: Path) -> None:
    """Copy the pages of every published version: they cannot be made again byte for byte (DECISIONS 0040)."""
    for index in sorted(settings.frozen_pages_dir.glob(f"*/{INDEX}")):
        if not index.parent.name.startswith("."):
            shutil.copytree(index.parent, staging / settings.frozen_pages_dir.name / index.parent.name)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def described(path: Path) -> BackedUpFile:
    """Return size and hash of a file."""
    return BackedUpFile(size=path.stat().st_size, sha256=file_sha256(path))


def _to_disk(folder: Path) -> None:
    """Wait until the disk has every file: a backup that a power cut can take back is none."""
    for path in (*_files(folder), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
