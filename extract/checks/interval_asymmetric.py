"""Check: a ratio's interval is symmetric on the log scale (REVIEW_METHODS 3, check 1)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from extract.checks.findings import CheckInput, Finding, complete_interval, half_unit

CODE: Final = "interval-asymmetric"
#: Largest relative distance of the estimate from sqrt(low x high) after allowing for rounding
#: (REVIEW_METHODS 3.1).
TOLERANCE: Final = 0.02


def check(value: CheckInput) -> Iterator[Finding]:
    """Fire when sqrt(low x high) / estimate leaves 1 +- 0.02 for every value the rounding allows.

    Tan 2016 prints 0.557-0.625 around 0.566: the middle is 0.590, a misprint.
    """
    printed = complete_interval(value)
    if printed is None or value.interval_sided == "one":
        return
    estimate, low, high = printed
    half = half_unit(estimate, low, high)
    highest = math.sqrt((low + half) * (high + half)) / max(estimate - half, 1e-9)
    lowest = math.sqrt(max(low - half, 1e-9) * (high - half)) / (estimate + half)
    if highest < 1 - TOLERANCE or lowest > 1 + TOLERANCE:
        middle = math.sqrt(low * high)
        yield Finding(
            CODE,
            "warning",
            f"the estimate {estimate:g} is not the middle of {low:g}-{high:g} on the log scale "
            f"({middle:.3g}); "
            "look for a misprint, or note that the interval is not of the usual kind (profile, bootstrap)",
        )
