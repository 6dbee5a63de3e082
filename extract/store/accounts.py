"""People who may sign in, their sessions, one-time links and failed logins.

Secrets are never stored: a session or one-time token is kept as its SHA-256, a password as its argon2id hash.
Times are ISO strings in UTC and compare as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from extract.store.engine import Transaction, remembered
from extract.store.tables import accounts, failed_logins, invitations, leases, sessions
from extract.store.tokens import hashed, revoke_tokens


@dataclass(frozen=True)
class Account:
    """A person who may sign in.

    Parameters
    ----------
    person_id
        Id of a person of the protocol, or of an administrator or viewer who is not on the review team.
    role
        ``viewer`` or ``administrator`` for those; None when the protocol gives the role.
    password_hash
        None until the person has used the first one-time link.
    disabled_at
        When the account was closed; votes and approvals stay.
    email
        Address an administrator vouches for: digests go there, and a provider's verified address is compared with it.
    notify_url
        Where digests go instead, as a URL of the notification library; may hold a password and is never shown.
    digest
        Whether the person wants digests.
    """

    person_id: str
    role: str | None
    password_hash: str | None
    created_at: str
    disabled_at: str | None
    email: str | None = None
    notify_url: str | None = None
    digest: bool = True

    def __repr__(self) -> str:
        """Show who it is, without the secrets."""
        return f"Account({self.person_id!r})"


@dataclass(frozen=True)
class Session:
    """An open session of a person."""

    person_id: str
    created_at: str
    seen_at: str


@dataclass(frozen=True)
class Invitation:
    """A one-time link that is still good; ``person_id`` is None for the one that makes the first administrator."""

    person_id: str | None
    expires_at: str


def add_account(tx: Transaction, person_id: str, *, role: str | None, at: str) -> None:
    """Add an account without a password."""
    tx.connection.execute(accounts.insert().values(person_id=person_id, role=role, created_at=at))


_ACCOUNT = select(accounts).where(accounts.c.person_id == bindparam("wanted"))
_CLOSED = select(accounts.c.person_id).where(accounts.c.disabled_at.is_not(None))
_SESSION = select(sessions).where(sessions.c.token_hash == bindparam("wanted"), sessions.c.revoked_at.is_(None))


@remembered
def get_account(tx: Transaction, person_id: str) -> Account | None:
    """Return one account, or None."""
    row = tx.connection.execute(_ACCOUNT, {"wanted": person_id}).first()
    return _account(row) if row is not None else None


@remembered
def all_accounts(tx: Transaction) -> tuple[Account, ...]:
    """Return every account by id, closed ones too."""
    return tuple(_account(row) for row in tx.connection.execute(select(accounts).order_by(accounts.c.person_id)))


@remembered
def closed_accounts(tx: Transaction) -> frozenset[str]:
    """Return whose account is closed."""
    return frozenset(tx.connection.execute(_CLOSED).scalars())


def set_password(tx: Transaction, person_id: str, password_hash: str) -> None:
    """Set a password and open a closed account again."""
    tx.connection.execute(
        accounts.update().where(accounts.c.person_id == person_id).values(password_hash=password_hash, disabled_at=None)
    )


def close_account(tx: Transaction, person_id: str, *, at: str) -> None:
    """Close an account: sessions and links end, open items go back to the queue, decisions stay."""
    tx.connection.execute(accounts.update().where(accounts.c.person_id == person_id).values(disabled_at=at))
    end_sessions(tx, person_id, at=at)
    tx.connection.execute(leases.delete().where(leases.c.person_id == person_id))


def end_sessions(tx: Transaction, person_id: str, *, at: str) -> None:
    """Revoke every session, every token of the API and every unused link of a person."""
    revoke_tokens(tx, person_id, at=at)
    tx.connection.execute(
        sessions.update()
        .where(sessions.c.person_id == person_id, sessions.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    tx.connection.execute(
        invitations.update()
        .where(invitations.c.person_id == person_id, invitations.c.used_at.is_(None))
        .values(used_at=at)
    )


def end_all_sessions(tx: Transaction, *, at: str) -> None:
    """Revoke every session and every unused link of everybody."""
    tx.connection.execute(sessions.update().where(sessions.c.revoked_at.is_(None)).values(revoked_at=at))
    tx.connection.execute(invitations.update().where(invitations.c.used_at.is_(None)).values(used_at=at))


def add_session(tx: Transaction, token: str, person_id: str, *, at: str) -> None:
    """Open a session under a fresh random token."""
    tx.connection.execute(
        sessions.insert().values(token_hash=hashed(token), person_id=person_id, created_at=at, seen_at=at)
    )


def get_session(tx: Transaction, token: str) -> Session | None:
    """Return the session of a token unless it was revoked; whether it is too old is the caller's to say."""
    row = tx.connection.execute(_SESSION, {"wanted": hashed(token)}).first()
    return Session(row.person_id, row.created_at, row.seen_at) if row is not None else None


