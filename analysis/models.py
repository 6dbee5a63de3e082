"""Equal-effects and random-effects meta-analysis of one set of independent estimates.

The default is REML with the Hartung-Knapp interval: with the four to ten trials of a surgical question the
normal interval around a DerSimonian-Laird estimate covers far less than it claims (IntHout 2014). What an
input cannot inform is None with its reason in ``not_estimable``: no result ever holds a NaN.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from analysis.distributions import chi2_sf, critical_value, two_sided_p
from analysis.inputs import FloatArray, checked_choice, checked_estimates, checked_level, refuse_repeated_rows
from analysis.tau2 import METHODS, Method, estimate_tau2
from analysis.tau2_error import se_tau2
from analysis.tau2_interval import Tau2Interval, i2_interval_from_q, q_profile

CiMethod: TypeAlias = Literal["wald", "hksj", "hksj_adhoc"]
CI_METHODS = ("wald", "hksj", "hksj_adhoc")

SINGLE_STUDY = "a single study: heterogeneity needs at least two"
EQUAL_EFFECTS = "the equal-effects model has one true effect: no between-study variance is estimated"
NO_SPREAD = (
    "the estimates do not differ at all, so the Hartung-Knapp variance is 0 and its interval has no width: "
    "use ci_method 'hksj_adhoc' or 'wald'"
)

ZERO_SPREAD = 1e-13
"""Relative to the largest estimate: residuals this small are rounding, not variation between studies."""


@dataclass(frozen=True)
class MetaAnalysis:
    """Result of pooling k estimates; everything on the analysis (log) scale.

    Attributes
    ----------
    k
        Number of estimates.
    method, ci_method, level
        Estimator of tau2 (``EE``: equal effects), interval, and its level in percent.
    estimate, se
        Pooled effect and its standard error (with the Hartung-Knapp factor where that is the method).
    ci_low, ci_high, stat, df, p
        Interval, test of no effect; ``df`` is None where the reference distribution is normal.
    tau2, se_tau2
        Between-study variance and its large-sample standard error.
    i2, h2
        Share of variability not due to sampling, in percent; total over sampling variability. With tau2 they
        use the typical sampling variance (Higgins & Thompson 2002, equation 9), with ``EE`` Cochran's Q.
    q, q_df, q_p
        Cochran's Q, its degrees of freedom k - 1, and its p value.
    pi_low, pi_high
        Prediction interval for the true effect of a new study, on the same reference distribution as the
        interval.
    weights
        (k,) percent, in the order given.
    typical_variance
        The typical sampling variance behind ``i2``.
    yi, vi
        The input, so that a result can be checked and diagnosed on its own.
    not_estimable
        For every field that is None: why.
    """

    k: int
    method: str
    ci_method: str
    level: float
    estimate: float
    se: float | None
    ci_low: float | None
    ci_high: float | None
    stat: float | None
    df: float | None
    p: float | None
    tau2: float | None
    se_tau2: float | None
    i2: float | None
    h2: float | None
    q: float | None
    q_df: int
    q_p: float | None
    pi_low: float | None
    pi_high: float | None
    weights: tuple[float, ...]
    typical_variance: float | None
    yi: tuple[float, ...] = field(repr=False)
    vi: tuple[float, ...] = field(repr=False)
    not_estimable: dict[str, str] = field(default_factory=dict)

    @cached_property
    def heterogeneity(self) -> Tau2Interval | None:
        """Q-profile interval of tau2 with its I2 and H2 forms, or None (see ``not_estimable``)."""
        if self.tau2 is None or self.method == "EE":
            return None
        return q_profile(np.asarray(self.yi), np.asarray(self.vi), level=self.level)

    @property
    def tau2_ci(self) -> tuple[float, float] | None:
        """Q-profile interval of tau2 (Viechtbauer 2007)."""
        return None if self.heterogeneity is None else self.heterogeneity.tau2

    @property
    def i2_ci(self) -> tuple[float, float] | None:
        """Interval of I2 in percent: from the Q-profile, or with ``EE`` from Q (Higgins & Thompson 2002)."""
        if self.heterogeneity is not None:
            return self.heterogeneity.i2
        return None if self.q is None else i2_interval_from_q(self.q, self.k, level=self.level).i2

    @property
    def h2_ci(self) -> tuple[float, float] | None:
        """Interval of H2, from the same source as ``i2_ci``."""
        if self.heterogeneity is not None:
            return self.heterogeneity.h2
        return None if self.q is None else i2_interval_from_q(self.q, self.k, level=self.level).h2

    @property
    def tau(self) -> float | None:
        """Between-study standard deviation, on the scale of the effect."""
        return None if self.tau2 is None else math.sqrt(self.tau2)


def meta_analysis(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    method: Method | str = "REML",
    ci_method: CiMethod | str = "hksj",
    level: float = 95.0,
    labels: Sequence[str] | None = None,
) -> MetaAnalysis:
    """Pool independent estimates.

    Parameters
    ----------
    yi, vi
        (k,) estimates on the log scale and their sampling variances.
    method
        ``EE`` or an estimator of tau2: ``DL``, ``PM``, ``REML``, ``ML``, ``EB``, ``SJ``, ``HE``, ``HS`` (also
        ``HSk``, ``PMM``, ``SJIT``).
    ci_method
        ``wald``: normal. ``hksj``: the variance of Hartung & Knapp 2001 and Sidik & Jonkman 2002 with t on k
        - 1. ``hksj_adhoc``: the same, with the variance never below Wald's (Knapp & Hartung 2003; Roever
        2015).
    level
        Level of every interval in percent.
    labels
        (k,) names used in messages.

    Returns
    -------
    MetaAnalysis
        With k = 1 the study itself with its normal interval; heterogeneity is then None, with the reason.

    Raises
    ------
    InputError
        No rows, rows that are not numbers, a variance not above 0, an unknown method or level.

    Notes
    -----
    Wald: ``mu = sum(w y) / sum(w)``, ``se = sum(w)^-1/2``, ``w = 1 / (v + tau2)``. Hartung-Knapp multiplies
    ``se^2`` by ``sum(w (y - mu)^2) / (k - 1)``. The prediction interval is ``mu +- c sqrt(se^2 + tau2)`` with
    the same c.
    """
    checked_choice(method, "method", METHODS)
    checked_choice(ci_method, "ci_method", CI_METHODS)
    level = checked_level(level)
    y, v = checked_estimates(yi, vi, labels=labels)
    refuse_repeated_rows(y, v, labels)
    if y.size == 1:
        return _single_study(y, v, method, ci_method, level)
    return _pooled(y, v, method, ci_method, level)


def _pooled(y: FloatArray, v: FloatArray, method: str, ci_method: str, level: float) -> MetaAnalysis:
    k = y.size
    tau2 = estimate_tau2(y, v, method)
    w = 1.0 / (v + tau2)
    sw = float(w.sum())
    estimate = float(w.dot(y)) / sw
    df = None if ci_method == "wald" else float(k - 1)
    se = _standard_error(y, w, sw, estimate, ci_method)
    missing: dict[str, str] = {}
    if se is None:
        missing = dict.fromkeys(("se", "ci_low", "ci_high", "stat", "p", "pi_low", "pi_high"), NO_SPREAD)
        half = stat = p = half_pi = None
    else:
        critical = critical_value(level, df)
        half, half_pi = critical * se, critical * math.sqrt(se * se + tau2)
        stat = estimate / se
        p = two_sided_p(stat, df)
    q, typical = _heterogeneity(y, v)
    if method == "EE":
        missing |= dict.fromkeys(("se_tau2", "tau2_ci", "pi_low", "pi_high"), EQUAL_EFFECTS)
        i2, h2, half_pi = max(0.0, 100.0 * (q - (k - 1)) / q) if q > 0.0 else 0.0, q / (k - 1), None
    else:
        i2, h2 = 100.0 * tau2 / (typical + tau2), 1.0 + tau2 / typical
    return MetaAnalysis(
        k=k,
        method=method,
        ci_method=ci_method,
        level=level,
        estimate=estimate,
        se=se,
        ci_low=None if half is None else estimate - half,
        ci_high=None if half is None else estimate + half,
        stat=stat,
        df=df,
        p=p,
        tau2=tau2,
        se_tau2=se_tau2(y, v, tau2, method),
        i2=i2,
        h2=h2,
        q=q,
        q_df=k - 1,
        q_p=chi2_sf(q, k - 1),
        pi_low=None if half_pi is None else estimate - half_pi,
        pi_high=None if half_pi is None else estimate + half_pi,
        weights=tuple((w * (100.0 / sw)).tolist()),
        typical_variance=typical,
        yi=tuple(y.tolist()),
        vi=tuple(v.tolist()),
        not_estimable=missing,
    )


def _standard_error(y: FloatArray, w: FloatArray, sw: float, estimate: float, ci_method: str) -> float | None:
    """Return the standard error, or None where Hartung-Knapp has no spread to work with."""
    if ci_method == "wald":
        return math.sqrt(1.0 / sw)
    r = y - estimate
    factor = float((w * r).dot(r)) / (y.size - 1)
    if ci_method == "hksj_adhoc":
        return math.sqrt(max(1.0, factor) / sw)
    if float(r.dot(r)) <= ZERO_SPREAD**2 * float(y.dot(y)):
        return None
    return math.sqrt(factor / sw)


def _heterogeneity(y: FloatArray, v: FloatArray) -> tuple[float, float]:
    """Return Cochran's Q and the typical sampling variance ``(k - 1) / tr P`` at tau2 = 0."""
    w = 1.0 / v
    sw = float(w.sum())
    r = y - w.dot(y) / sw
    return float((w * r).dot(r)), (y.size - 1) / (sw - float(w.dot(w)) / sw)


def _single_study(y: FloatArray, v: FloatArray, method: str, ci_method: str, level: float) -> MetaAnalysis:
    estimate, se = float(y[0]), math.sqrt(float(v[0]))
    half = critical_value(level) * se
    fields = ("tau2", "se_tau2", "tau2_ci", "i2", "i2_ci", "h2", "h2_ci", "q", "q_p", "pi_low", "pi_high")
    return MetaAnalysis(
        k=1,
        method=method,
        ci_method="wald",
        level=level,
        estimate=estimate,
        se=se,
        ci_low=estimate - half,
        ci_high=estimate + half,
        stat=estimate / se,
        df=None,
        p=two_sided_p(estimate / se),
        tau2=None,
        se_tau2=None,
        i2=None,
        h2=None,
        q=None,
        q_df=0,
        q_p=None,
        pi_low=None,
        pi_high=None,
        weights=(100.0,),
        typical_variance=None,
        yi=(estimate,),
        vi=(float(v[0]),),
        not_estimable=dict.fromkeys(fields, SINGLE_STUDY)
        | ({"df": "a single study: its own normal interval"} if ci_method != "wald" else {}),
    )
