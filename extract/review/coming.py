"""What comes next for a person, over every kind of work: the queue's items, links, risk of bias, certainty.

The queue leads as long as its first item is a value or may move a published result: those numbers stand on a page or
are nearest to one. Then come the links, because they change what is judged, then risk of bias, then certainty, which
rests on it. Other records to screen are last; a conflict about one is not, for it waits for its adjudicator. Whoever is
screening goes on screening, and whoever is judging goes on judging, until nothing of it is left.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from extract.review.accounts import Member
from extract.review.at_hand import AtHand
from extract.review.bias_view import as_reviewer
from extract.review.blinding import asker_of
from extract.review.certainty import BodyOfEvidence
from extract.review.inbox import free_items
from extract.review.judgements import judgements
from extract.schema.protocol import Protocol
from extract.store.asker import Asker
from extract.store.engine import Transaction
from extract.store.links import list_links
from extract.store.queue import Worklist, worklist

LINKS = "families"
"""Path of the page of links, below the queue's root."""

ELSEWHERE = (LINKS, "bias", "certainty")
"""How the path of work begins that is no item of the queue."""

HANDED_SECONDS = 3.0
"""How long what "next" looked up may serve the page it leads to; a redirect takes far less."""


@dataclass(frozen=True)
class Ahead:
    """What a person has before them in the queue.

    Parameters
    ----------
    work
        What they can decide on, in the order of work.
    person_id, protocol, at_hand
        Whose work it is, how many votes a record needs, and what people have open: what as many others as it needs
        have before them comes last.
    looked_up
        The moment the work was looked up (:meth:`extract.review.at_hand.AtHand.moment`).
    """

    work: Worklist
    person_id: str
    protocol: Protocol
    at_hand: AtHand
    looked_up: int

    def item(self, *, after: str = "") -> str | None:
        """Return the item this person would take next, behind one they leave."""
        crowded = self.at_hand.crowded(self.work, self.person_id, self.protocol, looked_up=self.looked_up)
        return self._first(crowded, after)

    def take(self, *, after: str = "") -> str | None:
        """Take that item: from now on it counts as before this person."""
        return self.at_hand.take(
            self.person_id,
            self.work,
            self.protocol,
            lambda crowded: self._first(crowded, after),
            looked_up=self.looked_up,
        )

    def _first(self, crowded: frozenset[str], after: str) -> str | None:
        free = free_items(self.work.items, after=after)
        return next((item for item in free if item not in crowded), free[0] if free else None)


def ahead_of(
    tx: Transaction,
    protocol: Protocol,
    member: Member,
    at_hand: AtHand,
    *,
    looked_up: int,
    now: dt.datetime,
    asker: Asker | None = None,
) -> Ahead:
    """Look up what a person has before them.

    Parameters
    ----------
    looked_up
        The moment before the transaction began: what people did since then it cannot see.
    asker
        The person as the queue sees them, where that is known already.
    """
    at = now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    work = worklist(tx, asker or asker_of(tx, protocol, member, at=at))
    return Ahead(work, member.person_id, protocol, at_hand, looked_up)


def take_next(
    tx: Transaction,
    protocol: Protocol,
    member: Member,
    ahead: Ahead,
    bodies: Callable[[Transaction], Sequence[BodyOfEvidence]],
    *,
    left: str = "",
    done: str = "",
) -> str | None:
    """Give a person their next piece of work: where it is, below the queue's root; None where nothing waits for them.

    An item of the queue counts as before them from now on.

    Parameters
    ----------
    bodies
        Gives the bodies of evidence as they stand now; asked only where a judgement may come next.
    left
        What they leave for later: an item, or the path of a judgement or of the links.
    done
        The item they just decided on.
    """
    item = ahead.take(after=left)
    came = (done or left).partition(":")[0].partition("/")[0]
    # A record an adjudicator is offered is a conflict: two people wait for it.
    screens = came == "record" or member.role == "adjudicator" or item in ahead.work.moving
    first = item is not None and came not in ELSEWHERE and (screens or not item.startswith("record:"))
    path = None if first else _elsewhere(tx, protocol, member, bodies, left=left)
    if path and item is not None:
        ahead.at_hand.leave(member.person_id, item)
    return path or (f"item/{item}" if item is not None else None)


def _elsewhere(
    tx: Transaction,
    protocol: Protocol,
    member: Member,
    bodies: Callable[[Transaction], Sequence[BodyOfEvidence]],
    *,
    left: str,
) -> str | None:
    """Return the first piece of work that is no item, behind one that is left for later."""
    person = as_reviewer(member)
    if person is None:
        return None
    paths = [LINKS] if list_links(tx) else []
    paths += [line.path for line in judgements(tx, protocol, bodies(tx), person) if line.mine]
    return next(iter(paths[paths.index(left) + 1 :] if left in paths else paths), None)


class Handed:
    """What "next" looked up for a person, kept for the page it leads to and for nothing else."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[str, float, Ahead]] = {}

    def give(self, member: Member, item: str, ahead: Ahead) -> None:
        """Keep it for one item's page."""
        with self._lock:
            self._kept[member.person_id] = item, time.monotonic(), ahead

    def take(self, member: Member, item: str) -> Ahead | None:
        """Return it once, to that page and at once; None for every other."""
        with self._lock:
            kept_for, at, ahead = self._kept.pop(member.person_id, ("", 0.0, None))
        return ahead if kept_for == item and time.monotonic() - at < HANDED_SECONDS else None
