"""Moving the store from one database to another, for example from SQLite to PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from extract.store.copying import TableContent, copy_database
from extract.store.engine import Store
from extract.store.migrating import refuse_newer
from flows.errors import SettingsError

HERE = Path()
"""Moving a database touches no archive."""


def move_database(source: str, target: str) -> dict[str, TableContent]:
    """Copy everything into an empty database; nobody can write to the source meanwhile.

    The copy is one transaction of the target: stopped at any instant, the target is still empty and the move can be
    started again.

    Parameters
    ----------
    source
        File or URL of the database that is in use now.
    target
        URL of an empty one.

    Raises
    ------
    SettingsError
        There is no database where the source is said to be.
    extract.errors.StoreError
        One of them cannot be used, the target is not empty, or the copy differs; the target is as it was.
    """
    url = source if "://" in source else f"sqlite:///{Path(source).absolute()}"
    # Checked before it is opened: opening a SQLite file that is not there makes one.
    file = _existing(url) if url.startswith("sqlite") else None
    old, new = Store(url, archive=HERE), Store(target, archive=HERE)
    try:
        if old.shown_url == new.shown_url:
            raise SettingsError(f"{new.shown_url}: source and target are the same database; name an empty one")
        revision = old.revision()
        if revision is None:
            raise SettingsError(f"{file or old.shown_url}: holds no review; name the database in use now")
        refuse_newer(revision, shown_url=old.shown_url)
        old.prepare()
        new.prepare()
        with old.write() as tx:
            return copy_database(tx, new)
    finally:
        old.close()
        new.close()


def _existing(url: str) -> Path:
    file = Path(url.removeprefix("sqlite:///"))
    if not file.is_file():
        raise SettingsError(f"{file}: there is no such database; name the SQLite file in use now")
    return file
