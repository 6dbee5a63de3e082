"""A store for tests, on the database under test, and the protocol of this checkout.

Which database that is, a module says by ``pytestmark = BOTH_DATABASES``: its tests then run on SQLite and again on
PostgreSQL (see ``tests/conftest.py``). All others run on SQLite.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Literal

import pytest

from extract.schema.protocol import Protocol
from extract.store.engine import Store
from flows.settings import read_protocol, sqlite_url

ROOT = Path(__file__).resolve().parent.parent
AT = "2026-11-22T02:30:00Z"
BOTH_DATABASES = pytest.mark.both_databases
"""Mark of a module whose tests run on SQLite and on PostgreSQL."""

Database = Literal["sqlite", "postgresql"]


class Under:
    """The database under test now, and the PostgreSQL databases that stand for state folders."""

    database: Database = "sqlite"
    urls: dict[Path, str] = {}  # noqa: RUF012 - one register for the whole run


def protocol() -> Protocol:
    """Return the protocol of this checkout."""
    return read_protocol(ROOT / "protocol.toml")[0]


def database_url(folder: Path) -> str:
    """Return the URL of the database that belongs to a state folder, on the database under test."""
    if Under.database == "sqlite":
        return sqlite_url(folder)
    from tests.postgres import new_database

    if folder not in Under.urls:
        Under.urls[folder] = new_database()
    return Under.urls[folder]


def copied_state(before: Path, after: Path) -> Path:
    """Copy a state folder with its database; nobody may be connected to it."""
    shutil.copytree(before, after, symlinks=True)
    if Under.database == "postgresql":
        from tests.postgres import new_database

        Under.urls[after] = new_database(source=Under.urls[before])
    return after


@contextmanager
def new_store(folder: Path) -> Iterator[Store]:
    """Open an empty store in a folder, on the database under test."""
    folder.mkdir(parents=True, exist_ok=True)
    if Under.database == "sqlite":
        (folder / "review.db").write_bytes(_prepared_database())
    store = Store(database_url(folder), archive=folder / "archive")
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
