"""Tokens of the API: what a program shows to act for a person; kept as hashes, never as themselves."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from extract.store.engine import Transaction
from extract.store.tables import api_tokens


@dataclass(frozen=True)
class ApiToken:
    """A token as the store knows it.

    Parameters
    ----------
    token_id
        Names the token in lists; it opens nothing.
    scopes
        What it may be used for: read, decide, administer.
    seen_at
        About when it was last used; None if never.
    """

    token_id: str
    person_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: str
    expires_at: str
    seen_at: str | None
    revoked_at: str | None


def hashed(token: str) -> str:
    """Return what the store keeps of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()


def add_token(tx: Transaction, token: str, made: ApiToken) -> None:
    """Keep a new token."""
    tx.connection.execute(
        api_tokens.insert().values(
            token_id=made.token_id,
            token_hash=hashed(token),
            person_id=made.person_id,
            name=made.name,
            scopes=list(made.scopes),
            created_at=made.created_at,
            expires_at=made.expires_at,
        )
    )


def get_token(tx: Transaction, token: str, *, at: str) -> ApiToken | None:
    """Return the token a program shows, None when it is unknown, revoked or has expired."""
    row = tx.connection.execute(
        select(api_tokens).where(
            api_tokens.c.token_hash == hashed(token), api_tokens.c.revoked_at.is_(None), api_tokens.c.expires_at > at
        )
    ).first()
    return _token(row) if row is not None else None


def tokens_of(tx: Transaction, person_id: str) -> tuple[ApiToken, ...]:
    """Return every token of a person, oldest first, revoked and expired ones too."""
    rows = tx.connection.execute(
        select(api_tokens)
        .where(api_tokens.c.person_id == person_id)
        .order_by(api_tokens.c.created_at, api_tokens.c.token_id)
    )
    return tuple(_token(row) for row in rows)


def touch_token(tx: Transaction, token_id: str, *, at: str) -> None:
    """Note that a token was used."""
    tx.connection.execute(api_tokens.update().where(api_tokens.c.token_id == token_id).values(seen_at=at))


def revoke_token(tx: Transaction, person_id: str, token_id: str, *, at: str) -> bool:
    """Revoke one token of a person; tell whether there was one that still worked."""
    result = tx.connection.execute(
        api_tokens.update()
        .where(
            api_tokens.c.token_id == token_id, api_tokens.c.person_id == person_id, api_tokens.c.revoked_at.is_(None)
        )
        .values(revoked_at=at)
    )
    return bool(result.rowcount)


def revoke_tokens(tx: Transaction, person_id: str, *, at: str) -> None:
    """Revoke every token of a person."""
    tx.connection.execute(
        api_tokens.update()
        .where(api_tokens.c.person_id == person_id, api_tokens.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        token_id=row.token_id,
        person_id=row.person_id,
        name=row.name,
        scopes=tuple(row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        seen_at=row.seen_at,
        revoked_at=row.revoked_at,
    )
