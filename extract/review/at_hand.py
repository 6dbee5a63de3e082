"""Who has which item before them now, so that no more people open it than it needs: a hint, never a lock.

A value is kept for its reader by a lease in the database once it is open. A record is not, because its votes are
independent; without this, a third person reads it while two others vote, and votes in vain. Kept in memory: whoever
serves the queue knows who opened what; after a restart people meet for a few items, and the lock of a decision holds.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

from extract.schema.protocol import Protocol
from extract.store.queue import Worklist

AT_HAND_MINUTES = 15
"""Somebody who opened nothing else for so long has gone: a record takes a minute or two."""


class AtHand:
    """The item each person opened last.

    Parameters
    ----------
    seconds
        Gives a time that only goes forward, in seconds.
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._lock = seconds, threading.Lock()
        self._opened: dict[str, tuple[str, float]] = {}

    def open(self, person_id: str, item: str) -> None:
        """Note that a person was given an item; the one they had before is free again."""
        with self._lock:
            self._opened[person_id] = item, self._seconds()

    def leave(self, person_id: str, item: str) -> None:
        """Note that a person is done with an item, or left it: it is free again."""
        with self._lock:
            if self._opened.get(person_id, ("", 0.0))[0] == item:
                del self._opened[person_id]

    def crowded(self, work: Worklist, person_id: str, protocol: Protocol) -> frozenset[str]:
        """Return the items of a person's work that others have before them in the number that is needed.

        A record that nobody voted on needs ``votes_needed`` people, one with a vote one less, anything else one.
        """
        since = self._seconds() - AT_HAND_MINUTES * 60
        with self._lock:
            others = Counter(item for other, (item, at) in self._opened.items() if other != person_id and at > since)
        votes = protocol.living.votes_needed
        return frozenset(item for item, people in others.items() if people >= _room(item, work, votes))


def _room(item: str, work: Worklist, votes_needed: int) -> int:
    state = work.states.get(item)
    return {"new": votes_needed, "screening": max(1, votes_needed - 1)}.get(state or "", 1)
