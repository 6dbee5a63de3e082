"""Pooling a set of derived values by the protocol's plan, and the analyses that show how firm the result is."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from analysis.bayes import bayesian_meta_analysis
from analysis.errors import AnalysisError, NotEstimable
from analysis.models import MetaAnalysis, meta_analysis
from analysis.sensitivity import baujat
from analysis.small_study import regression_test
from extract.schema.protocol import AnalysisPlan
from extract.schema.vocabulary import Adjusted
from flows.derivation import HANDLED, Derived, label_of
from reports.model import Asymmetry, CumulativeStep, InfluencePoint, Interval, LeaveOneOut, Pooled


def pool(pooled: Sequence[Derived], method: str, ci_method: str, level: float) -> MetaAnalysis:
    """Pool derived values; one study alone keeps its own interval.

    Estimates that do not differ at all leave the Hartung-Knapp interval without a width; the modification of Roever et
    al. 2015 (never narrower than without the correction) then stands, and says so in ``ci_method``.
    """
    effects = [d.effect for d in pooled if d.effect is not None]

    def fit(correction: str) -> MetaAnalysis:
        return meta_analysis(
            [e.log_hr for e in effects],
            [e.se_log_hr**2 for e in effects],
            method=method,
            ci_method=correction,
            level=level,
            labels=[d.frozen.value.value_id for d in pooled],
        )

    # One study has no between-study variance to correct for: its own interval stands.
    result = fit(ci_method if len(effects) > 1 else "wald")
    return fit("hksj_adhoc") if result.ci_low is None and result.ci_method == "hksj" else result


def _interval(log_estimate: float, log_low: float, log_high: float, level: float) -> tuple[Interval, Interval]:
    return (
        Interval(estimate=log_estimate, low=log_low, high=log_high, level=level),
        Interval(estimate=exp(log_estimate), low=exp(log_low), high=exp(log_high), level=level),
    )


def as_pooled(label: str, result: MetaAnalysis) -> Pooled:
    """Return a result as the snapshot holds it, on both scales.

    Raises
    ------
    AnalysisError
        The interval is not estimable.
    """
    if result.ci_low is None or result.ci_high is None or result.se is None or result.stat is None or result.p is None:
        raise AnalysisError(f"{label}: the interval is not estimable ({result.not_estimable})")
    log, ratio = _interval(result.estimate, result.ci_low, result.ci_high, result.level)
    prediction = None
    if result.pi_low is not None and result.pi_high is not None:
        prediction = _interval(result.estimate, result.pi_low, result.pi_high, result.level)[1]
    tau2_low, tau2_high = result.tau2_ci or (None, None)
    i2_low, i2_high = result.i2_ci or (None, None)
    return Pooled(
        label=label,
        method=result.method,
        ci_method=result.ci_method,
        k=result.k,
        log=log,
        ratio=ratio,
        se=result.se,
        statistic=result.stat,
        df=result.df,
        p=result.p,
        tau2=result.tau2,
        tau2_low=tau2_low,
        tau2_high=tau2_high,
        i2=result.i2,
        i2_low=i2_low,
        i2_high=i2_high,
        h2=result.h2,
        q=result.q,
        q_p=result.q_p,
        prediction=prediction,
    )


def sensitivity(
    pooled: Sequence[Derived], plan: AnalysisPlan, *, without: Sequence[Derived] = ()
) -> tuple[Pooled, ...]:
    """Return the sensitivity analyses of the plan, and those by adjustment and immortal time where they differ.

    Parameters
    ----------
    without
        Results at high risk of bias, left out in one analysis more; empty where the protocol does not ask for it.
    """
    if len(pooled) < 2:
        return ()
    rows = []
    for name in plan.sensitivity:
        method, ci_method = name.split("-")
        label = f"{method}, {'Hartung-Knapp' if ci_method == 'hksj' else 'Wald'} interval"
        rows.append(as_pooled(label, pool(pooled, method, ci_method, plan.level)))
    adjusted = [d for d in pooled if d.frozen.used.adjusted == Adjusted.YES]
    if 2 <= len(adjusted) < len(pooled):
        rows.append(as_pooled("Adjusted estimates only", pool(adjusted, plan.method, plan.ci_method, plan.level)))
    handled = [d for d in pooled if d.frozen.used.immortal_time in HANDLED]
    if 2 <= len(handled) < len(pooled):
        rows.append(as_pooled("Immortal time handled", pool(handled, plan.method, plan.ci_method, plan.level)))
    lower = [d for d in pooled if d not in without]
    if without and len(lower) >= 2:
        rows.append(as_pooled("Without high risk of bias", pool(lower, plan.method, plan.ci_method, plan.level)))
    return tuple(rows)


def leave_one_out(pooled: Sequence[Derived], plan: AnalysisPlan) -> tuple[LeaveOneOut, ...]:
    """Return the pool without each study in turn (three studies or more)."""
    if len(pooled) < 3:
        return ()
    rows = []
    for left in pooled:
        rest = [d for d in pooled if d is not left]
        result = as_pooled("", pool(rest, plan.method, plan.ci_method, plan.level))
        rows.append(
            LeaveOneOut(
                study_id=left.frozen.family.study_id,
                label=label_of(left.frozen),
                ratio=result.ratio,
                tau2=result.tau2,
                i2=result.i2,
            )
        )
    return tuple(rows)


def cumulative(pooled: Sequence[Derived], plan: AnalysisPlan) -> tuple[CumulativeStep, ...]:
    """Return how the answer moved: the pool after each study in order of publication."""
    if len(pooled) < 2:
        return ()
    steps = []
    for k in range(1, len(pooled) + 1):
        result = as_pooled("", pool(pooled[:k], plan.method, plan.ci_method, plan.level))
        last = pooled[k - 1].frozen
        steps.append(
            CumulativeStep(
                study_id=last.family.study_id,
                label=label_of(last),
                year=last.report.facts.get("year"),
                k=k,
                ratio=result.ratio,
            )
        )
    return tuple(steps)


def influence_points(pooled: Sequence[Derived], primary: MetaAnalysis | None) -> tuple[InfluencePoint, ...]:
    """Return the points of the Baujat plot (three studies or more)."""
    if primary is None or len(pooled) < 3:
        return ()
    try:
        points = baujat(primary)
    except NotEstimable:  # the studies left do not differ, or the protocol's estimator has no such analysis
        return ()
    return tuple(
        InfluencePoint(
            study_id=one.frozen.family.study_id,
            label=label_of(one.frozen),
            heterogeneity=float(heterogeneity),
            influence=float(influence),
        )
        for one, heterogeneity, influence in zip(pooled, points.heterogeneity, points.influence, strict=True)
    )


FEWEST_FOR_ASYMMETRY = 10
"""Below ten studies the test has almost no power (Sterne 2011, BMJ 343:d4002)."""


def asymmetry(primary: MetaAnalysis | None) -> Asymmetry | None:
    """Return Egger's test of funnel asymmetry, None below ten studies or when all have one precision."""
    if primary is None or primary.k < FEWEST_FOR_ASYMMETRY:
        return None
    try:
        test = regression_test(primary.yi, primary.vi)
    except NotEstimable:
        return None
    return Asymmetry(test="Egger", statistic=test.stat, df=test.df, p=test.p)


def probability_below_1(pooled: Sequence[Derived]) -> float | None:
    """Return P(HR < 1): flat prior for the mean, half-normal(0.5) prior for tau; None below two studies.

    A supplement to the interval, never the headline (DECISIONS 0006).
    """
    effects = [d.effect for d in pooled if d.effect is not None]
    if len(effects) < 2:
        return None
    posterior = bayesian_meta_analysis([e.log_hr for e in effects], [e.se_log_hr**2 for e in effects])
    return posterior.mu.p_below_0
