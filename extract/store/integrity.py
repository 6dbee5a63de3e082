"""Looking at the store itself: is the database whole, and does it still refuse to change evidence."""

from __future__ import annotations

from sqlalchemy import inspect, text

from extract.store.append_only import trigger_names
from extract.store.engine import Transaction
from extract.store.tables import APPEND_ONLY, metadata

TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    # 'O' and 'A' fire in ordinary sessions; a trigger that was disabled counts as missing.
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') "
    "AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace)",
}

UNSOUND_SHOWN = 3
"""How many complaints of the database are passed on; the first ones tell enough."""


def missing_triggers(tx: Transaction) -> tuple[str, ...]:
    """Return the append-only triggers that are not there (or switched off): somebody removed them."""
    dialect = tx.connection.dialect.name
    there = set(tx.connection.execute(text(TRIGGERS[dialect])).scalars())
    wanted = [name for table in APPEND_ONLY for name in trigger_names(table, dialect=dialect)]
    return tuple(name for name in wanted if name not in there)


def missing_tables(tx: Transaction) -> tuple[str, ...]:
    """Return the tables this software reads that the database does not have."""
    there = set(inspect(tx.connection).get_table_names())
    return tuple(table.name for table in metadata.sorted_tables if table.name not in there)


def unsound(tx: Transaction) -> tuple[str, ...]:
    """Return what the database itself finds wrong with its pages and references; empty when it is whole.

    PostgreSQL checks references at every write and has no command for the rest; there every row of every table is
    read once, which fails on a damaged page.
    """
    if tx.connection.dialect.name == "sqlite":
        pages = [str(row[0]) for row in tx.connection.execute(text("PRAGMA integrity_check(3)")) if row[0] != "ok"]
        lost = [
            f"{row[0]} row {row[1]} refers to a row of {row[2]} that does not exist"
            for row in tx.connection.execute(text("PRAGMA foreign_key_check"))
        ]
        return tuple((pages + lost)[:UNSOUND_SHOWN])
    for table in metadata.sorted_tables:
        with tx.connection.execute(table.select(), execution_options={"yield_per": 1000}) as rows:
            for _ in rows:
                pass
    return ()
