"""Other intervals for a fitted result: prediction intervals, Hartung-Knapp variants, Kenward-Roger.

They differ in which standard error and which degrees of freedom they take; a page shows one and names it.
References: Higgins, Thompson & Spiegelhalter 2009, J R Stat Soc A 172:137 (``hts``); Partlett & Riley 2017, Stat Med
36:301 (``hk_pr``, ``kr_pr``); Veroniki et al. 2019, Res Synth Methods 10:23 (``v``, ``hk``); Skipka 2006 (``s``);
Kenward & Roger 1997, Biometrics 53:983; Wiksten, Ruecker & Schwarzer 2016 (``hksj_ci``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from analysis.distributions import critical_value, two_sided_p
from analysis.errors import NotEstimable
from analysis.inputs import checked_choice
from analysis.models import MetaAnalysis, meta_analysis
from analysis.tau2 import log_likelihood

PredictionKind: TypeAlias = Literal["v", "hts", "hk", "hk_pr", "hk_se", "hk_se_pr", "kr", "kr_pr", "s"]
PREDICTION_KINDS = ("v", "hts", "hk", "hk_pr", "hk_se", "hk_se_pr", "kr", "kr_pr", "s")
CI_VARIANTS = ("classic", "hk", "hk_se", "hk_ci", "hk_iqwig6", "kr")


@dataclass(frozen=True)
class PooledInterval:
    """One way to state the uncertainty of a pooled estimate; ``df`` None for the normal distribution."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    stat: float
    df: float | None
    p: float
    variant: str


def prediction_interval(result: MetaAnalysis, *, kind: PredictionKind | str = "hk") -> tuple[float, float]:
    """Return the interval for the true effect of a new study.

    Parameters
    ----------
    result
        A random-effects result.
    kind
        ``v`` Wald error, t on k - 1; ``hts`` the same on k - 2; ``hk`` and ``hk_pr`` Hartung-Knapp's error on k - 1
        and k - 2; ``hk_se`` and ``hk_se_pr`` the same never below Wald's error; ``kr`` and ``kr_pr`` Kenward-Roger's
        error on its df and df - 1; ``s`` Wald error, normal.

    Raises
    ------
    NotEstimable
        Fewer than two studies (three for k - 2), the equal-effects model, or no spread with ``hk``.
    """
    checked_choice(kind, "kind", PREDICTION_KINDS)
    if result.tau2 is None or result.method == "EE":
        raise NotEstimable(result.not_estimable.get("pi_low", "a prediction interval needs a between-study variance"))
    chosen = interval_variant(result, _ERROR_OF_KIND[kind])
    df = None if kind == "s" else result.k - 1.0 if chosen.df is None else chosen.df
    if df is not None and (kind == "hts" or kind.endswith("_pr")):
        df -= 1.0
    if df is not None and df <= 0.0:
        raise NotEstimable(f"a prediction interval of kind {kind!r} needs more studies than k = {result.k}")
    half = critical_value(result.level, df) * math.sqrt(chosen.se**2 + result.tau2)
    return result.estimate - half, result.estimate + half


_ERROR_OF_KIND = {
    "v": "classic",
    "hts": "classic",
    "s": "classic",
    "hk": "hk",
    "hk_pr": "hk",
    "hk_se": "hk_se",
    "hk_se_pr": "hk_se",
    "kr": "kr",
    "kr_pr": "kr",
}


