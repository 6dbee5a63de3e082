"""Fifty reviewers at once: ``python -m tests.benchmarks.review_load [--database postgresql] [--people 50] ...``.

A server process as ``living-review serve`` runs it, 2,000 items that wait, and people with connections of their own
who take the next item, think a little and decide, for 60 s. Printed are the median and the 95th percentile of pages
and actions, and the audit against what people were told. Aim on SQLite: 95 % of pages and of actions under 250 ms.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

from flows.settings import sqlite_url
from tests.load.audit import logged_decisions, lost_and_doubled
from tests.load.prepared import prepare, served
from tests.load.reviewers import Work, percentile, work


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--items", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--thinking", type=float, default=3.0, help="mean seconds before a decision")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="review-load-") as folder:
        state = Path(folder) / "state"
        url = sqlite_url(state) if asked.database == "sqlite" else _postgresql()
        prepared = prepare(state, url, people=asked.people, items=asked.items)
        load, own, others = os.getloadavg()[0], _cpu(resource.RUSAGE_SELF), _cpu(resource.RUSAGE_CHILDREN)
        with served(prepared) as address:
            begun = time.monotonic()
            done = work(address, prepared, seconds=asked.seconds, thinking=asked.thinking)
            took = time.monotonic() - begun
        own, others = _cpu(resource.RUSAGE_SELF) - own, _cpu(resource.RUSAGE_CHILDREN) - others
        store = prepared.store()
        lost, doubled = lost_and_doubled(store, done)
        decisions = logged_decisions(store).total()
        store.close()
        print(f"{asked.people} people, {asked.items} items, {asked.database}, {took:.0f} s, load before {load:.1f}")
        _print(done, decisions=decisions, seconds=took)
        print(f"CPU: the people {own:.1f} s, server with start and publications {others:.1f} s, {os.cpu_count()} cores")
        print(f"decisions in the audit {decisions}, lost {len(lost)}, not told {len(doubled)}")
        log = (state / "serve.log").read_text(errors="replace")
        print(f"server said: {len(log.splitlines())} lines" + (f", last: {log.splitlines()[-1][:200]}" if log else ""))


def _cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def _print(done: Work, *, decisions: int, seconds: float) -> None:
    for name, kinds in (
        ("inbox", ("inbox",)),
        ("next (redirect)", ("next",)),
        ("item", ("item",)),
        ("all pages", ("inbox", "next", "item")),
        ("action", ("act",)),
    ):
        measured = done.seconds(*kinds)  # type: ignore[arg-type]
        p50, p95 = (percentile(measured, percent) * 1000 for percent in (50, 95))
        top = measured[-1] * 1000 if measured else 0
        print(f"{name:<16} {len(measured):>6} answers   p50 {p50:6.0f} ms   p95 {p95:6.0f} ms   max {top:6.0f} ms")
    print(f"{decisions / seconds:.1f} decisions a second; refused {dict(done.refused) or 'none'}")
    for person, problem in list(done.problems.items())[:3]:
        print(f"  {person}: {problem}")


def _postgresql() -> str:
    from tests.postgres import new_database

    return new_database()


if __name__ == "__main__":
    main()
