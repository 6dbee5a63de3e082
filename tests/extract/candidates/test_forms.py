"""The printed forms of a result, each with the numbers it must give.

Sentences are ours, forms are those journals use.
"""

from __future__ import annotations

import pytest

from extract.candidates import propose_effects
from extract.schema.effect import Document, Effect
from tests.extract.protocol_file import own_protocol


def read(text: str, title: str = "") -> tuple[Effect, ...]:
    """Return the effects of one text."""
    return propose_effects(Document("1", title, text), own_protocol())


def numbers(effects: tuple[Effect, ...]) -> list[tuple[str, float | None, float | None, float | None, float | None]]:
    """Return measure, estimate, limits and level of each effect."""
    return [(e.measure, e.estimate, e.ci_low, e.ci_high, e.ci_level) for e in effects]


@pytest.mark.parametrize(
    "printed",
    [
        "(hazard ratio 0.71; 95% CI 0.60-0.84)",
        "(HR, 0.71; 95% CI, 0.60 to 0.84; P < .001)",
        "(HR = .71, 95% confidence interval .60, .84)",
        "(hazard ratio [HR] 0·71 [95% CI 0·60–0·84]; p<0·0001)",
        "(HR 0,71; IC del 95%: 0,60-0,84)",
        "(HR: 0.71; 95 %CI: 0.60 — 0.84)",
        "(hazard ratio for death, 0.71; 95 percent confidence interval, 0.60 to 0.84)",
        "(HR 0.71 (95% CI: 0.60 to 0.84))",
        "with a hazard ratio of 0.71 (CI 95%, 0.60; 0.84)",
        "HR [95% CI]: 0.71 [0.60-0.84]",
        "(HR:0.71;95%CI0.60-0.84;p=0.0001)",
        "(HR 0.71, 95% CI from 0.60 to 0.84)",
        "(HR 0.71 [95% CI] [0.60\u20090.84])".replace("\u2009", "\u2009−\u2009"),
        "the HR for surgery was 0.71 with a 95% CI of 0.60 to 0.84",
        "(95% CI 0.60-0.84: HR 0.71; 95% CI 0.60-0.84)",
    ],
)
def test_a_ratio_with_its_interval_is_read_in_every_usual_form(printed: str) -> None:
    assert numbers(read(f"Overall survival was longer {printed}."))[0] == ("HR", 0.71, 0.60, 0.84, 95.0)


@pytest.mark.parametrize(
    ("spelled", "measure", "adjusted"),
    [
        ("HR", "HR", None),
        ("aHR", "HR", True),
        ("adjusted HR", "HR", True),
        ("multivariable-adjusted hazard ratio", "HR", True),
        ("unadjusted hazard ratio", "HR", False),
        ("subdistribution hazard ratio", "SHR", None),
        ("sHR", "SHR", None),
        ("cause-specific hazard ratio", "CSHR", None),
        ("csHR", "CSHR", None),
        ("odds ratio", "OR", None),
        ("relative risk", "RR", None),
        ("adjusted odds ratio [aOR]", "OR", True),
    ],
)
def test_the_kind_of_ratio_is_kept(spelled: str, measure: str, adjusted: bool | None) -> None:
    (effect,) = read(f"Mortality was lower ({spelled} 0.71; 95% CI 0.60-0.84).")
    assert (effect.measure, effect.adjusted) == (measure, adjusted)


@pytest.mark.parametrize(
    "text",
    [
        "HR-positive disease was present in 0.71 (95% CI 0.60-0.84) of the women.",
        "Women with HR+/HER2- tumours (n = 45) were aged 0.5 to 0.8 units.",
        "Mean heart rate (HR) was 72.5 (95% CI 70.1-74.9) beats a minute.",
        "High-risk (HR) HPV was found in 12.5% (95% CI 10.0-15.0).",
        "The C-index was 0.71 (95% CI 0.60-0.84).",
        "Response was seen in 30.0% (95% CI 18.8-43.2).",
        "The objective response (OR) was 0.45.",
    ],
)
def test_what_only_looks_like_a_ratio_is_not_one(text: str) -> None:
    assert [e for e in read(text) if e.measure != "median"] == []


