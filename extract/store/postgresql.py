"""What is particular to PostgreSQL: one writer at a time, stable reads, and text that sorts by its bytes.

The store's promises are those it keeps on SQLite (DECISIONS 0043). A writing transaction waits for an advisory lock
before its first statement, so that "the last number plus one" and "look, then write" hold; at READ COMMITTED every
statement after it sees all that was committed before. A reading transaction is REPEATABLE READ and read-only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import URL, Connection, Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from extract.errors import StoreError
from extract.store.sqlite import BUSY_SECONDS

WRITER = 0x4C52_0001
"""Advisory lock of whoever writes; the number is ours, locks are per database."""

NOT_BY_BYTES = """
SELECT c.table_name, c.column_name, format_type(a.atttypid, a.atttypmod)
FROM information_schema.columns c
JOIN pg_attribute a ON a.attrelid = format('%I.%I', c.table_schema, c.table_name)::regclass
AND a.attname = c.column_name
JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'
AND c.data_type IN ('character varying', 'text') AND c.collation_name IS DISTINCT FROM 'C'
ORDER BY c.table_name, c.ordinal_position
"""


def postgresql_engine(url: URL) -> Engine:
    """Return an engine; a connection the server has closed meanwhile is replaced before it is used."""
    return create_engine(
        url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, connect_args={"connect_timeout": 10}
    )


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that no other writer overlaps."""
    with engine.connect() as connection, connection.begin():
        connection.execute(text(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITER})
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that sees one instant, and cannot write."""
    with engine.connect() as connection:
        stable = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with stable.begin():
            yield stable


@contextmanager
def exclusively(engine: Engine, what: str) -> Iterator[bool]:
    """Hold a named lock of the database as long as the block runs; yield False when another process holds it.

    The lock lives with its connection: a process that is killed gives it back.
    """
    number = int.from_bytes(hashlib.sha256(what.encode()).digest()[:7], "big")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        taken = bool(connection.execute(text("SELECT pg_try_advisory_lock(:n)"), {"n": number}).scalar_one())
        try:
            yield taken
        finally:
            if taken:
                # A connection that was lost meanwhile has given the lock back; what ran under it is done all the same.
                with suppress(OperationalError):
                    connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": number})


def refuse_other_encoding(connection: Connection, *, shown_url: str) -> None:
    """Refuse a database that cannot hold every character.

    Raises
    ------
    StoreError
        Its encoding is not UTF-8; nothing was changed.
    """
    encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise StoreError(
            f"the database {shown_url} has the encoding {encoding}; make one with ENCODING 'UTF8', nothing was changed"
        )


def sort_by_bytes(connection: Connection) -> None:
    """Let every text column sort by its bytes, as on SQLite, whatever the database's locale.

    The order of rows is part of what is frozen and hashed: it must not hang on the language of a server.
    """
    columns: dict[str, list[str]] = {}
    quote = connection.dialect.identifier_preparer.quote
    for table, column, kind in connection.execute(text(NOT_BY_BYTES)):
        columns.setdefault(table, []).append(f'ALTER COLUMN {quote(column)} TYPE {kind} COLLATE "C"')
    for table, changes in columns.items():
        connection.exec_driver_sql(f"ALTER TABLE {quote(table)} {', '.join(changes)}")
