"""Random-effects analysis with weights that do not depend on tau2: unweighted, common-effect, or the user's own.

Weights fixed in advance keep small, possibly biased studies from gaining weight as tau2 grows (Henmi & Copas 2010,
Stat Med 29:2969); tau2 is estimated by the generalised Q with the same weights (DerSimonian & Kacker 2007).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from analysis.distributions import chi2_sf, critical_value, two_sided_p
from analysis.errors import InputError
from analysis.inputs import FloatArray, as_column, checked_choice, checked_estimates, checked_level
from analysis.models import MetaAnalysis
from analysis.tau2 import METHODS, cochran_q, estimate_tau2
from analysis.tau2_error import se_tau2


def fixed_weights_analysis(
    yi: ArrayLike,
    vi: ArrayLike,
    weights: ArrayLike,
    *,
    tau2_method: str = "GENQ",
    ci_method: str = "wald",
    level: float = 95.0,
) -> MetaAnalysis:
    """Pool with the given weights: ``mu = sum(a y) / sum(a)``, ``var = sum(a^2 (v + tau2)) / sum(a)^2``.

    Parameters
    ----------
    yi, vi
        (k,) estimates and sampling variances, k >= 2.
    weights
        (k,) above 0; only their ratios matter.
    tau2_method
        ``GENQ`` for the generalised Q with these weights, or a method of ``analysis.tau2``.
    """
    y, v = checked_estimates(yi, vi, least=2)
    a = as_column(weights, "weights")
    if a.size != y.size or not (np.isfinite(a).all() and a.min() > 0.0):
        raise InputError(f"weights has {a.size} values for {y.size} studies: give one above 0 for each")
    checked_choice(tau2_method, "tau2_method", ("GENQ", *METHODS))
    checked_choice(ci_method, "ci_method", ("wald", "hksj", "hksj_adhoc"))
    level = checked_level(level)
    tau2, error = _generalised_q(y, v, a) if tau2_method == "GENQ" else _named(y, v, tau2_method)
    return _result(y, v, a, tau2, error, tau2_method, ci_method, level)


def _named(y: FloatArray, v: FloatArray, method: str) -> tuple[float, float | None]:
    tau2 = estimate_tau2(y, v, method)
    return tau2, se_tau2(y, v, tau2, method)


def _generalised_q(y: FloatArray, v: FloatArray, a: FloatArray) -> tuple[float, float]:
    """Return tau2 by ``(Q_a - tr(AV)) / tr(A)`` and its standard error (DerSimonian & Kacker 2007, equation 6)."""
    total = float(a.sum())
    r = y - a.dot(y) / total
    trace = total - float(a.dot(a)) / total
    expected = float(a.dot(v)) - float((a * a).dot(v)) / total
    tau2 = max(0.0, (float((a * r).dot(r)) - expected) / trace)
    am = a * (v + tau2)
    squared = am * am
    spread = float(squared.sum()) - 2.0 * float(squared.dot(a)) / total + (float(am.dot(a)) / total) ** 2
    return tau2, math.sqrt(2.0 * spread) / trace


def _result(
    y: FloatArray,
    v: FloatArray,
    a: FloatArray,
    tau2: float,
    error: float | None,
    method: str,
    ci_method: str,
    level: float,
) -> MetaAnalysis:
    k, total = y.size, float(a.sum())
    estimate = float(a.dot(y)) / total
    se = math.sqrt(float((a * a).dot(v + tau2))) / total
    df = None if ci_method == "wald" else float(k - 1)
    if df is not None:
        factor = cochran_q(y, v, tau2) / (k - 1)
        se *= math.sqrt(max(1.0, factor) if ci_method == "hksj_adhoc" else factor)
    critical = critical_value(level, df)
    w = 1.0 / v
    typical = (k - 1) / float(w.sum() - w.dot(w) / w.sum())
    q = cochran_q(y, v)
    half, half_pi = critical * se, critical * math.sqrt(se * se + tau2)
    return MetaAnalysis(
        k=k,
        method=method,
        ci_method=ci_method,
        level=level,
        estimate=estimate,
        se=se,
        ci_low=estimate - half,
        ci_high=estimate + half,
        stat=estimate / se,
        df=df,
        p=two_sided_p(estimate / se, df),
        tau2=tau2,
        se_tau2=error,
        i2=100.0 * tau2 / (typical + tau2),
        h2=1.0 + tau2 / typical,
        q=q,
        q_df=k - 1,
        q_p=chi2_sf(q, k - 1),
        pi_low=estimate - half_pi,
        pi_high=estimate + half_pi,
        weights=tuple((100.0 * a / total).tolist()),
        typical_variance=typical,
        yi=tuple(y.tolist()),
        vi=tuple(v.tolist()),
    )
