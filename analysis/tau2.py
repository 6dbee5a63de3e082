"""Estimators of the between-study variance tau2, each safeguarded so that none can fail to converge.

Closed forms (DL, HE, HS, HSk, SJ) are computed as published. Paule-Mandel and its median-unbiased form solve
a monotone equation by Newton's method on a concave transform, which cannot overshoot. ML and REML first
bracket every maximum of the likelihood between 0 and a proven upper bound, then refine inside the bracket;
where there are several maxima the highest is taken. Fisher scoring from one start, the common choice, stops
short or fails on about one random data set in a hundred.

References: DerSimonian & Laird 1986; Paule & Mandel 1982; Hedges & Olkin 1985 (HE); Hunter & Schmidt 2004
(HS); Brannick 2019 (HSk); Sidik & Jonkman 2005 (SJ); Viechtbauer 2005, J Educ Behav Stat 30:261 (ML, REML,
standard errors); Morris 1983 (EB); Viechtbauer 2021 (PMM).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, TypeAlias, get_args

import numpy as np

from analysis.distributions import chi2_quantile
from analysis.errors import AnalysisError
from analysis.inputs import FloatArray

Method: TypeAlias = Literal["EE", "DL", "HE", "HS", "HSk", "SJ", "SJIT", "PM", "PMM", "EB", "ML", "REML"]
METHODS: tuple[str, ...] = get_args(Method)

GRID_POINTS = 14
"""Points at which the likelihood's slope is looked at, from 0 to its proven bound, evenly on a log scale."""

MAX_STEPS = 200
"""Far above need: Newton takes 3 to 6 steps, and bisection alone reaches double precision in about 60."""

RELATIVE_TOLERANCE = 4e-15

STEP_TOLERANCE = 2e-8
"""A Newton step below this share of its scale leaves an error of about its square: double precision."""


def estimate_tau2(y: FloatArray, v: FloatArray, method: str) -> float:
    """Return the estimate of tau2, never below 0.

    Parameters
    ----------
    y, v
        (k,) checked estimates and sampling variances, k >= 2.
    method
        One of ``METHODS``; ``EE`` fixes tau2 at 0.
    """
    if method == "EE":
        return 0.0
    return _ESTIMATORS[method](y, v)


def cochran_q(y: FloatArray, v: FloatArray, tau2: float = 0.0) -> float:
    """Return the generalised Q statistic at ``tau2``; Cochran's Q at 0."""
    w = 1.0 / (v + tau2)
    r = y - w.dot(y) / w.sum()
    return float((w * r).dot(r))


def _dl(y: FloatArray, v: FloatArray) -> float:
    """Equate Cochran's Q with its expectation (DerSimonian & Laird 1986, equation 8)."""
    w = 1.0 / v
    sw = w.sum()
    r = y - w.dot(y) / sw
    return max(0.0, float(((w * r).dot(r) - (y.size - 1)) / (sw - w.dot(w) / sw)))


def _he(y: FloatArray, v: FloatArray) -> float:
    """Subtract the mean sampling variance from the sample variance (Hedges & Olkin 1985)."""
    r = y - y.mean()
    return max(0.0, float(r.dot(r) / (y.size - 1) - v.mean()))


def _hs(y: FloatArray, v: FloatArray) -> float:
    """Return ``(Q - k) / sum(w)`` (Hunter & Schmidt 2004)."""
    return max(0.0, float((cochran_q(y, v) - y.size) / (1.0 / v).sum()))


def _hsk(y: FloatArray, v: FloatArray) -> float:
    """Return the Hunter-Schmidt estimator with the small-sample factor k / (k - 1) (Brannick 2019)."""
    k = y.size
    return max(0.0, float((cochran_q(y, v) * k / (k - 1) - k) / (1.0 / v).sum()))


def sj_start(y: FloatArray) -> float:
    """Return the crude variance ``sum((y - mean)^2) / k`` from which SJ starts."""
    r = y - y.mean()
    return float(r.dot(r) / y.size)


def _sj(y: FloatArray, v: FloatArray) -> float:
    """Return the Sidik-Jonkman estimator (2005, equation 5); 0 only for identical ``y``."""
    start = sj_start(y)
    return start * cochran_q(y, v, start) / (y.size - 1)


