"""Imported files of references: what each entry became, and whether the import was taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row, select

from extract.store.engine import Transaction
from extract.store.tables import imported_references, records, reference_imports


@dataclass(frozen=True)
class ReferenceImport:
    """One imported file; ``sha256`` names it in the archive."""

    import_id: str
    name: str
    sha256: str
    at: str
    by: str
    undone_at: str | None
    undone_by: str | None


@dataclass(frozen=True)
class ImportedReference:
    """One entry of a file.

    Parameters
    ----------
    reference
        The entry as it stood in the file, as plain JSON.
    outcome
        ``new``: it became the record ``pmid``; ``known``: we had that record already.
    """

    entry_id: str
    import_id: str
    reference: dict[str, Any]
    outcome: Literal["new", "known"]
    pmid: str | None


def put_import(tx: Transaction, done: ReferenceImport, entries: Sequence[ImportedReference]) -> None:
    """Keep an import; one that was taken back and is done again takes its old place."""
    row = {name: getattr(done, name) for name in ReferenceImport.__dataclass_fields__}
    which = reference_imports.c.import_id == done.import_id
    if tx.connection.execute(reference_imports.update().where(which).values(**row)).rowcount == 0:
        tx.connection.execute(reference_imports.insert().values(**row))
    for entry in entries:
        content = {name: getattr(entry, name) for name in ImportedReference.__dataclass_fields__}
        known = imported_references.c.entry_id == entry.entry_id
        if tx.connection.execute(imported_references.update().where(known).values(**content)).rowcount == 0:
            tx.connection.execute(imported_references.insert().values(**content))


def get_import(tx: Transaction, import_id: str) -> ReferenceImport | None:
    """Return one import, or None."""
    row = tx.connection.execute(select(reference_imports).where(reference_imports.c.import_id == import_id)).first()
    return _import(row) if row is not None else None


def all_imports(tx: Transaction) -> tuple[ReferenceImport, ...]:
    """Return every import, oldest first."""
    return tuple(
        _import(row) for row in tx.connection.execute(select(reference_imports).order_by(reference_imports.c.at))
    )


def imported_entries(tx: Transaction, import_id: str) -> tuple[ImportedReference, ...]:
    """Return what became of each entry of a file."""
    rows = tx.connection.execute(
        select(imported_references)
        .where(imported_references.c.import_id == import_id)
        .order_by(imported_references.c.entry_id)
    )
    return tuple(ImportedReference(r.entry_id, r.import_id, dict(r.reference), r.outcome, r.pmid) for r in rows)


def pmids_never_fetched(tx: Transaction) -> tuple[str, ...]:
    """Return the PMIDs of imported records whose words are still those of the file."""
    rows = tx.connection.execute(
        select(records.c.pmid)
        .join(imported_references, imported_references.c.pmid == records.c.pmid)
        .where(imported_references.c.outcome == "new", records.c.revision == 1, records.c.undone_at.is_(None))
        .order_by(records.c.pmid)
    ).scalars()
    return tuple(pmid for pmid in rows if pmid.isdecimal())


def undo_record(tx: Transaction, pmid: str, *, at: str) -> None:
    """Take an imported record out of everything; its row and revisions stay."""
    tx.connection.execute(records.update().where(records.c.pmid == pmid).values(undone_at=at))


def _import(row: Row[Any]) -> ReferenceImport:
    return ReferenceImport(**{name: getattr(row, name) for name in ReferenceImport.__dataclass_fields__})
