"""No more requests in any second than NCBI allows, across the threads and processes of one machine."""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from extract.errors import StoreError

#: NCBI's limits on requests a second (NBK25497, "Usage Guidelines and Requirements").
REQUESTS_PER_SECOND = 3
REQUESTS_PER_SECOND_WITH_KEY = 10

#: Seconds any ``per_second + 1`` requests must span. The part above one second absorbs what a network adds to
#: one request and not to the next; it leaves 2.88 (9.6) requests a second.
_SPAN_SECONDS = 1.04
#: Share of the even pace kept between two requests: bursts of waking threads would blur their own distances, a
#: perfectly even pace could not catch up what one late wake-up lost.
_EVENNESS = 0.9
#: A grant that could not be used within this time, on a busy machine, is given up for the next one: used late it
#: would stand closer to the following ones than was reckoned.
_LATE_SECONDS = 0.03
_FILE = "requests-granted.json"


class RequestLimiter:
    """Grants requests one after the other; whoever waits, holds the lock, so grants are truly apart.

    The times of the last grants stand in a file of ``folder`` under an exclusive lock: every process that is
    given the same folder shares one limit. The lock is the system's, a killed process leaves none behind.

    Parameters
    ----------
    folder
        A folder on a local disk, made if missing.
    per_second
        Requests allowed in any one second, at least 1.
    clock, sleep
        Seconds of a clock all processes share (the system's monotonic one), and how to wait.
    """

    def __init__(
        self,
        folder: Path,
        *,
        per_second: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if per_second < 1:
            raise ValueError(f"per_second must be at least 1, not {per_second}")
        self._folder = folder
        self._per_second = per_second
        self._clock = clock
        self._sleep = sleep

    def wait(self) -> float:
        """Wait until one more request may go out; return the seconds waited.

        Raises
        ------
        StoreError
            If the folder cannot be written: without it the limit could not be kept.
        """
        begun = self._clock()
        moment = self._granted()
        while self._clock() - moment > _LATE_SECONDS:
            moment = self._granted()
        return moment - begun

    def _granted(self) -> float:
        """Wait for the next grant, write it down and return its moment."""
        with self._locked() as handle:
            granted = self._recent(handle)
            if granted:
                self._sleep_until(granted[-1] + _EVENNESS * _SPAN_SECONDS / self._per_second)
            if len(granted) >= self._per_second:
                self._sleep_until(granted[-self._per_second] + _SPAN_SECONDS)
            moment = self._clock()
            self._write(handle, [*granted, moment])
        return moment

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        """Hold the file of grants, alone on this machine."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._folder / _FILE, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreError(f"the folder of the request limiter cannot be written: {error}; mend it") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield handle
        finally:
            os.close(handle)

    def _recent(self, handle: int) -> list[float]:
        """Return the last grants, oldest first.

        Times that lie ahead come from before a restart of the machine and are dropped. A file cut by a full
        disk or a kill is read as a full second just spent: the safe reading.
        """
        text = os.pread(handle, 100_000, 0).decode("utf-8", errors="replace")
        now = self._clock()
        if not text:
            return []
        try:
            times = [float(value) for value in json.loads(text)]
        except (ValueError, TypeError):
            return [now] * self._per_second
        return sorted(value for value in times if math.isfinite(value) and value <= now)

    def _sleep_until(self, moment: float) -> None:
        while (left := moment - self._clock()) > 0:
            self._sleep(left)

    def _write(self, handle: int, granted: list[float]) -> None:
        body = json.dumps(granted[-self._per_second :]).encode("ascii")
        os.ftruncate(handle, 0)
        os.pwrite(handle, body, 0)