def _pm(y: FloatArray, v: FloatArray) -> float:
    """Return the root of ``Q(tau2) = k - 1`` (Paule & Mandel 1982).

    The empirical Bayes estimator and the fixed point of the iterated SJ step solve the same equation.
    """
    return solve_q(y, v, float(y.size - 1))


def _pmm(y: FloatArray, v: FloatArray) -> float:
    """Return the root of ``Q(tau2) =`` median of chi-squared on k - 1 (median-unbiased Paule-Mandel)."""
    return solve_q(y, v, chi2_quantile(0.5, float(y.size - 1)))


def solve_q(y: FloatArray, v: FloatArray, target: float) -> float:
    """Return the tau2 >= 0 at which the generalised Q equals ``target``, or 0 if Q is below it already at 0.

    Newton's method on ``1/Q - 1/target``: Q is decreasing and log-convex enough that 1/Q is concave
    (Cauchy-Schwarz: Q'^2 <= Q Q''/2), so steps from the left never overshoot and, for equal ``v``, one is
    exact.
    """
    tau2 = 0.0
    smallest = float(v.min())
    for _ in range(MAX_STEPS):
        w = 1.0 / (v + tau2)
        u = y - w.dot(y) / w.sum()
        u *= w
        q = float((u * u).dot(v + tau2))
        if q <= target:
            return tau2
        step = q * (q - target) / (target * float(u.dot(u)))
        tau2 += step
        if step <= RELATIVE_TOLERANCE * (tau2 + smallest):
            return tau2
    raise AnalysisError(f"Q({tau2:g}) did not reach {target:g}: a bug, its equation is monotone")


def _ml(y: FloatArray, v: FloatArray) -> float:
    """Return the maximum-likelihood estimate."""
    return _likelihood_maximum(y, v, restricted=False)


def _reml(y: FloatArray, v: FloatArray) -> float:
    """Return the restricted maximum-likelihood estimate."""
    return _likelihood_maximum(y, v, restricted=True)


_ESTIMATORS: dict[str, Callable[[FloatArray, FloatArray], float]] = {
    "DL": _dl,
    "HE": _he,
    "HS": _hs,
    "HSk": _hsk,
    "SJ": _sj,
    "SJIT": _pm,
    "PM": _pm,
    "PMM": _pmm,
    "EB": _pm,
    "ML": _ml,
    "REML": _reml,
}


def log_likelihood(y: FloatArray, v: FloatArray, tau2: float, *, restricted: bool) -> float:
    """Return the (restricted) log-likelihood at ``tau2`` with the mean profiled out.

    With ``restricted`` the constant follows Harville 1974, ``+ 0.5 ln k`` for one mean, so that values
    compare with those of established software.
    """
    w = 1.0 / (v + tau2)
    sw = w.sum()
    r = y - w.dot(y) / sw
    k = y.size
    quadratic = float((w * r).dot(r)) - float(np.log(w).sum())
    if not restricted:
        return -0.5 * (k * math.log(2 * math.pi) + quadratic)
    return -0.5 * ((k - 1) * math.log(2 * math.pi) + quadratic + math.log(sw) - math.log(k))


def _upper_bound(y: FloatArray, v: FloatArray, df: int) -> float:
    """Return a tau2 above which the likelihood certainly falls, or 0 where it falls from the start.

    ``y'PPy <= RSS / (vmin + t)^2`` and ``tr P >= df / (vmax + t)`` (eigenvalue interlacing), so the slope is
    negative once ``(vmin + t)^2 > (RSS / df) (vmax + t)``: the larger root of a quadratic.
    """
    r = y - float(y.sum()) / y.size
    variance = float(r.dot(r)) / df
    low, high = float(v.min()), float(v.max())
    half = 0.5 * variance - low
    discriminant = half * half - low * low + variance * high
    return 0.0 if discriminant < 0.0 else max(0.0, half + math.sqrt(discriminant))


