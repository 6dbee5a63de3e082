"""How often somebody may ask: a bucket of requests for each name, refilled steadily; kept in memory alone."""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict

MOST_NAMES = 10_000
"""Names remembered at once; the ones unused for longest are forgotten first, with full buckets or nearly."""


class Budget:
    """Counts requests by name.

    Parameters
    ----------
    burst
        How many requests in a row are let through.
    seconds
        Time in which an empty bucket is full again.
    """

    def __init__(self, *, burst: int, seconds: float) -> None:
        self._burst, self._rate = float(burst), burst / seconds
        self._left: OrderedDict[str, tuple[float, dt.datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, name: str, *, now: dt.datetime, spend: bool = True) -> float:
        """Return 0 if a request may pass (and count it), else in how many seconds the next one may.

        Parameters
        ----------
        spend
            False to ask without counting.
        """
        with self._lock:
            left, since = self._left.get(name, (self._burst, now))
            left = min(self._burst, left + max(0.0, (now - since).total_seconds()) * self._rate)
            if left < 1:
                return (1 - left) / self._rate
            if spend:
                self._left[name] = (left - 1, now)
                self._left.move_to_end(name)
                while len(self._left) > MOST_NAMES:
                    self._left.popitem(last=False)
            return 0.0
