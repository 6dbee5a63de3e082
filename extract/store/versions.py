"""Frozen versions of the curated table, published snapshots, and imports of starting rows."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select

from extract.store.engine import Transaction
from extract.store.tables import imports, snapshots, table_versions


@dataclass(frozen=True)
class TableVersion:
    """A numbered, immutable state of the curated table."""

    version: int
    content_hash: str
    frozen_at: str
    night: str


@dataclass(frozen=True)
class PublishedSnapshot:
    """A published snapshot."""

    snapshot_id: str
    version: str
    table_version: int
    content_hash: str
    published_at: str
    night: str


def content_hash(content: Any) -> str:
    """Return the SHA-256 of a canonical JSON form."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def freeze(tx: Transaction, rows: list[dict[str, Any]], *, at: str, night: str) -> TableVersion:
    """Freeze the curated table; the same rows give the version they already have."""
    fingerprint = content_hash(rows)
    known = tx.connection.execute(select(table_versions).where(table_versions.c.content_hash == fingerprint)).first()
    if known is not None:
        return TableVersion(known.version, known.content_hash, known.frozen_at, known.night)
    number = int(tx.connection.execute(select(func.coalesce(func.max(table_versions.c.version), 0))).scalar_one()) + 1
    tx.connection.execute(
        table_versions.insert().values(version=number, content_hash=fingerprint, frozen_at=at, night=night, rows=rows)
    )
    return TableVersion(number, fingerprint, at, night)


def frozen_rows(tx: Transaction, version: int) -> list[dict[str, Any]] | None:
    """Return the rows of a frozen version, or None if there is none with this number."""
    rows = tx.connection.execute(select(table_versions.c.rows).where(table_versions.c.version == version)).scalar()
    return list(rows) if rows is not None else None


def all_versions(tx: Transaction) -> tuple[TableVersion, ...]:
    """Return every frozen version, oldest first."""
    query = select(
        table_versions.c.version, table_versions.c.content_hash, table_versions.c.frozen_at, table_versions.c.night
    ).order_by(table_versions.c.version)
    return tuple(TableVersion(*row) for row in tx.connection.execute(query))


def add_snapshot(tx: Transaction, snapshot: PublishedSnapshot) -> None:
    """Log that a snapshot was published."""
    tx.connection.execute(snapshots.insert().values(**snapshot.__dict__))


def published_snapshots(tx: Transaction) -> tuple[PublishedSnapshot, ...]:
    """Return every published snapshot, oldest version first.

    By version number, not by time: a rehearsal's clock stands at the night it rehearses.
    """
    found = [_snapshot(row) for row in tx.connection.execute(select(snapshots))]
    return tuple(sorted(found, key=lambda snapshot: version_number(snapshot.version)))


def version_number(version: str) -> tuple[int, int]:
    """Return year and count of a version label; 2026.10 comes after 2026.9."""
    year, count = version.split(".")
    return int(year), int(count)


def was_imported(tx: Transaction, fingerprint: str) -> bool:
    """Tell whether starting rows with this content were imported before."""
    return (
        tx.connection.execute(select(imports.c.kind).where(imports.c.content_hash == fingerprint)).first() is not None
    )


def note_import(tx: Transaction, fingerprint: str, *, kind: str, at: str) -> None:
    """Note that starting rows were imported."""
    tx.connection.execute(imports.insert().values(content_hash=fingerprint, kind=kind, at=at))


def _snapshot(row: Row[Any]) -> PublishedSnapshot:
    return PublishedSnapshot(
        row.snapshot_id, row.version, row.table_version, row.content_hash, row.published_at, row.night
    )