def _likelihood_maximum(y: FloatArray, v: FloatArray, *, restricted: bool) -> float:
    upper = _upper_bound(y, v, y.size - 1 if restricted else y.size)
    if upper == 0.0:
        return 0.0
    grid, ratio = _slope_on_grid(y, v, upper, restricted=restricted)
    falls = ratio >= 1.0
    crossings = np.flatnonzero(falls[1:] & ~falls[:-1])
    candidates = [_refine(y, v, grid, ratio, int(i), restricted=restricted) for i in crossings]
    if falls[0]:
        candidates.append(0.0)
    if len(candidates) == 1:
        return candidates[0]
    return max(candidates, key=lambda t: log_likelihood(y, v, t, restricted=restricted))


def _slope_on_grid(y: FloatArray, v: FloatArray, upper: float, *, restricted: bool) -> tuple[FloatArray, FloatArray]:
    """Return a grid from 0 to ``upper`` and ``tr P / y'PPy`` on it: above 1 the likelihood falls."""
    low = float(v.min())
    growth = (1.0 + upper / low) ** _GRID_EXPONENTS
    grid = low * (growth - 1.0)
    grid[-1] = upper
    centred = y - float(y.sum()) / y.size
    powers = np.empty((y.size, 3))
    powers[:, 0], powers[:, 1], powers[:, 2] = 1.0, centred, centred * centred
    weights = np.reciprocal(grid[:, None] + v)
    s1 = weights.dot(powers[:, :2])
    weights *= weights
    s2 = weights.dot(powers)
    mu = s1[:, 1] / s1[:, 0]
    squares = s2[:, 2] - mu * (2.0 * s2[:, 1] - mu * s2[:, 0])
    trace = s1[:, 0] - s2[:, 0] / s1[:, 0] if restricted else s1[:, 0]
    # Rounding can leave a sum of squares at or below 0 where all estimates agree: the likelihood falls there.
    ratio = trace / np.maximum(squares, 1e-300)
    ratio[-1] = max(float(ratio[-1]), 1.0)
    return grid, ratio


_GRID_EXPONENTS = np.linspace(0.0, 1.0, GRID_POINTS)


def _refine(y: FloatArray, v: FloatArray, grid: FloatArray, ratio: FloatArray, i: int, *, restricted: bool) -> float:
    """Return the root of the slope between two grid points by Newton's method kept inside them.

    The function solved is ``tr P / y'PPy - 1``, a straight line when the variances are equal.
    """
    low, high = float(grid[i]), float(grid[i + 1])
    below, above = float(ratio[i]) - 1.0, float(ratio[i + 1]) - 1.0
    tau2 = low - below * (high - low) / (above - below) if math.isfinite(above) else 0.5 * (low + high)
    smallest = float(v.min())
    for _ in range(MAX_STEPS):
        value, slope = _slope_ratio(y, v, tau2, restricted=restricted)
        if abs(value) < 4e-16:
            return tau2
        if value < 0.0:
            low = tau2
        else:
            high = tau2
        new = tau2 - value / slope if slope > 0.0 else low
        inside = low < new < high
        if not inside:
            new = 0.5 * (low + high)
        # Newton's error is about the square of its last step; that of a bisection is the step itself.
        change, tau2 = abs(new - tau2), new
        if change <= (STEP_TOLERANCE if inside else RELATIVE_TOLERANCE) * (tau2 + smallest):
            break
    return tau2


def _slope_ratio(y: FloatArray, v: FloatArray, tau2: float, *, restricted: bool) -> tuple[float, float]:
    """Return ``tr P / y'PPy - 1`` at ``tau2`` and its derivative (W for P with maximum likelihood)."""
    w = 1.0 / (v + tau2)
    sw = float(w.sum())
    u = y - w.dot(y) / sw
    u *= w
    squares = float(u.dot(u))
    if squares == 0.0:
        return math.inf, 0.0
    wu = float(w.dot(u))
    cubes = float((u * w).dot(u)) - wu * wu / sw
    w2 = w * w
    sw2 = float(w2.sum())
    if restricted:
        trace = sw - sw2 / sw
        trace_squares = sw2 - 2.0 * float(w2.dot(w)) / sw + (sw2 / sw) ** 2
    else:
        trace, trace_squares = sw, sw2
    return trace / squares - 1.0, (2.0 * trace * cubes / squares - trace_squares) / squares
