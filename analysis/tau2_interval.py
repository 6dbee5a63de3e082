"""Confidence intervals for tau2 and, by transformation, for I2 and H2.

The Q-profile interval is exact under the model and is the default; the profile-likelihood interval belongs to
ML and REML; the intervals from Q alone (Higgins & Thompson 2002) need no tau2 and serve the equal-effects
model. References: Viechtbauer 2007, Stat Med 26:37; Hardy & Thompson 1996; Higgins & Thompson 2002, Stat Med
21:1539.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from analysis.distributions import chi2_quantile, critical_value
from analysis.inputs import FloatArray
from analysis.tau2 import estimate_tau2, log_likelihood, solve_q


@dataclass(frozen=True)
class Tau2Interval:
    """Limits of tau2, I2 (percent) and H2 at one level; ``tau2`` is None where the method has none."""

    tau2: tuple[float, float] | None
    i2: tuple[float, float]
    h2: tuple[float, float]
    level: float
    method: str


def q_profile(y: FloatArray, v: FloatArray, *, level: float) -> Tau2Interval:
    """Return the Q-profile interval: the tau2 at which Q equals the outer chi-squared quantiles, k - 1 df.

    Both limits are 0 where even Q(0) lies below the lower quantile: the studies agree better than chance.
    """
    df = float(y.size - 1)
    tail = 0.5 - level / 200.0
    low = solve_q(y, v, chi2_quantile(1.0 - tail, df))
    high = solve_q(y, v, chi2_quantile(tail, df))
    return _with_transforms(v, low, high, level, "Q-profile")


def profile_likelihood(y: FloatArray, v: FloatArray, *, level: float, method: str = "REML") -> Tau2Interval:
    """Return the tau2 whose log-likelihood lies within half a chi-squared quantile of the maximum."""
    restricted = method == "REML"
    best = estimate_tau2(y, v, method)
    drop = 0.5 * critical_value(level) ** 2
    floor = log_likelihood(y, v, best, restricted=restricted) - drop

    def height(tau2: float) -> float:
        return log_likelihood(y, v, tau2, restricted=restricted) - floor

    low = 0.0 if height(0.0) >= 0.0 else _crossing(height, 0.0, best)
    beyond = 2.0 * best + float(v.max())
    while height(beyond) > 0.0:
        beyond *= 2.0
    return _with_transforms(v, low, _crossing(height, beyond, best), level, f"profile likelihood ({method})")


def i2_interval_from_q(q: float, k: int, *, level: float) -> Tau2Interval:
    """Return the test-based interval of H2 and I2 from Q alone (Higgins & Thompson 2002, appendix A).

    ``ln H`` has standard error ``0.5 (ln Q - ln df) / (sqrt(2 Q) - sqrt(2 df - 1))`` where Q > k, otherwise
    ``sqrt(1 / (2 (k - 2)) (1 - 1 / (3 (k - 2)^2)))``; with k = 2 only the first form exists.
    """
    df = k - 1
    if q > k:
        se = 0.5 * (math.log(q) - math.log(df)) / (math.sqrt(2.0 * q) - math.sqrt(2.0 * df - 1.0))
    elif k > 2:
        se = math.sqrt((1.0 - 1.0 / (3.0 * (k - 2) ** 2)) / (2.0 * (k - 2)))
    else:
        return Tau2Interval(None, (0.0, 100.0), (1.0, math.inf), level, "Q (k = 2: no information)")
    log_h = 0.5 * math.log(max(q / df, 1.0))
    half = critical_value(level) * se
    low, high = (max(1.0, math.exp(log_h + sign * half)) ** 2 for sign in (-1.0, 1.0))
    return Tau2Interval(None, (100.0 * (1.0 - 1.0 / low), 100.0 * (1.0 - 1.0 / high)), (low, high), level, "Q")


def _with_transforms(v: FloatArray, low: float, high: float, level: float, method: str) -> Tau2Interval:
    w = 1.0 / v
    sw = float(w.sum())
    typical = (v.size - 1) / (sw - float(w.dot(w)) / sw)
    i2 = (100.0 * low / (low + typical), 100.0 * high / (high + typical))
    return Tau2Interval((low, high), i2, (1.0 + low / typical, 1.0 + high / typical), level, method)


def _crossing(height: Callable[[float], float], outside: float, inside: float) -> float:
    """Return by bisection where ``height`` turns from below 0 (``outside``) to above (``inside``)."""
    for _ in range(200):
        middle = 0.5 * (outside + inside)
        if middle in (outside, inside):
            break
        if height(middle) < 0.0:
            outside = middle
        else:
            inside = middle
    return 0.5 * (outside + inside)
