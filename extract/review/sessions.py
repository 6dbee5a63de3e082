"""Signing in and out: throttled, with one message for every failure, and sessions that end and can be revoked."""

from __future__ import annotations

import datetime as dt
import secrets

from extract.errors import AccessError, TooManyAttempts
from extract.review.accounts import Member, active_member, as_text, role_of
from extract.review.passwords import Passwords
from extract.schema.protocol import Protocol
from extract.store import accounts as stored
from extract.store.engine import Store

IDLE_HOURS = 12
"""A session nobody used for this long has ended: a working day."""

SESSION_DAYS = 7
"""The longest a session lasts, used or not."""

ATTEMPT_MINUTES = 15
"""Failed logins are counted over this time."""

ATTEMPTS_OF_PERSON_HERE, ATTEMPTS_HERE, ATTEMPTS_OF_PERSON = 5, 20, 50
"""Failed logins allowed in that time: one person from one address, anybody from it, one person from anywhere.

The last is high, so that a stranger cannot lock a person out from elsewhere with a few attempts.
"""


def sign_in(
    store: Store,
    protocol: Protocol,
    passwords: Passwords,
    person_id: str,
    password: str,
    *,
    address: str,
    now: dt.datetime,
) -> str:
    """Check a password and open a session under a fresh token, which is returned.

    Raises
    ------
    TooManyAttempts
        Too many failed attempts lately; the password was not looked at.
    AccessError
        Person and password do not fit, with one message for every reason and after the same work.
    """
    since = as_text(now - dt.timedelta(minutes=ATTEMPT_MINUTES))
    with store.read() as tx:
        counts = stored.failed_logins_since(tx, since, person_id=person_id, address=address)
        account = stored.get_account(tx, person_id)
    limits = (ATTEMPTS_OF_PERSON_HERE, ATTEMPTS_HERE, ATTEMPTS_OF_PERSON)
    if any(count >= limit for count, limit in zip(counts, limits, strict=True)):
        raise TooManyAttempts(f"too many failed attempts; try again in {ATTEMPT_MINUTES} minutes")
    usable = account is not None and account.disabled_at is None and role_of(protocol, account) is not None
    right = passwords.fits(password, account.password_hash if account is not None and usable else None)
    with store.write() as tx:
        if not right:
            stored.note_failed_login(tx, person_id, address=address, at=as_text(now))
        else:
            token = secrets.token_urlsafe(32)
            stored.forget_failed_logins(tx, person_id, address=address)
            stored.add_session(tx, token, person_id, at=as_text(now))
            return token
    raise AccessError("person and password do not fit")


def signed_in(store: Store, protocol: Protocol, token: str, *, now: dt.datetime) -> Member | None:
    """Return who a session token belongs to; None when it ended, expired or never was."""
    if not token:
        return None
    with store.read() as tx:
        session = stored.get_session(tx, token)
        account = stored.get_account(tx, session.person_id) if session is not None else None
    member = active_member(protocol, account)
    if session is None or member is None:
        return None
    if session.seen_at < as_text(now - dt.timedelta(hours=IDLE_HOURS)):
        return None
    if session.created_at < as_text(now - dt.timedelta(days=SESSION_DAYS)):
        return None
    if session.seen_at < as_text(now - dt.timedelta(minutes=5)):
        # Not at every request: a page that only reads should not queue for the database's one writer.
        with store.write() as tx:
            stored.touch_session(tx, token, at=as_text(now))
    return member


def session_owner(store: Store, token: str) -> str:
    """Return whose session a token belongs to or did before it expired; empty when it was ended or never was."""
    if not token:
        return ""
    with store.read() as tx:
        session = stored.get_session(tx, token)
    return session.person_id if session is not None else ""


def sign_out(store: Store, token: str, *, now: dt.datetime) -> None:
    """End one session."""
    with store.write() as tx:
        stored.end_session(tx, token, at=as_text(now))
