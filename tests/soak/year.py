"""Nights in fast forward, disturbed or not, and what they cost.

Each night is the real one, in a child process of its own, forked from one that has loaded and compiled what a night
needs (:func:`warm`): hundreds of nights pay for it once. A disturbed year has faults of PubMed at random, and twice a
month a SIGKILL: once at a random commit of a night, once in the midst of people's work. A night that did not end well
is run again the same day, as the operator's timer would, until it does.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import resource
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import Engine

from extract.pubmed.replay import ReplayServer
from extract.pubmed.replay.faults import Fault, FaultPlan, SeenRequest
from extract.registries.replay import TrialsReplayServer
from flows.night import opened_night, run_night
from flows.pubmed import entrez_settings
from flows.rehearsal import rehearsal_clock
from flows.settings import Settings
from reports.snapshot import whole_snapshots
from tests.nights import rehearsal, rehearse
from tests.soak.people import Reviewers
from tests.soak.world import FIRST, Synthetic

FAULTS = (
    Fault(status=500, body=b"<html>Internal Server Error</html>"),
    Fault(status=502),
    Fault(status=429, body=b"{}", headers=(("Retry-After", "1"),)),
    Fault(status=404, body=b"<html>not here</html>"),
    Fault(mode="close"),
    Fault(mode="reset"),
    Fault(mode="cut"),
    Fault(mode="garble"),
    Fault(body=b"<eSearchResult><ERROR>Search Backend failed: timeout</ERROR></eSearchResult>"),
    Fault(body=b""),
)
RUNS_A_DAY = 12
"""Tries of one night before the soak gives up; the last ones are undisturbed."""

COMMITS = 40
"""A night has more commits than this; the kill strikes one of the first so many."""

KILLED_AFTER = (0.02, 1.0)
"""Seconds of people's work after which their server is killed: a decision takes 0.03 s, a publication about one."""


@dataclass(frozen=True)
class Disturbances:
    """What happens to a year.

    Parameters
    ----------
    fault_share
        Share of the requests to PubMed that meet a fault; with 0.04 about every third night has one.
    every
        Days after which the kills come again.
    kill_nights, kill_work
        Days of such a stretch on which the night, or the server people work on, is killed.
    """

    fault_share: float = 0.04
    every: int = 30
    kill_nights: tuple[int, ...] = (10,)
    kill_work: tuple[int, ...] = (19, 22)


@dataclass(frozen=True)
class Figures:
    """What a night cost, and how large things are after it."""

    night: dt.date
    runs: int
    kills: int
    requests: int
    cpu_seconds: float
    night_megabytes: float
    queue_megabytes: float
    database_megabytes: float
    archive_megabytes: float
    site_megabytes: float
    versions: int
    decisions: int


def run_year(
    settings: Settings,
    archive: Path,
    records: dict[str, Synthetic],
    *,
    days: int,
    disturbed: Disturbances | None,
    seed: int = 1,
    told: Callable[[Figures], None] = lambda _figures: None,
) -> list[Figures]:
    """Run the nights of a year one after the other, people's work after each, and return their figures."""
    chance = random.Random(seed)
    clock = settings.state_dir.parent / f"{settings.state_dir.name}.clock"
    people = Reviewers(settings.state_dir, clock, records)
    figures = []
    try:
        for number in range(days):
            night = FIRST + dt.timedelta(days=number)
            kill_night = disturbed is not None and number % disturbed.every in disturbed.kill_nights
            kill_people = disturbed is not None and number % disturbed.every in disturbed.kill_work
            cost = _one_night(settings, archive, night, chance, disturbed=disturbed, kill=kill_night)
            clock.write_text((rehearsal_clock(settings, night)() + dt.timedelta(hours=6)).isoformat(), "utf-8")
            kills = people.kills
            done = people.work(kill_after=chance.uniform(*KILLED_AFTER) if kill_people else None)
            figures.append(
                Figures(
                    night=night,
                    runs=cost.runs,
                    kills=int(kill_night) + people.kills - kills,
                    requests=cost.requests,
                    cpu_seconds=cost.cpu_seconds,
                    night_megabytes=cost.megabytes,
                    queue_megabytes=people.memory_megabytes(),
                    database_megabytes=_megabytes(settings.state_dir, "review.db"),
                    archive_megabytes=_megabytes(settings.archive_dir, "**/*"),
                    site_megabytes=_megabytes(settings.site_dir.resolve(), "**/*"),
                    versions=len(whole_snapshots(settings.snapshots_dir)),
                    decisions=done,
                )
            )
            told(figures[-1])
    finally:
        people.close()
    return figures


