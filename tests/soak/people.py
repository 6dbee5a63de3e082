"""Simulated reviewers: they work through the queue's API, and go on where a killed server cut them off."""

from __future__ import annotations

import multiprocessing
import threading
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

import requests

from tests.soak.queue_process import serve_queue
from tests.soak.world import Synthetic

PATIENCE = 120
"""Seconds for one request: an approval publishes before it is answered."""


class Reviewers:
    """Two reviewers and the process that serves them.

    Parameters
    ----------
    state, clock
        The state folder, and the file with the time.
    records
        What the records say, for the blind reading.
    """

    def __init__(self, state: Path, clock: Path, records: dict[str, Synthetic]) -> None:
        self._state, self._clock, self._records = state, clock, records
        self._process: ForkProcess | None = None
        self._pipe: Connection | None = None
        self._address, self._tokens = "", dict[str, str]()
        self.kills = 0

    def work(self, *, kill_after: float | None = None) -> int:
        """Do everything that waits and is synthetic; return how many decisions were taken.

        Parameters
        ----------
        kill_after
            Kill the server with SIGKILL so many seconds after work began, whatever it is doing.
        """
        self._serve()
        timer = threading.Timer(kill_after, self.kill) if kill_after is not None else None
        if timer is not None:
            timer.start()
        done = 0
        while True:
            try:
                more = self._round()
            except requests.RequestException:
                # The server is gone; what was answered stands, what was not is asked again.
                self._serve(anew=True)
                continue
            done += more
            if not more:
                break
        if timer is not None:
            timer.join()
            self._serve()
        return done

    def kill(self) -> None:
        """Kill the server with SIGKILL, and wait until it is gone: a process being killed still looks alive."""
        if (process := self._process) is not None:
            process.kill()
            process.join()
            self.kills += 1

    def close(self) -> None:
        """End the server."""
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.join(timeout=30)
            self._process.kill()
        self._process = self._pipe = None

    def memory_megabytes(self) -> float:
        """Return the resident memory of the server."""
        if self._process is None:
            return 0.0
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))

    def _serve(self, *, anew: bool = False) -> None:
        if self._process is not None and (anew or not self._process.is_alive()):
            self._process.kill()
            self.close()
        if self._process is not None:
            return
        # Forked: it begins with every module this process has, as the nights do.
        fork = multiprocessing.get_context("fork")
        self._pipe, other = fork.Pipe()
        self._process = fork.Process(target=_served, args=(self._state, self._clock, self._pipe, other))
        self._process.start()
        other.close()
        if not self._pipe.poll(PATIENCE):
            raise RuntimeError("the queue does not start")
        self._address, self._tokens = self._pipe.recv()

    def _round(self) -> int:
        """Let each person decide on what waits for them once; return how many decisions were taken."""
        done = 0
        for person in ("reviewer-a", "reviewer-b"):
            for line in self._ask(person, "GET", "/items?limit=200")["lines"]:
                done += self._decide(person, line["item"])
        return done

    def _decide(self, person: str, item: str) -> int:
        kind, _, identifier = item.partition(":")
        shown = self._ask(person, "GET", f"/items/{item}")
        seen = {"seen": shown["seen"]}
        if kind == "record" and identifier in self._records:
            return self._sent(person, item, "vote", seen | self._vote(self._records[identifier]))
        if kind == "reopened" and "pmid-991" in identifier:
            return self._sent(person, item, "confirm", seen | {"reason": "the notice changes no figure"})
        if kind == "value":
            record = self._records.get(shown["value"]["record"].partition(":")[2])
            if record is not None and shown["actions"]:
                values = record.reading() if shown["value"]["blind"] else {}
                said = {"values": values, "reason": "as the abstract says", "clear_checks": True}
                return self._sent(person, item, "approve", seen | said)
        return 0

    def _vote(self, record: Synthetic) -> dict[str, Any]:
        if record.included:
            return {"vote": "include", "study": {"design": "retrospective_cohort"}}
        return {"vote": "exclude", "reason_code": "no-comparison", "comment": "a synthetic record"}

    def _sent(self, person: str, item: str, action: str, content: dict[str, Any]) -> int:
        answer = self._ask(person, "POST", f"/items/{item}/{action}", content, may_conflict=True)
        return int("state" in answer)

    def _ask(
        self, person: str, method: str, path: str, content: Any = None, *, may_conflict: bool = False
    ) -> dict[str, Any]:
        answer = requests.request(
            method,
            f"{self._address}api/v1{path}",
            json=content,
            headers={"Authorization": f"Bearer {self._tokens[person]}"},
            timeout=PATIENCE,
        )
        if answer.status_code == 409 and may_conflict:
            return {}  # decided before the answer was cut off
        if answer.status_code != 200:
            raise AssertionError(f"{person} {method} {path}: {answer.status_code} {answer.text}")
        found: dict[str, Any] = answer.json()
        return found


def _served(state: Path, clock: Path, parents_end: Connection, own_end: Connection) -> None:
    """Serve in the forked process; a copy of the parent's end would keep the pipe open for ever."""
    parents_end.close()
    serve_queue(state, clock, own_end)
