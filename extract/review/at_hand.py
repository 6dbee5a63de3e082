"""Who has which item before them now, so that no more people open it than it needs: a hint, never a lock.

A value is kept for its reader by a lease in the database once it is open. A record is not, because its votes are
independent; without this, a third person reads it while two others vote, and votes in vain. Kept in memory: whoever
serves the queue knows who opened what; after a restart people meet for a few items, and the lock of a decision holds.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable

from extract.schema.protocol import Protocol
from extract.store.queue import Worklist

AT_HAND_MINUTES = 15
"""Somebody who opened nothing else for so long has gone: a record takes a minute or two."""


LEFT_KEPT = 1000
"""How many items people were done with are remembered: far more than while one page looks up what waits."""


class AtHand:
    """The item each person opened last, and the items they were done with.

    Parameters
    ----------
    seconds
        Gives a time that only goes forward, in seconds.
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._lock = seconds, threading.Lock()
        self._opened: dict[str, tuple[str, float]] = {}
        self._left: deque[tuple[int, str]] = deque(maxlen=LEFT_KEPT)
        self._leavings = 0

    def open(self, person_id: str, item: str) -> None:
        """Note that a person was given an item; the one they had before is free again."""
        with self._lock:
            self._opened[person_id] = item, self._seconds()

    def leave(self, person_id: str, item: str) -> None:
        """Note that a person is done with an item, or left it: it is free again."""
        with self._lock:
            if self._opened.get(person_id, ("", 0.0))[0] == item:
                del self._opened[person_id]
                self._leavings += 1
                self._left.append((self._leavings, item))

    def moment(self) -> int:
        """Return how many were done with an item until now: asked before looking up what waits."""
        with self._lock:
            return self._leavings

    def crowded(self, work: Worklist, person_id: str, protocol: Protocol, *, looked_up: int) -> frozenset[str]:
        """Return the items of a person's work that others have before them in the number that is needed.

        A record that nobody voted on needs ``votes_needed`` people, one with a vote one less, anything else one.

        Parameters
        ----------
        looked_up
            The :meth:`moment` before the work was looked up: whoever was done with an item since then may have
            decided on it unseen, and counts as if it were still before them.
        """
        with self._lock:
            return self._crowded(work, person_id, protocol, looked_up)

    def take(
        self,
        person_id: str,
        work: Worklist,
        protocol: Protocol,
        choose: Callable[[frozenset[str]], str | None],
        *,
        looked_up: int,
    ) -> str | None:
        """Choose an item knowing what is crowded, and note it in the same moment: no two people choose at once."""
        with self._lock:
            item = choose(self._crowded(work, person_id, protocol, looked_up))
            if item is not None:
                self._opened[person_id] = item, self._seconds()
            return item

    def _crowded(self, work: Worklist, person_id: str, protocol: Protocol, looked_up: int) -> frozenset[str]:
        since = self._seconds() - AT_HAND_MINUTES * 60
        others = Counter(item for other, (item, at) in self._opened.items() if other != person_id and at > since)
        others.update(item for number, item in self._left if number > looked_up)
        votes = protocol.living.votes_needed
        return frozenset(item for item, people in others.items() if people >= _room(item, work, votes))


def _room(item: str, work: Worklist, votes_needed: int) -> int:
    state = work.states.get(item)
    return {"new": votes_needed, "screening": max(1, votes_needed - 1)}.get(state or "", 1)
