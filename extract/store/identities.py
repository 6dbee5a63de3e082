"""Who a person is at an identity provider: (issuer, subject), tied to one account once."""

from __future__ import annotations

from sqlalchemy import select

from extract.store.engine import Transaction
from extract.store.tables import identities


def person_of_identity(tx: Transaction, issuer: str, subject: str) -> str | None:
    """Return whose identity it is, None when it is nobody's yet."""
    found = tx.connection.execute(
        select(identities.c.person_id).where(identities.c.issuer == issuer, identities.c.subject == subject)
    ).scalar()
    return str(found) if found is not None else None


def has_identity(tx: Transaction, issuer: str, person_id: str) -> bool:
    """Tell whether a person is tied to some identity of an issuer already."""
    rows = select(identities.c.subject).where(identities.c.issuer == issuer, identities.c.person_id == person_id)
    return tx.connection.execute(rows).first() is not None


def tie_identity(tx: Transaction, issuer: str, subject: str, person_id: str, *, at: str) -> None:
    """Tie an identity to a person."""
    tx.connection.execute(identities.insert().values(issuer=issuer, subject=subject, person_id=person_id, linked_at=at))


def untie_identities(tx: Transaction, person_id: str) -> int:
    """Untie a person from every identity; return how many there were."""
    return tx.connection.execute(identities.delete().where(identities.c.person_id == person_id)).rowcount
