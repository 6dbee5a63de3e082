"""Mixed-effects meta-regression: ``y = X beta + u + e``, ``u ~ N(0, tau2)``, ``e ~ N(0, v)``.

The design enters through an orthonormal basis of its columns (QR), so that years next to an intercept lose no digits;
coefficients are transformed back at the end. tau2 is found as in ``analysis.tau2``: every maximum of the likelihood
is bracketed below a proven bound, then refined. With k / p small only ``hksj`` keeps its level (Knapp & Hartung 2003).

References: Raudenbush 2009; Viechtbauer et al. 2015, Psychol Methods 20:360; Knapp & Hartung 2003, Stat Med 22:2693.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from analysis.design_matrix import DesignMatrix, design_matrix, refuse_collinear
from analysis.distributions import chi2_quantile, chi2_sf, critical_value, f_sf, two_sided_p
from analysis.errors import NotEstimable
from analysis.inputs import FloatArray, checked_choice, checked_estimates, checked_level
from analysis.mixed_tau2 import MixedModel
from analysis.tau2 import METHODS

REGRESSION_CI_METHODS = ("wald", "hksj", "hksj_adhoc")


@dataclass(frozen=True)
class MetaRegression:
    """Coefficients of a meta-regression with their tests; names as in ``analysis.models.MetaAnalysis``.

    ``qm`` tests all moderators together (chi-squared with ``wald``, otherwise F on ``qm_df``); ``qe`` is the residual
    heterogeneity; ``r2`` the percent of tau2 the moderators account for, None without an intercept or with ``EE``.
    """

    names: tuple[str, ...]
    b: tuple[float, ...]
    se: tuple[float, ...]
    stat: tuple[float, ...]
    p: tuple[float, ...]
    ci_low: tuple[float, ...]
    ci_high: tuple[float, ...]
    vcov: tuple[tuple[float, ...], ...]
    df: float | None
    k: int
    method: str
    ci_method: str
    level: float
    tau2: float
    se_tau2: float | None
    i2: float
    h2: float
    typical_variance: float
    qe: float
    qe_df: int
    qe_p: float
    qm: float | None
    qm_df: tuple[int, int | None]
    qm_p: float | None
    r2: float | None
    log_likelihood: float | None
    yi: tuple[float, ...] = field(repr=False)
    vi: tuple[float, ...] = field(repr=False)
    x: tuple[tuple[float, ...], ...] = field(repr=False)

    def tau2_ci(self) -> tuple[float, float]:
        """Return the Q-profile interval of the residual tau2."""
        model = MixedModel(np.asarray(self.yi), np.asarray(self.vi), np.asarray(self.x))
        tail, df = 0.5 - self.level / 200.0, float(self.k - len(self.b))
        return model.solve_q(chi2_quantile(1.0 - tail, df)), model.solve_q(chi2_quantile(tail, df))


def meta_regression(
    yi: ArrayLike,
    vi: ArrayLike,
    moderators: Mapping[str, Sequence[object] | ArrayLike] | DesignMatrix,
    *,
    method: str = "REML",
    ci_method: str = "hksj",
    level: float = 95.0,
    labels: Sequence[str] | None = None,
) -> MetaRegression:
    """Fit a meta-regression.

    Parameters
    ----------
    yi, vi
        (k,) estimates and sampling variances.
    moderators
        Columns by name (numbers, or text for categories), or a finished design.
    method, ci_method, level, labels
        As in ``analysis.models.meta_analysis``.

    Raises
    ------
    InputError
        Bad rows, a constant or collinear moderator, or not more studies than coefficients.
    NotEstimable
        The estimates lie exactly on the regression and ``ci_method`` is ``hksj``.

    Notes
    -----
    A regression on study-level averages can show what individual patients' data would not (ecological bias), and
    with fewer than ten studies a coefficient it can support little more than a table.
    """
    checked_choice(method, "method", METHODS)
    checked_choice(ci_method, "ci_method", REGRESSION_CI_METHODS)
    level = checked_level(level)
    y, v = checked_estimates(yi, vi, labels=labels, least=2)
    if isinstance(moderators, DesignMatrix):
        design = moderators
        refuse_collinear(design.x, design.names)
    else:
        design = design_matrix(moderators, y.size)
    return fit_design(y, v, design, method=method, ci_method=ci_method, level=level)


def fit_design(
    y: FloatArray, v: FloatArray, design: DesignMatrix, *, method: str, ci_method: str, level: float
) -> MetaRegression:
    """Fit checked columns; ``meta_regression`` without its checks, for callers that made the design themselves."""
    model = MixedModel(y, v, design.x)
    k, p = design.x.shape
    tau2 = model.estimate(method)
    b, vcov, rss = model.coefficients(tau2)
    factor = 1.0 if ci_method == "wald" else rss / (k - p)
    if ci_method == "hksj_adhoc":
        factor = max(1.0, factor)
    vcov = vcov * factor
    se = np.sqrt(np.diag(vcov))
    df = None if ci_method == "wald" else float(k - p)
    if not float(se.min()) > 0.0:
        raise NotEstimable(
            "the estimates lie exactly on the regression, so its Hartung-Knapp variance is 0: "
            "use ci_method 'hksj_adhoc' or 'wald'"
        )
    stat, half = b / se, critical_value(level, df) * se
    qe, typical = model.residual_heterogeneity()
    qm, qm_df, qm_p = _joint_test(b, vcov, design, df)
    i2, h2 = _inconsistency(qe, k - p, tau2, typical, method)
    return MetaRegression(
        names=design.names,
        b=tuple(b.tolist()),
        se=tuple(se.tolist()),
        stat=tuple(stat.tolist()),
        p=tuple(two_sided_p(s, df) for s in stat.tolist()),
        ci_low=tuple((b - half).tolist()),
        ci_high=tuple((b + half).tolist()),
        vcov=tuple(tuple(row) for row in vcov.tolist()),
        df=df,
        k=k,
        method=method,
        ci_method=ci_method,
        level=level,
        tau2=tau2,
        se_tau2=model.se_tau2(tau2, method),
        i2=i2,
        h2=h2,
        typical_variance=typical,
        qe=qe,
        qe_df=k - p,
        qe_p=chi2_sf(qe, k - p),
        qm=qm,
        qm_df=qm_df,
        qm_p=qm_p,
        r2=_explained(y, v, design, tau2, method),
        log_likelihood=_fitted_likelihood(model, tau2, method),
        yi=tuple(y.tolist()),
        vi=tuple(v.tolist()),
        x=tuple(tuple(row) for row in design.x.tolist()),
    )


def _joint_test(
    b: FloatArray, vcov: FloatArray, design: DesignMatrix, df: float | None
) -> tuple[float | None, tuple[int, int | None], float | None]:
    """Return the Wald (or F) statistic of all columns but the intercept, its degrees of freedom and p value."""
    first = 1 if design.has_intercept else 0
    m = b.size - first
    if m == 0:
        return None, (0, None), None
    chosen = b[first:]
    wald = float(chosen.dot(np.linalg.solve(vcov[first:, first:], chosen)))
    if df is None:
        return wald, (m, None), chi2_sf(wald, m)
    return wald / m, (m, int(df)), f_sf(wald / m, m, df)


def _inconsistency(qe: float, df: int, tau2: float, typical: float, method: str) -> tuple[float, float]:
    if method == "EE":
        return (max(0.0, 100.0 * (qe - df) / qe) if qe > 0.0 else 0.0), qe / df
    return 100.0 * tau2 / (typical + tau2), 1.0 + tau2 / typical


def _explained(y: FloatArray, v: FloatArray, design: DesignMatrix, tau2: float, method: str) -> float | None:
    """Return the percent of tau2 the moderators account for (Raudenbush 2009), floored at 0."""
    if method == "EE" or not design.has_intercept or design.x.shape[1] == 1:
        return None
    alone = MixedModel(y, v, np.ones((y.size, 1))).estimate(method)
    return max(0.0, 100.0 * (alone - tau2) / alone) if alone > 0.0 else None


def _fitted_likelihood(model: MixedModel, tau2: float, method: str) -> float | None:
    if method in ("EE", "ML"):
        return model.log_likelihood(tau2, restricted=False)
    return model.log_likelihood(tau2, restricted=True) if method == "REML" else None


def variance_inflation(regression: MetaRegression) -> tuple[float, ...]:
    """Return the variance inflation factor of every column but the intercept, from their correlations."""
    first = 1 if regression.names[0] == "intercept" else 0
    vcov = np.asarray(regression.vcov)[first:, first:]
    scale = np.sqrt(np.diag(vcov))
    correlation = vcov / np.outer(scale, scale)
    return tuple(np.diag(np.linalg.inv(correlation)).tolist())


def fit_statistics(log_likelihood: float, *, n: int, parameters: int) -> dict[str, float]:
    """Return AIC, BIC and AICc; ``n`` is k with maximum likelihood and k - p with the restricted one.

    AICc uses ``max(n, parameters + 2)`` so that it stays defined for very few studies (Burnham & Anderson 2002).
    """
    n_c = max(n, parameters + 2)
    return {
        "AIC": -2.0 * log_likelihood + 2.0 * parameters,
        "BIC": -2.0 * log_likelihood + parameters * math.log(n),
        "AICc": -2.0 * log_likelihood + 2.0 * parameters * n_c / (n_c - parameters - 1),
    }
