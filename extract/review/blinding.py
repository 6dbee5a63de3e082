"""Who may still be the blind second reader of a value: nobody who has seen what was proposed.

Where everybody on the team has seen it or decided already, the bar falls, and the log says that the second reading was
not blind: a value that nobody may finish would never reach the page.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set

from extract.review.accounts import Member
from extract.review.asked_role import RoleWait, all_with_asked_role, awaits_asked_role, holds_asked_role
from extract.review.readings import latest_approvals
from extract.review.reopened_standing import disputed
from extract.schema.protocol import Protocol
from extract.store.accounts import closed_accounts
from extract.store.asker import Asker
from extract.store.candidates import Candidate, needs_second_though_read_by
from extract.store.decisions import read_by_each
from extract.store.engine import Transaction
from extract.store.sightings import awaiting_second_seen_by, seen_by, seen_by_each, sightings_awaiting_second


def team(tx: Transaction, protocol: Protocol) -> frozenset[str]:
    """Return who can decide today: the protocol's people but viewers and those whose account is closed."""
    return frozenset(person.id for person in protocol.people if person.role != "viewer") - closed_accounts(tx)


def barred_from_second(tx: Transaction, protocol: Protocol, candidate_id: str, person_id: str) -> bool:
    """Tell whether a person cannot be the next reader of a value.

    They saw its proposal and others have not, or only a reader who holds the role the protocol asks for is missing.
    """
    seen, readers = seen_by(tx, candidate_id), set(latest_approvals(tx, candidate_id))
    return _is_barred(protocol, person_id, seen, readers, able=team(tx, protocol), holding=holders(tx, protocol))


def _barred_among(tx: Transaction, protocol: Protocol, wanted: Collection[str], person_id: str) -> tuple[str, ...]:
    """Return of which values a person cannot be the next reader: asked of all at once."""
    seen, readers = seen_by_each(tx, wanted), read_by_each(tx, "candidate", wanted)
    able, holding = team(tx, protocol), holders(tx, protocol)
    return tuple(
        candidate_id
        for candidate_id in sorted(wanted)
        if _is_barred(protocol, person_id, seen[candidate_id], readers[candidate_id], able=able, holding=holding)
    )


def _is_barred(
    protocol: Protocol,
    person_id: str,
    seen: Set[str],
    readers: Set[str],
    *,
    able: frozenset[str],
    holding: frozenset[str],
) -> bool:
    if awaits_asked_role(protocol, readers):
        if not holds_asked_role(protocol, person_id):
            return True
        able = holding
    return person_id in seen and bool(able - seen - readers)


def holders(tx: Transaction, protocol: Protocol) -> frozenset[str]:
    """Return who of the team holds the role that one reader of each value must hold."""
    return team(tx, protocol) & all_with_asked_role(protocol)


def role_wait(tx: Transaction, protocol: Protocol, candidate: Candidate) -> RoleWait | None:
    """Return whom a value waits for that was read by enough people but none who holds the asked role, else None."""
    role = protocol.living.one_must_be
    if role is None or candidate.state != "needs_second":
        return None
    if not awaits_asked_role(protocol, latest_approvals(tx, candidate.candidate_id)):
        return None
    return RoleWait(role, tuple(sorted(holders(tx, protocol))))


def role_waits(tx: Transaction, protocol: Protocol) -> dict[str, RoleWait]:
    """Return each value that only a reader who holds the asked role can complete."""
    role = protocol.living.one_must_be
    if role is None:
        return {}
    readers = read_by_each(tx, "candidate", needs_second_though_read_by(tx, protocol.living.approvals_needed))
    wait = RoleWait(role, tuple(sorted(holders(tx, protocol))))
    return {candidate_id: wait for candidate_id in readers if awaits_asked_role(protocol, readers[candidate_id])}


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
    waits = role_waits(tx, protocol)
    barred = _barred_among(tx, protocol, {*awaiting_second_seen_by(tx, member.person_id), *waits}, member.person_id)
    settles = member.role == "adjudicator"
    readers = readers_of(tx, protocol) if settles else frozenset()
    reads = not settles or len(readers) < max(protocol.living.approvals_needed, protocol.living.votes_needed)
    return Asker(
        person_id=member.person_id,
        decides=True,
        settles=settles,
        reads=reads,
        orphans=() if reads else _orphans(tx, readers, waits),
        barred=barred,
        disputed=tuple(disputed(tx)),
        at=at,
    )


def _orphans(tx: Transaction, readers: frozenset[str], waits: Mapping[str, RoleWait]) -> tuple[str, ...]:
    """Return the values no reader can read next: each has seen the proposal, has read it, or lacks the asked role."""
    seen = sightings_awaiting_second(tx)
    decided = read_by_each(tx, "candidate", {*seen, *waits})
    found = []
    for candidate_id, people in decided.items():
        able = readers.intersection(waits[candidate_id].able) if candidate_id in waits else readers
        if not able - people - seen.get(candidate_id, set()):
            found.append(candidate_id)
    return tuple(sorted(found))


def readers_of(tx: Transaction, protocol: Protocol) -> frozenset[str]:
    """Return who reads and votes: the team without its adjudicators."""
    settling = {person.id for person in protocol.people if person.role == "adjudicator"}
    return team(tx, protocol) - settling
