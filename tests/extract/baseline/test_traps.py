"""What the printed figures of this question get wrong or hide, each held by one test."""

from __future__ import annotations

import math

import pytest

from extract.baseline import Baseline, BaselineValue, apply_corrections
from extract.schema.vocabulary import Arm, Design, ImmortalTime, Measure

Z90, Z95 = 1.6448536269514722, 1.959963984540054  # standard normal quantiles of 0.95 and 0.975


def value(baseline: Baseline, value_id: str) -> BaselineValue:
    return next(v for v in baseline.values if v.value_id == value_id)


def used(baseline: Baseline, value_id: str) -> BaselineValue:
    return {c.value.value_id: c.value for c in apply_corrections(baseline.values, baseline.corrections)}[value_id]


def two_sided_p(v: BaselineValue, z: float) -> float:
    """P value of the printed estimate if its limits were ``z`` standard errors away."""
    assert v.ci_low is not None
    assert v.ci_high is not None
    se = (math.log(v.ci_high) - math.log(v.ci_low)) / (2 * z)
    return math.erfc(abs(math.log(v.estimate)) / se / math.sqrt(2))


LATEST = {
    "mf07-01-2021--os--all--all--1": (0.71, 0.59, 0.86, 95),
    "tata-2015--os--all--all--1": (1.04, 0.81, 1.34, 95),
    "abcsg28-2019--os--all--all--1": (0.691, 0.358, 1.333, 95),
    "e2108-2022--os--all--all--1": (1.11, 0.82, 1.52, 90),
    "jcog1017-2025--os--all--all--1": (0.86, 0.69, 1.07, 90),
}


@pytest.mark.parametrize("value_id", LATEST)
def test_the_five_trials_stand_as_printed(baseline, value_id):
    v = value(baseline, value_id)
    assert (v.estimate, v.ci_low, v.ci_high, v.ci_level) == LATEST[value_id]
    assert v.poolable


def test_there_are_five_randomised_trials_with_survival_results(baseline):
    study_of = {report.report_id: report.study_id for report in baseline.reports}
    trials = {s.study_id for s in baseline.studies if s.design is Design.RCT}
    with_results = {study_of[v.report_id] for v in baseline.values if v.outcome == "OS"} & trials
    assert with_results == {"MF07-01", "TATA", "ABCSG-28", "E2108", "JCOG1017"}


@pytest.mark.parametrize("value_id", ["abcsg28-2019--os--all--all--1", "abcsg28-2019--distant-pfs--all--all--1"])
def test_abcsg28_prints_a_ratio_below_one_though_the_surgery_arm_did_worse(baseline, value_id):
    v = value(baseline, value_id)
    assert v.estimate < 1
    assert v.median_surgery_months < v.median_control_months
    assert v.numerator_arm is Arm.NOT_STATED
    assert used(baseline, value_id).numerator_arm is Arm.NO_SURGERY
    assert used(baseline, value_id).denominator_arm is Arm.SURGERY


def test_no_reciprocal_is_stored_beside_the_printed_ratio(baseline):
    assert {v.estimate for v in baseline.values if v.report_id == "ABCSG28-2019"} == {0.691, 0.598}


def test_the_p_value_identifies_the_level_of_e2108(baseline):
    v = value(baseline, "e2108-2022--os--all--all--1")
    assert two_sided_p(v, Z90) == pytest.approx(0.578, abs=0.001)  # printed 0.57
    assert two_sided_p(v, Z95) == pytest.approx(0.507, abs=0.001)


def test_the_p_value_identifies_level_and_sidedness_of_jcog1017(baseline):
    v = value(baseline, "jcog1017-2025--os--all--all--1")
    assert v.p_sided == "one"
    assert two_sided_p(v, Z90) / 2 == pytest.approx(0.129, abs=0.001)  # printed 0.13
    assert two_sided_p(v, Z95) / 2 == pytest.approx(0.089, abs=0.001)


def test_read_as_95_percent_jcog1017_would_weigh_42_percent_too_much():
    assert pytest.approx(0.16, abs=0.005) == 1 - Z90 / Z95  # standard error too small
    assert pytest.approx(0.42, abs=0.005) == (Z95 / Z90) ** 2 - 1  # weight too large


def test_every_90_percent_interval_is_confirmed_by_a_decision(baseline):
    confirmed = {c.value_id for c in baseline.corrections if c.kind == "confirmation" and c.field == "ci_level"}
    assert {v.value_id for v in baseline.values if v.ci_level == 90} == confirmed


def test_tans_interval_is_not_symmetric_on_the_log_scale_and_not_pooled(baseline):
    v = value(baseline, "tan-2016--os--all--all--1")
    middle = math.sqrt(v.ci_low * v.ci_high)
    assert middle / v.estimate == pytest.approx(1.042, abs=0.001)
    assert not v.poolable


def test_every_poolable_interval_is_symmetric_on_the_log_scale(baseline):
    for v in baseline.values:
        if v.poolable:
            half_unit = 0.5 * 10 ** -min(3, max(len(str(x).partition(".")[2]) for x in (v.ci_low, v.ci_high)))
            slack = half_unit * (1 / v.estimate + 0.5 / v.ci_low + 0.5 / v.ci_high)
            assert abs(math.log(math.sqrt(v.ci_low * v.ci_high) / v.estimate)) <= slack + 0.01, v.value_id


