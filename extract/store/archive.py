"""Raw responses, byte for byte: compressed files named by the SHA-256 of their content.

The archive is written before anything is interpreted, so that a misread answer can always be read again.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import time
import zlib
from contextlib import suppress
from pathlib import Path

from sqlalchemy import select

from extract.errors import StoreError
from extract.store.engine import Transaction
from extract.store.tables import raw_responses

UNFINISHED = ".part"
"""How the name of a body's file ends while it is written."""

UNFINISHED_SECONDS = 86_400.0
"""Age from which such a file is nobody's: its writer was killed."""


def archive_path(folder: Path, sha256: str) -> Path:
    """Return where the body with this hash is kept."""
    return folder / sha256[:2] / f"{sha256}.gz"


def keep_body(folder: Path, body: bytes) -> str:
    """Write a body to the archive, once, and return its SHA-256.

    The file appears whole or not at all (staging file and rename), with a fixed time stamp, so that the same
    body always gives the same bytes on disk.

    Raises
    ------
    StoreError
        The archive cannot be written.
    """
    sha256 = hashlib.sha256(body).hexdigest()
    path = archive_path(folder, sha256)
    if path.exists():
        return sha256
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear_unfinished(path.parent)
        staging = path.with_suffix(f".{os.getpid()}{UNFINISHED}")
        with staging.open("wb") as out:
            out.write(gzip.compress(body, mtime=0))
            out.flush()
            os.fsync(out.fileno())
        staging.replace(path)
    except OSError as error:
        raise StoreError(f"the archive {folder} cannot be written: {error.strerror}; nothing was stored") from error
    return sha256


def _clear_unfinished(folder: Path) -> None:
    """Remove what killed writers left; younger files may be another process's, at work now."""
    oldest = time.time() - UNFINISHED_SECONDS
    for staging in folder.glob(f"*{UNFINISHED}"):
        with suppress(FileNotFoundError):  # another process removed or finished it
            if staging.stat().st_mtime < oldest:
                staging.unlink()


def read_body(folder: Path, sha256: str) -> bytes:
    """Read a body back and verify it.

    Raises
    ------
    StoreError
        It is missing, cannot be unpacked, or is not what was written: someone edited the archive.
    """
    path = archive_path(folder, sha256)
    try:
        body = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise StoreError(f"{path}: the archived answer cannot be read ({error}); restore it from a backup") from error
    if hashlib.sha256(body).hexdigest() != sha256:
        raise StoreError(f"{path}: the archived answer was changed (its hash differs); restore it from a backup")
    return body


def note_body(tx: Transaction, sha256: str, *, size: int, at: str) -> None:
    """Enter a kept body into the database, once."""
    known = tx.connection.execute(select(raw_responses.c.sha256).where(raw_responses.c.sha256 == sha256)).first()
    if known is None:
        tx.connection.execute(raw_responses.insert().values(sha256=sha256, size=size, first_seen_at=at))
