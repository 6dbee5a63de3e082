"""Opening the store: one write path with short transactions, on SQLite or PostgreSQL.

Two writers wait for each other instead of failing half-way, and a reader sees one instant, on both: SQLite in WAL mode
with ``BEGIN IMMEDIATE`` (:mod:`extract.store.sqlite`), PostgreSQL with an advisory lock and ``REPEATABLE READ``
(:mod:`extract.store.postgresql`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
)

from extract.errors import StoreError
from extract.store.migrating import current_revision, refuse_newer, upgrade
from extract.store.postgresql import exclusively, postgresql_engine, reading, writing
from extract.store.sqlite import BUSY_SECONDS, sqlite_engine

HEAD = "0008"
"""Revision of the newest migration in this version of the software."""

POSTGRESQL = ("postgresql", "postgres")
"""How a PostgreSQL URL may begin; the second is how hosting services write it."""


Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")

_ANSWERS = "answers"

MOST_ANSWERS = 200
"""Answers a transaction remembers: a page asks for some tens of things, a night for every record in turn."""


@dataclass(frozen=True)
class Transaction:
    """An open transaction; the functions of this package take it, nothing else looks inside."""

    connection: Connection


def remembered(
    ask: Callable[Concatenate[Transaction, Asked], Answer],
) -> Callable[Concatenate[Transaction, Asked], Answer]:
    """Let a question be answered once in a transaction, so that a page made of many views asks the database once.

    A reading transaction sees one instant, so the answer stands as long as it is open; in a writing one every statement
    that is no SELECT forgets all answers.
    """

    @wraps(ask)
    def asked(tx: Transaction, /, *args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        answers: dict[Any, Answer] = tx.connection.info[_ANSWERS]
        question = (ask, args, tuple(kwargs.items()))
        if question not in answers:
            if len(answers) >= MOST_ANSWERS:
                answers.clear()
            answers[question] = ask(tx, *args, **kwargs)
        return answers[question]

    return asked


class Store:
    """The store of one review.

    Parameters
    ----------
    url
        Database URL (``sqlite:///...`` or ``postgresql://...``).
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
        event.listen(self._engine, "before_cursor_execute", _forget_answers)
        self._writer = threading.Lock()
        self.shown_url = shown_url(url)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    @property
    def file(self) -> Path | None:
        """The database's file, None on PostgreSQL."""
        database = self._engine.url.database
        return Path(database).absolute() if self.dialect == "sqlite" and database else None

    def prepare(self) -> None:
        """Bring the database to the newest migration; refuse one from a newer version.

        Raises
        ------
        StoreError
            See the class.
        """
        current = self.revision()
        if current == HEAD:
            return
        refuse_newer(current, shown_url=self.shown_url)
        try:
            with self.write() as tx:
                # Two processes may start at once: the second one finds the work done.
                if current_revision(tx.connection) == current:
                    upgrade(tx.connection, shown_url=self.shown_url)
        except ProgrammingError as error:
            if not isinstance(error.orig, Exception) or "InsufficientPrivilege" not in type(error.orig).__name__:
                raise
            raise StoreError(
                f"the role of {self.shown_url} may not change the tables ({_first_line(error)}); run "
                "`living-review grants ROLE` once with LIVING_REVIEW_DATABASE_URL of the role that owns them"
            ) from error

    def revision(self) -> str | None:
        """Return the migration the database stands at, None for an empty one."""
        with self._translated(), self._engine.connect() as connection:
            return current_revision(connection)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Open one writing transaction, the only one at this time: all of it happens, or nothing."""
        with self._translated(), self._writing() as connection:
            connection.info[_ANSWERS] = {}
            yield Transaction(connection)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open one reading transaction with a stable view."""
        with self._translated(), self._reading() as connection:
            connection.info[_ANSWERS] = {}
            yield Transaction(connection)

    @contextmanager
    def only_one(self, what: str) -> Iterator[bool]:
        """Hold a named lock that every host on this database sees; yield False when somebody else holds it.

        On SQLite there is one host, and the state folder's own lock file is enough.
        """
        if self.dialect == "sqlite":
            yield True
            return
        with self._translated(), exclusively(self._engine, what) as taken:
            yield taken

    def _writing(self) -> AbstractContextManager[Connection]:
        return self._sqlite_writing() if self.dialect == "sqlite" else writing(self._engine)

    def _reading(self) -> AbstractContextManager[Connection]:
        return _sqlite(self._engine, writes=False) if self.dialect == "sqlite" else reading(self._engine)

    @contextmanager
    def _sqlite_writing(self) -> Iterator[Connection]:
        # SQLite's own wait is a sleep of up to 0.1 s between looks: threads of one process wake each other at once.
        mine = self._writer.acquire(timeout=BUSY_SECONDS)
        try:
            with _sqlite(self._engine, writes=True) as connection:
                yield connection
        finally:
            if mine:
                self._writer.release()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            raise StoreError(f"the database {self.shown_url} cannot be used: {_first_line(error)}") from error
        except DataError as error:
            raise StoreError(f"the database {self.shown_url} refuses a value: {_first_line(error)}") from error
        except DatabaseError as error:
            if "file is not a database" in str(error) or "malformed" in str(error):
                raise StoreError(
                    f"the database {self.shown_url} is damaged: {_first_line(error)}; restore a backup"
                ) from error
            raise


def shown_url(url: str) -> str:
    """Return a database URL as it may be shown: without its password."""
    return make_url(url).render_as_string(hide_password=True)


def _forget_answers(
    connection: Connection, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool
) -> None:
    if not statement.startswith("SELECT"):
        connection.info[_ANSWERS] = {}


@contextmanager
def _sqlite(engine: Engine, *, writes: bool) -> Iterator[Connection]:
    with engine.connect().execution_options(writes=writes) as connection, connection.begin():
        yield connection


def _first_line(error: DatabaseError) -> str:
    return str(error.orig).strip().splitlines()[0] if error.orig else str(error).splitlines()[0]


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        backend = parsed.drivername.partition("+")[0]
        if backend == "sqlite":
            return sqlite_engine(parsed)
        if backend in POSTGRESQL:
            return postgresql_engine(parsed)
    except ModuleNotFoundError as error:
        raise StoreError(
            f"LIVING_REVIEW_DATABASE_URL: PostgreSQL needs the extra `postgres` ({error}); "
            "install living-review[postgres]"
        ) from error
    except (ArgumentError, NoSuchModuleError) as error:
        # The text may hold a password; SQLAlchemy's message repeats it.
        raise StoreError(
            "LIVING_REVIEW_DATABASE_URL is not a database URL; write sqlite:///PATH or postgresql://USER@HOST/DATABASE"
        ) from error
    raise StoreError(f"LIVING_REVIEW_DATABASE_URL: {backend!r} is not supported; use sqlite or postgresql")