def test_khan_2002_is_free_margins_against_none_and_not_pooled(baseline):
    v = value(baseline, "khan-2002--os--all--all--1")
    assert "free margins" in v.numerator_label
    assert not v.poolable


def test_the_single_arm_series_has_no_value(baseline):
    assert not [v for v in baseline.values if v.report_id == "Orlandi-2021"]
    assert next(s for s in baseline.screening if s.report_id == "Orlandi-2021").reason == "no-comparison"


def test_locoregional_treatment_is_not_pooled_as_surgery(baseline):
    for value_id in ("bometin-2025--os--all--bone-only--1", "ponstostivint-2019--os--all--all--1"):
        assert value(baseline, value_id).not_poolable_reason == "locoregional treatment, not surgery alone"


def test_the_bomet_registry_is_no_trial_and_its_older_report_is_left_out(baseline):
    study = next(s for s in baseline.studies if s.study_id == "BOMET")
    assert study.design is Design.PROSPECTIVE_REGISTRY
    assert not value(baseline, "bomet-2021--os--all--bone-only--1").poolable


def test_values_against_one_control_group_are_joined_and_ranked(baseline):
    groups: dict[str, list[int]] = {}
    for v in baseline.values:
        if v.comparison_group is not None:
            groups.setdefault(v.comparison_group, []).append(v.comparison_rank)
    assert {"lane-2019--os", "stahl-2021--os", "frontsurg-2021-seer--os"} <= set(groups)
    assert all(sorted(ranks) == list(range(1, len(ranks) + 1)) for ranks in groups.values())


def test_two_poolable_values_of_one_report_and_stratum_share_a_comparison_group(baseline):
    seen: dict[tuple[str, ...], str | None] = {}
    for v in baseline.values:
        if v.poolable:
            key = (v.report_id, v.outcome, v.subtype, v.pattern)
            assert key not in seen or seen[key] == v.comparison_group is not None, key
            seen[key] = v.comparison_group


def test_registries_of_the_same_people_share_an_overlap_group(baseline):
    groups: dict[str | None, set[str]] = {}
    for study in baseline.studies:
        groups.setdefault(study.overlap_group, set()).add(study.study_id)
    assert len(groups["SEER"]) >= 12
    assert {"Lane-2019", "Stahl-2021", "Mudgway-2020", "Arciero-2019"} <= groups["NCDB"]
    assert "Khan-2002" not in groups["NCDB"]  # 1990-1993 stands apart
    assert {"Bafford-2009", "Dominici-2011"} <= groups["NCCN-DFCI"]
    for study in baseline.studies:
        if study.overlap_group in ("SEER", "NCDB"):
            assert study.also_overlaps == ({"SEER": "NCDB", "NCDB": "SEER"}[study.overlap_group],)


def test_jcog1017_is_one_family_with_four_reports_and_a_chain_of_updates(baseline):
    reports = {r.report_id: r for r in baseline.reports if r.study_id == "JCOG1017"}
    assert {r.pmid for r in reports.values()} >= {"22833684", "40615712"}
    assert {r.doi for r in reports.values()} >= {"10.1007/s12282-025-01821-4"}
    assert len(reports) == 4
    assert reports["JCOG1017-2025"].supersedes == "JCOG1017-ASCO2023"


def test_e2108_carries_its_erratum(baseline):
    erratum = next(r for r in baseline.reports if r.pmid == "35427466")
    assert (erratum.study_id, erratum.report_type) == ("E2108", "erratum")


def test_the_known_registry_ids_stand(baseline):
    ids = {identifier for study in baseline.studies for identifier in study.registry_ids}
    assert {
        "NCT00193778", "NCT01242800", "NCT01015625", "NCT00557986", "UMIN000005586", "NCT01392586", "NCT04199520",
    } <= ids  # fmt: skip


def test_immortal_time_moves_the_ratio_and_the_biased_figures_are_not_pooled(baseline):
    biased = value(baseline, "duchesneau-2022--os--all--all--1")
    assert (biased.estimate, biased.immortal_time, biased.poolable) == (0.54, ImmortalTime.NONE, False)
    assert any("0.67 to 0.84" in result.text for result in baseline.other_results)


def test_a_relative_risk_of_a_cox_model_is_used_as_a_hazard_ratio_and_kept_as_printed(baseline):
    v = value(baseline, "babiera-2006--os--all--all--1")
    assert v.measure is Measure.RR
    assert used(baseline, v.value_id).measure is Measure.HR


def test_figures_of_mf07_01_are_not_mixed_across_its_reports(baseline):
    older, newer = (value(baseline, f"mf07-01-{year}--os--all--all--1") for year in (2018, 2021))
    assert (older.n_surgery, older.n_control, older.p_value, older.median_surgery_months) == (138, 136, "0.005", None)
    assert (newer.n_surgery, newer.n_control, newer.median_surgery_months, newer.median_control_months) == (
        134, 131, 46, 35,
    )  # fmt: skip


def test_meta_analyses_are_reports_of_no_study(baseline):
    synthesis = {r.report_id for r in baseline.reports if r.report_type == "meta_analysis"}
    assert all(r.study_id is None for r in baseline.reports if r.report_id in synthesis)
    assert {p.report_id for p in baseline.published_poolings} <= synthesis
