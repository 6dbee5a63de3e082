"""What is particular to SQLite: WAL mode, foreign keys, and writers that take their lock at BEGIN."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from extract.errors import StoreError

BUSY_SECONDS = 30
"""How long a writer waits for another one; a night's longest transaction takes well under a second."""


KEPT_CONNECTIONS = 12
"""Connections that stay open: as many as threads serve pages, and a few; opening one costs as much as a small page."""


def sqlite_engine(url: URL) -> Engine:
    """Return an engine whose transactions are ours to begin.

    Raises
    ------
    StoreError
        The folder of the database cannot be made.
    """
    if url.database:
        folder = Path(url.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the state folder {folder} cannot be made: {error.strerror}") from error
    engine = create_engine(url, pool_size=KEPT_CONNECTIONS)
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own transaction handling is switched off; _begin says BEGIN.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
