"""Log hazard ratios and their standard errors from what a report prints.

The hierarchy runs from what needs no assumption (hazard ratio with interval) to what needs several (p value
and events): Parmar 1998 (Stat Med 17:2815), Williamson 2002 (Stat Med 21:3337), Tierney 2007 (Trials 8:16).
Every result names its route, and the approximation it rests on, so that a page can show how a number came
about. This module needs the standard library only: extraction uses it too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from analysis.distributions import critical_value, normal_quantile
from analysis.errors import InputError
from analysis.options import checked_level


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


def log_hr_from_standard_error(log_hr: float, se_log_hr: float) -> LogHazardRatio:
    """Return a printed log hazard ratio with its printed standard error."""
    return LogHazardRatio(finite(log_hr, "log_hr"), positive(se_log_hr, "se_log_hr"), "log_hr_and_se", None)


def log_hr_from_p(hr: float, *, p: float, sided: int) -> LogHazardRatio:
    """Return the log hazard ratio of a printed ratio and p value: ``se = |ln hr| / z`` (Tierney 2007, equation 8).

    Parameters
    ----------
    hr
        Hazard ratio, above 0 and not 1 (a ratio of 1 says nothing about its error).
    p
        The exact p value, above 0 and below 1; never a limit such as "< 0.05".
    sided
        1 or 2, as the report states. A one-sided p above 0.5 contradicts the direction it was tested in.
    """
    log_hr = math.log(positive(hr, "hr"))
    z = _z_from_p(p, sided)
    if log_hr == 0.0 or z == 0.0:
        raise InputError(f"hr {hr:g} with p {p:g}: no standard error follows from a ratio of 1; look for an interval")
    return LogHazardRatio(log_hr, abs(log_hr / z), "hr_and_p", "the p value is that of a Wald or log-rank test")


def log_hr_from_oe(o_minus_e: float, *, variance: float) -> LogHazardRatio:
    """Return ``(O - E) / V`` with standard error ``V^-1/2`` from a log-rank test (Peto; Tierney 2007, equation 3)."""
    v = positive(variance, "variance")
    value = finite(o_minus_e, "o_minus_e") / v
    return LogHazardRatio(value, 1.0 / math.sqrt(v), "o_minus_e", "Peto's one step: close to the ratio near 1")


def log_hr_from_observed_expected(
    observed_treated: float, expected_treated: float, observed_control: float, expected_control: float
) -> LogHazardRatio:
    """Return the ratio of observed over expected of both arms, ``V = 1 / (1 / E_t + 1 / E_c)`` (Tierney 2007, eq 5)."""
    o_t, e_t = positive(observed_treated, "observed_treated"), positive(expected_treated, "expected_treated")
    o_c, e_c = positive(observed_control, "observed_control"), positive(expected_control, "expected_control")
    value = math.log(o_t / e_t) - math.log(o_c / e_c)
    return LogHazardRatio(value, math.sqrt(1.0 / e_t + 1.0 / e_c), "observed_expected", "ratio of O/E")


def log_hr_from_p_and_events(
    *,
    p: float,
    sided: int,
    favours_treatment: bool,
    events_treated: float | None = None,
    events_control: float | None = None,
    events: float | None = None,
    n_treated: float | None = None,
    n_control: float | None = None,
) -> LogHazardRatio:
    """Return the log hazard ratio from a log-rank p value and the numbers of events (Tierney 2007, equations 9 to 13).

    ``O - E = z sqrt(V)``. V is the best the figures allow: ``O_t O_c / O`` with events of both arms; else
    ``O n_t n_c / (n_t + n_c)^2`` with the total and the numbers allocated; else ``O / 4`` for equal allocation.

    Parameters
    ----------
    p, sided
        The exact p value and whether it is one- or two-sided.
    favours_treatment
        True when the treated arm does better: a two-sided p value has no direction.
    events_treated, events_control, events, n_treated, n_control
        What the report gives.

    Raises
    ------
    InputError
        No number of events at all, or a figure not above 0.
    """
    v, formula = _variance_from_events(events_treated, events_control, events, n_treated, n_control)
    z = abs(_z_from_p(p, sided)) * (-1.0 if favours_treatment else 1.0)
    return LogHazardRatio(z / math.sqrt(v), 1.0 / math.sqrt(v), "p_and_events", f"V from {formula}; log-rank test")


def _variance_from_events(
    treated: float | None, control: float | None, events: float | None, n_t: float | None, n_c: float | None
) -> tuple[float, str]:
    if treated is not None and control is not None:
        o_t, o_c = positive(treated, "events_treated"), positive(control, "events_control")
        return o_t * o_c / (o_t + o_c), "events of both arms"
    if events is None:
        raise InputError("no numbers of events: a p value alone gives no hazard ratio; give events or use an interval")
    total = positive(events, "events")
    if n_t is not None and n_c is not None:
        a, b = positive(n_t, "n_treated"), positive(n_c, "n_control")
        return total * a * b / (a + b) ** 2, "total events and allocation"
    return total / 4.0, "total events, equal allocation assumed"


def log_hr_from_medians(
    median_treated: float, median_control: float, *, events_treated: float, events_control: float
) -> LogHazardRatio:
    """Return ``ln(median_c / median_t)`` with ``se^2 = 1 / O_t + 1 / O_c``: exponential survival in both arms.

    The weakest route: curves that cross or flatten make it wrong by any amount.
    """
    ratio = positive(median_control, "median_control") / positive(median_treated, "median_treated")
    variance = 1.0 / positive(events_treated, "events_treated") + 1.0 / positive(events_control, "events_control")
    return LogHazardRatio(math.log(ratio), math.sqrt(variance), "medians", "exponential survival in both arms")


def _z_from_p(p: float, sided: int) -> float:
    if sided not in (1, 2):
        raise InputError(f"sided is {sided!r}: say 1 or 2, as the report states")
    value = finite(p, "p")
    if not 0.0 < value < 1.0:
        raise InputError(f"p is {value:g}: give the exact p value, above 0 and below 1 (not a limit such as < 0.05)")
    return normal_quantile(1.0 - value / sided)


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
