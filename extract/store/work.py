"""What people have open: leases on items, and drafts of what they typed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, select

from extract.store.engine import Transaction
from extract.store.tables import drafts, leases


@dataclass(frozen=True)
class Lease:
    """Who works on an item, and until when nobody else should."""

    item: str
    person_id: str
    taken_at: str
    expires_at: str


@dataclass(frozen=True)
class Draft:
    """What a person typed into an item's form and did not decide yet."""

    typed: dict[str, str]
    saved_at: str


def take_lease(tx: Transaction, item: str, person_id: str, *, at: str, until: str) -> Lease:
    """Take or renew the lease of an item unless another person holds it; return the lease that stands now."""
    held = lease_on(tx, item, at=at)
    if held is not None and held.person_id != person_id:
        return held
    taken_at = held.taken_at if held is not None else at
    tx.connection.execute(delete(leases).where(leases.c.item == item))
    tx.connection.execute(leases.insert().values(item=item, person_id=person_id, taken_at=taken_at, expires_at=until))
    return Lease(item, person_id, taken_at, until)


_LEASE = select(leases).where(leases.c.item == bindparam("wanted"), leases.c.expires_at > bindparam("at"))


def lease_on(tx: Transaction, item: str, *, at: str) -> Lease | None:
    """Return the lease of an item that has not expired, or None."""
    row = tx.connection.execute(_LEASE, {"wanted": item, "at": at}).first()
    return Lease(row.item, row.person_id, row.taken_at, row.expires_at) if row is not None else None


def long_leases(tx: Transaction, *, until: str) -> tuple[Lease, ...]:
    """Return the leases that end after an instant."""
    rows = tx.connection.execute(select(leases).where(leases.c.expires_at > until).order_by(leases.c.item))
    return tuple(Lease(row.item, row.person_id, row.taken_at, row.expires_at) for row in rows)


def release_lease(tx: Transaction, item: str) -> None:
    """Give an item back to the queue."""
    tx.connection.execute(delete(leases).where(leases.c.item == item))


def save_draft(tx: Transaction, item: str, person_id: str, typed: dict[str, str], *, at: str) -> None:
    """Keep what a person typed."""
    drop_draft(tx, item, person_id)
    tx.connection.execute(drafts.insert().values(item=item, person_id=person_id, typed=typed, saved_at=at))


_DRAFT = select(drafts).where(drafts.c.item == bindparam("wanted"), drafts.c.person_id == bindparam("person"))


def get_draft(tx: Transaction, item: str, person_id: str) -> Draft | None:
    """Return what a person typed and did not decide yet, or None."""
    row = tx.connection.execute(_DRAFT, {"wanted": item, "person": person_id}).first()
    return Draft(dict(row.typed), row.saved_at) if row is not None else None


def drop_draft(tx: Transaction, item: str, person_id: str) -> None:
    """Drop a draft (it became a decision)."""
    tx.connection.execute(delete(drafts).where(drafts.c.item == item, drafts.c.person_id == person_id))
