"""Leases: who has a value open, so that two people do not do the same reading; never a lock on votes.

A lease lasts 30 minutes from the last activity and is free again afterwards. Screening votes need none: they are
independent by design.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from extract.review.desk import Desk, Visit
from extract.review.inbox import SUBJECTS, can_decide
from extract.store.candidates import OPEN_STATES, get_candidate
from extract.store.curated import get_value
from extract.store.decisions import standing_decisions
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
        people = standing_decisions(tx, SUBJECTS[kind]).get(item.partition(":")[2], {})
    if held is not None and held.person_id != member.person_id:
        return Claim(False, held.person_id, held.expires_at)
    if state is None or not can_decide(member, state, people=people):
        return Claim(mine=True)
    with desk.store.write() as tx:
        lease = take_lease(tx, item, member.person_id, at=visit.at, until=until)
    return Claim(lease.person_id == member.person_id, lease.person_id, lease.expires_at)


def _state(tx: Transaction, item: str) -> str | None:
    """Return the state of an item that is open, None of any other."""
    kind, _, identifier = item.partition(":")
    if kind == "value":
        candidate = get_candidate(tx, identifier)
        return candidate.state if candidate is not None and candidate.state in OPEN_STATES else None
    value = get_value(tx, identifier)
    return "reopened" if value is not None and value.state == "reopened" else None
