"""Leases: who has a value open, so that two people do not do the same reading; never a lock on votes.

A lease lasts 30 minutes from the last activity and is free again afterwards. Screening votes need none: they are
independent by design.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from extract.review.blinding import barred_from_second
from extract.review.desk import Desk, Visit
from extract.review.inbox import can_decide
from extract.review.readings import latest_approvals
from extract.review.reopened_standing import decided_since_reopening, standing_of
from extract.schema.protocol import Protocol
from extract.store.candidates import OPEN_STATES, get_candidate
from extract.store.curated import get_value
from extract.store.engine import Transaction
from extract.store.work import lease_on, take_lease

LEASE_MINUTES = 30
"""REVIEW_METHODS section 4.7: long enough to read a paper, short enough that lunch frees it."""


@dataclass(frozen=True)
class Claim:
    """Whether the person may work on an item now; else who holds it and until when (ISO time)."""

    mine: bool
    holder: str = ""
    until: str = ""


def claim(desk: Desk, visit: Visit, item: str) -> Claim:
    """Take or renew the lease of an item if the person can decide on it; records need no lease."""
    member, kind = visit.member, item.partition(":")[0]
    if member is None or kind not in ("value", "reopened"):
        return Claim(mine=True)
    until = (visit.now + dt.timedelta(minutes=LEASE_MINUTES)).strftime("%Y-%m-%dT%H:%M:%SZ")
    with desk.store.read() as tx:
        held = lease_on(tx, item, at=visit.at)
        state = _state(tx, item)
        people, barred = _standing(tx, desk.protocol, item, member.person_id)
    if held is not None and held.person_id != member.person_id:
        return Claim(False, held.person_id, held.expires_at)
    if state is None or not can_decide(member, state, people=people, barred=barred):
        return Claim(mine=True)
    if held is not None and held.expires_at[:16] == until[:16]:
        # Renewed within this minute: a page that only reads need not wait for the database's one writer.
        return Claim(True, held.person_id, held.expires_at)
    with desk.store.write() as tx:
        lease = take_lease(tx, item, member.person_id, at=visit.at, until=until)
    return Claim(lease.person_id == member.person_id, lease.person_id, lease.expires_at)


def _standing(tx: Transaction, protocol: Protocol, item: str, person_id: str) -> tuple[set[str], bool]:
    """Return who decided on an item, and whether this person cannot be its second reader."""
    kind, _, identifier = item.partition(":")
    if kind == "value":
        return set(latest_approvals(tx, identifier)), barred_from_second(tx, protocol, identifier, person_id)
    return set(decided_since_reopening(tx, identifier)), False


def _state(tx: Transaction, item: str) -> str | None:
    """Return the state of an item that is open, None of any other."""
    kind, _, identifier = item.partition(":")
    if kind == "value":
        candidate = get_candidate(tx, identifier)
        return candidate.state if candidate is not None and candidate.state in OPEN_STATES else None
    value = get_value(tx, identifier)
    if value is None or value.state != "reopened":
        return None
    return standing_of(value, decided_since_reopening(tx, identifier))
