"""Log hazard ratios and their standard errors from what a report prints.

The hierarchy runs from what needs no assumption (hazard ratio with interval) to what needs several (p value
and events): Parmar 1998 (Stat Med 17:2815), Williamson 2002 (Stat Med 21:3337), Tierney 2007 (Trials 8:16).
Every result names its route, and the approximation it rests on, so that a page can show how a number came
about. This module imports nothing but the standard library and ``scipy.special``: extraction uses it too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from analysis.distributions import critical_value
from analysis.errors import InputError
from analysis.inputs import checked_level


@dataclass(frozen=True)
class LogHazardRatio:
    """A log hazard ratio with its standard error and how both were obtained.

    Attributes
    ----------
    log_hr
        Natural logarithm of the hazard ratio.
    se_log_hr
        Its standard error, above 0.
    route
        Name of the derivation, e.g. ``"interval"``.
    approximation
        What the derivation assumes beyond the printed figures, or None.
    """

    log_hr: float
    se_log_hr: float
    route: str
    approximation: str | None


def log_hr_from_interval(hr: float, *, ci_low: float, ci_high: float, ci_level: float) -> LogHazardRatio:
    """Return the log hazard ratio of a printed ratio and interval, at the level the report states.

    The standard error is ``(ln ci_high - ln ci_low) / (2 z)`` with z at the stated level: a 90 % interval
    read as 95 % makes it 16 % too small (Tierney 2007, equation 7).

    Parameters
    ----------
    hr
        Hazard ratio, above 0.
    ci_low, ci_high
        Limits on the ratio scale, above 0, ``ci_low < ci_high``, with ``hr`` between them.
    ci_level
        Confidence level in percent as stated (90.0, 95.0); never assumed.

    Raises
    ------
    InputError
        A ratio or limit not above 0, limits in the wrong order, ``hr`` outside them, or a level outside (0,
        100).
    """
    level = checked_level(ci_level, "ci_level")
    hr, ci_low, ci_high = (
        positive(value, name) for value, name in ((hr, "hr"), (ci_low, "ci_low"), (ci_high, "ci_high"))
    )
    if ci_low >= ci_high:
        raise InputError(
            f"ci_low is {ci_low:g} and ci_high is {ci_high:g}: the lower limit comes first; "
            "swap them or check the print"
        )
    if not ci_low <= hr <= ci_high:
        raise InputError(
            f"hr {hr:g} lies outside its interval {ci_low:g}-{ci_high:g}: check the three numbers against the report"
        )
    se = (math.log(ci_high) - math.log(ci_low)) / (2.0 * critical_value(level))
    return LogHazardRatio(math.log(hr), se, "interval", None)


def invert(effect: LogHazardRatio) -> LogHazardRatio:
    """Return the effect with numerator and denominator exchanged: only the sign of the log changes."""
    return replace(effect, log_hr=-effect.log_hr)


def interval(log_hr: float, se: float, *, level: float) -> tuple[float, float, float]:
    """Return ``(hr, low, high)`` on the ratio scale at ``level`` percent, from the normal approximation."""
    half = critical_value(checked_level(level)) * positive(se, "se")
    centre = finite(log_hr, "log_hr")
    return math.exp(centre), math.exp(centre - half), math.exp(centre + half)


def finite(value: float, name: str) -> float:
    """Return ``value`` as a finite float, or say what was given instead."""
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} is {value!r}: give a number") from error
    if not math.isfinite(number):
        raise InputError(f"{name} is {number}: give a finite number")
    return number


def positive(value: float, name: str) -> float:
    """Return ``value`` as a finite float above 0, or say what was given instead."""
    number = finite(value, name)
    if number <= 0.0:
        raise InputError(f"{name} is {number:g}: it must be above 0; check the report")
    return number
