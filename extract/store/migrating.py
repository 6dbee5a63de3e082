"""Bringing a database to a revision of the migrations, one process at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from extract.errors import StoreError
from extract.store.postgresql import refuse_other_encoding, sort_by_bytes
from extract.store.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config


def current_revision(connection: Connection) -> str | None:
    """Return the revision a database stands at, None for an empty one."""
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def known_revisions() -> tuple[str, ...]:
    """Return the revisions this software knows, oldest first."""
    from alembic.script import ScriptDirectory

    return tuple(script.revision for script in reversed(list(ScriptDirectory.from_config(_config()).walk_revisions())))


def refuse_newer(current: str | None, *, shown_url: str) -> None:
    """Refuse a database that newer software wrote.

    Raises
    ------
    StoreError
        Its revision is unknown; nothing was changed.
    """
    known = known_revisions()
    if current is not None and current not in known:
        raise StoreError(
            f"the database {shown_url} was written by a newer version "
            f"(revision {current}, this software knows {known[-1]}); update the software, nothing was changed"
        )


def refuse_foreign(connection: Connection, *, shown_url: str) -> None:
    """Refuse a database that no migration of ours made but that has tables of our names.

    Raises
    ------
    StoreError
        It holds somebody else's tables; nothing was changed.
    """
    ours = {table.name for table in metadata.sorted_tables}
    clash = sorted(ours & set(inspect(connection).get_table_names()))
    if clash:
        raise StoreError(
            f"the database {shown_url} holds tables of something else ({', '.join(clash[:3])}); "
            "give the review a database of its own, nothing was changed"
        )


def upgrade(connection: Connection, *, to: str = "head", shown_url: str) -> None:
    """Bring a database up to a revision; call inside a writing transaction, which all of it happens in."""
    from alembic import command

    if current_revision(connection) is None:
        refuse_foreign(connection, shown_url=shown_url)
    if connection.dialect.name == "postgresql":
        refuse_other_encoding(connection, shown_url=shown_url)
    command.upgrade(_config(connection), to)
    if connection.dialect.name == "postgresql":
        sort_by_bytes(connection)


def downgrade(connection: Connection, *, to: str) -> None:
    """Bring a database down to a revision (``base`` for nothing); call inside a writing transaction."""
    from alembic import command

    command.downgrade(_config(connection), to)


def _config(connection: Connection | None = None) -> Config:
    # Imported here: most commands find the database up to date and need no migrations.
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    if connection is not None:
        config.attributes["connection"] = connection
    return config
