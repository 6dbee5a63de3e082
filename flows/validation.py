"""Published meta-analyses re-run from the starting rows, and the reading that must not be used, explained.

Every figure is computed here from the rows; only the published result is taken from the review itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from analysis.effect_size import invert, log_hr_from_interval
from analysis.models import MetaAnalysis, meta_analysis
from extract.baseline.load import load_baseline
from extract.baseline.rows import Baseline, BaselineValue, PoolingInput, PublishedPooling
from extract.schema.protocol import Protocol
from extract.schema.vocabulary import Design
from flows.frozen import FrozenTable
from reports.model import Interval, Reproduction, Validation

AGREES = 0.0051
"""Two figures printed to two decimals agree when they differ by no more than rounding."""

NAIVE = (
    "Read naively, the five randomised trials give this result: the 90 % intervals of E2108 and JCOG1017 taken for "
    "95 % ones, and the hazard ratio of ABCSG-28 taken as surgery over no surgery although the surgery arm did worse. "
    "The first makes two trials look more precise than they are, the second turns an unfavourable result into a "
    "favourable one. It is shown here so that a reader who meets it elsewhere knows where it comes from; no other page "
    "of this site uses it."
)


def validation(table: FrozenTable, protocol: Protocol) -> Validation:
    """Re-run every published pooling whose inputs are known."""
    baseline = load_baseline(protocol)
    return Validation(
        reproductions=reproductions(baseline),
        naive_ratio=_naive(table),
        naive_explanation=NAIVE,
    )


def reproductions(baseline: Baseline) -> tuple[Reproduction, ...]:
    """Return one row for each way of reading the inputs of a published pooling."""
    values = {value.value_id: value for value in baseline.values}
    titles = {report.report_id: report for report in baseline.reports}
    rows = []
    for rerun in baseline.pooling_reruns:
        published = _published(baseline, rerun.published_report_id)
        inputs = [item for item in baseline.pooling_inputs if item.input_set == rerun.input_set]
        if published is None or not inputs:
            continue
        same = _pool([_as_read(values[item.value_id], item) for item in inputs])
        kept = _one_a_trial(inputs, values, baseline)
        proper = _pool([_properly(values[item.value_id], item, baseline) for item in kept])
        report = titles[published.report_id]
        rows.append(
            Reproduction(
                review=f"{report.first_author or report.journal or report.report_id} {report.year or ''}".strip(),
                published=_printed(published.estimate, published.ci_low, published.ci_high),
                k=len(inputs),
                reading=rerun.description,
                ours_same_reading="; ".join(f"{name} {_ratio(result)}" for name, result in same.items()),
                ours_proper=f"k = {len(kept)}: "
                + "; ".join(f"{name} {_ratio(result)}" for name, result in proper.items()),
                agreement=_agreement(published, list(same.values())),
                reason=rerun.verdict,
            )
        )
    return tuple(rows)


METHODS = (("DL", "DL", "wald"), ("REML", "REML", "wald"), ("REML with Hartung-Knapp", "REML", "hksj"))


def _pool(effects: Sequence[tuple[float, float]]) -> dict[str, MetaAnalysis]:
    return {
        name: meta_analysis([e[0] for e in effects], [e[1] ** 2 for e in effects], method=method, ci_method=ci)
        for name, method, ci in METHODS
    }


def _one_a_trial(
    inputs: Sequence[PoolingInput], values: dict[str, BaselineValue], baseline: Baseline
) -> list[PoolingInput]:
    """Return the inputs a careful reader keeps: randomised trials only, the latest report of each."""
    reports = {report.report_id: report for report in baseline.reports}
    designs = {study.study_id: study.design for study in baseline.studies}
    latest: dict[str, tuple[int, PoolingInput]] = {}
    for item in inputs:
        report = reports[values[item.value_id].report_id]
        if report.study_id is None or designs[report.study_id] is not Design.RCT:
            continue
        year = report.year or 0
        if report.study_id not in latest or year >= latest[report.study_id][0]:
            latest[report.study_id] = (year, item)
    return [item for _, item in latest.values()]


def _as_read(value: BaselineValue, item: PoolingInput) -> tuple[float, float]:
    return _effect(value, level=item.read_level_as, inverted=item.inverted)


def _properly(value: BaselineValue, item: PoolingInput, baseline: Baseline) -> tuple[float, float]:
    corrections = {c.field: c.corrected for c in baseline.corrections if c.value_id == value.value_id}
    level = value.ci_level if value.ci_level is not None else item.read_level_as
    inverted = corrections.get("numerator_arm", value.numerator_arm) == "no_surgery"
    return _effect(value, level=level, inverted=inverted)


def _effect(value: BaselineValue, *, level: float, inverted: bool) -> tuple[float, float]:
    if value.ci_low is None or value.ci_high is None:
        raise ValueError(f"{value.value_id} has no interval and cannot be an input of a pooling")
    effect = log_hr_from_interval(value.estimate, ci_low=value.ci_low, ci_high=value.ci_high, ci_level=level)
    if inverted:
        effect = invert(effect)
    return effect.log_hr, effect.se_log_hr


def _published(baseline: Baseline, report_id: str | None) -> PublishedPooling | None:
    return next(
        (
            p
            for p in baseline.published_poolings
            if p.report_id == report_id
            and (p.outcome, p.subtype, p.pattern) == ("OS", "all", "all")
            and (p.population is None or "RCT" in p.population)
        ),
        None,
    )


def _agreement(published: PublishedPooling, ours: Sequence[MetaAnalysis]) -> str:
    best = "not reproduced"
    for result in ours:
        if result.ci_low is None or result.ci_high is None:
            continue
        point = abs(exp(result.estimate) - published.estimate) <= AGREES
        low = published.ci_low is not None and abs(exp(result.ci_low) - published.ci_low) <= AGREES
        high = published.ci_high is not None and abs(exp(result.ci_high) - published.ci_high) <= AGREES
        if point and low and high:
            return "reproduced to two decimals"
        if point:
            best = "point estimate only"
    return best


def _naive(table: FrozenTable) -> Interval | None:
    """Pool the latest whole-population result of each randomised trial as a careless reader would."""
    latest: dict[str, tuple[int, float, float]] = {}
    for frozen in table.values:
        value = frozen.value.reported
        whole = (value.outcome, value.subtype, value.pattern, value.population) == ("OS", "all", "all", None)
        if frozen.family.design != "rct" or not whole or value.ci_low is None or value.ci_high is None:
            continue
        if value.estimate is None:
            continue
        effect = log_hr_from_interval(value.estimate, ci_low=value.ci_low, ci_high=value.ci_high, ci_level=95.0)
        year = frozen.report.facts.get("year") or 0
        if frozen.family.study_id not in latest or year >= latest[frozen.family.study_id][0]:
            latest[frozen.family.study_id] = (year, effect.log_hr, effect.se_log_hr)
    if len(latest) < 2:
        return None
    result = meta_analysis(
        [effect[1] for effect in latest.values()],
        [effect[2] ** 2 for effect in latest.values()],
        method="DL",
        ci_method="wald",
    )
    if result.ci_low is None or result.ci_high is None:
        return None
    return Interval(estimate=exp(result.estimate), low=exp(result.ci_low), high=exp(result.ci_high), level=result.level)


def _ratio(result: MetaAnalysis) -> str:
    if result.ci_low is None or result.ci_high is None:
        return "not estimable"
    return f"{exp(result.estimate):.3f} ({exp(result.ci_low):.3f}-{exp(result.ci_high):.3f})"


def _printed(estimate: float, low: float | None, high: float | None) -> str:
    return f"{estimate:g}" if low is None or high is None else f"{estimate:g} ({low:g}-{high:g})"
