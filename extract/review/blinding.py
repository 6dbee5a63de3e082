"""Who may still be the blind second reader of a value: nobody who has seen what was proposed.

Where everybody on the team has seen it or decided already, the bar falls, and the log says that the second reading was
not blind: a value that nobody may finish would never reach the page.
"""

from __future__ import annotations

from extract.review.accounts import Member
from extract.review.readings import latest_approvals
from extract.schema.protocol import Protocol
from extract.store.accounts import all_accounts
from extract.store.engine import Transaction
from extract.store.sightings import awaiting_second_seen_by, seen_by, sightings_awaiting_second
from extract.store.waiting import Asker


def team(tx: Transaction, protocol: Protocol) -> frozenset[str]:
    """Return who can decide today: the protocol's people but viewers and those whose account is closed."""
    closed = {account.person_id for account in all_accounts(tx) if account.disabled_at}
    return frozenset(person.id for person in protocol.people if person.role != "viewer") - closed


def barred_from_second(tx: Transaction, protocol: Protocol, candidate_id: str, person_id: str) -> bool:
    """Tell whether a person cannot be the second reader of a value because they saw its proposal."""
    seen = seen_by(tx, candidate_id)
    return person_id in seen and bool(team(tx, protocol) - seen - set(latest_approvals(tx, candidate_id)))


def saw_proposal(tx: Transaction, candidate_id: str, person_id: str) -> bool:
    """Tell whether a person was shown the proposal of a value."""
    return person_id in seen_by(tx, candidate_id)


def asker_of(tx: Transaction, protocol: Protocol, member: Member, *, at: str) -> Asker:
    """Return a member as the queue sees them.

    An adjudicator is offered conflicts and what nobody else can read second, as long as the team has readers enough:
    who has read a value cannot settle a conflict about it.
    """
    if not member.decides:
        return Asker(person_id=member.person_id, at=at)
    barred = tuple(
        candidate_id
        for candidate_id in awaiting_second_seen_by(tx, member.person_id)
        if barred_from_second(tx, protocol, candidate_id, member.person_id)
    )
    settles = member.role == "adjudicator"
    readers = readers_of(tx, protocol) if settles else frozenset()
    reads = not settles or len(readers) < max(protocol.living.approvals_needed, protocol.living.votes_needed)
    seen = sightings_awaiting_second(tx) if not reads else {}
    return Asker(
        person_id=member.person_id,
        decides=True,
        settles=settles,
        reads=reads,
        orphans=tuple(candidate_id for candidate_id, people in seen.items() if not readers - people),
        barred=barred,
        at=at,
    )


def readers_of(tx: Transaction, protocol: Protocol) -> frozenset[str]:
    """Return who reads and votes: the team without its adjudicators."""
    settling = {person.id for person in protocol.people if person.role == "adjudicator"}
    return team(tx, protocol) - settling
