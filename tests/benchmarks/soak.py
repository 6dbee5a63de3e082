"""A year of nights in fast forward, disturbed, against an undisturbed one: ``python -m tests.benchmarks.soak``.

Prints the cost of the nights over the year and compares how the two ended: the curated table, the decisions, the
pooled results and the site must be the same.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.nights import rehearsal
from tests.soak.ends import differences
from tests.soak.world import synthetic_records, write_world
from tests.soak.year import Disturbances, Figures, run_year

YEARS = ("calm", "disturbed")
COMPARED = ("cpu_seconds", "night_megabytes", "queue_megabytes", "database_megabytes", "site_megabytes")
SHOWN_EVERY = 10
"""Nights from one printed line to the next."""


def main() -> int:
    """Run both years, each in a process of its own; exit code 1 when they ended differently."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--folder", type=Path, default=None, help="keep the states here")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--year", choices=YEARS, default=None, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.year is not None:
        one_year(asked.folder, asked.year, nights=asked.nights, seed=asked.seed)
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        return compare((asked.folder or Path(temporary)).absolute(), nights=asked.nights, seed=asked.seed)


def compare(folder: Path, *, nights: int, seed: int) -> int:
    """Run the two years at once, print their figures and what differs in the end."""
    write_world(folder / "archive", synthetic_records(nights))
    same = [sys.executable, "-m", "tests.benchmarks.soak", "--folder", str(folder), "--nights", str(nights)]
    years = [subprocess.Popen([*same, "--seed", str(seed), "--year", name]) for name in YEARS]
    codes = [year.wait() for year in years]
    if any(codes):
        say("a year did not reach its end")
        return 1
    for name in YEARS:
        summarise(name, json.loads((folder / f"{name}.json").read_text(encoding="utf-8")))
    different = differences(*(rehearsal(folder / name) for name in YEARS))
    say(f"differences between the two ends: {different or 'none'}")
    return int(bool(different))


def one_year(folder: Path, name: str, *, nights: int, seed: int) -> None:
    """Run one year, print some of its nights and keep the figures of all."""
    began, seen = time.monotonic(), list[Figures]()

    def told(figures: Figures) -> None:
        if len(seen) % SHOWN_EVERY == 0:
            show(name, figures, time.monotonic() - began)
        seen.append(figures)

    records = synthetic_records(nights)
    run_year(
        rehearsal(folder / name),
        folder / "archive",
        records,
        days=nights,
        disturbed=Disturbances() if name == "disturbed" else None,
        seed=seed,
        told=told,
    )
    kept = [{**asdict(figures), "night": figures.night.isoformat()} for figures in seen]
    (folder / f"{name}.json").write_text(json.dumps(kept, indent=0), encoding="utf-8")


def show(name: str, figures: Figures, seconds: float) -> None:
    """Print one line about a night."""
    say(
        f"{name:<9} {figures.night} after {seconds:6.0f} s: {figures.runs} run(s), night "
        f"{figures.cpu_seconds:5.2f} s CPU {figures.night_megabytes:4.0f} MB, queue {figures.queue_megabytes:4.0f} MB, "
        f"database {figures.database_megabytes:6.2f} MB, archive {figures.archive_megabytes:6.2f} MB, "
        f"site {figures.site_megabytes:6.2f} MB"
    )


def summarise(name: str, figures: list[dict[str, Any]]) -> None:
    """Print how the first and the last tenth of the year compare."""
    tenth = max(1, len(figures) // 10)
    runs, kills, decided = (sum(f[what] for f in figures) for what in ("runs", "kills", "decisions"))
    say(f"{name}: {len(figures)} nights, {runs} runs, {kills} kills, {decided} decisions through the API")
    for what in COMPARED:
        first, last = (statistics.median(f[what] for f in part) for part in (figures[1 : 1 + tenth], figures[-tenth:]))
        say(f"  {what:<19} median of the first tenth {first:8.2f}, of the last {last:8.2f}")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
