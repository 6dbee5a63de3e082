"""Survival data of two arms: Kaplan-Meier, log-rank, Cox, restricted mean survival time.

Made for reconstructed individual data, so small and without covariates. References: Kaplan & Meier 1958; Greenwood
1926; Mantel 1966; Cox 1972 with Efron 1977 for ties; Royston & Parmar 2013, BMC Med Res Methodol 13:152 (RMST).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.distributions import critical_value
from analysis.effect_size import LogHazardRatio
from analysis.errors import InputError, NotEstimable
from analysis.inputs import FloatArray, as_column, checked_level


@dataclass(frozen=True)
class SurvivalCurve:
    """A Kaplan-Meier curve: at each event time the number at risk, events, survival and its Greenwood error."""

    time: tuple[float, ...]
    at_risk: tuple[float, ...]
    events: tuple[float, ...]
    survival: tuple[float, ...]
    se: tuple[float, ...]

    def at(self, time: float) -> tuple[float, float]:
        """Return survival and its standard error just after ``time`` (the curve is a step function)."""
        index = int(np.searchsorted(self.time, time, side="right")) - 1
        return (1.0, 0.0) if index < 0 else (self.survival[index], self.se[index])


@dataclass(frozen=True)
class LogRank:
    """Observed minus expected events of the treated arm, its variance, chi-squared, and Peto's log hazard ratio."""

    o_minus_e: float
    variance: float
    chi2: float
    effect: LogHazardRatio


@dataclass(frozen=True)
class RestrictedMean:
    """Mean survival time up to ``horizon`` and its standard error, in the unit of the times."""

    mean: float
    se: float
    horizon: float


