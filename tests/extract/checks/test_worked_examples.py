"""The traps of the five trials.

Of three cohorts, as printed (../shared/evidence, REVIEW_METHODS section 3).
"""

from __future__ import annotations

import pytest

from extract.checks import CheckInput, codes_of, run_checks


def test_abcsg28_direction_is_asked_about_because_the_longer_median_has_the_higher_hazard() -> None:
    # Fitzal 2019, PMID 31082916: HR 0.691 (0.358-1.333), medians 34.6 (surgery) v 54.8 months.
    value = CheckInput(
        estimate=0.691, ci_low=0.358, ci_high=1.333, ci_level=95, numerator="surgery",
        median_surgery_months=34.6, median_control_months=54.8,
    )  # fmt: skip
    assert "direction-against-medians" in codes_of(value)


def test_abcsg28_turned_round_by_a_person_is_quiet() -> None:
    # 1/0.691 = 1.447 (0.750-2.793): surgery over none, the shorter median now has the higher hazard.
    value = CheckInput(
        estimate=1.447, ci_low=0.750, ci_high=2.793, ci_level=95, numerator="surgery",
        median_surgery_months=34.6, median_control_months=54.8,
    )  # fmt: skip
    assert "direction-against-medians" not in codes_of(value)


def test_e2108_crossing_curves_trip_the_direction_warning_too() -> None:
    # Khan 2022, doi 10.1200/JCO.21.02006: HR 1.11, medians 54.9 (surgery) v 53.1 months.
    value = CheckInput(
        estimate=1.11, ci_low=0.82, ci_high=1.52, ci_level=90, numerator="surgery",
        median_surgery_months=54.9, median_control_months=53.1,
    )  # fmt: skip
    (finding,) = [f for f in run_checks(value) if f.code == "direction-against-medians"]
    assert finding.severity == "warning"


def test_e2108_p_says_that_the_interval_is_90_percent() -> None:
    # p 0.57: a 90 % interval gives 0.578, a 95 % interval 0.507 (../shared/evidence/README.md).
    wrong = CheckInput(estimate=1.11, ci_low=0.82, ci_high=1.52, ci_level=95, p_value="p=0.57")
    (finding,) = [f for f in run_checks(wrong) if f.code == "level-identified-by-p"]
    assert "90 %" in finding.message
    right = CheckInput(estimate=1.11, ci_low=0.82, ci_high=1.52, ci_level=90, p_value="p=0.57")
    assert "level-identified-by-p" not in codes_of(right)


def test_jcog1017_one_sided_p_says_that_the_interval_is_90_percent() -> None:
    # JCOG1017, PMID 40615712: HR 0.86 (0.69-1.07), one-sided p 0.13.
    wrong = CheckInput(estimate=0.86, ci_low=0.69, ci_high=1.07, ci_level=95, p_value="0.13", p_sided="one")
    assert {"level-identified-by-p", "p-one-sided"} <= set(codes_of(wrong))
    right = CheckInput(estimate=0.86, ci_low=0.69, ci_high=1.07, ci_level=90, p_value="0.13", p_sided="one")
    assert "level-identified-by-p" not in codes_of(right)


def test_jcog1017_standard_error_agrees_with_its_221_deaths() -> None:
    # SE 0.1334 from the 90 % interval against 2/sqrt(221) = 0.1345.
    value = CheckInput(estimate=0.86, ci_low=0.69, ci_high=1.07, ci_level=90, events_total=221)
    assert "se-against-events" not in codes_of(value)


def test_an_interval_with_the_events_of_another_result_is_noticed() -> None:
    value = CheckInput(estimate=0.86, ci_low=0.69, ci_high=1.07, ci_level=90, events_total=40)
    assert "se-against-events" in codes_of(value)


def test_a_level_that_is_never_stated_is_asked_for_even_if_p_identifies_it() -> None:
    value = CheckInput(estimate=1.11, ci_low=0.82, ci_high=1.52, p_value="0.57")
    assert {"level-not-stated", "level-identified-by-p"} <= set(codes_of(value))


def test_tan_2016_interval_is_not_symmetric() -> None:
    # Tan 2016: 0.557-0.625 around 0.566; the middle on the log scale is 0.590.
    value = CheckInput(estimate=0.566, ci_low=0.557, ci_high=0.625, ci_level=95)
    assert "interval-asymmetric" in codes_of(value)


@pytest.mark.parametrize(
    ("estimate", "low", "high"),
    [
        (0.66, 0.49, 0.88),
        (0.71, 0.59, 0.86),
        (1.04, 0.81, 1.34),
        (0.691, 0.358, 1.333),
        (1.11, 0.82, 1.52),
        (0.86, 0.69, 1.07),
    ],
)
def test_the_trials_own_intervals_are_symmetric(estimate: float, low: float, high: float) -> None:
    assert "interval-asymmetric" not in codes_of(CheckInput(estimate=estimate, ci_low=low, ci_high=high))


def test_a_short_number_is_not_called_asymmetric_for_its_rounding() -> None:
    # 0.5 (0.3-0.9): sqrt(0.27) = 0.52; half a unit of 0.1 explains the difference.
    assert "interval-asymmetric" not in codes_of(CheckInput(estimate=0.5, ci_low=0.3, ci_high=0.9))


