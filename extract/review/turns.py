"""Few pages are made at the same time, the others wait in line: all come sooner.

One interpreter runs one thread at a time, and a page gives way at each of its thirty questions to the database: of
eight made at once each was late by what the other seven computed in between, again and again (DECISIONS 0066).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 2
"""Pages made at the same time: while one waits for the database, the other computes."""

PATIENCE_SECONDS = 1.0
"""Longest wait for a turn: a page that is stuck, behind a long night's writing, say, must not keep all others away."""


class Turns:
    """A line with a number of places at its head; a courtesy, never a lock.

    Parameters
    ----------
    at_once
        Places at the head of the line.
    patience
        Seconds after which whoever waits goes ahead all the same.
    """

    def __init__(self, at_once: int = AT_ONCE, *, patience: float = PATIENCE_SECONDS) -> None:
        self._places, self._patience = threading.BoundedSemaphore(at_once), patience

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a place, and give it back."""
        placed = self._places.acquire(timeout=self._patience)
        try:
            yield
        finally:
            if placed:
                self._places.release()
