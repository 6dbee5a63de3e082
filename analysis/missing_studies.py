"""What studies that are not there could do: trim-and-fill, fail-safe numbers, excess significance.

Sensitivity analyses, each under assumptions nobody can check; none corrects an estimate.
References: Duval & Tweedie 2000, Biometrics 56:455; Rosenthal 1979; Rosenberg 2005; Orwin 1983; Ioannidis & Trikalinos
2007, Clin Trials 4:245.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.design_matrix import DesignMatrix
from analysis.distributions import critical_value, normal_cdf, normal_quantile
from analysis.errors import NotEstimable
from analysis.inputs import FloatArray, checked_choice, checked_estimates
from analysis.mixed_tau2 import MixedModel
from analysis.models import MetaAnalysis, meta_analysis
from analysis.tau2 import estimate_tau2

Estimator: TypeAlias = Literal["L0", "R0", "Q0"]
ESTIMATORS = ("L0", "R0", "Q0")
SIDES = ("left", "right")

MAX_ITERATIONS = 100
"""The number of missing studies settles within a handful of rounds or cycles."""


@dataclass(frozen=True)
class TrimAndFill:
    """The number of studies missing on ``side``, the filled ones, and the result with them.

    ``p_k0`` tests that none is missing (``R0`` only, else None); ``se_k0`` is None where its formula has no root.
    """

    k0: int
    se_k0: float | None
    p_k0: float | None
    side: str
    estimator: str
    filled_yi: tuple[float, ...]
    filled_vi: tuple[float, ...]
    result: MetaAnalysis


def trim_and_fill(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    method: str = "REML",
    ci_method: str = "wald",
    estimator: Estimator | str = "L0",
    side: str | None = None,
    level: float = 95.0,
) -> TrimAndFill:
    """Trim the outlying side until the rest is symmetric, then fill in the mirror images.

    Parameters
    ----------
    yi, vi
        (k,) estimates and sampling variances, k >= 3.
    method, ci_method, level
        Of the analyses while trimming and after filling (see ``analysis.models.meta_analysis``).
    estimator
        Of the number missing: ``L0``, ``R0`` or ``Q0`` (Duval & Tweedie 2000, equations 3.1 to 3.3).
    side
        Where studies are missing; None takes the side opposite to the slope of the regression on the standard error.

    Raises
    ------
    NotEstimable
        Fewer than three studies, or ``Q0`` with the square root of a negative number (its known defect).
    """
    checked_choice(estimator, "estimator", ESTIMATORS)
    y, v = checked_estimates(yi, vi)
    if y.size < 3:
        raise NotEstimable(f"k = {y.size}: trim-and-fill needs at least three studies")
    chosen = _side(y, v, method) if side is None else checked_choice(side, "side", SIDES)
    sign = 1.0 if chosen == "left" else -1.0
    order = np.argsort(sign * y, kind="stable")
    flipped, sorted_v = sign * y[order], v[order]
    k0, se_k0, centre = _count_missing(flipped, sorted_v, method, estimator)
    filled = sign * (2.0 * centre - flipped[y.size - k0 :])
    filled_v = sorted_v[y.size - k0 :]
    result = meta_analysis(
        np.concatenate([y, filled]), np.concatenate([v, filled_v]), method=method, ci_method=ci_method, level=level
    )
    return TrimAndFill(
        k0,
        se_k0,
        0.5 ** (k0 + 1) if estimator == "R0" else None,
        chosen,
        estimator,
        tuple(filled.tolist()),
        tuple(filled_v.tolist()),
        result,
    )


def _side(y: FloatArray, v: FloatArray, method: str) -> str:
    design = DesignMatrix(np.column_stack([np.ones(y.size), np.sqrt(v)]), ("intercept", "sei"))
    if float(np.ptp(v)) == 0.0:
        raise NotEstimable("all studies have the same standard error: name the side, the funnel cannot")
    model = MixedModel(y, v, design.x)
    return "right" if model.coefficients(model.estimate(method))[0][1] < 0.0 else "left"


def _count_missing(y: FloatArray, v: FloatArray, method: str, estimator: str) -> tuple[int, float | None, float]:
    """Return k0, its standard error, and the centre of the trimmed studies; ``y`` ascending, missing on the left."""
    k, k0, seen = y.size, 0, set()
    for _ in range(MAX_ITERATIONS):
        kept = k - k0
        w = 1.0 / (v[:kept] + (estimate_tau2(y[:kept], v[:kept], method) if kept > 1 else 0.0))
        centre = float(w.dot(y[:kept]) / w.sum())
        estimate, se = _missing(y - centre, estimator)
        new = min(max(0, round(estimate)), k - 1)
        if new == k0:
            return k0, se, centre
        if new in seen and new < k0:
            return k0, se, centre
        seen.add(new)
        k0 = new
    raise NotEstimable("trim-and-fill cycles between two numbers of missing studies: it has no answer here")


def _missing(deviation: FloatArray, estimator: str) -> tuple[float, float | None]:
    """Return the estimated number missing on the left and its standard error."""
    k = deviation.size
    ranks = np.empty(k)
    ranks[np.argsort(np.abs(deviation), kind="stable")] = np.arange(1, k + 1)
    if estimator == "R0":
        left = ranks[deviation < 0.0]
        run = (k - float(left.max()) if left.size else float(k)) - 1.0
        return run, math.sqrt(2.0 * max(0.0, run) + 2.0)
    s = float(ranks[deviation > 0.0].sum())
    if estimator == "L0":
        k0 = (4.0 * s - k * (k + 1)) / (2.0 * k - 1.0)
        return k0, _root(_rank_sum_variance(k, k0), 4.0 / (2.0 * k - 1.0))
    inside = 2.0 * k * k - 4.0 * s + 0.25
    if inside < 0.0:
        raise NotEstimable("Q0 takes the root of a negative number here: use L0 or R0")
    k0 = k - 0.5 - math.sqrt(inside)
    spread = (k - 0.5) ** 2 - k0 * (2.0 * k - k0 - 1.0)
    return k0, _root(_rank_sum_variance(k, k0), 2.0 / math.sqrt(spread)) if spread > 0.0 else None


def _root(variance: float, factor: float) -> float | None:
    """Return the standard error, None where the variance formula leaves its range (k0 far below 0)."""
    return factor * math.sqrt(variance) if variance >= 0.0 else None


def _rank_sum_variance(k: int, k0: float) -> float:
    """Return the variance of the Wilcoxon sum with k0 missing (Duval & Tweedie 2000, equation 4.4)."""
    return (
        k * (k + 1) * (2 * k + 1) + 10 * k0**3 + 27 * k0**2 + 17 * k0 - 18 * k * k0**2 - 18 * k * k0 + 6 * k**2 * k0
    ) / 24.0


@dataclass(frozen=True)
class FailSafe:
    """Null studies needed to lose significance (``rosenthal``, ``rosenberg``) or to halve the estimate (``orwin``)."""

    rosenthal: int
    rosenberg: int
    orwin: int


def fail_safe(yi: ArrayLike, vi: ArrayLike, *, alpha: float = 0.05) -> FailSafe:
    """Return the three fail-safe numbers (Rosenthal one-sided, Rosenberg two-sided, Orwin on the unweighted mean)."""
    y, v = checked_estimates(yi, vi)
    k, w = y.size, 1.0 / v
    z = float((y / np.sqrt(v)).sum())
    rosenthal = z * z / normal_quantile(1.0 - alpha) ** 2 - k
    wy = float(w.dot(y))
    rosenberg = wy * wy / normal_quantile(1.0 - alpha / 2.0) ** 2 / float(w.mean()) - k
    return FailSafe(
        math.ceil(max(0.0, rosenthal)),
        math.ceil(max(0.0, rosenberg)),
        k if float(y.mean()) != 0.0 else 0,
    )


@dataclass(frozen=True)
class ExcessSignificance:
    """Observed and expected numbers of significant studies, each study's power, and the chance of as many or more.

    ``p`` is exact; ``chi2`` and ``chi2_p`` are the published approximation, one-sided: poor where
    ``expected`` or its complement is below 5.
    """

    observed: int
    expected: float
    p: float
    chi2: float | None
    chi2_p: float | None
    power: tuple[float, ...]
    theta: float


def excess_significance(yi: ArrayLike, vi: ArrayLike, *, alpha: float = 0.05) -> ExcessSignificance:
    """Compare the number of significant studies with what their power allows, were the equal-effects estimate true.

    The p value is exact (the sum of independent Bernoulli trials), not the chi-squared approximation.
    """
    y, v = checked_estimates(yi, vi)
    theta = meta_analysis(y, v, method="EE", ci_method="wald").estimate
    z, shift = critical_value(100.0 * (1.0 - alpha)), theta / np.sqrt(v)
    power = special.ndtr(shift - z) + special.ndtr(-shift - z)
    observed = int((np.abs(y / np.sqrt(v)) >= z).sum())
    density = np.ones(1)
    for one in power:
        density = np.convolve(density, [1.0 - one, one])
    expected = float(power.sum())
    chi2, chi2_p = _chi_squared(observed, expected, y.size)
    tail = min(1.0, float(density[observed:].sum()))
    return ExcessSignificance(observed, expected, tail, chi2, chi2_p, tuple(power.tolist()), theta)


def _chi_squared(observed: int, expected: float, k: int) -> tuple[float | None, float | None]:
    if expected <= 0.0 or expected >= k:
        return None, None
    chi2 = (observed - expected) ** 2 * (1.0 / expected + 1.0 / (k - expected))
    z = math.copysign(math.sqrt(chi2), observed - expected)
    return chi2, normal_cdf(-z)
