"""Small-study effects: regression and rank tests of funnel asymmetry, PET-PEESE.

An asymmetric funnel has many causes besides unpublished studies, and with fewer than ten studies the tests have almost
no power: a page shows them only from k = 10 on. For hazard ratios the standard error hardly depends on the estimate, so
Egger's test keeps its level (Sterne et al. 2011, BMJ 343:d4002).

References: Egger et al. 1997, BMJ 315:629; Sterne & Egger 2005; Begg & Mazumdar 1994, Biometrics 50:1088; Kendall 1938;
Stanley & Doucouliagos 2014, Res Synth Methods 5:60.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from analysis.design_matrix import DesignMatrix
from analysis.distributions import critical_value, two_sided_p
from analysis.errors import InputError, NotEstimable
from analysis.inputs import FloatArray, as_column, checked_choice, checked_estimates, checked_level
from analysis.regression import fit_design

EGGER_MODELS = ("lm", "rma", "rma_ee")
PREDICTORS = ("sei", "vi", "ni", "ninv", "sqrtni", "sqrtninv")

EXACT_KENDALL_BELOW = 50
"""Studies below which the exact distribution of Kendall's statistic is used when there are no ties."""


@dataclass(frozen=True)
class RegressionTest:
    """A regression test of asymmetry and its limit: the estimate as the predictor goes to 0.

    ``intercept`` and ``slope`` come with standard errors and t (or z) tests; the slope's test is that of asymmetry.
    """

    stat: float
    df: float | None
    p: float
    limit: float
    limit_low: float
    limit_high: float
    b: tuple[float, float]
    se: tuple[float, float]
    t: tuple[float, float]
    coefficient_p: tuple[float, float]
    model: str
    predictor: str


@dataclass(frozen=True)
class RankTest:
    """Begg's rank correlation: Kendall's tau of standardised estimate and variance; ``exact`` says how p was found."""

    tau: float
    p: float
    exact: bool


def regression_test(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    model: str = "lm",
    predictor: str = "sei",
    n: ArrayLike | None = None,
    level: float = 95.0,
) -> RegressionTest:
    """Return Egger's test in one of its forms.

    Parameters
    ----------
    yi, vi
        (k,) estimates and sampling variances, k >= 3.
    model
        ``lm`` Egger's own: weights 1 / v and a multiplicative dispersion, t on k - 2; ``rma`` mixed effects by REML;
        ``rma_ee`` weights 1 / v without dispersion.
    predictor
        ``sei`` standard error (Egger, PET), ``vi`` variance (PEESE); sample size ``ni``, its root ``sqrtni``, their
        inverses ``ninv``, ``sqrtninv`` (Peters 2006).
    n
        (k,) sample sizes, for the last four.

    Raises
    ------
    NotEstimable
        Fewer than three studies, or all of one size.
    """
    checked_choice(model, "model", EGGER_MODELS)
    checked_choice(predictor, "predictor", PREDICTORS)
    level = checked_level(level)
    y, v = checked_estimates(yi, vi)
    if y.size < 3:
        raise NotEstimable(f"k = {y.size}: a test of asymmetry needs at least three studies")
    x = _predictor(predictor, v, n)
    if float(np.ptp(x)) <= 1e-10 * float(x.max()):
        raise NotEstimable("all studies have the same standard error: the funnel has one height only")
    if model == "lm":
        return _weighted_least_squares(y, v, x, predictor, level)
    design = DesignMatrix(np.column_stack([np.ones(y.size), x]), ("intercept", predictor))
    fit = fit_design(y, v, design, method="EE" if model == "rma_ee" else "REML", ci_method="wald", level=level)
    return RegressionTest(
        fit.stat[1],
        None,
        fit.p[1],
        fit.b[0],
        fit.ci_low[0],
        fit.ci_high[0],
        (fit.b[0], fit.b[1]),
        (fit.se[0], fit.se[1]),
        (fit.stat[0], fit.stat[1]),
        (fit.p[0], fit.p[1]),
        model,
        predictor,
    )


def _predictor(predictor: str, v: FloatArray, n: ArrayLike | None) -> FloatArray:
    if predictor in ("sei", "vi"):
        return np.sqrt(v) if predictor == "sei" else v
    if n is None:
        raise InputError(f"predictor {predictor!r} needs the sample sizes: pass n, one for each study")
    sizes = as_column(n, "n")
    bad = np.flatnonzero(~(np.isfinite(sizes) & (sizes > 0.0)))
    if sizes.size != v.size or bad.size:
        where = f"row {bad[0] + 1}: n is {sizes[bad[0]]:g}" if bad.size else f"n has {sizes.size} values"
        raise InputError(f"{where}: give a sample size above 0 for each of the {v.size} studies")
    scaled = np.sqrt(sizes) if predictor.startswith("sqrt") else sizes
    return 1.0 / scaled if predictor.endswith("inv") else scaled


