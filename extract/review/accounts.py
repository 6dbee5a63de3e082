"""Accounts: who may sign in, and one-time links instead of default passwords.

A person of the protocol has the role the protocol gives; administrators and viewers may stand outside of it, and then
cannot decide anything about the evidence.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from dataclasses import dataclass

from extract.errors import AccessError
from extract.review.passwords import Passwords
from extract.schema.protocol import Protocol
from extract.store import accounts as stored
from extract.store.engine import Store, Transaction

LINK_DAYS = 7
"""How long a one-time link is good."""

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Member:
    """A person who is signed in.

    Parameters
    ----------
    person_id, name
        As the protocol has them; the id twice for a person outside of it.
    role
        viewer, reviewer, expert, adjudicator or administrator.
    decides
        Whether the person may decide about the evidence: on the review team, and no viewer.
    """

    person_id: str
    name: str
    role: str
    decides: bool


def add_person(store: Store, protocol: Protocol, person_id: str, *, role: str | None, now: dt.datetime) -> str:
    """Add an account and return the token of the one-time link with which the person chooses a password.

    Parameters
    ----------
    role
        ``viewer`` or ``administrator`` for somebody outside the protocol's team, else None.

    Raises
    ------
    AccessError
        The id is none, is taken, or its role is not known.
    """
    if len(person_id) > 60 or _ID.fullmatch(person_id) is None:
        raise AccessError(f"{person_id!r} is no id of a person; write small letters, digits and hyphens")
    if protocol.person(person_id) is not None and role is not None:
        raise AccessError(f"{person_id}: the protocol gives this person's role; leave --role out")
    if protocol.person(person_id) is None and role not in ("viewer", "administrator"):
        known = ", ".join(person.id for person in protocol.people)
        raise AccessError(
            f"{person_id}: not a person of the protocol ({known}); add a [[people]] entry, "
            "or give --role viewer or administrator"
        )
    with store.write() as tx:
        if stored.get_account(tx, person_id) is not None:
            raise AccessError(f"{person_id}: has an account already; `living-review user passwd {person_id}`")
        stored.add_account(tx, person_id, role=role, at=as_text(now))
        return _invite(tx, person_id, now=now)


def new_link(store: Store, person_id: str, *, now: dt.datetime) -> str:
    """End a person's sessions and return the token of a fresh one-time link to choose a password.

    Raises
    ------
    AccessError
        There is no such account.
    """
    with store.write() as tx:
        _known(tx, person_id)
        stored.end_sessions(tx, person_id, at=as_text(now))
        return _invite(tx, person_id, now=now)


def disable_person(store: Store, person_id: str, *, now: dt.datetime) -> None:
    """Close an account: its sessions end, its open items go back to the queue, its decisions stay.

    Raises
    ------
    AccessError
        There is no such account.
    """
    with store.write() as tx:
        _known(tx, person_id)
        stored.close_account(tx, person_id, at=as_text(now))


def first_link(store: Store, *, now: dt.datetime) -> str | None:
    """Return the token of the link that makes the first administrator; None once there is one."""
    with store.write() as tx:
        if _has_administrator(tx):
            return None
        return _invite(tx, None, now=now)


def invited(store: Store, token: str, *, now: dt.datetime) -> stored.Invitation:
    """Return what a one-time link is for.

    Raises
    ------
    AccessError
        It was used, has expired, or never was.
    """
    with store.read() as tx:
        return _good(tx, token, now=now)


def join(
    store: Store,
    protocol: Protocol,
    passwords: Passwords,
    token: str,
    *,
    person_id: str,
    password: str,
    now: dt.datetime,
) -> str:
    """Use a one-time link: set the password (and make the first administrator); return the person's id.

    Raises
    ------
    AccessError
        The link is not good any more, or the id or password cannot be accepted; the link stays good then.
    """
    wanted = invited(store, token, now=now).person_id or person_id
    password_hash = passwords.hashed(password, person_id=wanted)
    with store.write() as tx:
        invitation = _good(tx, token, now=now)
        if invitation.person_id is None:
            if _ID.fullmatch(wanted) is None or len(wanted) > 60 or protocol.person(wanted) is not None:
                raise AccessError(
                    f"person: {wanted!r} cannot be; small letters, digits and hyphens, and nobody of the review team"
                )
            if _has_administrator(tx) or stored.get_account(tx, wanted) is not None:
                raise AccessError("person: there is such an account already; sign in instead")
            stored.add_account(tx, wanted, role="administrator", at=as_text(now))
        stored.set_password(tx, wanted, password_hash)
        stored.end_sessions(tx, wanted, at=as_text(now))
        stored.use_invitation(tx, token, at=as_text(now))
    return wanted


def active_member(protocol: Protocol, account: stored.Account | None) -> Member | None:
    """Return the member an account stands for; None without an account, when it is closed, or when its role ended."""
    if account is None or account.disabled_at is not None:
        return None
    return _member(protocol, account)


@dataclass(frozen=True)
class AccountLine:
    """An account as the administrator sees it; ``state`` is active, invited or disabled."""

    person_id: str
    role: str
    state: str
    created_at: str


def account_lines(tx: Transaction, protocol: Protocol) -> tuple[AccountLine, ...]:
    """Return every account by id."""
    lines = []
    for account in stored.all_accounts(tx):
        state = "disabled" if account.disabled_at else "active" if account.password_hash else "invited"
        role = role_of(protocol, account) or "none (not in the protocol any more)"
        lines.append(AccountLine(account.person_id, role, state, account.created_at))
    return tuple(lines)


def _member(protocol: Protocol, account: stored.Account) -> Member | None:
    role = role_of(protocol, account)
    if role is None:
        return None
    person = protocol.person(account.person_id)
    name = person.name if person is not None else account.person_id
    return Member(account.person_id, name, role, decides=person is not None and role != "viewer")


def role_of(protocol: Protocol, account: stored.Account) -> str | None:
    """Return the protocol's role, else the account's own; None for a person who left the protocol."""
    person = protocol.person(account.person_id)
    return person.role if person is not None else account.role


def _invite(tx: Transaction, person_id: str | None, *, now: dt.datetime) -> str:
    token = secrets.token_urlsafe(32)
    expires = as_text(now + dt.timedelta(days=LINK_DAYS))
    stored.add_invitation(tx, token, person_id=person_id, at=as_text(now), expires_at=expires)
    return token


def _good(tx: Transaction, token: str, *, now: dt.datetime) -> stored.Invitation:
    invitation = stored.get_invitation(tx, token, at=as_text(now))
    if invitation is None:
        raise AccessError("this link was used or has expired; ask the administrator for a new one")
    return invitation


def _has_administrator(tx: Transaction) -> bool:
    return any(
        account.role == "administrator" and account.password_hash and not account.disabled_at
        for account in stored.all_accounts(tx)
    )


def _known(tx: Transaction, person_id: str) -> None:
    if stored.get_account(tx, person_id) is None:
        known = ", ".join(account.person_id for account in stored.all_accounts(tx)) or "none yet"
        raise AccessError(f"{person_id!r} has no account; accounts: {known}")


def as_text(moment: dt.datetime) -> str:
    """Return a moment as the store writes it, in UTC."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
