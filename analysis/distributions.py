"""Tail areas and quantiles, written once over ``scipy.special`` (``scipy.stats`` is too slow to import).

All take and return plain floats, so that results hold no NumPy scalars and compare and print like numbers. The library
is loaded on first use: it takes several times as long as any analysis, and extraction needs the normal quantile alone.
"""

from __future__ import annotations

from functools import cache
from statistics import NormalDist
from typing import Any

_NORMAL = NormalDist()


@cache
def _special() -> Any:
    from scipy import special

    return special


def normal_quantile(p: float) -> float:
    """Return the standard normal quantile at probability ``p`` (Wichura 1988, to double precision)."""
    return _NORMAL.inv_cdf(p)


def normal_cdf(z: float) -> float:
    """Return the standard normal distribution function at ``z``."""
    return float(_special().ndtr(z))


def critical_value(level: float, df: float | None = None) -> float:
    """Return the two-sided critical value of a ``level`` percent interval (t with ``df``, normal without)."""
    upper = 0.5 + level / 200.0
    return _NORMAL.inv_cdf(upper) if df is None else float(_special().stdtrit(df, upper))


def two_sided_p(stat: float, df: float | None = None) -> float:
    """Return the two-sided p value of a normal (or t with ``df``) statistic."""
    special = _special()
    return 2.0 * float(special.ndtr(-abs(stat)) if df is None else special.stdtr(df, -abs(stat)))


def chi2_sf(x: float, df: float) -> float:
    """Return the upper tail area of chi-squared with ``df`` degrees of freedom."""
    return float(_special().chdtrc(df, x))


def chi2_quantile(p: float, df: float) -> float:
    """Return the chi-squared quantile with lower tail area ``p``."""
    return float(_special().chdtri(df, 1.0 - p))


def f_sf(x: float, df1: float, df2: float) -> float:
    """Return the upper tail area of F with ``df1`` and ``df2`` degrees of freedom."""
    return float(_special().fdtrc(df1, df2, x))
