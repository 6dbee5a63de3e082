"""The two years of a soak, undisturbed and disturbed, side by side, and how their figures move."""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from tests.nights import rehearsal
from tests.soak.world import Synthetic
from tests.soak.year import Disturbances, Figures, run_year, warm

YearName = Literal["calm", "disturbed"]
YEARS: tuple[YearName, ...] = ("calm", "disturbed")
Told = Callable[[YearName, Figures, float], None]


@dataclass(frozen=True)
class Soak:
    """What is run: the nights of an archive, in a folder that holds the states and figures of both years."""

    folder: Path
    archive: Path
    records: dict[str, Synthetic]
    nights: int
    disturbances: Disturbances
    seed: int = 1
    told: Told | None = None


def run_years(soak: Soak) -> dict[YearName, list[dict[str, Any]]]:
    """Run both years at once; return the figures of each night.

    They begin in one new process, so that their memory is that of nights and not of whoever asks.
    """
    process = multiprocessing.get_context("spawn").Process(target=_both, args=(soak,))
    process.start()
    process.join()
    if process.exitcode != 0:
        raise AssertionError("a year did not reach its end")
    return {name: json.loads(_figures(soak, name).read_text(encoding="utf-8")) for name in YEARS}


def growth(figures: Sequence[dict[str, Any]], what: str, *, share: float = 0.1) -> tuple[float, float]:
    """Return the median of a figure over the first nights (but the very first) and over the last ones."""
    part = max(1, int(len(figures) * share))
    first, last = (statistics.median(f[what] for f in some) for some in (figures[1 : 1 + part], figures[-part:]))
    return first, last


def _both(soak: Soak) -> None:
    warm(soak.archive)
    children = []
    for name in YEARS:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                _one(soak, name)
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    statuses = [os.waitpid(child, 0)[1] for child in children]
    os._exit(int(any(statuses)))


def _one(soak: Soak, name: YearName) -> None:
    """Run one year and keep its figures."""
    began, seen = time.monotonic(), list[Figures]()

    def told(figures: Figures) -> None:
        seen.append(figures)
        if soak.told is not None:
            soak.told(name, figures, time.monotonic() - began)

    run_year(
        rehearsal(soak.folder / name),
        soak.archive,
        soak.records,
        days=soak.nights,
        disturbed=soak.disturbances if name == "disturbed" else None,
        seed=soak.seed,
        told=told,
    )
    kept = [{**asdict(figures), "night": figures.night.isoformat()} for figures in seen]
    _figures(soak, name).write_text(json.dumps(kept, indent=0), encoding="utf-8")


def _figures(soak: Soak, name: YearName) -> Path:
    return soak.folder / f"{name}.json"
