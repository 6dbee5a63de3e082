"""Tokens with which a program acts for a person: made on the person's own page or the command line, shown once.

A token can do no more than its person may do at that moment, and of that only what its scopes name.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

from extract.errors import AccessError
from extract.review.accounts import Member, active_member
from extract.schema.protocol import Protocol
from extract.store import tokens as stored
from extract.store.accounts import get_account
from extract.store.engine import Store
from extract.store.tokens import ApiToken

Scope = Literal["read", "decide", "administer"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

PREFIX = "lr_"
"""Marks our tokens, so that a scanner for leaked secrets can know them."""

TOKEN_DAYS, LONGEST_TOKEN_DAYS = 90, 366
"""How long a token lasts unless asked otherwise, and at most: a forgotten one ends by itself."""

MOST_TOKENS = 20
"""Working tokens of one person."""

SEEN_MINUTES = 60
"""The time of last use is written no more often: a request that reads should not queue for the one writer."""


@dataclass(frozen=True)
class Caller:
    """Who a program acts for, and what its token lets it do."""

    member: Member
    token: ApiToken


def make_token(
    store: Store,
    protocol: Protocol,
    person_id: str,
    *,
    name: str,
    scopes: Collection[str],
    now: dt.datetime,
    days: int = TOKEN_DAYS,
) -> tuple[str, ApiToken]:
    """Make a token; return it (this once: only its hash is kept) and what the store knows of it.

    Raises
    ------
    AccessError
        No such person, a closed account, a scope that is none or is not the person's, too many tokens, a name or a
        life that cannot be.
    """
    label = " ".join(name.split())
    if not 1 <= len(label) <= 60 or not label.isprintable():
        raise AccessError(f"name: {name[:70]!r} cannot be; write what the token is for, in 1 to 60 characters")
    if not 1 <= days <= LONGEST_TOKEN_DAYS:
        raise AccessError(f"days: {days} cannot be; a token lasts 1 to {LONGEST_TOKEN_DAYS} days")
    wanted = tuple(scope for scope in SCOPES if scope in scopes)
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not wanted:
        raise AccessError(f"scopes: {unknown[0] if unknown else 'none'!r}; choose from {', '.join(SCOPES)}")
    at = _text(now)
    token = PREFIX + secrets.token_urlsafe(32)
    made = ApiToken(
        secrets.token_hex(6), person_id, label, wanted, at, _text(now + dt.timedelta(days=days)), None, None
    )
    with store.write() as tx:
        member = active_member(protocol, get_account(tx, person_id))
        if member is None:
            raise AccessError(f"{person_id!r}: no account that can sign in; a token acts for a person who can")
        for scope in wanted:
            if scope not in scopes_for(member):
                raise AccessError(f"scopes: {scope!r} is not {person_id}'s to give: the role is {member.role}")
        working = [t for t in stored.tokens_of(tx, person_id) if t.revoked_at is None and t.expires_at > at]
        if len(working) >= MOST_TOKENS:
            raise AccessError(f"{person_id} has {len(working)} tokens; revoke one that is not needed first")
        stored.add_token(tx, token, made)
    return token, made


def caller(store: Store, protocol: Protocol, token: str, *, now: dt.datetime) -> Caller | None:
    """Return who a token acts for; None when it ended, was revoked, or its person may not sign in any more."""
    if not token.startswith(PREFIX):
        return None
    with store.read() as tx:
        known = stored.get_token(tx, token, at=_text(now))
        member = active_member(protocol, get_account(tx, known.person_id)) if known is not None else None
    if known is None or member is None:
        return None
    if known.seen_at is None or known.seen_at < _text(now - dt.timedelta(minutes=SEEN_MINUTES)):
        with store.write() as tx:
            stored.touch_token(tx, known.token_id, at=_text(now))
    return Caller(member, known)


def working_tokens(store: Store, person_id: str, *, now: dt.datetime) -> tuple[ApiToken, ...]:
    """Return the tokens of a person that still work."""
    with store.read() as tx:
        every = stored.tokens_of(tx, person_id)
    return tuple(token for token in every if token.revoked_at is None and token.expires_at > _text(now))


def end_token(store: Store, person_id: str, token_id: str, *, now: dt.datetime) -> None:
    """Revoke a token of a person.

    Raises
    ------
    AccessError
        The person has no working token of this id.
    """
    with store.write() as tx:
        if not stored.revoke_token(tx, person_id, token_id, at=_text(now)):
            raise AccessError(f"token {token_id[:20]!r}: {person_id} has no such token, or it was revoked already")


def scopes_for(member: Member | None) -> tuple[Scope, ...]:
    """Return the scopes a person can give a token."""
    if member is None:
        return ()
    rights: dict[Scope, bool] = {"read": True, "decide": member.decides, "administer": member.role == "administrator"}
    return tuple(scope for scope in SCOPES if rights[scope])


def _text(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
