"""Child processes that must stay up: started in order, watched, restarted with growing pauses, ended together.

A child that ends, or stops answering, is told in one line and started again; what the parent serves stays up meanwhile.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

ChildState = Literal["waiting", "starting", "up", "restarting", "ended"]

LOOK_SECONDS = 0.5
"""How often the children are looked at."""

PROBE_SECONDS = 5.0
"""How often a child that is up is asked whether it still works."""

FIRST_PAUSE_SECONDS = 1.0
"""Pause before the first restart; it doubles from restart to restart."""

LONGEST_PAUSE_SECONDS = 60.0
"""Longest pause between restarts: a scheduler that cannot start today is tried once a minute, not for ever at once."""

STEADY_SECONDS = 300.0
"""A child that lived so long has got over what ended it; its next pause is the first one again."""

SILENT_SECONDS = 90.0
"""A child that does not answer its probe for so long is ended and started again (a Prefect server starts in 3-9 s)."""

GRACE_SECONDS = 20.0
"""Time a child has to end by itself."""


@dataclass(frozen=True)
class Child:
    """What to run, and how to know that it works.

    Parameters
    ----------
    name
        What a person reads.
    command, environment
        What is started.
    answers
        Tells whether it works; None where being alive is enough.
    needs
        Names of children that must be up before this one is started.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    answers: Callable[[], bool] | None = None
    needs: tuple[str, ...] = ()


@dataclass
class _Watched:
    child: Child
    process: subprocess.Popen[bytes] | None = None
    state: ChildState = "waiting"
    restarts: int = 0
    tries: int = 0
    started: float = 0.0
    answered: float = 0.0
    next_start: float = 0.0
    last_exit: int | None = None


@dataclass(frozen=True)
class ChildReport:
    """How a child is."""

    name: str
    state: ChildState
    restarts: int
    last_exit: int | None
    pid: int | None


class Children:
    """A context in which children run; leaving it ends them all, and what they started.

    Parameters
    ----------
    children
        In the order in which they are started.
    told
        Called with one line for a person when a child ends or is up again.
    """

    def __init__(self, children: Sequence[Child], *, told: Callable[[str], None]) -> None:
        self._watched = [_Watched(child) for child in children]
        self._told = told
        self._end = threading.Event()
        # The thread that starts the children must live as long as they may: they end when it does (see tethered).
        self._thread = threading.Thread(target=self._watch, name="children")

    def __enter__(self) -> Self:
        """Start to watch; returns at once."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every child."""
        self._end.set()
        self._thread.join()

    def reports(self) -> tuple[ChildReport, ...]:
        """Return how each child is."""
        return tuple(
            ChildReport(w.child.name, w.state, w.restarts, w.last_exit, w.process.pid if w.process else None)
            for w in self._watched
        )

    def _watch(self) -> None:
        try:
            while not self._end.wait(LOOK_SECONDS):
                for watched in self._watched:
                    self._look_at(watched)
        finally:
            self._stop_all()

    def _look_at(self, watched: _Watched) -> None:
        now = time.monotonic()
        if watched.process is None:
            up = {w.child.name for w in self._watched if w.state == "up"}
            if now >= watched.next_start and up.issuperset(watched.child.needs):
                self._start(watched, now)
        elif (code := watched.process.poll()) is not None:
            self._restart_later(watched, now, f"ended (exit code {code})", code)
        elif watched.state == "up" and now - watched.answered < PROBE_SECONDS:
            return
        elif watched.child.answers is None or watched.child.answers():
            watched.answered = now
            if watched.state != "up":
                watched.state = "up"
                if watched.restarts:
                    self._told(f"{watched.child.name} is up again")
        elif now - watched.answered > SILENT_SECONDS:
            _end_group(watched.process, signal.SIGKILL)
            code = watched.process.wait()
            self._restart_later(watched, now, f"did not answer for {SILENT_SECONDS:.0f} s and was ended", code)

    def _start(self, watched: _Watched, now: float) -> None:
        command = [sys.executable, "-m", "flows.tethered", *watched.child.command]
        watched.process = subprocess.Popen(
            command, env=dict(watched.child.environment), stdout=subprocess.DEVNULL, start_new_session=True
        )
        watched.started = watched.answered = now
        watched.state = "starting"

    def _restart_later(self, watched: _Watched, now: float, what: str, code: int) -> None:
        if watched.process is not None:
            _end_group(watched.process, signal.SIGTERM)  # what it had started itself
        watched.tries = 0 if now - watched.started > STEADY_SECONDS else watched.tries
        pause = min(FIRST_PAUSE_SECONDS * 2.0**watched.tries, LONGEST_PAUSE_SECONDS)
        watched.tries += 1
        watched.restarts += 1
        watched.process, watched.state, watched.last_exit = None, "restarting", code
        watched.next_start = now + pause
        self._told(f"{watched.child.name} {what}; it starts again in {pause:.0f} s, the pages stay up")

    def _stop_all(self) -> None:
        running = [w.process for w in reversed(self._watched) if w.process is not None and w.process.poll() is None]
        for process in running:
            process.terminate()
            try:
                process.wait(timeout=GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _end_group(process, signal.SIGKILL)
        for watched in self._watched:
            watched.state, watched.process = "ended", None


def _end_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Signal what is left of a child's process group."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return  # nothing is left
