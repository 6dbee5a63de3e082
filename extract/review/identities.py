"""From who somebody is at the provider to whose account that is: known by subject, else once by verified address."""

from __future__ import annotations

import datetime as dt
import secrets

from extract.errors import AccessError
from extract.review.accounts import active_member
from extract.review.signing import Identity
from extract.schema.protocol import Protocol
from extract.store.accounts import add_session, get_account
from extract.store.digests import person_of_email
from extract.store.engine import Store
from extract.store.identities import has_identity, person_of_identity, tie_identity


def person_of(store: Store, protocol: Protocol, identity: Identity, *, now: dt.datetime) -> str:
    """Return whose account it is, and tie the two at the first sign-in.

    Raises
    ------
    AccessError
        Nobody's: an account is made by an administrator, never by signing in; or the account is closed, or tied to
        somebody else at this provider already (an address can pass to another person).
    """
    with store.write() as tx:
        person = person_of_identity(tx, identity.issuer, identity.subject)
        if person is None:
            person = person_of_email(tx, identity.email) if identity.email is not None else None
            if person is None:
                which = identity.email or "an address it has verified: it gives none"
                raise AccessError(
                    f"the provider knows you by {which}, and no account here has that address; ask an administrator"
                )
            if has_identity(tx, identity.issuer, person):
                raise AccessError(
                    f"{person} is tied to another account at the provider; an administrator unties it with "
                    f"`living-review user untie {person}`"
                )
            tie_identity(tx, identity.issuer, identity.subject, person, at=_text(now))
        if active_member(protocol, get_account(tx, person)) is None:
            raise AccessError(f"the account {person} is closed; ask an administrator")
        return person


def open_session(store: Store, person_id: str, *, now: dt.datetime) -> str:
    """Open a session under a fresh token, which is returned."""
    token = secrets.token_urlsafe(32)
    with store.write() as tx:
        add_session(tx, token, person_id, at=_text(now))
    return token


def _text(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