def touch_session(tx: Transaction, token: str, *, at: str) -> None:
    """Note that a session was used."""
    tx.connection.execute(sessions.update().where(sessions.c.token_hash == hashed(token)).values(seen_at=at))


def end_session(tx: Transaction, token: str, *, at: str) -> None:
    """Revoke one session."""
    tx.connection.execute(sessions.update().where(sessions.c.token_hash == hashed(token)).values(revoked_at=at))


def add_invitation(tx: Transaction, token: str, *, person_id: str | None, at: str, expires_at: str) -> None:
    """Add a one-time link; earlier unused links for the same person end."""
    same = invitations.c.person_id.is_(None) if person_id is None else invitations.c.person_id == person_id
    tx.connection.execute(invitations.update().where(same, invitations.c.used_at.is_(None)).values(used_at=at))
    tx.connection.execute(
        invitations.insert().values(token_hash=hashed(token), person_id=person_id, created_at=at, expires_at=expires_at)
    )


def get_invitation(tx: Transaction, token: str, *, at: str) -> Invitation | None:
    """Return the one-time link of a token if it is unused and not expired."""
    row = tx.connection.execute(
        select(invitations).where(
            invitations.c.token_hash == hashed(token), invitations.c.used_at.is_(None), invitations.c.expires_at > at
        )
    ).first()
    return Invitation(row.person_id, row.expires_at) if row is not None else None


def use_invitation(tx: Transaction, token: str, *, at: str) -> None:
    """Note that a one-time link was used."""
    tx.connection.execute(invitations.update().where(invitations.c.token_hash == hashed(token)).values(used_at=at))


def note_failed_login(tx: Transaction, person_id: str, *, address: str, at: str) -> None:
    """Note a failed login (whatever was typed as the name, cut to what the column holds)."""
    tx.connection.execute(failed_logins.insert().values(person_id=person_id[:60], address=address[:60], at=at))


def failed_logins_since(tx: Transaction, since: str, *, person_id: str, address: str) -> tuple[int, int, int]:
    """Count failed logins since a time: of this person from this address, from this address, of this person."""
    mine, here = failed_logins.c.person_id == person_id[:60], failed_logins.c.address == address[:60]
    counts = [
        tx.connection.execute(select(func.count()).where(failed_logins.c.at >= since, *which)).scalar_one()
        for which in ((mine, here), (here,), (mine,))
    ]
    return int(counts[0]), int(counts[1]), int(counts[2])


def forget_failed_logins(tx: Transaction, person_id: str, *, address: str) -> None:
    """Forget the failed logins of a person from an address, after a login that worked."""
    tx.connection.execute(
        failed_logins.delete().where(failed_logins.c.person_id == person_id, failed_logins.c.address == address[:60])
    )


def _account(row: Row[Any]) -> Account:
    return Account(
        person_id=row.person_id,
        role=row.role,
        password_hash=row.password_hash,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        email=row.email,
        notify_url=row.notify_url,
        digest=bool(row.digest),
    )
