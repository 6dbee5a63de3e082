"""Henmi and Copas' interval: common-effect weights, random-effects uncertainty.

Weights fixed at 1 / v keep small studies from gaining weight, and the interval accounts for the estimation of tau2 by
DerSimonian-Laird through the joint distribution of the estimate and Q, the latter approximated by a gamma distribution
with matched conditional mean and variance (Henmi & Copas 2010, Stat Med 29:2969, sections 3 and 4).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.errors import NotEstimable
from analysis.inputs import FloatArray, checked_estimates, checked_level
from analysis.tau2 import cochran_q

UPPER = 12.0
"""Standard errors beyond which the normal density is below 1e-31."""

NODES = 400
"""Gauss-Legendre points on the standardised estimate; doubling them changes the limits by less than 1e-9."""


@dataclass(frozen=True)
class HenmiCopas:
    """Estimate with common-effect weights, its random-effects standard error, and the interval."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    tau2: float


def henmi_copas(yi: ArrayLike, vi: ArrayLike, *, level: float = 95.0) -> HenmiCopas:
    """Return the Henmi-Copas analysis of at least two studies with different variances."""
    y, v = checked_estimates(yi, vi)
    level = checked_level(level)
    if y.size < 2 or float(np.ptp(v)) == 0.0:
        raise NotEstimable("the method needs at least two studies of different precision")
    w = 1.0 / v
    w1, w2 = float(w.sum()), float(w.dot(w))
    estimate = float(w.dot(y)) / w1
    tau2 = max(0.0, (cochran_q(y, v) - (y.size - 1)) / (w1 - w2 / w1))
    ratio = 1.0 + tau2 * w2 / w1
    u = _critical(_conditional_q(w, tau2), y.size - 1, w1 * w1 / w2 - 1.0, ratio, 0.5 - level / 200.0)
    se = math.sqrt(ratio / w1)
    return HenmiCopas(estimate, se, estimate - u * se, estimate + u * se, tau2)


def _conditional_q(w: FloatArray, tau2: float) -> tuple[float, float, float, float]:
    """Return ``a, b, c, d``: given the estimate r errors off, Q has mean ``a + b r^2`` and variance ``c + d r^2``.

    Q is a quadratic form of jointly normal deviations, so both follow from their conditional mean and covariance.
    """
    w1 = float(w.sum())
    a = np.diag(w) - np.outer(w, w) / w1
    slope = 1.0 + w * tau2
    ratio = 1.0 + tau2 * float(w.dot(w)) / w1
    covariance = np.diag(1.0 / w + tau2) - np.outer(slope, slope) / (w1 * ratio)
    shift = slope / math.sqrt(w1 * ratio)
    ac = a @ covariance
    am = a @ shift
    return (
        float(np.trace(ac)),
        float(shift @ am),
        2.0 * float((ac * ac.T).sum()),
        4.0 * float(am @ covariance @ am),
    )


def _critical(moments: tuple[float, float, float, float], df: int, gain: float, ratio: float, tail: float) -> float:
    """Return u with ``P(estimate / estimated error > u) = tail``, by bisection.

    The estimated variance ratio is ``max(1, 1 + (Q - df) / gain)``; an estimate r true errors off exceeds u estimated
    errors exactly when ``ratio r^2 > u^2`` and ``Q < df + gain (ratio r^2 / u^2 - 1)``.
    """
    a, b, c, d = moments
    nodes, weights = np.polynomial.legendre.leggauss(NODES)

    def exceeds(u: float) -> float:
        start = u / math.sqrt(ratio)
        half = 0.5 * (UPPER - start)
        r = start + half * (nodes + 1.0)
        mean, variance = a + b * r * r, c + d * r * r
        limit = df + gain * (ratio * (r / u) ** 2 - 1.0)
        chance = special.gammainc(mean * mean / variance, limit * mean / variance)
        density = np.exp(-0.5 * r * r) / math.sqrt(2.0 * math.pi)
        return half * float((weights * chance * density).sum())

    low, high = 1e-3, UPPER
    for _ in range(100):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if exceeds(middle) > tail else (low, middle)
    return 0.5 * (low + high)
