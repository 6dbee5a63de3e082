"""Checks: limits in order, estimate between them, ratio positive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from extract.checks.findings import CheckInput, Finding, half_unit, is_ratio

REVERSED: Final = "limits-reversed"
OUTSIDE: Final = "estimate-outside-interval"
NOT_POSITIVE: Final = "ratio-not-positive"


def check(value: CheckInput) -> Iterator[Finding]:
    """Fire when an interval cannot be true as printed.

    These are errors, never cleared without another reading.
    """
    numbers = [number for number in (value.estimate, value.ci_low, value.ci_high) if number is not None]
    if is_ratio(value) and any(number < 0 for number in numbers):
        yield Finding(
            NOT_POSITIVE,
            "error",
            f"a ratio cannot be negative; read {numbers}: check for a dash read as minus",
        )
    low, high, estimate = value.ci_low, value.ci_high, value.estimate
    if low is not None and high is not None and low > high:
        yield Finding(
            REVERSED,
            "error",
            f"the lower limit {low:g} is above the upper limit {high:g}; look for a missing sign",
        )
        return
    if estimate is None:
        return
    half = half_unit(*numbers)
    if (low is not None and estimate < low - half) or (high is not None and estimate > high + half):
        yield Finding(
            OUTSIDE,
            "error",
            f"the estimate {estimate:g} lies outside its interval {low if low is not None else '...'} to "
            f"{high if high is not None else '...'}; one of the three numbers is wrong or belongs to "
            f"another result",
        )