def interval_variant(result: MetaAnalysis, variant: str) -> PooledInterval:
    """Return the pooled estimate with another standard error and reference distribution.

    ``classic`` Wald; ``hk`` Hartung-Knapp; ``hk_se`` its error never below Wald's; ``hk_ci`` Wald's interval where that
    is the wider; ``hk_iqwig6`` ``hk_se`` where the interval is narrower than DerSimonian-Laird's; ``kr`` Kenward-Roger
    (REML only).

    Raises
    ------
    NotEstimable
        One study, no spread between the estimates, or ``kr`` with another method than REML.
    """
    checked_choice(variant, "variant", CI_VARIANTS)
    if result.k == 1 or result.tau2 is None:
        raise NotEstimable(f"interval {variant!r} needs at least two studies")
    if variant == "kr":
        return _kenward_roger(result)
    y, v = np.asarray(result.yi), np.asarray(result.vi)
    w = 1.0 / (v + result.tau2)
    classic = 1.0 / math.sqrt(float(w.sum()))
    df: float | None = result.k - 1.0
    r = y - result.estimate
    hartung = classic * math.sqrt(float((w * r).dot(r)) / (result.k - 1))
    if variant == "classic":
        se, df = classic, None
    elif variant == "hk_se":
        se = max(classic, hartung)
    elif variant == "hk_ci":
        se, df = _wider(classic, hartung, result)
    elif variant == "hk_iqwig6":
        se = _iqwig(classic, hartung, result)
    else:
        se = hartung
    return _interval(result, se, df, variant)


def _wider(classic: float, hartung: float, result: MetaAnalysis) -> tuple[float, float | None]:
    df = result.k - 1.0
    if critical_value(result.level, df) * hartung < critical_value(result.level) * classic:
        return classic, None
    return hartung, df


def _iqwig(classic: float, hartung: float, result: MetaAnalysis) -> float:
    simple = meta_analysis(result.yi, result.vi, method="DL", ci_method="wald", level=result.level)
    width = critical_value(result.level, result.k - 1.0) * hartung
    narrower = simple.se is not None and width < critical_value(result.level) * simple.se
    return max(classic, hartung) if narrower else hartung


def _interval(result: MetaAnalysis, se: float, df: float | None, variant: str) -> PooledInterval:
    if se == 0.0:
        raise NotEstimable("the estimates do not differ at all: Hartung-Knapp's error is 0")
    half = critical_value(result.level, df) * se
    stat = result.estimate / se
    return PooledInterval(
        result.estimate, se, result.estimate - half, result.estimate + half, stat, df, two_sided_p(stat, df), variant
    )


def _kenward_roger(result: MetaAnalysis) -> PooledInterval:
    """Inflate the Wald variance for the estimation of tau2; df by Satterthwaite from the inflated variance."""
    if result.method != "REML" or result.tau2 is None:
        raise NotEstimable(f"Kenward-Roger is defined for REML, not {result.method}")
    w = 1.0 / (np.asarray(result.vi) + result.tau2)
    w2 = w * w
    s1, s2, s3 = float(w.sum()), float(w2.sum()), float((w2 * w).sum())
    # Expected information: the observed one can be negative where tau2 is 0.
    variance_tau2 = 2.0 / (s2 - 2.0 * s3 / s1 + (s2 / s1) ** 2)
    variance = 1.0 / s1 + 2.0 / s1**2 * variance_tau2 * (s3 - s2 * s2 / s1)
    df = 2.0 / (variance_tau2 * (s2 * variance) ** 2)
    return _interval(result, math.sqrt(variance), df, "kr")


def likelihood_statistics(result: MetaAnalysis) -> dict[str, float]:
    """Return ``ll``, deviance, AIC, BIC and AICc of an EE, ML or REML result.

    The deviance of EE and ML is against the saturated model; the restricted likelihood has none, there it is -2 ll.
    """
    if result.method not in ("EE", "ML", "REML") or result.tau2 is None:
        raise NotEstimable(f"{result.method} with k = {result.k} maximises no likelihood")
    y, v = np.asarray(result.yi), np.asarray(result.vi)
    restricted = result.method == "REML"
    ll = log_likelihood(y, v, result.tau2, restricted=restricted)
    saturated = 0.0 if restricted else -0.5 * float(np.log(2.0 * math.pi * v).sum())
    parameters, n = 1 if result.method == "EE" else 2, result.k - 1 if restricted else result.k
    n_c = max(n, parameters + 2)
    return {
        "ll": ll,
        "dev": -2.0 * (ll - saturated),
        "AIC": -2.0 * ll + 2.0 * parameters,
        "BIC": -2.0 * ll + parameters * math.log(n),
        "AICc": -2.0 * ll + 2.0 * parameters * n_c / (n_c - parameters - 1),
    }
