"""Restoring a backup into an empty state: everything is verified before anything is put in place.

Until the last step all of it stands in a staging folder of the state folder; a restore that was stopped is started
again from there.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from extract.store.copying import filled_tables_of
from extract.store.engine import Store
from extract.store.saving import SavedDatabase, examine_database, renew_database, restore_database
from flows.backups.manifest import DATABASE, BackupManifest, read_manifest, verify_files
from flows.context import Clock, only_one, system_clock, writable
from flows.errors import SettingsError
from flows.settings import Settings

STAGING = ".restoring"
PARTS = ("archive", "snapshots", "frozen-pages")


def restore_backup(settings: Settings, backup: Path, *, clock: Clock = system_clock) -> BackupManifest:
    """Verify a backup and put it into the empty state of these settings.

    Raises
    ------
    SettingsError
        The backup is not whole or unchanged, has another format, or the state is not empty; nothing was changed.
    extract.errors.StoreError
        Its database is damaged or newer than this software; nothing was changed.
    """
    manifest = read_manifest(backup)
    verify_files(backup, manifest)
    writable(settings.state_dir)
    with only_one(settings, "night"), only_one(settings, "publish"):
        target = Store(settings.database_url, archive=settings.archive_dir)
        try:
            staging = _empty_staging(settings, target)
            try:
                shutil.copytree(backup, staging, dirs_exist_ok=True)
                verify_files(staging, manifest)
                _refuse_other(examine_database(staging / DATABASE), manifest, backup)
                _put_in_place(settings, target, staging, at=clock().strftime("%Y-%m-%dT%H:%M:%SZ"))
            except OSError as error:
                raise SettingsError(f"not restored: {error.strerror}: {error.filename}; run it again") from error
            staging.rmdir()
        finally:
            target.close()
    return manifest


def _empty_staging(settings: Settings, target: Store) -> Path:
    """Return a fresh staging folder, once the state is empty but for what a stopped restore left."""
    staging = settings.state_dir / STAGING
    stopped = staging.exists()
    if target.file is not None:
        # A log that a removed database left behind would be taken for the new one's.
        beside = [target.file, *(target.file.with_name(f"{target.file.name}-{end}") for end in ("wal", "shm"))]
        filled = [str(path) for path in beside if path.exists()]
    else:
        filled = [f"{target.shown_url} ({name})" for name in filled_tables_of(target)]
    present = [settings.state_dir / part for part in PARTS if (settings.state_dir / part).exists()]
    if filled or (present and not stopped):
        raise SettingsError(
            f"{(filled or [str(present[0])])[0]}: exists; a backup is restored into an empty state only: "
            "move it away, or set LIVING_REVIEW_STATE_DIR and LIVING_REVIEW_DATABASE_URL; nothing was changed"
        )
    for leftover in (*present, staging):
        shutil.rmtree(leftover, ignore_errors=True)
    staging.mkdir(mode=0o700)
    return staging


def _refuse_other(found: SavedDatabase, manifest: BackupManifest, backup: Path) -> None:
    """Refuse a database that is not the one the manifest describes."""
    expected = {name: (table.rows, table.sha256) for name, table in manifest.tables.items()}
    held = {name: (table.rows, table.sha256) for name, table in found.tables.items()}
    if (found.revision, found.decisions) != (manifest.revision, manifest.decisions) or (held and held != expected):
        raise SettingsError(f"{backup / DATABASE}: does not hold what the manifest says; use another backup")


def _put_in_place(settings: Settings, target: Store, staging: Path, *, at: str) -> None:
    """Move the parts into place and clear the rest, the database last: until then the state counts as empty."""
    if target.file is not None:
        renew_database(staging / DATABASE, at=at)
    for part in PARTS:
        if (staging / part).exists():
            (staging / part).rename(settings.state_dir / part)
    if target.file is None:
        restore_database(staging / DATABASE, target, at=at)
    for rest in sorted(staging.iterdir()):
        if rest.is_dir():
            shutil.rmtree(rest)
        elif target.file is None or rest.name != DATABASE:
            rest.unlink()
    if target.file is not None:
        target.file.parent.mkdir(parents=True, exist_ok=True)
        # Beside its place first: on another disk moving is copying, and half a copy must not be found there.
        beside = target.file.with_name(f".{target.file.name}.restored")
        shutil.move(staging / DATABASE, beside)
        beside.replace(target.file)
