"""Opening the store: one write path with short transactions, on SQLite or PostgreSQL.

SQLite runs in WAL mode with foreign keys on, and a writing transaction takes its lock at BEGIN (``BEGIN IMMEDIATE``)
so that two writers wait for each other instead of failing half-way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError

from extract.errors import StoreError

HEAD = "0004"
"""Revision of the newest migration in this version of the software."""

BUSY_SECONDS = 30
"""How long a writer waits for another one; a night's longest transaction takes well under a second."""


@dataclass(frozen=True)
class Transaction:
    """An open transaction; the functions of this package take it, nothing else looks inside."""

    connection: Connection


class Store:
    """The store of one review.

    Parameters
    ----------
    url
        SQLAlchemy database URL (``sqlite:///...`` or ``postgresql+psycopg://...``).
    archive
        Folder of the raw responses.

    Raises
    ------
    StoreError
        The database cannot be opened, is of a newer version, or is read-only; nothing was changed.
    """

    def __init__(self, url: str, *, archive: Path) -> None:
        self.archive = archive
        self._engine = _engine(url)
        self._shown_url = make_url(url).render_as_string(hide_password=True)

    def prepare(self) -> None:
        """Bring the database to the newest migration; refuse one from a newer version.

        Raises
        ------
        StoreError
            See the class.
        """
        with self._translated():
            with self._engine.connect() as connection:
                current = _current_revision(connection)
            if current == HEAD:
                return
            _upgrade(self._engine, current, shown_url=self._shown_url)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Open one writing transaction: all of it happens, or nothing."""
        with (
            self._translated(),
            self._engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield Transaction(connection)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open one reading transaction with a stable view."""
        with self._translated(), self._engine.connect() as connection, connection.begin():
            yield Transaction(connection)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            raise StoreError(f"the database {self._shown_url} cannot be used: {_first_line(error)}") from error
        except DatabaseError as error:
            if "file is not a database" in str(error) or "malformed" in str(error):
                raise StoreError(
                    f"the database {self._shown_url} is damaged: {_first_line(error)}; restore a backup"
                ) from error
            raise


def _first_line(error: DatabaseError) -> str:
    return str(error.orig).splitlines()[0] if error.orig else str(error).splitlines()[0]


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise StoreError(
                f"LIVING_REVIEW_DATABASE_URL: {parsed.get_backend_name()!r} is not supported; use sqlite or postgresql"
            )
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            try:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(
                    f"the state folder {Path(parsed.database).parent} cannot be made: {error.strerror}"
                ) from error
        engine = create_engine(parsed)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreError(f"LIVING_REVIEW_DATABASE_URL cannot be used: {error}") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own transaction handling is switched off; _begin_sqlite says BEGIN.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _current_revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def _upgrade(engine: Engine, current: str | None, *, shown_url: str) -> None:
    # Imported here: most commands find the database up to date and need no migrations.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise StoreError(
            f"the database {shown_url} was written by a newer version "
            f"(revision {current}, this software knows {HEAD}); update the software, nothing was changed"
        )
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        # Two processes may start at once: the second one finds the work done.
        if _current_revision(connection) == current:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