def test_a_list_with_respectively_gives_each_outcome_its_own_ratio() -> None:
    effects = read("HRs for overall survival and progression-free survival were 0.71 and 0.82, respectively.")
    assert [(e.estimate, e.outcome) for e in effects] == [(0.71, "OS"), (0.82, "PFS")]


def test_subgroups_with_respectively_are_paired_in_order() -> None:
    effects = read(
        "Hazard ratios for death were 0.50 (95% CI 0.40-0.63), 0.60 (0.45-0.80) and 0.90 (0.70-1.16) in "
        "HR+/HER2-, HER2-positive and triple-negative disease, respectively."
    )
    assert [(e.estimate, e.subtype) for e in effects] == [
        (0.50, "hr-positive-her2-negative"),
        (0.60, "her2-positive"),
        (0.90, "triple-negative"),
    ]


def test_a_level_stated_once_is_inherited_and_says_so() -> None:
    first, second = read("HR for death 0.71 (90% CI 0.60-0.84) and for progression HR 0.80 (0.70-0.91).")
    assert (first.ci_level, second.ci_level) == (90.0, 90.0)
    assert dict(second.extras)["ci_level_from"] == "inherited"


def test_a_level_that_is_never_stated_stays_unknown() -> None:
    (effect,) = read("Overall survival was longer (HR 0.71 [0.60-0.84]).")
    assert effect.ci_level is None
    assert "level-not-stated" in effect.checks


def test_a_one_sided_bound_has_one_limit() -> None:
    (effect,) = read("The adjusted hazard ratio was 0.81 (upper 95% CI limit 1.17).")
    assert (effect.ci_low, effect.ci_high, effect.ci_level) == (None, 1.17, 95.0)


@pytest.mark.parametrize(
    ("printed", "sided"),
    [("one-sided P = .13", "one"), ("1-sided P = .13", "one"), ("two-sided p=0.13", "two"), ("p=0.13", None)],
)
def test_the_sides_of_p_are_read_only_where_stated(printed: str, sided: str | None) -> None:
    (effect,) = read(f"Survival did not differ (HR 0.86; 90% CI 0.69-1.07; {printed}).")
    assert effect.p_sided == sided
    assert effect.p_value is not None


@pytest.mark.parametrize(
    "text",
    [
        "The trial had 80% power to detect a hazard ratio of 0.70.",
        "The sample size assumed an HR of 0.70 for death.",
        "The noninferiority margin was a hazard ratio of 1.25.",
        "The study was powered to detect a benefit (hazard ratio = 0.70; one-sided P < .2).",
    ],
)
def test_a_design_assumption_is_never_a_result(text: str) -> None:
    (effect,) = read(text)
    assert not effect.is_result


def test_another_analysis_is_not_this_ones_result() -> None:
    (effect,) = read("A previous analysis showed better survival with surgery (HR 0.66; 95% CI 0.49-0.88).")
    assert not effect.is_result
    assert dict(effect.extras)["standing"] == "prior analysis"


def test_medians_of_both_arms_are_read_with_unit_and_interval() -> None:
    effects = read("Median overall survival was 34.6 months (95% CI 20.1-48.2) with surgery v 54.8 months without.")
    assert [(e.estimate, e.ci_low, e.ci_high, dict(e.extras)["unit"]) for e in effects] == [
        (34.6, 20.1, 48.2, "months"),
        (54.8, None, None, "months"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Median follow-up was 37.5 months.",
        "Median age was 56 years and median tumour size 4.2 cm.",
        "The median duration of treatment was 5.5 months.",
        "The median number of cycles was 6 (range 1-8).",
    ],
)
def test_medians_of_other_things_are_not_effects(text: str) -> None:
    assert read(text) == ()


