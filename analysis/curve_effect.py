"""A hazard ratio from survival read off two curves, without individual data.

The route between printed figures and full reconstruction: survival at a few times with the numbers at risk below the
curve (Williamson et al. 2002, Stat Med 21:3337), or with none printed, from accrual and follow-up (Parmar, Torri &
Stewart 1998, Stat Med 17:2815). ``analysis.reconstruction`` does better where the curve is digitised finely.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from analysis.effect_size import LogHazardRatio
from analysis.errors import InputError, NotEstimable
from analysis.inputs import FloatArray, as_column


def log_hr_from_curves(
    survival_treated: ArrayLike, survival_control: ArrayLike, *, at_risk_treated: ArrayLike, at_risk_control: ArrayLike
) -> LogHazardRatio:
    """Return the log hazard ratio from survival and numbers at risk at the same times (Williamson 2002).

    Parameters
    ----------
    survival_treated, survival_control
        (m,) survival at the times of the table, the first 1 at time 0.
    at_risk_treated, at_risk_control
        (m,) numbers at risk at the same times.

    Notes
    -----
    Within an interval people are censored evenly: deaths ``D = (R0 + R1) (S0 - S1) / (S0 + S1)`` of ``R0 - C / 2`` at
    risk. Where the papers divide risks, which pulls the ratio towards 1 in wide intervals, the ratio here is that of
    the cumulative hazards ``-ln(1 - D / R)``. Interval ratios are pooled by inverse variance; an interval without an
    event in one arm is joined with the next.
    """
    arms = [
        _arm(survival, at_risk, name)
        for survival, at_risk, name in (
            (survival_treated, at_risk_treated, "treated"),
            (survival_control, at_risk_control, "control"),
        )
    ]
    if arms[0][0].size != arms[1][0].size:
        raise InputError("the arms have different numbers of times: read both curves at the same times")
    deaths, exposed = zip(*(_intervals(s, r) for s, r in arms), strict=True)
    return _pool(deaths, exposed, "curves_with_numbers_at_risk", "even censoring between the times of the table")


def log_hr_from_curves_and_follow_up(
    times: ArrayLike,
    survival_treated: ArrayLike,
    survival_control: ArrayLike,
    *,
    n_treated: float,
    n_control: float,
    follow_up_min: float,
    follow_up_max: float,
) -> LogHazardRatio:
    """Return the log hazard ratio from two curves when no numbers at risk are printed (Parmar 1998).

    Censoring is taken as even between the shortest and the longest follow-up.

    Parameters
    ----------
    times
        (m,) times ascending from 0, in the unit of the follow-up.
    survival_treated, survival_control
        (m,) survival at these times, the first 1.
    n_treated, n_control
        Participants of the arms.
    follow_up_min, follow_up_max
        Shortest and longest follow-up of those alive.
    """
    t = as_column(times, "times")
    if t.size < 2 or t[0] != 0.0 or (np.diff(t) <= 0.0).any():
        raise InputError("times must ascend from 0")
    if not 0.0 <= follow_up_min < follow_up_max:
        raise InputError(f"follow-up from {follow_up_min!r} to {follow_up_max!r}: give shortest below longest")
    deaths, exposed = [], []
    for survival, n, name in ((survival_treated, n_treated, "treated"), (survival_control, n_control, "control")):
        s = _survival(survival, name)
        if s.size != t.size:
            raise InputError(f"survival_{name} has {s.size} values for {t.size} times: give one a time")
        if not (math.isfinite(n) and n > 0.0):
            raise InputError(f"n_{name} is {n!r}: give the number of participants")
        d, r = _parmar(t, s, n, follow_up_min, follow_up_max)
        deaths.append(d)
        exposed.append(r)
    return _pool(tuple(deaths), tuple(exposed), "curves_with_follow_up", "even censoring between the follow-up times")


def _parmar(t: FloatArray, s: FloatArray, n: float, shortest: float, longest: float) -> tuple[FloatArray, FloatArray]:
    """Return deaths and numbers effectively at risk in each interval (Parmar 1998, section 4)."""
    at_risk, deaths, exposed = n, [], []
    for start, end, s0, s1 in zip(t[:-1], t[1:], s[:-1], s[1:], strict=True):
        # Share of those at risk at the start that is censored inside, followed between shortest and longest.
        censored = 0.0
        if end > shortest and start < longest:
            first = max(start, shortest)
            reach = min(end, longest) - first
            censored = at_risk * 0.5 * reach / (longest - start) if longest > start else 0.0
        effective = at_risk - censored
        died = effective * (1.0 - s1 / s0) if s0 > 0.0 else 0.0
        deaths.append(died)
        exposed.append(effective)
        at_risk = max(at_risk - died - 2.0 * censored, 0.0)
    return np.array(deaths), np.array(exposed)


def _survival(values: ArrayLike, name: str) -> FloatArray:
    s = as_column(values, f"survival_{name}")
    bad = np.flatnonzero(~((s >= 0.0) & (s <= 1.0)))
    if bad.size:
        raise InputError(f"row {bad[0] + 1}: survival_{name} is {s[bad[0]]:g}: give a share between 0 and 1")
    if s.size < 2 or s[0] != 1.0 or (np.diff(s) > 0.0).any():
        raise InputError(f"survival_{name} must start at 1 and never rise")
    return s


def _arm(survival: ArrayLike, at_risk: ArrayLike, name: str) -> tuple[FloatArray, FloatArray]:
    s, r = _survival(survival, name), as_column(at_risk, f"at_risk_{name}")
    if r.size != s.size:
        raise InputError(f"at_risk_{name} has {r.size} values for {s.size} of survival: give one a time")
    if not (np.isfinite(r).all() and r[0] > 0.0 and (r >= 0.0).all() and (np.diff(r) <= 0.0).all()):
        raise InputError(f"at_risk_{name} must start above 0 and never rise: check the table")
    return s, r


def _intervals(s: FloatArray, r: FloatArray) -> tuple[FloatArray, FloatArray]:
    total = s[:-1] + s[1:]
    deaths = np.divide((r[:-1] + r[1:]) * (s[:-1] - s[1:]), total, out=np.zeros(s.size - 1), where=total > 0.0)
    deaths = np.minimum(deaths, r[:-1] - r[1:])
    censored = r[:-1] - r[1:] - deaths
    return deaths, r[:-1] - 0.5 * censored


def _pool(
    deaths: tuple[FloatArray, ...], exposed: tuple[FloatArray, ...], route: str, approximation: str
) -> LogHazardRatio:
    """Pool the interval log hazard ratios by inverse variance."""
    weights = weighted = 0.0
    held = [0.0, 0.0]
    risk = [0.0, 0.0]
    for d1, d0, r1, r0 in zip(*deaths, *exposed, strict=True):
        if held == [0.0, 0.0]:
            risk = [float(r1), float(r0)]
        held = [held[0] + float(d1), held[1] + float(d0)]
        if min(held) <= 0.0 or min(risk) <= 0.0:
            continue
        if held[0] < risk[0] and held[1] < risk[1]:
            one, other = (_log_cumulative_hazard(d, r) for d, r in zip(held, risk, strict=True))
            weight = 1.0 / (one[1] + other[1])
            weights += weight
            weighted += weight * (one[0] - other[0])
        held = [0.0, 0.0]
    if weights == 0.0:
        raise NotEstimable("no interval has events in both arms: read the curves further or at wider times")
    return LogHazardRatio(weighted / weights, math.sqrt(1.0 / weights), route, approximation)


def _log_cumulative_hazard(deaths: float, at_risk: float) -> tuple[float, float]:
    """Return ``ln(-ln(1 - q))`` of one arm's interval and its variance ``q / (R (1 - q) ln(1 - q)^2)``."""
    q = deaths / at_risk
    hazard = -math.log1p(-q)
    return math.log(hazard), q / (at_risk * (1.0 - q) * hazard * hazard)
