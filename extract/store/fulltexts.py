"""Full texts of records: whether PMC gives one, which archived answer holds it, and who has read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row, select

from extract.store.engine import Transaction, remembered
from extract.store.tables import full_texts

FullTextState = Literal["open", "withheld"]


@dataclass(frozen=True)
class StoredFullText:
    """A record's full text.

    Parameters
    ----------
    state
        ``open``: ``sha256`` names the archived answer that holds it among others; ``withheld``: PMC has the article
        and does not give its text. A text that was never asked for has no row.
    night
        Night it was last asked for.
    read_with
        Version of the extractor that read it last.
    """

    pmcid: str
    pmid: str
    state: FullTextState
    sha256: str | None
    night: str
    read_with: str | None


def put_full_text(
    tx: Transaction, *, pmcid: str, pmid: str, state: FullTextState, sha256: str | None, night: str
) -> None:
    """Note what PMC answered about a full text; a later answer takes the place of an earlier one."""
    row = {"pmid": pmid, "state": state, "sha256": sha256, "night": night, "read_with": None}
    changed = tx.connection.execute(full_texts.update().where(full_texts.c.pmcid == pmcid).values(**row))
    if changed.rowcount == 0:
        tx.connection.execute(full_texts.insert().values(pmcid=pmcid, **row))


def all_full_texts(tx: Transaction) -> tuple[StoredFullText, ...]:
    """Return what is known of every full text, by PMCID."""
    return tuple(_full_text(row) for row in tx.connection.execute(select(full_texts).order_by(full_texts.c.pmcid)))


@remembered
def full_text_of(tx: Transaction, pmid: str) -> StoredFullText | None:
    """Return the full text of a record, or None if it was never asked for."""
    row = tx.connection.execute(select(full_texts).where(full_texts.c.pmid == pmid)).first()
    return _full_text(row) if row is not None else None


def set_full_text_read(tx: Transaction, pmcid: str, extractor_version: str) -> None:
    """Note that a full text was read by this extractor."""
    tx.connection.execute(full_texts.update().where(full_texts.c.pmcid == pmcid).values(read_with=extractor_version))


def _full_text(row: Row[Any]) -> StoredFullText:
    return StoredFullText(row.pmcid, row.pmid, row.state, row.sha256, row.night, row.read_with)
