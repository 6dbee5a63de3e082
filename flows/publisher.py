"""Publishing when an approval completes a value: in a process of its own, one at a time, several approvals at once.

A publication computes for seconds; in the process that serves the pages, everybody's next click would wait for it. The
night publishes as well, and ``serve`` at its start what was decided since the last version, so an approval whose
publication was refused or interrupted is never lost.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Self

import typer

from extract.errors import UserError
from extract.store.decisions import last_decided
from extract.store.engine import Store
from extract.store.versions import published_snapshots
from flows.context import Clock, as_recorded, open_store, system_clock
from flows.errors import PublishRefused, SettingsError
from flows.publish import Publication, publish
from flows.settings import Settings
from flows.tethered import tie_to_parent
from flows.timetable import local_date

NICENESS = 10
"""How far a publication steps back behind the pages when both want the processor: it gets a tenth of it then."""

SETTLE_SECONDS = 2.0
"""Waited before publishing, so that approvals in a row make one version; far below the promised minute."""


REST, LONGEST_REST_SECONDS = 4, 20.0
"""Rest after a publication, in times of what it took and at most: where approvals never pause, publishing takes a fifth
of one core and not all of it, and an approval is still on the page well within the minute."""


def publish_once(settings: Settings, *, clock: Clock) -> Publication:
    """Open the store, publish what is approved, and close it again."""
    store = open_store(settings)
    try:
        now = clock()
        night = local_date(now, settings.protocol.living)
        return publish(as_recorded(settings, store), store, now=now, night=night)
    finally:
        store.close()


def rest_after(took: float) -> float:
    """Return how many seconds publishing rests after a publication that took so many."""
    return min(REST * took, LONGEST_REST_SECONDS)


def decided_since_published(store: Store) -> bool:
    """Tell whether somebody decided after the version shown was made: its publication may have been cut off.

    Before the first version there is nothing to make up for: the first night publishes.
    """
    with store.read() as tx:
        published = published_snapshots(tx)
        decided = last_decided(tx)
    return bool(published and decided and decided > published[-1].published_at)


class Publisher:
    """A thread that publishes when asked; use it as a context, which ends the thread.

    Parameters
    ----------
    settle_seconds
        How long to wait for further approvals.
    """

    def __init__(
        self, settings: Settings, *, clock: Clock = system_clock, settle_seconds: float = SETTLE_SECONDS
    ) -> None:
        self._settings, self._clock, self._settle = settings, clock, settle_seconds
        self._pool = _pool()
        self._changed = threading.Condition()
        self._wanted = self._ended = False
        self._rested_at = 0.0
        self._thread = threading.Thread(target=self._run, name="publisher")

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Publish what was still asked for, and end the thread."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._thread.join()
        self._pool.shutdown()

    def request(self) -> None:
        """Ask for a publication; returns at once."""
        with self._changed:
            self._wanted = True
            self._changed.notify_all()

    def _run(self) -> None:
        while self._requested():
            begun = time.monotonic()
            self._publish()
            now = time.monotonic()
            self._rested_at = now + rest_after(now - begun)

    def _requested(self) -> bool:
        """Wait for a request and for others that follow it; False when there will be none."""
        with self._changed:
            self._changed.wait_for(lambda: self._wanted or self._ended)
            if not self._wanted:
                return False
            pause = max(self._settle, self._rested_at - time.monotonic())
            self._changed.wait_for(lambda: self._ended, timeout=pause)
            self._wanted = False
            return True

    def _publish(self) -> None:
        """Publish once and say how it went; ``publish`` itself waits for another process that is at it."""
        now = self._clock()
        try:
            done = self._pool.submit(_published, self._settings, now).result()
        except (PublishRefused, SettingsError, UserError) as error:
            typer.echo(f"After an approval: {error}; the night publishes again", err=True)
        except BrokenProcessPool:
            self._pool = _pool()
            typer.echo("After an approval: the publishing process was killed; the night publishes again", err=True)
        else:
            typer.echo(f"After an approval: version {done.version}{'' if done.new else ' stands'}", err=True)


def _pool() -> ProcessPoolExecutor:
    """Return the process, begun afresh (a fork would take locks of the pages' threads along) at the first request."""
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)


def _begin() -> None:
    # Whoever ends the pages ends this too, after what was asked for: an interrupt of the terminal goes to both.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tie_to_parent()
    os.nice(NICENESS)


def _published(settings: Settings, now: dt.datetime) -> Publication:
    return publish_once(settings, clock=lambda: now)
