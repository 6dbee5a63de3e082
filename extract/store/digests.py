"""Where people are told what waits for them, and on which days they were."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from extract.store.engine import Transaction
from extract.store.tables import accounts, digests


def set_email(tx: Transaction, person_id: str, email: str | None) -> None:
    """Set or remove a person's address."""
    tx.connection.execute(accounts.update().where(accounts.c.person_id == person_id).values(email=email))


def set_notify_url(tx: Transaction, person_id: str, url: str | None) -> None:
    """Set or remove the place a person's digests go to instead of the address."""
    tx.connection.execute(accounts.update().where(accounts.c.person_id == person_id).values(notify_url=url))


def set_digest(tx: Transaction, person_id: str, *, wanted: bool) -> None:
    """Set whether a person wants digests."""
    tx.connection.execute(accounts.update().where(accounts.c.person_id == person_id).values(digest=int(wanted)))


def person_of_email(tx: Transaction, email: str) -> str | None:
    """Return whose address it is, None when it is nobody's."""
    found = tx.connection.execute(select(accounts.c.person_id).where(accounts.c.email == email)).scalar()
    return str(found) if found is not None else None


def claim_digest(tx: Transaction, recipient: str, day: str, *, at: str) -> bool:
    """Note that somebody is told today; False when they were already."""
    same = (digests.c.recipient == recipient, digests.c.day == day)
    if tx.connection.execute(select(digests.c.day).where(*same)).first() is not None:
        return False
    tx.connection.execute(insert(digests).values(recipient=recipient, day=day, sent_at=at))
    return True


def give_back_digest(tx: Transaction, recipient: str, day: str) -> None:
    """Note that telling somebody failed, so that it is tried again."""
    tx.connection.execute(delete(digests).where(digests.c.recipient == recipient, digests.c.day == day))
