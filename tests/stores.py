"""A store for tests, and the protocol of this checkout."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from extract.schema.protocol import Protocol
from extract.store.engine import Store
from flows.settings import read_protocol

ROOT = Path(__file__).resolve().parent.parent
AT = "2026-11-22T02:30:00Z"


def protocol() -> Protocol:
    """Return the protocol of this checkout."""
    return read_protocol(ROOT / "protocol.toml")[0]


@contextmanager
def new_store(folder: Path) -> Iterator[Store]:
    """Open an empty SQLite store in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "review.db").write_bytes(_prepared_database())
    store = Store(f"sqlite:///{folder / 'review.db'}", archive=folder / "archive")
    store.prepare()
    try:
        yield store
    finally:
        store.close()


@cache
def _prepared_database() -> bytes:
    """Run the migrations once; a database is a file, and copying it is faster than migrating again."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "review.db"
        store = Store(f"sqlite:///{path}", archive=Path(folder) / "archive")
        store.prepare()
        store.close()
        return path.read_bytes()