def test_a_value_repeated_in_the_conclusion_is_said_once() -> None:
    effects = read(
        "RESULTS: Survival was longer (HR 0.71; 95% CI 0.60-0.84).\nCONCLUSIONS: A hazard ratio of 0.71 "
        "favours surgery."
    )
    assert len(effects) == 1


def test_receptors_and_ratios_share_letters_and_are_kept_apart() -> None:
    (effect,) = read(
        "In HR-positive/HER2-negative disease survival was better with surgery (HR 0.71; 95% CI 0.60-0.84)."
    )
    assert (effect.measure, effect.subtype) == ("HR", "hr-positive-her2-negative")


def test_the_longest_synonym_wins() -> None:
    (effect,) = read("Among women with HER2-positive tumours, survival improved (HR 0.71; 95% CI 0.60-0.84).")
    assert effect.subtype == "her2-positive"


def test_a_receptor_as_risk_factor_restricts_nobody() -> None:
    (effect,) = read("Triple-negative subtype (HR 2.10; 95% CI 1.50-2.94) was an independent predictor of death.")
    assert effect.subtype == "all"


def test_the_title_restricts_the_whole_report() -> None:
    (effect,) = read(
        "Survival was longer (HR 0.71; 95% CI 0.60-0.84).", "Surgery in bone-only metastatic breast cancer"
    )
    assert effect.metastatic_pattern == "bone-only"


@pytest.mark.parametrize(
    ("text", "numerator"),
    [
        ("The hazard ratio for surgery versus no surgery was 0.71 (95% CI 0.60-0.84).", "surgery"),
        ("The hazard ratio for no surgery versus surgery was 1.41 (95% CI 1.19-1.67).", "no_surgery"),
        ("Surgery was associated with better overall survival (HR 0.71; 95% CI 0.60-0.84).", "surgery"),
        ("Surgery was associated with better overall survival (HR 1.41; 95% CI 1.19-1.67).", "no_surgery"),
        (
            "Survival was better with mastectomy than with systemic therapy alone (HR 0.71; 95% CI 0.60-0.84).",
            "surgery",
        ),
        ("Compared with systemic therapy alone, surgery reduced mortality (HR 0.71; 95% CI 0.60-0.84).", "surgery"),
        ("Three-year survival was 67.9% without and 68.4% with surgery (HR 1.11; 90% CI 0.82-1.52).", None),
        ("Survival improved over time (HR 0.71; 95% CI 0.60-0.84).", None),
    ],
)
def test_the_numerator_is_what_the_report_says_and_nothing_where_it_does_not(text: str, numerator: str | None) -> None:
    assert read(text)[0].comparison.numerator == numerator


def test_the_same_text_gives_the_same_effects_in_reading_order() -> None:
    text = "Survival (HR 0.71; 95% CI 0.60-0.84) and progression (HR 0.80; 95% CI 0.70-0.91) were better."
    effects = read(text)
    assert effects == read(text)
    assert [e.span.start for e in effects] == sorted(e.span.start for e in effects)


@pytest.mark.parametrize(
    ("text", "numerator", "denominator"),
    [
        ("The hazard ratio for E120 versus EC-CMF was 1.04 (95% CI 0.79-1.36).", "E120", "EC-CMF"),
        ("DFS was longer (arm B/arm A hazard ratio [HR], 0.69; 95% CI 0.57-0.85).", "arm B", "arm A"),
        ("PFS was similar, with a hazard ratio (S-1/capecitabine) of 0.85 (95% CI 0.52-1.38).", "S-1", "capecitabine"),
        ("The hazard ratio for death in the finasteride group was 1.02 (95% CI 0.97-1.08).", "finasteride group", None),
        ("HRs for OS were 1.08 for arm B versus A (P = .779).", "arm B", "A"),
    ],
)
def test_arms_outside_the_protocol_are_kept_in_the_reports_words(
    text: str, numerator: str, denominator: str | None
) -> None:
    (effect,) = read(text, "Trial of two regimens")
    assert (effect.comparison.numerator, effect.comparison.denominator) == (numerator, denominator)


