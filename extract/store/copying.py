"""Copying a whole database into an empty one, on SQLite or PostgreSQL, and comparing two by content.

The copy is exact: JSON travels as its text, numbers given by the database go on where they stopped, and every table is
compared by count and hash before the copy is committed.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Column, Connection, Integer, Select, Table, Text, bindparam, cast, func, select, text

from extract.errors import StoreError
from extract.store.engine import Store, Transaction
from extract.store.tables import metadata

ROWS_AT_ONCE = 500
"""Rows read and written together: a record is a few kilobytes."""


@dataclass(frozen=True)
class TableContent:
    """How many rows a table has, and the SHA-256 over all of them in the order of their keys."""

    rows: int
    sha256: str


def content_hashes(tx: Transaction) -> dict[str, TableContent]:
    """Return count and hash of every table; equal on SQLite and PostgreSQL when the content is equal."""
    found = {}
    for table in metadata.sorted_tables:
        digest, rows = hashlib.sha256(), 0
        for row in _rows(tx.connection, table):
            digest.update(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            rows += 1
        found[table.name] = TableContent(rows, digest.hexdigest())
    return found


def filled_tables(tx: Transaction) -> tuple[str, ...]:
    """Return the tables that hold anything."""
    return tuple(
        table.name
        for table in metadata.sorted_tables
        if tx.connection.execute(select(1).select_from(table).limit(1)).first() is not None
    )


def filled_tables_of(store: Store) -> tuple[str, ...]:
    """Return the tables of a store that hold anything; none for a database without our tables."""
    if store.revision() is None:
        return ()
    with store.read() as tx:
        return filled_tables(tx)


def copy_database(
    source: Transaction, target: Store, *, before_commit: Callable[[Transaction], None] = lambda _tx: None
) -> dict[str, TableContent]:
    """Copy everything into a prepared, empty database, in one transaction, and compare before it is committed.

    Parameters
    ----------
    source
        A transaction at the same migration; hold the writer's lock if nothing may be written meanwhile.
    before_commit
        What else belongs into the same transaction, after the comparison.

    Returns
    -------
    dict
        Count and hash of every table copied.

    Raises
    ------
    StoreError
        The target is not empty, or the copy differs; the target is as it was.
    """
    expected = content_hashes(source)
    with target.write() as tx:
        filled = filled_tables(tx)
        if filled:
            raise StoreError(
                f"the database {target.shown_url} is not empty ({', '.join(filled[:3])}); "
                "give an empty one, nothing was changed"
            )
        for table in metadata.sorted_tables:
            for batch in _batches(_rows(source.connection, table)):
                tx.connection.execute(_insert(tx.connection, table), [_parameters(table, row) for row in batch])
            _continue_numbers(tx.connection, table)
        copied = content_hashes(tx)
        differing = [name for name, content in expected.items() if copied[name] != content]
        if differing:
            raise StoreError(f"the copy in {target.shown_url} differs in {', '.join(differing)}; nothing was kept")
        before_commit(tx)
    return expected


def copy_sqlite_file(source: Path, target: Path) -> None:
    """Copy a SQLite database while others write to it: one consistent instant, through SQLite's backup interface.

    Raises
    ------
    StoreError
        It cannot be read or written.
    """
    try:
        with (
            closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as read,
            closing(sqlite3.connect(target)) as written,
        ):
            # All pages in one step, under one read lock: a copy in parts starts anew at every foreign write.
            read.backup(written, pages=-1)
            written.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
    except sqlite3.Error as error:
        raise StoreError(f"the database {source} cannot be copied to {target}: {error}") from error


def _rows(connection: Connection, table: Table) -> Iterator[Sequence[Any]]:
    with connection.execute(_as_text(table), execution_options={"yield_per": ROWS_AT_ONCE}) as rows:
        for row in rows:
            yield tuple(row)


def _as_text(table: Table) -> Select[Any]:
    """Select a table in the order of its keys, JSON as the text that was written."""
    columns = [cast(c, Text).label(c.name) if isinstance(c.type, JSON) else c for c in table.columns]
    return select(*columns).order_by(*table.primary_key.columns)


def _batches(rows: Iterator[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    batch: list[Sequence[Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == ROWS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _insert(connection: Connection, table: Table) -> Any:
    def value(column: Column[Any]) -> Any:
        if not isinstance(column.type, JSON):
            return bindparam(f"v_{column.name}", type_=column.type)
        given = bindparam(f"v_{column.name}", type_=Text)
        # SQLite keeps JSON as text; a cast there would read a number out of it.
        return cast(given, JSON) if connection.dialect.name == "postgresql" else given

    return table.insert().values({column.name: value(column) for column in table.columns})


def _parameters(table: Table, row: Sequence[Any]) -> dict[str, Any]:
    return {f"v_{column.name}": given for column, given in zip(table.columns, row, strict=True)}


def _continue_numbers(connection: Connection, table: Table) -> None:
    """Let PostgreSQL give the numbers after those that were copied; SQLite looks at the table itself."""
    keys = list(table.primary_key.columns)
    if connection.dialect.name != "postgresql" or len(keys) != 1 or not isinstance(keys[0].type, Integer):
        return
    sequence = connection.execute(
        select(func.pg_get_serial_sequence(table.name, keys[0].name))  # None where we number the rows ourselves
    ).scalar()
    last = connection.execute(select(func.max(keys[0]))).scalar()
    if sequence is not None and last is not None:
        connection.execute(text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last})