def _weighted_least_squares(
    y: FloatArray, v: FloatArray, x: FloatArray, predictor: str, level: float
) -> RegressionTest:
    """Fit ``y = b0 + b1 x`` with weights 1 / v and estimated dispersion, t on k - 2."""
    w, df = 1.0 / v, y.size - 2.0
    total = float(w.sum())
    x_mean, y_mean = float(w.dot(x)) / total, float(w.dot(y)) / total
    dx, dy = x - x_mean, y - y_mean
    sxx = float((w * dx).dot(dx))
    slope = float((w * dx).dot(dy)) / sxx
    intercept = y_mean - slope * x_mean
    r = dy - slope * dx
    dispersion = float((w * r).dot(r)) / df
    se = (math.sqrt(dispersion * (1.0 / total + x_mean * x_mean / sxx)), math.sqrt(dispersion / sxx))
    if min(se) <= 0.0:
        raise NotEstimable("the estimates lie exactly on a line: the test has no error to compare with")
    t = (intercept / se[0], slope / se[1])
    p = (two_sided_p(t[0], df), two_sided_p(t[1], df))
    half = critical_value(level, df) * se[0]
    return RegressionTest(
        t[1], df, p[1], intercept, intercept - half, intercept + half, (intercept, slope), se, t, p, "lm", predictor
    )


@dataclass(frozen=True)
class PetPeese:
    """Both regressions and the conditional estimate: PEESE where PET rejects no effect at one-sided 5 %, else PET."""

    pet: RegressionTest
    peese: RegressionTest
    chosen: str
    estimate: float
    ci_low: float
    ci_high: float


def pet_peese(yi: ArrayLike, vi: ArrayLike, *, level: float = 95.0) -> PetPeese:
    """Return the precision-effect test and the precision-effect estimate with standard error.

    With heterogeneity both are biased and can lie far from any study (Stanley 2017): a sensitivity analysis only.
    """
    pet = regression_test(yi, vi, model="lm", predictor="sei", level=level)
    peese = regression_test(yi, vi, model="lm", predictor="vi", level=level)
    chosen = peese if pet.coefficient_p[0] < 0.10 else pet
    name = "PEESE" if chosen is peese else "PET"
    return PetPeese(pet, peese, name, chosen.limit, chosen.limit_low, chosen.limit_high)


def rank_test(yi: ArrayLike, vi: ArrayLike) -> RankTest:
    """Return Begg and Mazumdar's rank correlation test.

    Estimates are standardised by ``v - 1 / sum(1 / v)``. Without ties and below 50 studies the p value is exact,
    otherwise the normal approximation with the variance for ties.
    """
    y, v = checked_estimates(yi, vi)
    if y.size < 2:
        raise NotEstimable("k = 1: a rank correlation needs at least two studies")
    w = 1.0 / v
    standard = (y - w.dot(y) / w.sum()) / np.sqrt(v - 1.0 / w.sum())
    return kendall(standard, v)


def kendall(a: FloatArray, b: FloatArray) -> RankTest:
    """Return Kendall's tau-b of two columns with its two-sided p value."""
    n = a.size
    rows, columns = np.triu_indices(n, 1)
    signs = np.sign(a[rows] - a[columns]) * np.sign(b[rows] - b[columns])
    score, n_pairs = float(signs.sum()), n * (n - 1) / 2
    ties_a, ties_b = _tie_sizes(a), _tie_sizes(b)
    if ties_a.size == 0 and ties_b.size == 0 and n < EXACT_KENDALL_BELOW:
        concordant = round((score + n_pairs) / 2)
        at_most = _kendall_cdf(n)
        lower = at_most[concordant]
        upper = 1.0 - (at_most[concordant - 1] if concordant > 0 else 0.0)
        return RankTest(score / n_pairs, min(1.0, 2.0 * min(lower, upper)), True)
    tied_a, tied_b = (float((t * (t - 1)).sum()) / 2 for t in (ties_a, ties_b))
    scale = math.sqrt((n_pairs - tied_a) * (n_pairs - tied_b))
    if scale == 0.0:
        raise NotEstimable("all variances (or all estimates) are equal: there is no rank order to correlate")
    return RankTest(score / scale, two_sided_p(score / math.sqrt(_kendall_variance(n, ties_a, ties_b))), False)


def _tie_sizes(a: FloatArray) -> FloatArray:
    counts = np.unique(a, return_counts=True)[1]
    return counts[counts > 1].astype(np.float64)


def _kendall_variance(n: int, t: FloatArray, u: FloatArray) -> float:
    """Return the variance of Kendall's score with ties (Kendall 1970, section 4.6)."""
    v0 = n * (n - 1) * (2 * n + 5)
    vt = float((t * (t - 1) * (2 * t + 5)).sum())
    vu = float((u * (u - 1) * (2 * u + 5)).sum())
    v1 = float((t * (t - 1)).sum()) * float((u * (u - 1)).sum()) / (2.0 * n * (n - 1))
    v2 = float((t * (t - 1) * (t - 2)).sum()) * float((u * (u - 1) * (u - 2)).sum())
    return (v0 - vt - vu) / 18.0 + v1 + (v2 / (9.0 * n * (n - 1) * (n - 2)) if n > 2 else 0.0)


@lru_cache(maxsize=64)
def _kendall_cdf(n: int) -> tuple[float, ...]:
    """Return the distribution function of the number of concordant pairs among n (inversions of permutations)."""
    density = np.ones(1)
    for size in range(2, n + 1):
        density = np.convolve(density, np.full(size, 1.0 / size))
    return tuple(np.cumsum(density).tolist())