def test_khan_2002_compares_only_those_with_free_margins() -> None:
    # Khan 2002 (NCDB): resection with free margins against no operation.
    value = CheckInput(
        estimate=0.61,
        ci_low=0.58,
        ci_high=0.65,
        numerator="resection with free margins",
        denominator="no surgery",
    )
    assert "comparison-narrower" in codes_of(value)


def test_locoregional_treatment_is_wider_than_surgery() -> None:
    # Pons-Tostivint 2019, Nguyen 2012, BOMETIN: surgery and/or radiotherapy.
    value = CheckInput(
        estimate=0.65,
        numerator="locoregional treatment (surgery and/or radiotherapy)",
        denominator="no_surgery",
    )
    assert "comparison-wider" in codes_of(value)


def test_orlandi_2021_has_one_arm_and_nothing_to_pool() -> None:
    (finding,) = [f for f in run_checks(CheckInput(single_arm=True)) if f.code == "single-arm"]
    assert finding.severity == "error"


def test_mf07_01_follow_up_has_fewer_people_and_asks_which_report_counts() -> None:
    # 274 in 2018, 265 in 2021, cut-offs not extracted.
    assert "older-report-not-smaller" in codes_of(CheckInput(older_n=274, newer_n=265))
    later = CheckInput(older_n=274, newer_n=265, older_cutoff="2016-12-31", newer_cutoff="2020-12-31")
    assert "older-report-not-smaller" not in codes_of(later)


def test_two_ratios_against_one_control_group_are_flagged() -> None:
    # Lane 2019: surgery before and surgery after systemic therapy, one control group.
    assert "shared-control-group" in codes_of(CheckInput(shares_control_with=("Lane 2019, surgery first",)))


def test_a_cohort_of_a_used_overlap_group_is_flagged() -> None:
    assert "overlap-group-used" in codes_of(CheckInput(overlap_group_used_by=("SEER 2004-2013",)))


def test_e2108_erratum_reopens_its_values_and_a_retraction_is_an_error() -> None:
    # E2108 has an erratum, PMID 35427466.
    assert "linked-notice" in codes_of(CheckInput(linked_notices=("ErratumIn",)))
    (finding,) = [f for f in run_checks(CheckInput(linked_notices=("RetractionIn",))) if f.code == "report-retracted"]
    assert finding.severity == "error"


def test_arms_that_do_not_make_the_total_are_flagged() -> None:
    # MF07-01 2018: 138 + 136 = 274.
    assert "counts-do-not-sum" not in codes_of(CheckInput(n_surgery=138, n_control=136, n_total=274))
    assert "counts-do-not-sum" in codes_of(CheckInput(n_surgery=138, n_control=136, n_total=278))


def test_more_events_than_people_is_an_error() -> None:
    assert "events-exceed-n" in codes_of(CheckInput(events_surgery=46, n_surgery=45))


def test_subgroups_that_do_not_make_the_whole_are_flagged() -> None:
    assert "counts-do-not-sum" in codes_of(CheckInput(subgroup_n=(100, 120), whole_n=250))


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (CheckInput(estimate=0.9, ci_low=0.4, ci_high=0.8), "estimate-outside-interval"),
        (CheckInput(estimate=0.9, ci_low=1.2, ci_high=0.8), "limits-reversed"),
        (CheckInput(estimate=-0.9), "ratio-not-positive"),
        (CheckInput(measure="MD", estimate=-110.02, ci_low=143.98, ci_high=-76.06), "limits-reversed"),
    ],
)
def test_what_cannot_be_true_is_an_error(value: CheckInput, code: str) -> None:
    (finding,) = [f for f in run_checks(value) if f.code == code]
    assert finding.severity == "error"


def test_a_significant_p_beside_an_interval_across_one_is_noticed() -> None:
    value = CheckInput(estimate=0.9, ci_low=0.6, ci_high=1.35, ci_level=95, p_value="P = .0001")
    assert {"interval-contradicts-p", "p-against-interval"} <= set(codes_of(value))


def test_a_half_typed_form_says_nothing() -> None:
    assert codes_of(CheckInput()) == ()


def test_a_direction_that_is_not_said_is_asked_for_only_for_results() -> None:
    assert codes_of(CheckInput(estimate=0.7, ci_low=0.6, ci_high=0.82, ci_level=95)) == ("direction-not-stated",)
    assert codes_of(CheckInput(estimate=0.7, is_result=False)) == ()


def test_a_ratio_without_an_interval_is_doubted_it_may_be_a_prognostic_factors() -> None:
    # Neuman 2010, PMID 20101736: HR 0.47 is that of the oestrogen receptor; surgery's is 0.71 (0.47-1.06).
    assert "interval-missing" in codes_of(CheckInput(estimate=0.47, numerator="surgery"))
    assert "interval-missing" in codes_of(CheckInput(measure="OR", estimate=0.16, numerator="surgery"))
    with_interval = CheckInput(estimate=0.71, ci_low=0.47, ci_high=1.06, ci_level=95, numerator="surgery")
    assert "interval-missing" not in codes_of(with_interval)


def test_a_median_a_design_assumption_and_an_empty_form_lack_no_interval() -> None:
    for value in (CheckInput(measure="median", estimate=40.0), CheckInput(estimate=0.7, is_result=False), CheckInput()):
        assert "interval-missing" not in codes_of(value)