def checked_follow_up(time: ArrayLike, event: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return times (above or at 0) and events (0 or 1) as columns, or say which row is wrong."""
    t, d = as_column(time, "time"), as_column(event, "event")
    if t.size != d.size or t.size == 0:
        raise InputError(f"time has {t.size} values and event {d.size}: give one event indicator for each time")
    bad = np.flatnonzero(~(np.isfinite(t) & (t >= 0.0)))
    if bad.size:
        raise InputError(f"row {bad[0] + 1}: time is {t[bad[0]]:g}: give a finite time, not below 0")
    wrong = np.flatnonzero(~np.isin(d, (0.0, 1.0)))
    if wrong.size:
        raise InputError(f"row {wrong[0] + 1}: event is {d[wrong[0]]:g}: give 1 for an event, 0 for censoring")
    return t, d


def kaplan_meier(time: ArrayLike, event: ArrayLike) -> SurvivalCurve:
    """Return the Kaplan-Meier curve with Greenwood's errors.

    Parameters
    ----------
    time, event
        (n,) follow-up times and indicators (1 event, 0 censored).
    """
    t, d = checked_follow_up(time, event)
    times = np.unique(t[d == 1.0])
    at_risk = (t[None, :] >= times[:, None]).sum(axis=1).astype(float)
    events = ((t[None, :] == times[:, None]) & (d == 1.0)).sum(axis=1).astype(float)
    survival = np.cumprod(1.0 - events / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(at_risk > events, events / (at_risk * (at_risk - events)), 0.0)
    se = survival * np.sqrt(np.cumsum(terms))
    return SurvivalCurve(*(tuple(column.tolist()) for column in (times, at_risk, events, survival, se)))


def log_rank(time: ArrayLike, event: ArrayLike, treated: ArrayLike) -> LogRank:
    """Return the log-rank test of the treated arm against the other.

    Parameters
    ----------
    time, event
        (n,) follow-up times and indicators.
    treated
        (n,) 1 for the treated arm, 0 for the control arm.
    """
    t, d = checked_follow_up(time, event)
    x = as_column(treated, "treated")
    times = np.unique(t[d == 1.0])
    risk = t[None, :] >= times[:, None]
    dying = (t[None, :] == times[:, None]) & (d == 1.0)
    n, n1 = risk.sum(axis=1).astype(float), (risk & (x == 1.0)).sum(axis=1).astype(float)
    o, o1 = dying.sum(axis=1).astype(float), (dying & (x == 1.0)).sum(axis=1).astype(float)
    share = n1 / n
    spread = np.where(n > 1.0, o * share * (1.0 - share) * (n - o) / np.maximum(n - 1.0, 1.0), 0.0)
    oe, v = float((o1 - o * share).sum()), float(spread.sum())
    if v <= 0.0:
        raise NotEstimable("no event while both arms were at risk: the arms cannot be compared")
    return LogRank(oe, v, oe * oe / v, LogHazardRatio(oe / v, 1.0 / math.sqrt(v), "log_rank", "Peto's one step"))


def cox_two_arms(time: ArrayLike, event: ArrayLike, treated: ArrayLike) -> LogHazardRatio:
    """Return the Cox log hazard ratio of treated over control, ties by Efron.

    Raises
    ------
    NotEstimable
        An arm without events (the partial likelihood has no maximum).
    """
    t, d = checked_follow_up(time, event)
    x = as_column(treated, "treated")
    if min((d * x).sum(), (d * (1.0 - x)).sum()) == 0.0:
        raise NotEstimable("an arm has no event: the hazard ratio is 0 or infinite; use the log-rank test")
    times = np.unique(t[d == 1.0])
    risk = t[None, :] >= times[:, None]
    dying = (t[None, :] == times[:, None]) & (d == 1.0)
    # One row for each event in Efron's order: the l-th of m tied events takes l / m of the tied out of the risk set.
    m = dying.sum(axis=1)
    rows = np.repeat(np.arange(times.size), m)
    share = (np.arange(rows.size) - np.repeat(np.cumsum(m) - m, m)) / m[rows]
    n1, n0 = (risk @ x)[rows], (risk @ (1.0 - x))[rows]
    d1, d0 = (dying @ x)[rows], (dying @ (1.0 - x))[rows]
    a1, a0 = n1 - share * d1, n0 - share * d0
    observed, beta = float((dying @ x).sum()), 0.0
    for _ in range(50):
        risk1 = a1 * math.exp(beta)
        q = risk1 / (risk1 + a0)
        information = float((q * (1.0 - q)).sum())
        step = (observed - float(q.sum())) / information
        beta += math.copysign(min(abs(step), 1.0), step)
        if abs(step) < 1e-12:
            break
    return LogHazardRatio(beta, 1.0 / math.sqrt(information), "cox", "ties by Efron")


def restricted_mean(time: ArrayLike, event: ArrayLike, *, horizon: float) -> RestrictedMean:
    """Return the area under the Kaplan-Meier curve up to ``horizon``.

    The variance sums, over event times, the squared remaining area times ``d / (n (n - d))``.

    Raises
    ------
    InputError
        A horizon not above 0 or beyond the last follow-up time.
    """
    t, _ = checked_follow_up(time, event)
    if not (math.isfinite(horizon) and 0.0 < horizon <= float(t.max())):
        raise InputError(
            f"horizon is {horizon!r} and follow-up ends at {float(t.max()):g}: take a time both arms reach"
        )
    curve = kaplan_meier(time, event)
    times = np.asarray(curve.time)
    kept = times <= horizon
    edges = np.concatenate([[0.0], times[kept], [horizon]])
    heights = np.concatenate([[1.0], np.asarray(curve.survival)[kept]])
    areas = np.diff(edges) * heights
    remaining = np.cumsum(areas[::-1])[::-1][1:]
    n, d = np.asarray(curve.at_risk)[kept], np.asarray(curve.events)[kept]
    terms = np.where(n > d, d / np.maximum(n * (n - d), 1e-300), 0.0)
    return RestrictedMean(float(areas.sum()), math.sqrt(float((remaining**2 * terms).sum())), horizon)


@dataclass(frozen=True)
class Difference:
    """A difference treated minus control with its normal interval."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float


def rmst_difference(
    time: ArrayLike, event: ArrayLike, treated: ArrayLike, *, horizon: float, level: float = 95.0
) -> Difference:
    """Return the difference in restricted mean survival time, treated minus control."""
    t, d = checked_follow_up(time, event)
    x = as_column(treated, "treated")
    one = restricted_mean(t[x == 1.0], d[x == 1.0], horizon=horizon)
    other = restricted_mean(t[x == 0.0], d[x == 0.0], horizon=horizon)
    se = math.hypot(one.se, other.se)
    half = critical_value(checked_level(level)) * se
    difference = one.mean - other.mean
    return Difference(difference, se, difference - half, difference + half)
