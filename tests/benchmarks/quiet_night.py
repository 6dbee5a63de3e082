"""What a quiet night costs: requests, time, Prefect's share: ``python -m tests.benchmarks.quiet_night``.

The archive's three nights are run first; the night after them finds nothing new. It is then run plainly and under
Prefect (a server of its own in the process, and a running server), each in a process of its own, several times.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.flows.prefect_server import prefect_server
from tests.nights import NIGHTS, rehearsal, rehearse
from tests.stores import ROOT

QUIET = NIGHTS[-1] + dt.timedelta(days=1)
MOST_REQUESTS = 15
"""Bound of the project: a quiet night asks PubMed less often than this."""

NIGHT = """
import datetime as dt, json, sys, time
from pathlib import Path
from flows.night import opened_night, run_night
from flows.rehearsal import packaged_archive, rehearsal_clock, rehearsing
from flows.running import run_one
from tests.nights import rehearsal
settings, night = rehearsal(Path(sys.argv[1])), dt.date.fromisoformat(sys.argv[2])
begun = time.perf_counter()
with rehearsing(settings, packaged_archive(), night=night) as served:
    clock = rehearsal_clock(served, night)
    if sys.argv[3] == "plain":
        with opened_night(served, night=night, clock=clock) as context:
            report = run_night(context)
    else:
        report = run_one(served, night=night, clock=clock)
print(json.dumps({"requests": report.requests, "steps": time.perf_counter() - begun, "new": report.search.new}))
"""


def one_night(state: Path, kind: str, environment: dict[str, str]) -> dict[str, float]:
    """Run the quiet night in a process; return its figures."""
    begun, used = time.perf_counter(), os.times()
    command = [sys.executable, "-c", NIGHT, str(state), QUIET.isoformat(), kind]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    after = os.times()
    cpu = after.children_user + after.children_system - used.children_user - used.children_system
    told = json.loads(done.stdout.splitlines()[-1])
    return {**told, "wall": time.perf_counter() - begun, "cpu": cpu}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=3)
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        for night in NIGHTS:
            rehearse(rehearsal(state), night)
        rows = {
            "plain": [one_night(state, "plain", {}) for _ in range(times)],
            "Prefect, a server of its own": [one_night(state, "prefect", {}) for _ in range(times)],
        }
        with prefect_server(Path(folder) / "prefect") as server:
            named = {"PREFECT_API_URL": server.api, "PREFECT_HOME": str(Path(folder) / "prefect")}
            rows["Prefect, a running server"] = [one_night(state, "prefect", named) for _ in range(times)]
    load = os.getloadavg()[0]
    plain = statistics.median(row["wall"] for row in rows["plain"])
    print(f"quiet night ({QUIET}), median of {times}, load {load:.1f} on {os.cpu_count()} cores")
    for name, figures in rows.items():
        wall, cpu, steps = (statistics.median(row[key] for row in figures) for key in ("wall", "cpu", "steps"))
        print(
            f"  {name:30} wall {wall:6.2f} s  CPU {cpu:6.2f} s  night alone {steps:6.2f} s  "
            f"share that is Prefect's {max(0.0, 1 - plain / wall):4.0%}"
        )
    requests = {int(row["requests"]) for figures in rows.values() for row in figures}
    new = {int(row["new"]) for figures in rows.values() for row in figures}
    print(f"  requests {sorted(requests)} (bound: under {MOST_REQUESTS}), new records {sorted(new)}")
    sys.exit(0 if max(requests) < MOST_REQUESTS else 1)


if __name__ == "__main__":
    main()
