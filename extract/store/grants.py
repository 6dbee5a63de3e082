"""What the application's own database role may do on PostgreSQL: add to the evidence, never change it.

The triggers of :mod:`extract.store.append_only` stop statements; whoever owns a table can drop them. So the tables
belong to a second role, which only migrations use, and the role whose password the application knows owns nothing: it
reads, it adds rows, and it changes rows of the tables that are no evidence (sessions, drafts, states of the queue).
"""

from __future__ import annotations

import re

from sqlalchemy import text

from extract.errors import StoreError
from extract.store.engine import Transaction
from extract.store.tables import APPEND_ONLY, metadata

_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")

EVIDENCE, WORKING = "SELECT, INSERT", "SELECT, INSERT, UPDATE, DELETE"


def grant_statements(role: str, *, schema: str = "public") -> tuple[str, ...]:
    """Return the statements, to be run by the role that owns the tables.

    Raises
    ------
    StoreError
        A name that is no plain name of PostgreSQL.
    """
    for name in (role, schema):
        if _ROLE.fullmatch(name) is None:
            raise StoreError(f"{name!r} is no plain name of a role or schema: small letters, digits and _")
    tables = [table.name for table in metadata.sorted_tables]
    return (
        f"REVOKE ALL ON SCHEMA {schema} FROM {role}",
        f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}, PUBLIC",
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
        f"GRANT SELECT ON {schema}.alembic_version TO {role}",
        *(f"GRANT {EVIDENCE if t in APPEND_ONLY else WORKING} ON {schema}.{t} TO {role}" for t in tables),
    )


def grant(tx: Transaction, role: str) -> int:
    """Give the application's role its rights, and no more; return how many statements ran.

    Raises
    ------
    StoreError
        The database is no PostgreSQL, there is no such role, or it could still change evidence: it is a superuser,
        owns the tables, or belongs to a role that does.
    """
    if tx.connection.dialect.name != "postgresql":
        raise StoreError("grants are for PostgreSQL; a SQLite file is as safe as the account that may write to it")
    schema = str(tx.connection.execute(text("SELECT current_schema()")).scalar_one())
    statements = grant_statements(role, schema=schema)
    powers = may_still_change(tx, role)
    if powers:
        raise StoreError(f"role {role!r} {powers[0]}: its rights cannot be limited; choose another for the application")
    for statement in statements:
        tx.connection.execute(text(statement))
    return len(statements)


def own_powers(tx: Transaction) -> tuple[str, tuple[str, ...]]:
    """Return the role this connection works under, and why it could change evidence; SQLite has no roles."""
    if tx.connection.dialect.name != "postgresql":
        return "", ()
    role = str(tx.connection.execute(text("SELECT current_user")).scalar_one())
    return role, may_still_change(tx, role)


def may_still_change(tx: Transaction, role: str) -> tuple[str, ...]:
    """Return why a role could change evidence whatever is granted; empty when it could not."""
    found = tx.connection.execute(text("SELECT rolsuper FROM pg_roles WHERE rolname = :role"), {"role": role}).first()
    if found is None:
        return ("does not exist",)
    owners = tx.connection.execute(
        text(
            "SELECT DISTINCT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.relkind = 'r' "
            "AND c.relnamespace = current_schema()::regnamespace AND pg_has_role(:role, c.relowner, 'MEMBER')"
        ),
        {"role": role},
    ).scalars()
    reasons = ["is a superuser"] if found.rolsuper else []
    return (*reasons, *(f"owns the tables (as {owner})" for owner in owners))
