"""What waits and nobody who may decide can act on, with what to do about it: for the inbox and the operator.

Three things strand an item: a reader of the asked role is missing (:mod:`extract.review.asked_role`); every adjudicator
is part of the conflict, or none has an account; so few may decide that everybody has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from extract.review.asked_role import RoleWait, stranded
from extract.review.blinding import role_waits, team
from extract.review.readings import latest_approvals
from extract.review.reopened_standing import decided_since_reopening, disputed
from extract.schema.protocol import Protocol
from extract.schema.vocabulary import RecordState
from extract.store.asker import Asker
from extract.store.candidates import list_candidates
from extract.store.decisions import latest_votes, read_by_each
from extract.store.engine import Transaction
from extract.store.queue import Wanted, waiting_items
from extract.store.records import all_pmids

NOBODY_OF_THE_ROLE = "nobody who may decide holds the role a reader must hold"
NO_ADJUDICATOR = "no adjudicator can settle it"
IS_PART = "every adjudicator took part in what it is about"
ALL_DECIDED = "everybody who may decide has, and it needs more"

ADVICE = {
    NO_ADJUDICATOR: "give one an account again (`living-review user passwd`), or name one under [[people]]",
    IS_PART: "one of them takes the own decision back on the item's page, or [[people]] names another adjudicator",
    ALL_DECIDED: "name more people under [[people]] of protocol.toml, or give one an account again "
    "(`living-review user passwd`)",
}


@dataclass(frozen=True)
class Stuck:
    """An item nobody can act on, and why."""

    item: str
    why: str


def open_to_nobody(tx: Transaction, protocol: Protocol) -> tuple[Stuck, ...]:
    """Return what waits for nobody, each item once."""
    return _stuck(tx, protocol, role_waits(tx, protocol))


def _stuck(tx: Transaction, protocol: Protocol, waits: Mapping[str, RoleWait]) -> tuple[Stuck, ...]:
    unread = (f"value:{one}" for one, wait in waits.items() if not wait.able)
    stuck = {item: Stuck(item, NOBODY_OF_THE_ROLE) for item in unread}
    people = team(tx, protocol)
    adjudicators = people & {person.id for person in protocol.people if person.role == "adjudicator"}
    for item, decided in _conflicts(tx):
        if not adjudicators.difference(decided):
            why = IS_PART if adjudicators else NO_ADJUDICATOR
            stuck[item] = Stuck(item, why)
    if len(people) < max(protocol.living.votes_needed, protocol.living.approvals_needed):
        for item, decided in _all_open(tx):
            if not people.difference(decided):
                stuck.setdefault(item, Stuck(item, ALL_DECIDED))
    return tuple(stuck.values())


def stranded_lines(tx: Transaction, protocol: Protocol, waits: Mapping[str, RoleWait]) -> tuple[str, ...]:
    """Say how many items wait for nobody, a line a reason: what it is, a semicolon, and what to do.

    Parameters
    ----------
    waits
        As :func:`extract.review.blinding.role_waits` gives them: whoever asks has looked them up already.
    """
    stuck = _stuck(tx, protocol, waits)
    lines = [stranded(waits.values())]
    for why, todo in ADVICE.items():
        same = [one.item for one in stuck if one.why == why]
        if same:
            items = f"{same[0]} waits" if len(same) == 1 else f"{len(same)} items wait ({same[0]} is one)"
            lines.append(f"{items}, and {why}; {todo}")
    return tuple(line for line in lines if line)


def _conflicts(tx: Transaction) -> Iterator[tuple[str, Collection[str]]]:
    for pmid, people in read_by_each(tx, "record", all_pmids(tx, state=RecordState.CONFLICT)).items():
        yield f"record:{pmid}", people
    conflicts = [candidate.candidate_id for candidate in list_candidates(tx, states=["conflict"])]
    for candidate_id, people in read_by_each(tx, "candidate", conflicts).items():
        yield f"value:{candidate_id}", people
    for value_id, decided in disputed(tx).items():
        yield f"reopened:{value_id}", decided


def _all_open(tx: Transaction) -> Iterator[tuple[str, Collection[str]]]:
    """Go through everything that waits with who decided on it; long, and only asked for where few may decide."""
    for waits in waiting_items(tx, Asker(), Wanted())[0]:
        identifier = waits.item.partition(":")[2]
        if waits.kind == "record":
            yield waits.item, latest_votes(tx, identifier).keys()
        elif waits.kind == "value":
            yield waits.item, latest_approvals(tx, identifier).keys()
        else:
            yield waits.item, decided_since_reopening(tx, identifier).keys()
