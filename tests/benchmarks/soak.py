"""A year of nights in fast forward, disturbed, against an undisturbed one: ``python -m tests.benchmarks.soak``.

Prints the cost of the nights over the year and compares how the two ended: the curated table, the decisions, the
pooled results and the site must be the same.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.nights import rehearsal
from tests.soak.ends import differences
from tests.soak.world import FIRST, synthetic_records, write_world
from tests.soak.year import Disturbances, Figures
from tests.soak.years import YEARS, Soak, YearName, growth, run_years

COMPARED = (
    "cpu_seconds",
    "requests",
    "night_megabytes",
    "queue_megabytes",
    "database_megabytes",
    "archive_megabytes",
    "site_megabytes",
    "versions",
)
SHOWN_EVERY = 10
"""Nights from one printed line to the next."""


def main() -> int:
    """Run both years; exit code 1 when they ended differently."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--folder", type=Path, default=None, help="keep the states here")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        return compare((asked.folder or Path(temporary)).absolute(), nights=asked.nights, seed=asked.seed)


def compare(folder: Path, *, nights: int, seed: int) -> int:
    """Run the two years at once, print their figures and what differs in the end."""
    records = synthetic_records(nights)
    archive = write_world(folder / "archive", records)
    for name, figures in run_years(Soak(folder, archive, records, nights, Disturbances(), seed, show)).items():
        summarise(name, figures)
    different = differences(*(rehearsal(folder / name) for name in YEARS))
    say(f"differences between the two ends: {different or 'none'}")
    return int(bool(different))


def show(name: YearName, figures: Figures, seconds: float) -> None:
    """Print one line about some of the nights."""
    if (figures.night - FIRST).days % SHOWN_EVERY:
        return
    say(
        f"{name:<9} {figures.night} after {seconds:6.0f} s: {figures.runs} run(s), night "
        f"{figures.cpu_seconds:5.2f} s CPU {figures.night_megabytes:4.0f} MB, queue {figures.queue_megabytes:4.0f} MB, "
        f"database {figures.database_megabytes:6.2f} MB, archive {figures.archive_megabytes:6.2f} MB, "
        f"site {figures.site_megabytes:6.2f} MB, {figures.versions} versions"
    )


def summarise(name: str, figures: list[dict[str, Any]]) -> None:
    """Print how the first and the last tenth of the year compare."""
    runs, kills, decided = (sum(f[what] for f in figures) for what in ("runs", "kills", "decisions"))
    say(f"{name}: {len(figures)} nights, {runs} runs, {kills} kills, {decided} decisions through the API")
    for what in COMPARED:
        first, last = growth(figures, what)
        say(f"  {what:<19} median of the first tenth {first:8.2f}, of the last {last:8.2f}")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
