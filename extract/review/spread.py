"""Who takes which of the first items, so that many reviewers do not all open the same one and decide in vain.

A small team works in the order of the queue. Of a larger one, each person who is at work stands at a place in line and
takes the item at that place: a vote of ``votes_needed`` people for each record, one reader for each value.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from extract.review.accounts import Member
from extract.review.inbox import free_items
from extract.schema.protocol import Protocol
from extract.store.accounts import seen_since
from extract.store.engine import Transaction

AT_WORK_MINUTES = 15
"""Somebody whose session was used so lately is at work (it is noted every five minutes)."""

SMALL_TEAM = 4
"""People at work up to which the queue's order is everybody's: leases and the lock of a decision are enough."""


def people_at_work(tx: Transaction, protocol: Protocol, member: Member, *, now: dt.datetime) -> tuple[str, ...]:
    """Return the ids of the team's people at work, this person among them, in line."""
    since = (now - dt.timedelta(minutes=AT_WORK_MINUTES)).astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    team = {person.id for person in protocol.people if person.role != "viewer"}
    return tuple(sorted(team & set(seen_since(tx, since)) | {member.person_id}))


def taken_by(
    member: Member, at_work: Sequence[str], protocol: Protocol, work: Sequence[tuple[str, bool]], *, after: str = ""
) -> str | None:
    """Return the next item for a person who may not be alone.

    Parameters
    ----------
    at_work
        As :func:`people_at_work` gives them.
    work, after
        As for :func:`extract.review.inbox.free_items`.
    """
    free = free_items(work, after=after)
    if not free or len(at_work) <= SMALL_TEAM:
        return free[0] if free else None
    place = list(at_work).index(member.person_id)
    if free[0].startswith("record:"):
        place //= protocol.living.votes_needed
    return free[place % len(free)]
