"""Tail areas and quantiles, written once over ``scipy.special`` (``scipy.stats`` is too slow to import).

All take and return plain floats, so that results hold no NumPy scalars and compare and print like numbers.
"""

from __future__ import annotations

from scipy import special


def normal_quantile(p: float) -> float:
    """Return the standard normal quantile at probability ``p``."""
    return float(special.ndtri(p))


def normal_cdf(z: float) -> float:
    """Return the standard normal distribution function at ``z``."""
    return float(special.ndtr(z))


def critical_value(level: float, df: float | None = None) -> float:
    """Return the two-sided critical value of a ``level`` percent interval (t with ``df``, normal without)."""
    upper = 0.5 + level / 200.0
    return float(special.ndtri(upper)) if df is None else float(special.stdtrit(df, upper))


def two_sided_p(stat: float, df: float | None = None) -> float:
    """Return the two-sided p value of a normal (or t with ``df``) statistic."""
    tail = special.ndtr(-abs(stat)) if df is None else special.stdtr(df, -abs(stat))
    return float(2.0 * tail)


def chi2_sf(x: float, df: float) -> float:
    """Return the upper tail area of chi-squared with ``df`` degrees of freedom."""
    return float(special.chdtrc(df, x))


def chi2_quantile(p: float, df: float) -> float:
    """Return the chi-squared quantile with lower tail area ``p``."""
    return float(special.chdtri(df, 1.0 - p))


def f_sf(x: float, df1: float, df2: float) -> float:
    """Return the upper tail area of F with ``df1`` and ``df2`` degrees of freedom."""
    return float(special.fdtrc(df1, df2, x))
