"""What waits for one person, in one line: "7 to screen, 3 conflicts, 2 to judge, oldest 12 days"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from extract.review.accounts import Member, active_member
from extract.review.bias_view import as_reviewer
from extract.review.blinding import asker_of
from extract.review.certainty import BodyOfEvidence
from extract.review.judgements import judgements_waiting
from extract.schema.protocol import Protocol
from extract.store.accounts import all_accounts
from extract.store.asker import Asker
from extract.store.engine import Transaction
from extract.store.links import list_links
from extract.store.queue import Wanted, waiting_items

WORDS = (
    ("to screen", "to screen", ("new", "screening")),
    ("to extract", "to extract", ("proposed",)),
    ("to read as second", "to read as second", ("needs_second",)),
    ("conflict", "conflicts", ("conflict",)),
    ("re-opened", "re-opened", ("reopened",)),
    ("link to confirm", "links to confirm", ("link",)),
    ("to judge", "to judge", ("judge",)),
)
"""Words of the line for one and for several, and the states of items they count.

``judge`` is risk of bias and certainty; ``link`` a proposed tie between records or studies.
"""


@dataclass(frozen=True)
class Waiting:
    """What waits: how many by state, and since when (ISO date; empty when no item of the queue does)."""

    states: dict[str, int]
    since: str

    def __bool__(self) -> bool:
        """Tell whether anything waits."""
        return bool(self.states)


@dataclass(frozen=True)
class Addressee:
    """A person who is told, and where; ``url`` goes before ``email`` and may hold a password."""

    person_id: str
    waiting: Waiting
    email: str | None
    url: str | None

    def __repr__(self) -> str:
        """Show who it is, without the address."""
        return f"Addressee({self.person_id!r})"


Bodies = Sequence[BodyOfEvidence]
"""The bodies of evidence whose certainty people decide, as they stand now."""


def waiting_for(tx: Transaction, protocol: Protocol, member: Member, *, at: str, bodies: Bodies) -> Waiting:
    """Return what a person can act on now."""
    mine, _ = waiting_items(tx, asker_of(tx, protocol, member, at=at), Wanted(show="mine"))
    person = as_reviewer(member)
    links = len(list_links(tx)) if person is not None else 0
    judged = judgements_waiting(tx, protocol, bodies, person) if person is not None else 0
    return _counted(((waits.state, waits.since) for waits in mine), {"judge": judged, "link": links})


def waiting_for_all(tx: Transaction, protocol: Protocol, *, at: str, bodies: Bodies) -> Waiting:
    """Return everything that waits."""
    items, _ = waiting_items(tx, Asker(at=at), Wanted())
    beside = {"judge": judgements_waiting(tx, protocol, bodies, None), "link": len(list_links(tx))}
    return _counted(((waits.state, waits.since) for waits in items), beside)


def addressees(tx: Transaction, protocol: Protocol, *, at: str, bodies: Bodies) -> tuple[Addressee, ...]:
    """Return the people who want digests, can be reached and have something to do."""
    found = []
    for account in all_accounts(tx):
        member = active_member(protocol, account)
        reachable = account.email is not None or account.notify_url is not None
        if member is None or not member.decides or not account.digest or not reachable:
            continue
        waiting = waiting_for(tx, protocol, member, at=at, bodies=bodies)
        if waiting:
            found.append(Addressee(account.person_id, waiting, account.email, account.notify_url))
    return tuple(found)


def digest_line(waiting: Waiting, *, today: dt.date) -> str:
    """Return what waits as one line."""
    parts = []
    for one, several, states in WORDS:
        number = sum(waiting.states.get(state, 0) for state in states)
        if number:
            parts.append(f"{number} {one if number == 1 else several}")
    if waiting.since:
        days = (today - dt.date.fromisoformat(waiting.since[:10])).days
        parts.append(f"oldest {days} day{'' if days == 1 else 's'}")
    return ", ".join(parts) or "nothing waits"


def _counted(items: Iterable[tuple[str, str]], beside: Mapping[str, int]) -> Waiting:
    states = {kind: number for kind, number in beside.items() if number}
    oldest = ""
    for state, since in items:
        states[state] = states.get(state, 0) + 1
        oldest = min(oldest or since, since)
    return Waiting(states, oldest)
