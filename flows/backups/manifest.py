"""The list of what a backup holds, with the hash of every file, and its verification.

A backup is a folder::

    manifest.json          format, version, time, migration, tables by count and hash, files by size and hash
    manifest.json.sha256   hash of the manifest itself
    review.db              the database at one instant (SQLite, also when the review runs on PostgreSQL)
    archive/               raw responses
    snapshots/             published snapshots
    protocol.toml          the protocol in force
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from extract.store.saving import file_sha256
from flows.errors import SettingsError

FORMAT = 1
"""Format of a backup; another number is refused."""

MANIFEST = "manifest.json"
DIGEST = "manifest.json.sha256"
DATABASE = "review.db"


class BackedUpFile(BaseModel):
    """A file of a backup."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    sha256: str


class BackedUpTable(BaseModel):
    """A table of the backed-up database: rows, and hash over them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int
    sha256: str


class BackupManifest(BaseModel):
    """What a backup holds.

    Parameters
    ----------
    revision
        Migration of its database.
    damaged
        Raw responses that were missing or changed when the backup was made: told, and not in it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    software: str
    made_at: str
    came_from: str
    revision: str
    protocol_sha256: str
    decisions: int
    tables: dict[str, BackedUpTable]
    files: dict[str, BackedUpFile]
    damaged: tuple[str, ...]


def write_manifest(folder: Path, manifest: BackupManifest) -> None:
    """Write the manifest and its hash: the last files of a backup."""
    text = manifest.model_dump_json(indent=1) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    (folder / DIGEST).write_text(f"{digest}  {MANIFEST}\n", encoding="utf-8")  # as `sha256sum -c` reads it


def read_manifest(folder: Path) -> BackupManifest:
    """Read the manifest of a backup.

    Raises
    ------
    SettingsError
        The folder is no backup, its manifest was changed, or it has another format.
    """
    try:
        raw = (folder / MANIFEST).read_bytes()
        digest = (folder / DIGEST).read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{folder}: is not a whole backup ({error}); name a folder that `backup` made") from error
    if digest[:1] != [hashlib.sha256(raw).hexdigest()]:
        raise SettingsError(f"{folder / MANIFEST}: was changed (its hash differs); use another backup")
    try:
        version = int(_Version.model_validate_json(raw).format)
        if version != FORMAT:
            raise SettingsError(
                f"{folder}: is a backup of format {version}, this software reads format {FORMAT}; "
                "use the version that made it, nothing was changed"
            )
        return BackupManifest.model_validate_json(raw)
    except ValidationError as error:
        raise SettingsError(f"{folder / MANIFEST}: is not the manifest of a backup: {error}") from error


def verify_files(folder: Path, manifest: BackupManifest) -> None:
    """Verify that every file of a backup is there, unchanged, and that there is no other.

    Raises
    ------
    SettingsError
        With the name of the first file that is not as it was.
    """
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise SettingsError(f"{path}: is missing from the backup; use another one, nothing was changed")
        if path.stat().st_size != expected.size or file_sha256(path) != expected.sha256:
            raise SettingsError(f"{path}: was changed since the backup was made; use another one, nothing was changed")
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    strange = sorted(there - set(manifest.files) - {MANIFEST, DIGEST})
    if strange:
        raise SettingsError(f"{folder / strange[0]}: does not belong to the backup; remove it, nothing was changed")


class _Version(BaseModel):
    format: int