def test_a_numerator_inferred_from_rates_says_so() -> None:
    # The form of PMID 15342804: 7.7 % against 0.6 % and a ratio of 8.3 can only be tamoxifen alone over both.
    (effect,) = read(
        "Local relapse at five years was 7.7 percent in the tamoxifen group and 0.6 percent in the combined group "
        "(hazard ratio, 8.3; 95 percent confidence interval, 3.3 to 21.2).",
        "Tamoxifen with or without irradiation",
    )
    assert effect.comparison.numerator == "tamoxifen group"
    assert dict(effect.extras)["direction_from"] == "rates"


def test_an_arm_of_the_question_is_not_read_into_another_trial() -> None:
    (effect,) = read(
        "Relapse was rarer (HR 0.43; 95% CI 0.28-0.66) than with chemotherapy alone.", "Chemoradiotherapy in cancer"
    )
    assert effect.comparison.numerator is None


def test_the_nearest_level_before_a_range_is_its_level() -> None:
    effects = read(
        "Response was 30.1% (95% CI 20.2-41.3). "
        "HR for death 0.71 (90% CI 0.60-0.84), for progression HR 0.80 (0.70-0.91)."
    )
    assert [effect.ci_level for effect in effects] == [90.0, 90.0]


def test_equal_numbers_in_one_sentence_are_two_results() -> None:
    effects = read("Survival (HR 0.80; 95% CI 0.70-0.91) and progression (HR 0.80; 95% CI 0.70-0.91) were better.")
    assert [effect.outcome for effect in effects] == ["OS", "PFS"]


def test_an_upper_limit_typeset_apart_is_one_number() -> None:
    text = "Death was rarer (HR = 0.65, and 95% CI = 0.46-0. 92) with A. 89 women died (HR 1.2, 95% CI 0.9-1. 89)."
    assert numbers(read(text)) == [("HR", 0.65, 0.46, 0.92, 95.0), ("HR", 1.2, 0.9, 1.89, 95.0)]


def test_a_sentence_that_ends_in_a_whole_number_is_not_glued_to_the_next() -> None:
    text = "The hazard ratio was 0.8 with a 95% CI of 0.6-1. 89 women died."
    assert numbers(read(text)) == [("HR", 0.8, 0.6, 1.0, 95.0)]


def test_a_rate_before_its_interval_is_no_level() -> None:
    text = "Distant recurrence (18% [CI 11-30] vs 19% [11-31]; HR 0.86 [0.36-2.06]) did not differ."
    (effect,) = read(text)
    assert (effect.estimate, effect.ci_low, effect.ci_high, effect.ci_level) == (0.86, 0.36, 2.06, None)


def test_a_unit_of_change_stands_between_a_ratio_and_its_interval() -> None:
    text = "It predicted survival (HR = 1.20 per 10% increase in fraction, 95% CI = 1.09 to 1.32; P < .001)."
    assert numbers(read(text)) == [("HR", 1.20, 1.09, 1.32, 95.0)]


def test_a_range_in_a_unit_of_change_is_no_interval() -> None:
    assert numbers(read("It predicted survival (HR = 1.20 per 1.1-1.3 units, P < .001).")) == [
        ("HR", 1.20, None, None, None)
    ]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("(OR 5; 95% CI 2-12)", ("OR", 5.0, 2.0, 12.0, 95.0)),
        ("(HR = 30, 95% CI 16 to 60)", ("HR", 30.0, 16.0, 60.0, 95.0)),
        ("(adjusted HR 7.1, [1.3, 37.9]; p = 0.021)", ("HR", 7.1, 1.3, 37.9, None)),
    ],
)
def test_whole_numbers_and_a_bracket_behind_a_comma_are_read(
    printed: str, expected: tuple[str, float, float, float, float | None]
) -> None:
    assert numbers(read(f"Deaths were more frequent {printed}.")) == [expected]


def test_whole_numbers_that_are_no_ratio_stay_unread() -> None:
    assert read("Of 120 women (95% CI 2-12) 30 died; ORR was 50 (CI 40-60), and HER2 CI 1-2 was seen in 5.") == ()
