"""A database as one SQLite file beside others: made while people write to it, verified, and put back.

A backup of a PostgreSQL store is a SQLite file as well: one format, readable without a server, and a way back to
either.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from extract.errors import StoreError
from extract.store.accounts import all_accounts, end_all_sessions
from extract.store.archive import archive_path, read_body
from extract.store.copying import TableContent, content_hashes, copy_database, copy_sqlite_file
from extract.store.decisions import verify_chain
from extract.store.engine import Store, Transaction
from extract.store.integrity import missing_tables, missing_triggers, unsound
from extract.store.migrating import refuse_newer
from extract.store.tables import raw_responses
from extract.store.tokens import revoke_tokens


@dataclass(frozen=True)
class SavedDatabase:
    """What a saved database holds: its migration, every table's content, and how long its decision log is."""

    revision: str
    tables: dict[str, TableContent]
    decisions: int


def save_database(store: Store, file: Path) -> SavedDatabase:
    """Save one consistent instant of the database as a SQLite file, and verify it.

    Raises
    ------
    StoreError
        It cannot be copied, or the copy is not sound (then neither is the database).
    """
    if store.file is not None:
        copy_sqlite_file(store.file, file)
    else:
        with _opened(file) as copy, store.read() as tx:
            copy.prepare()
            copy_database(tx, copy)
    return examine_database(file)


def examine_database(file: Path) -> SavedDatabase:
    """Verify a saved database and tell what it holds; the file itself is opened, so give a copy of a backup.

    Raises
    ------
    StoreError
        It is damaged, its decision log is broken, its triggers are gone, or newer software wrote it.
    """
    with _opened(file) as store:
        revision = store.revision()
        refuse_newer(revision, shown_url=str(file))
        if revision is None:
            raise StoreError(f"{file}: holds no review; it is not the database of this software")
        with store.read() as tx:
            if complaints := unsound(tx):
                raise StoreError(f"{file}: the database is damaged ({'; '.join(complaints)}); use another backup")
            decisions = verify_chain(tx)
            # An older one has fewer tables; they are compared after it was brought up to date.
            tables = {} if missing_tables(tx) else content_hashes(tx)
            if tables and (gone := missing_triggers(tx)):
                raise StoreError(f"{file}: triggers that keep evidence unchanged are missing: {', '.join(gone)}")
    return SavedDatabase(revision, tables, decisions)


def restore_database(file: Path, target: Store, *, at: str) -> None:
    """Put a saved database into an empty PostgreSQL store, in one transaction, and sign everybody out.

    Raises
    ------
    StoreError
        The target is not empty, or the copy differs; nothing was changed.
    """
    with _opened(file) as saved:
        saved.prepare()
        target.prepare()
        with saved.read() as tx:
            copy_database(tx, target, before_commit=lambda copied: _sign_everybody_out(copied, at=at))


def renew_database(file: Path, *, at: str) -> None:
    """Bring a saved database up to date in its file, and sign everybody out."""
    with _opened(file) as saved:
        saved.prepare()
        with saved.write() as tx:
            _sign_everybody_out(tx, at=at)


def archived_bodies(tx: Transaction) -> tuple[str, ...]:
    """Return the hash of every raw response the database knows."""
    return tuple(tx.connection.execute(select(raw_responses.c.sha256).order_by(raw_responses.c.sha256)).scalars())


def saved_bodies(file: Path) -> tuple[str, ...]:
    """Return the hash of every raw response a saved database knows."""
    with _opened(file) as saved, saved.read() as tx:
        return archived_bodies(tx)


def damaged_bodies(
    archive: Path, hashes: tuple[str, ...], *, noted: Callable[[Path], None] = lambda _path: None
) -> tuple[str, ...]:
    """Read every raw response back; return what is wrong with those that are missing or were changed.

    Parameters
    ----------
    noted
        Called with the file of each one that is as it was written.
    """
    damaged = []
    for sha256 in hashes:
        try:
            read_body(archive, sha256)
        except StoreError as error:
            damaged.append(str(error))
        else:
            noted(archive_path(archive, sha256))
    return tuple(damaged)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sign_everybody_out(tx: Transaction, *, at: str) -> None:
    """End sessions, unused links and tokens: one that was ended after the backup must not come back to life."""
    end_all_sessions(tx, at=at)
    for account in all_accounts(tx):
        revoke_tokens(tx, account.person_id, at=at)


@contextmanager
def _opened(file: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{file}", archive=file.parent / "archive")
    try:
        yield store
    finally:
        store.close()
