"""Triggers that make the database refuse UPDATE and DELETE on the tables that are evidence.

Whoever has the application's database password can still add a decision; nobody can quietly change one.
"""

from __future__ import annotations


def create_statements(table: str, *, keys: tuple[str, ...], dialect: str) -> tuple[str, ...]:
    """Return the statements that make ``table`` append-only.

    Parameters
    ----------
    table
        A table name of :data:`extract.store.tables.APPEND_ONLY` (a constant, never input).
    keys
        Columns of its primary key.
    dialect
        ``"sqlite"`` or ``"postgresql"``.
    """
    message = f"{table} is append-only: write a new row instead"
    if dialect == "sqlite":
        refusals = tuple(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            for verb in ("UPDATE", "DELETE")
        )
        # INSERT OR REPLACE deletes without firing the DELETE trigger, so an existing key is refused as well.
        same = " AND ".join(f"{key} = NEW.{key}" for key in keys)
        return (
            *refusals,
            # Names are constants of this package, never input.
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END",
        )
    return (
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{message}'; END $$",
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()",
    )


def drop_statements(table: str, *, dialect: str) -> tuple[str, ...]:
    """Return the statements that undo :func:`create_statements` (for a migration downwards)."""
    if dialect == "sqlite":
        return tuple(f"DROP TRIGGER {name}" for name in trigger_names(table, dialect=dialect))
    return (f"DROP TRIGGER {table}_append_only ON {table}", f"DROP FUNCTION {table}_append_only()")


def trigger_names(table: str, *, dialect: str) -> tuple[str, ...]:
    """Return the names of the triggers :func:`create_statements` makes."""
    if dialect == "sqlite":
        return tuple(f"{table}_no_{verb}" for verb in ("update", "delete", "replace"))
    return (f"{table}_append_only",)
