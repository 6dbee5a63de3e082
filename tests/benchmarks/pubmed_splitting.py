"""A million synthetic ids through date splitting: requests made, beside the fewest an oracle would need.

Run ``python -m tests.benchmarks.pubmed_splitting``. The oracle knows every day's count and fills windows of whole
days greedily. "All" adds the efetch requests (200 records each) that follow either way.
"""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Callable

from extract.pubmed.query import split_by_date
from tests.extract.pubmed.test_query import FIRST, Calendar, assert_covers, growing, seasonal

IDS = 1_000_000


def spiky(day: dt.date) -> float:
    """As :func:`growing`, with forty days' records on New Year's Day and six on the first of a month."""
    return growing(day) * (40.0 if (day.month, day.day) == (1, 1) else 6.0 if day.day == 1 else 1.0)


def measured(weight: Callable[[dt.date], float], *, seed: int) -> tuple[int, int]:
    """Return requests made and fewest possible."""
    days = (dt.date(2026, 11, 23) - FIRST).days + 1
    weights = [weight(FIRST + dt.timedelta(days=number)) for number in range(days)]
    counts = [0] * days
    for day in random.Random(seed).choices(range(days), weights=weights, k=IDS):
        counts[day] += 1
    calendar = Calendar(counts)
    assert_covers(calendar, list(split_by_date(calendar.window, calendar.count)))
    return calendar.requests, calendar.fewest_windows()


def main() -> None:
    fetches = math.ceil(IDS / 200)
    shapes: tuple[tuple[str, Callable[[dt.date], float]], ...] = (
        ("even", lambda day: 1.0),
        ("growing, week-ends", growing),
        ("and seasonal", seasonal),
        ("growing with spikes", spiky),
    )
    for name, weight in shapes:
        for seed in (1, 2, 3):
            made, fewest = measured(weight, seed=seed)
            everything = (made + fetches) / (fewest + fetches)
            print(f"{name:20} {made:4} searches, fewest {fewest:4} ({made / fewest:.2f}); all {everything:.3f}")


if __name__ == "__main__":
    main()