@dataclass(frozen=True)
class _Cost:
    runs: int
    requests: int
    cpu_seconds: float
    megabytes: float


def _one_night(
    settings: Settings,
    archive: Path,
    night: dt.date,
    chance: random.Random,
    *,
    disturbed: Disturbances | None,
    kill: bool,
) -> _Cost:
    """Run a night until it ends well; the cost is that of the run that did."""
    for run in range(1, RUNS_A_DAY + 1):
        plan = None
        if disturbed is not None and run < RUNS_A_DAY - 2:
            plan = _faults(random.Random(chance.random()), share=disturbed.fault_share)
        strike = chance.randint(1, COMMITS) if kill and run == 1 else None
        status, used, requests = _in_child(lambda p=plan, k=strike: _night(settings, archive, night, p, k))
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
            return _Cost(run, requests, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
        expected = os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 3
        if disturbed is None or not expected:
            raise AssertionError(f"night {night}, run {run}: ended with status {status}")
    raise AssertionError(f"night {night}: did not end well in {RUNS_A_DAY} runs")


def warm(archive: Path) -> None:
    """Load and compile in this process what a night needs, by running one aside; its children inherit it."""
    import extract.screening.ranker  # noqa: F401 - a night loads it when there is something to rank

    with tempfile.TemporaryDirectory() as folder:
        for night in (FIRST, FIRST + dt.timedelta(days=1)):
            rehearse(rehearsal(Path(folder) / "state"), night, archive=archive)


def _night(
    settings: Settings, archive: Path, night: dt.date, plan: FaultPlan | None, kill_at: int | None
) -> tuple[int, int]:
    """Run the night; return its exit code and how many requests it sent."""
    if kill_at is not None:
        _kill_at_commit(kill_at)
    with (
        ReplayServer(archive, as_of=night, faults=plan) as server,
        TrialsReplayServer(archive / "trials", as_of=night) as registry,
    ):
        served = replace(settings, entrez_url=server.url, trials_url=registry.url, rehearsal=True)
        patient = replace(entrez_settings(served), requests_per_second=100_000, max_attempts=4)
        with opened_night(served, night=night, clock=rehearsal_clock(served, night)) as opened:
            report = run_night(replace(opened, entrez=patient, sleep=lambda _seconds: None))
    return report.exit_code, report.requests


def _faults(chance: random.Random, *, share: float) -> Callable[[SeenRequest], Fault | None]:
    return lambda _request: chance.choice(FAULTS) if chance.random() < share else None


def _kill_at_commit(number: int) -> None:
    seen = 0

    def count(_connection: object) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "commit", count)


def _in_child(run: Callable[[], tuple[int, int]]) -> tuple[int, resource.struct_rusage, int]:
    """Run in a forked child; return its wait status, what it used and the requests it told of."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking with threads: the child starts its own server
        child = os.fork()
    if child == 0:
        code = 1
        try:
            code, requests = run()
            os.write(writing, str(requests).encode())
        except BaseException:  # noqa: BLE001 - the parent sees the exit code
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    _, status, used = os.wait4(child, 0)
    return status, used, int(told or 0)


def _megabytes(folder: Path, pattern: str) -> float:
    return sum(path.stat().st_size for path in folder.glob(pattern) if path.is_file()) / 1e6
