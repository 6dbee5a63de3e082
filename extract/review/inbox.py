"""The inbox: everything that waits, what of it a person can act on, and what comes next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from extract.review.accounts import Member
from extract.store.queue import Wanted

SUBJECTS = {"record": "record", "value": "candidate", "reopened": "value"}
"""Kind of item -> kind of subject in the decision log."""

AGES = (7, 14, 30)
"""Days an item may wait before a team asks why (filter)."""


def can_decide(member: Member, state: str, *, people: Collection[str], barred: bool = False) -> bool:
    """Tell whether a person can decide on an item now.

    Parameters
    ----------
    people
        Who decided on it already: nobody votes twice, and a conflict is settled by an adjudicator who is no part of it.
    barred
        The person has seen the proposal that a second reader must not see.
    """
    if not member.decides or member.person_id in people:
        return False
    if state == "needs_second" and barred:
        return False
    return state != "conflict" or member.role == "adjudicator"


def wanted_of(asked: Mapping[str, str], member: Member, *, today: dt.date) -> tuple[Wanted, int]:
    """Read which items an address asks for, and on which page of them; what cannot be read asks for everything."""
    age = asked.get("age", "")
    before = (today - dt.timedelta(days=int(age) - 1)).isoformat() if age in map(str, AGES) else ""
    page = asked.get("page", "1")
    wanted = Wanted(
        show=asked.get("show", "mine" if member.decides else "all"),
        before=before,
        **{
            name: asked.get(name, "")
            for name in ("kind", "subtype", "pattern", "design", "checks", "assignee", "alert", "words")
        },
    )
    return wanted, max(1, int(page)) if page.isdigit() and len(page) < 6 else 1


def free_items(work: Sequence[tuple[str, bool]], *, after: str = "") -> list[str]:
    """Return the items the person can act on and nobody else has open.

    Parameters
    ----------
    work
        ``(item, whether somebody else has it open)`` in the order of work (:func:`extract.store.queue.worklist`).
    after
        An item just left without a decision: the one behind it comes first.
    """
    items = [item for item, _ in work]
    place = items.index(after) + 1 if after in items else 0
    turned = [*work[place:], *work[:place]]
    return [item for item, held in turned if not held and item != after]


def neighbour(work: Sequence[tuple[str, bool]], item: str) -> str | None:
    """Return the item before one in the order of work, for going back."""
    items = [one for one, _ in work]
    place = items.index(item) if item in items else 0
    return items[place - 1] if place > 0 else None
