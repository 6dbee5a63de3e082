"""Where a person is told what waits: an address an administrator vouches for, and a switch of the person's own.

People cannot change their own address: it is also what a provider's verified address is compared with at sign-in.
"""

from __future__ import annotations

import re

from extract.errors import AccessError
from extract.store.accounts import get_account
from extract.store.digests import person_of_email, set_digest, set_email, set_notify_url
from extract.store.engine import Store, Transaction

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
"""What browsers take for an address (HTML standard, 4.10.5.1.5), with a dot in the host."""


def change_email(store: Store, person_id: str, email: str) -> None:
    """Set a person's address; an empty text removes it.

    Raises
    ------
    AccessError
        No such account, no address, or somebody else's.
    """
    wanted = email.strip().casefold()
    if wanted and (len(wanted) > 254 or _EMAIL.fullmatch(wanted) is None):
        raise AccessError(f"email: {email[:80]!r} is no address; write name@example.org")
    with store.write() as tx:
        _known(tx, person_id)
        owner = person_of_email(tx, wanted) if wanted else None
        if owner not in (None, person_id):
            raise AccessError(f"email: {wanted} is {owner}'s address; one address belongs to one person")
        set_email(tx, person_id, wanted or None)


def change_notify_url(store: Store, person_id: str, url: str) -> None:
    """Set where a person's digests go instead of the address; an empty text removes it.

    Raises
    ------
    AccessError
        No such account, or no URL; the message never repeats the URL, which may hold a password.
    """
    wanted = url.strip()
    if wanted and not re.match(r"[a-z][a-z0-9+.-]*://\S+\Z", wanted, re.IGNORECASE):
        raise AccessError("url: this is no URL of the notification library; for example mailto://..., slack://...")
    with store.write() as tx:
        _known(tx, person_id)
        set_notify_url(tx, person_id, wanted or None)


def switch_digest(store: Store, person_id: str, *, wanted: bool) -> None:
    """Switch a person's digests on or off.

    Raises
    ------
    AccessError
        No such account.
    """
    with store.write() as tx:
        _known(tx, person_id)
        set_digest(tx, person_id, wanted=wanted)


def _known(tx: Transaction, person_id: str) -> None:
    if get_account(tx, person_id) is None:
        raise AccessError(f"{person_id!r} has no account; `living-review user list` shows who has")
