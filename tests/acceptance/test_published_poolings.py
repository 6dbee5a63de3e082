"""The starting rows, pooled by our engine, give the reference result and the published ones (or say why not).

Expected figures: ``pooling_reruns.csv``, computed once from the trials' printed figures with separate code and
printed to three decimals; published figures: ``published_poolings.csv``.
"""

from __future__ import annotations

import math

import pytest

from analysis.effect_size import invert, log_hr_from_interval
from analysis.models import MetaAnalysis, meta_analysis
from extract.baseline import Baseline, apply_corrections
from extract.schema.vocabulary import Arm

METHODS = {"dl": ("DL", "wald"), "reml": ("REML", "wald"), "reml_hksj": ("REML", "hksj"), "ee": ("EE", "wald")}
INPUT_SETS = (
    "reinhorn-2021-level-misread", "reinhorn-2021", "villacampa-2024-level-misread", "villacampa-2024",
    "ren-2023-not-inverted", "ren-2023-counted-twice", "ren-2023", "rahmani-2024-with-bomet", "jcmt-2023-level-misread",
    "own", "own-level-misread", "own-not-inverted", "own-both-misread", "own-without-mf07-01",
)  # fmt: skip


def pooled(baseline: Baseline, input_set: str, method: str, ci_method: str) -> MetaAnalysis:
    """Pool one way of reading the inputs, exactly as the input rows say."""
    values = {value.value_id: value for value in baseline.values}
    effects = []
    for entry in (entry for entry in baseline.pooling_inputs if entry.input_set == input_set):
        v = values[entry.value_id]
        effect = log_hr_from_interval(v.estimate, ci_low=v.ci_low, ci_high=v.ci_high, ci_level=entry.read_level_as)
        effects.append(invert(effect) if entry.inverted else effect)
    return meta_analysis(
        [e.log_hr for e in effects], [e.se_log_hr**2 for e in effects], method=method, ci_method=ci_method
    )


def as_ratios(result: MetaAnalysis) -> tuple[float, float, float]:
    return math.exp(result.estimate), math.exp(result.ci_low), math.exp(result.ci_high)


def latest_trial_values(baseline: Baseline):
    """Corrected poolable overall-survival values of the randomised trials, newest report of each."""
    trials = {study.study_id for study in baseline.studies if study.design == "rct"}
    study_of = {report.report_id: report.study_id for report in baseline.reports}
    older = {report.supersedes for report in baseline.reports}
    return [
        c.value
        for c in apply_corrections(baseline.values, baseline.corrections)
        if study_of[c.value.report_id] in trials
        and c.value.report_id not in older
        and c.value.poolable
        and (c.value.outcome, c.value.subtype, c.value.pattern) == ("OS", "all", "all")
    ]


@pytest.mark.parametrize(
    ("method", "ci_method", "expected"),
    [
        ("REML", "hksj", ("0.928", "0.690", "1.249")),
        ("DL", "wald", ("0.930", "0.751", "1.153")),
        ("REML", "wald", ("0.928", "0.753", "1.145")),
    ],
)
def test_the_randomised_trials_give_the_reference_result(baseline, method, ci_method, expected):
    values = latest_trial_values(baseline)
    assert len(values) == 5
    effects = []
    for v in values:
        effect = log_hr_from_interval(v.estimate, ci_low=v.ci_low, ci_high=v.ci_high, ci_level=v.ci_level)
        effects.append(invert(effect) if v.numerator_arm is Arm.NO_SURGERY else effect)
    result = meta_analysis(
        [e.log_hr for e in effects], [e.se_log_hr**2 for e in effects], method=method, ci_method=ci_method
    )
    assert tuple(f"{ratio:.3f}" for ratio in as_ratios(result)) == expected
    if method == "DL":  # I2 from Q itself; with REML it follows tau2 and is a little lower
        assert result.i2 == pytest.approx(62, abs=0.5)
    assert result.q == pytest.approx(10.4, abs=0.05)


def test_every_way_of_reading_the_inputs_is_tested(baseline):
    assert tuple(rerun.input_set for rerun in baseline.pooling_reruns) == INPUT_SETS


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("input_set", INPUT_SETS)
def test_a_rerun_gives_the_recorded_figures(baseline, input_set, method):
    recorded = next(rerun for rerun in baseline.pooling_reruns if rerun.input_set == input_set)
    result = pooled(baseline, input_set, *METHODS[method])
    expected = tuple(getattr(recorded, f"{method}_{part}") for part in ("hr", "low", "high"))
    # the recorded run turned ABCSG-28 over with limits rounded to three decimals: up to 0.002 off at the limits
    assert as_ratios(result) == pytest.approx(expected, abs=0.0021)
    assert result.q == pytest.approx(recorded.q, abs=0.02)


@pytest.mark.parametrize(
    ("input_set", "method", "published"),
    [
        ("reinhorn-2021-level-misread", "dl", "0.97 (0.72-1.29)"),
        ("villacampa-2024-level-misread", "reml", "0.93 (0.76-1.14)"),
    ],
)
def test_two_published_poolings_are_reproduced_when_90_percent_is_read_as_95(baseline, input_set, method, published):
    ratios = as_ratios(pooled(baseline, input_set, *METHODS[method]))
    assert "{:.2f} ({:.2f}-{:.2f})".format(*ratios) == published
    rerun = next(rerun for rerun in baseline.pooling_reruns if rerun.input_set == input_set)
    row = next(
        p
        for p in baseline.published_poolings
        if p.report_id == rerun.published_report_id
        and (p.outcome, p.subtype, p.pattern, p.population) == ("OS", "all", "all", None)
    )
    assert f"{row.estimate:.2f} ({row.ci_low:.2f}-{row.ci_high:.2f})" == published


def test_the_heterogeneity_published_by_the_2023_review_cannot_come_from_the_trials(baseline):
    for rerun in baseline.pooling_reruns:
        if rerun.k <= 5 and "bomet" not in rerun.input_set:
            assert pooled(baseline, rerun.input_set, "EE", "wald").q < 13.3  # published: chi-square 24.57
