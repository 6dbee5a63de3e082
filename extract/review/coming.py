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
    crowded
        What as many others as it needs have open already; they come last.
    """

    work: Worklist
    crowded: frozenset[str]

    def item(self, *, after: str = "") -> str | None:
        """Return the item this person takes next, behind one they leave."""
        free = free_items(self.work.items, after=after)
        return next((item for item in free if item not in self.crowded), free[0] if free else None)


def ahead_of(tx: Transaction, protocol: Protocol, member: Member, at_hand: AtHand, *, now: dt.datetime) -> Ahead:
    """Look up what a person has before them."""
    at = now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    work = worklist(tx, asker_of(tx, protocol, member, at=at))
    return Ahead(work, at_hand.crowded(work, member.person_id, protocol))


def next_path(
    tx: Transaction,
    protocol: Protocol,
    member: Member,
    ahead: Ahead,
    bodies: Callable[[Transaction], Sequence[BodyOfEvidence]],
    *,
    left: str = "",
    done: str = "",
) -> str | None:
    """Return where a person's next piece of work is, below the queue's root; None where nothing waits for them.

    Parameters
    ----------
    bodies
        Gives the bodies of evidence as they stand now; asked only where a judgement may come next.
    left
        What they leave for later: an item, or the path of a judgement or of the links.
    done
        The item they just decided on.
    """
    item = ahead.item(after=left)
    came = (done or left).partition(":")[0].partition("/")[0]
    # A record an adjudicator is offered is a conflict: two people wait for it.
    screens = came == "record" or member.role == "adjudicator" or item in ahead.work.moving
    first = item is not None and came not in ELSEWHERE and (screens or not item.startswith("record:"))
    path = None if first else _elsewhere(tx, protocol, member, bodies, left=left)
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
