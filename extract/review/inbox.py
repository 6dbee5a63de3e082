"""The inbox: everything that waits, what of it a person can act on, and what comes next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from extract.review.accounts import Member
from extract.review.views import QueueItem, queue_items
from extract.store.candidates import OPEN_STATES, list_candidates
from extract.store.curated import curated_values
from extract.store.decisions import standing_decisions
from extract.store.engine import Transaction
from extract.store.work import all_leases

STAGES = ("reopened", "conflict", "needs_second", "proposed", "screening", "new")
"""States in the order of work: what already stands on a page first, then what is nearest to one, then the rest."""

SUBJECTS = {"record": "record", "value": "candidate", "reopened": "value"}
"""Kind of item -> kind of subject in the decision log."""


@dataclass(frozen=True)
class InboxRow:
    """One line of the inbox.

    Parameters
    ----------
    mine
        Whether the person who looks can decide on it now.
    holder
        Who has it open; None when nobody has, or it is the person who looks.
    subtype, pattern
        Stratum of a proposed value; empty for a record.
    """

    waits: QueueItem
    mine: bool
    holder: str | None
    subtype: str = ""
    pattern: str = ""

    @property
    def item(self) -> str:
        """Name of the item."""
        return self.waits.item

    @property
    def kind(self) -> str:
        """Record, value or reopened."""
        return self.waits.item.partition(":")[0]


@dataclass(frozen=True)
class Filters:
    """What the inbox shows; an empty text shows everything.

    Parameters
    ----------
    show
        ``mine``, ``all``, or a state.
    """

    show: str = "mine"
    kind: str = ""
    subtype: str = ""
    pattern: str = ""
    checks: str = ""


def inbox_rows(tx: Transaction, member: Member, *, at: str) -> tuple[InboxRow, ...]:
    """Return everything that waits, in the order of work; in each stage oldest first, records in reading order."""
    decided = {kind: standing_decisions(tx, subject) for kind, subject in SUBJECTS.items()}
    strata = {
        c.candidate_id: (c.effect.subtype, c.effect.metastatic_pattern) for c in list_candidates(tx, states=OPEN_STATES)
    }
    strata |= {v.value_id: (v.reported.subtype, v.reported.pattern) for v in curated_values(tx)}
    held = all_leases(tx, at=at)
    rows = []
    for waits in queue_items(tx):
        kind, _, identifier = waits.item.partition(":")
        holder = held.get(waits.item)
        subtype, pattern = strata.get(identifier, ("", "")) if kind != "record" else ("", "")
        mine = can_decide(member, waits.state, people=decided[kind].get(identifier, {}))
        rows.append(InboxRow(waits, mine, holder if holder != member.person_id else None, subtype, pattern))
    # Records keep the order they came in: randomised trials and the best ranked first.
    return tuple(sorted(rows, key=lambda r: (STAGES.index(r.waits.state), "" if r.kind == "record" else r.waits.since)))


def can_decide(member: Member, state: str, *, people: Sequence[str] | dict[str, tuple[str, int]]) -> bool:
    """Tell whether a person can decide on an item now.

    Parameters
    ----------
    people
        Who decided on it already: nobody votes twice, and a conflict is settled by an adjudicator who is no part of it.
    """
    if not member.decides or member.person_id in people:
        return False
    return state != "conflict" or member.role == "adjudicator"


def counts(rows: Sequence[InboxRow]) -> dict[str, int]:
    """Return how many wait in each state, for the chips; ``mine`` and ``all`` first."""
    states = Counter(row.waits.state for row in rows)
    return {"mine": sum(row.mine for row in rows), "all": len(rows)} | {
        state: states[state] for state in STAGES if states[state]
    }


def filtered(rows: Sequence[InboxRow], filters: Filters) -> tuple[InboxRow, ...]:
    """Return the rows that the filters let through."""
    return tuple(
        row
        for row in rows
        if (filters.show == "all" or (row.mine if filters.show == "mine" else row.waits.state == filters.show))
        and filters.kind in ("", row.kind)
        and filters.subtype in ("", row.subtype)
        and filters.pattern in ("", row.pattern)
        and (not filters.checks or bool(row.waits.checks) == (filters.checks == "open"))
    )


def next_item(rows: Sequence[InboxRow], *, after: str = "") -> str | None:
    """Return the next item the person can act on and nobody else has open.

    Parameters
    ----------
    after
        An item just left without a decision: the one behind it comes first.
    """
    free = [row.item for row in rows if row.mine and row.holder is None]
    every = [row.item for row in rows]
    if after in every:
        behind = set(every[every.index(after) + 1 :])
        free = [item for item in free if item in behind] + [item for item in free if item not in behind]
    others = [item for item in free if item != after]
    return others[0] if others else None
