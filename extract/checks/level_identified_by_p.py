"""Check: the p value agrees with the interval at its level.

If not, which usual level would (REVIEW_METHODS 3, check 2).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from extract.checks.findings import (
    USUAL_LEVELS,
    CheckInput,
    Finding,
    complete_interval,
    half_unit,
    upper_tail,
    z_of_level,
)
from extract.checks.p_values import PrintedP, read_p

IDENTIFIED: Final = "level-identified-by-p"
CONTRADICTED: Final = "interval-contradicts-p"
SIGNIFICANCE: Final = "p-against-interval"
#: A log-rank p and a Wald interval of the same data differ; z values this far apart are not that difference.
FAR_APART_Z: Final = 0.5


def check(value: CheckInput) -> Iterator[Finding]:
    """Fire when the printed p does not follow from the interval at its stated level.

    For each usual level the standard error is ``ln(high/low) / (2 z)`` and p follows from ``|ln estimate| /
    se``; a
    level *fits* if some values within the rounding of all printed numbers give the printed p. E2108 (HR 1.11,
    0.82-1.52, p 0.57): 90 % gives 0.578, 95 % gives 0.507.
    """
    printed = complete_interval(value)
    p = read_p(value)
    if printed is None or p is None or value.interval_sided == "one":
        return
    stated = value.ci_level
    if stated is not None and _fits(p, _p_range(printed, stated, p.sides)):
        return
    ranges = {level: _p_range(printed, level, p.sides) for level in _levels(value)}
    fitting = [level for level, bounds in ranges.items() if _fits(p, bounds)]
    if fitting and (stated is None or len(fitting) < len(ranges)):
        others = " or ".join(f"{level:g} %" for level in fitting)
        said = "no level is stated" if stated is None else f"{stated:g} % is stated"
        if stated is not None or len(fitting) == 1:
            yield Finding(
                IDENTIFIED,
                "warning",
                f"the p value {value.p_value} fits a {others} interval; {said}: ask for the level before pooling",
            )
        return
    if stated is not None and _far(p, printed, stated):
        low, high = ranges[stated]
        yield Finding(
            CONTRADICTED,
            "warning",
            f"the {stated:g} % interval gives p between {low:.2g} and {high:.2g}, printed is "
            f"{value.p_value}; "
            "another test, another model or a misprint",
        )
    yield from _significance(value, printed, p)


def _levels(value: CheckInput) -> tuple[float, ...]:
    """Return the levels to try: the stated one first."""
    stated = () if value.ci_level is None else (value.ci_level,)
    return stated + tuple(level for level in USUAL_LEVELS if level not in stated)


def _p_range(printed: tuple[float, float, float], level: float, sides: int) -> tuple[float, float]:
    """Return the smallest and largest p that numbers within rounding of the printed ones can give."""
    estimate, low, high = printed
    half = half_unit(estimate, low, high)
    z = z_of_level(level)
    widest = math.log((high + half) / max(low - half, 1e-6)) / (2 * z)
    narrowest = max(math.log(max((high - half) / (low + half), 1.0 + 1e-9)) / (2 * z), 1e-9)
    upper, lower = abs(math.log(estimate + half)), abs(math.log(max(estimate - half, 1e-6)))
    nearest = 0.0 if (estimate - half) <= 1 <= (estimate + half) else min(upper, lower)
    return sides * upper_tail(max(upper, lower) / narrowest), min(sides * upper_tail(nearest / widest), 1.0)


def _fits(p: PrintedP, bounds: tuple[float, float]) -> bool:
    """Tell whether a printed p is possible."""
    low, high = bounds
    if p.bound == "<":
        return low < p.value
    if p.bound == ">":
        return high > p.value
    if p.sides == 1 and p.value > 0.5:  # one-sided in the other direction
        low, high = 1 - high, 1 - low
    return low - p.half_unit <= p.value <= high + p.half_unit


def _far(p: PrintedP, printed: tuple[float, float, float], level: float) -> bool:
    """Tell whether p and interval differ by more than two usual tests of the same data do."""
    low, high = _p_range(printed, level, 2)
    two_sided = min(max(p.value * (2 if p.sides == 1 else 1), 1e-12), 1.0)
    z_p = z_of_level(100 * (1 - two_sided)) if two_sided < 1 else 0.0
    z_low = z_of_level(100 * (1 - min(max(high, 1e-12), 1 - 1e-9)))
    z_high = z_of_level(100 * (1 - min(max(low, 1e-12), 1 - 1e-9)))
    if p.bound == "<":
        return z_high < z_p - FAR_APART_Z
    return z_p < z_low - FAR_APART_Z or z_p > z_high + FAR_APART_Z


def _significance(value: CheckInput, printed: tuple[float, float, float], p: PrintedP) -> Iterator[Finding]:
    """Fire when p says significant and the interval does not, or the reverse."""
    _, low, high = printed
    if value.ci_level is None or p.bound == ">":
        return
    alpha = (1 - value.ci_level / 100) / (2 if p.sides == 1 else 1)
    half = half_unit(low, high)
    excludes = low - half > 1 or high + half < 1
    includes = low + half < 1 < high - half
    if (p.value + p.half_unit < alpha and includes) or (p.bound == "" and p.value - p.half_unit > alpha and excludes):
        yield Finding(
            SIGNIFICANCE,
            "warning",
            f"p {value.p_value} and the {value.ci_level:g} % interval {low:g}-{high:g} disagree about significance",
        )
