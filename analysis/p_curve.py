"""p-curve and fragility: how significant results would look without, and how few patients they rest on.

References: Simonsohn, Nelson & Simmons 2014, J Exp Psychol Gen 143:534, and 2015 (half curve, Stouffer); Walsh et al.
2014, J Clin Epidemiol 67:622 (fragility index).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.errors import InputError, NotEstimable
from analysis.inputs import FloatArray, checked_estimates

EPSILON = 2.2e-16
"""p values are kept this far from 0 and conditional ones from 1, as the published program does."""

LOW_POWER = 1.0 / 3.0
"""The flatness test asks whether the curve is flatter than studies of this power would make it."""

FISHER_SLACK = 1e-7
"""Relative slack with which a table counts as no likelier than the observed one."""


@dataclass(frozen=True)
class PCurveTest:
    """Binomial p, and Stouffer's z with its p for the full and the half curve (below 0.025; None when empty)."""

    p_binomial: float
    z_full: float
    p_full: float
    z_half: float | None
    p_half: float | None


@dataclass(frozen=True)
class PCurve:
    """Numbers of studies given, significant, and below 0.025; right-skewness and flatness tests; power estimate."""

    k: int
    significant: int
    below_025: int
    right_skew: PCurveTest
    flatness: PCurveTest
    power: float


def p_curve(yi: ArrayLike, vi: ArrayLike) -> PCurve:
    """Return the p-curve of the two-sided p values below 0.05.

    Assumes the significant results are independent and selected on significance only; heterogeneity biases the power.

    Raises
    ------
    NotEstimable
        No significant study.
    """
    y, v = checked_estimates(yi, vi)
    z = np.abs(y / np.sqrt(v))
    p = np.maximum(2.0 * special.ndtr(-z), EPSILON)
    chosen = p < 0.05
    if not chosen.any():
        raise NotEstimable("no study is significant at 0.05: there is no p-curve")
    z, p = z[chosen], p[chosen]
    below = int((p < 0.025).sum())
    n = int(z.size)
    skew = PCurveTest(float(special.bdtrc(below - 1, n, 0.5)) if below else 1.0, *_stouffer(p / 0.05), *_half(p))
    ncp = _ncp(LOW_POWER)
    share = float(1.0 - special.chndtr(float(special.ndtri(0.9875)) ** 2, 1.0, ncp))
    flat = PCurveTest(
        float(special.bdtr(below, n, share / LOW_POWER)),
        *_stouffer(_conditional(z, ncp, LOW_POWER)),
        *(_stouffer(_conditional(z[p < 0.025], ncp, share)) if below else (None, None)),
    )
    return PCurve(int(y.size), n, below, skew, flat, _power(z))


def _half(p: FloatArray) -> tuple[float | None, float | None]:
    lower = p[p < 0.025]
    return _stouffer(lower / 0.025) if lower.size else (None, None)


def _stouffer(pp: FloatArray) -> tuple[float, float]:
    """Return Stouffer's z of the conditional p values and its lower tail area."""
    z = float(special.ndtri(np.clip(pp, EPSILON, 1.0 - EPSILON)).sum()) / math.sqrt(pp.size)
    return z, float(special.ndtr(z))


def _conditional(z: FloatArray, ncp: float, share: float) -> FloatArray:
    """Return the chance of a smaller statistic, given significance and the noncentrality ``ncp``."""
    return np.asarray((special.chndtr(z * z, 1.0, ncp) - (1.0 - share)) / share)


def _ncp(power: float) -> float:
    """Return the noncentrality of chi-squared on 1 df with this power at two-sided 0.05, by bisection."""
    limit = float(special.ndtri(0.975)) ** 2
    low, high = 0.0, 100.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if 1.0 - special.chndtr(limit, 1.0, middle) < power else (low, middle)
    return 0.5 * (low + high)


def _power(z: FloatArray) -> float:
    """Return the power, between 0.05 and 0.99, at which the curve is neither too steep nor too flat."""
    low, high = 0.0501, 0.99

    def excess(power: float) -> float:
        return _stouffer(_conditional(z, _ncp(power), power))[0]

    if excess(high) > 0.0:
        return high
    if excess(low) < 0.0:
        return 0.05
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle) > 0.0 else (low, middle)
    return 0.5 * (low + high)


@dataclass(frozen=True)
class Fragility:
    """Fisher's two-sided p, patients whose outcome would have to change to lose significance, and p after it.

    ``index`` is 0 when the result is not significant to begin with.
    """

    p: float
    index: int
    p_after: float


def fragility_index(events_a: int, n_a: int, events_b: int, n_b: int, *, alpha: float = 0.05) -> Fragility:
    """Return the fragility index of a two-by-two table: events are added to the arm that has fewer."""
    for name, events, n in (("a", events_a, n_a), ("b", events_b, n_b)):
        if not 0 <= events <= n or n < 1:
            raise InputError(f"arm {name}: {events} events of {n}: give counts with 0 <= events <= n")
    p = first = fisher_exact(events_a, n_a, events_b, n_b)
    added = 0
    fewer_a = events_a < events_b
    while p < alpha and (events_a + added < n_a if fewer_a else events_b + added < n_b):
        added += 1
        p = fisher_exact(events_a + added * fewer_a, n_a, events_b + added * (not fewer_a), n_b)
    return Fragility(first, added, p)


def fisher_exact(events_a: int, n_a: int, events_b: int, n_b: int) -> float:
    """Return Fisher's two-sided p value: the tables no likelier than the observed one."""
    total, n = events_a + events_b, n_a + n_b
    x = np.arange(max(0, total - n_b), min(n_a, total) + 1, dtype=np.float64)

    def log_choose(a: float, b: FloatArray) -> FloatArray:
        return np.asarray(special.gammaln(a + 1.0) - special.gammaln(b + 1.0) - special.gammaln(a - b + 1.0))

    logs = log_choose(float(n_a), x) + log_choose(float(n_b), total - x) - log_choose(float(n), np.array(float(total)))
    density = np.exp(logs)
    own = density[int(events_a - x[0])]
    return min(1.0, float(density[density <= own * (1.0 + FISHER_SLACK)].sum()))
