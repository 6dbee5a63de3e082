"""Whom a report is about when only its methods say it, and a benefit denied without naming an arm.

Sentences are ours, forms are those reports use.
"""

from __future__ import annotations

import pytest

from extract.candidates import propose_effects
from extract.schema.effect import Document, Effect
from tests.extract.protocol_file import own_protocol

TITLE = "Surgery of the primary tumour in de novo stage IV breast cancer"
LONGER = "Surgery prolonged overall survival (HR 0.60; 95% CI 0.41-0.83)."
NONE = "(HR 0.90; 95% CI 0.71-1.13)"


def read(text: str, title: str = TITLE) -> Effect:
    (effect,) = propose_effects(Document("1", title, text), own_protocol())
    return effect


@pytest.mark.parametrize(
    ("methods", "subtype", "pattern"),
    [
        ("We randomly assigned women with HER2-positive stage IV disease to surgery or none.", "her2-positive", "all"),
        (
            "Patients with triple-negative metastatic breast cancer in a registry were included.",
            "triple-negative",
            "all",
        ),
        ("Eligible patients had bone-only metastases at diagnosis.", "all", "bone-only"),
        (
            "We identified HER2-positive breast cancer patients who presented with stage IV disease.",
            "her2-positive",
            "all",
        ),
        ("Women with HER2-positive disease and bone-only metastases were enrolled.", "her2-positive", "bone-only"),
    ],
)
def test_what_all_who_were_let_in_had_in_common_is_the_reports_population(
    methods: str, subtype: str, pattern: str
) -> None:
    effect = read(f"METHODS: {methods} RESULTS: {LONGER}")
    assert (effect.subtype, effect.metastatic_pattern) == (subtype, pattern)


@pytest.mark.parametrize(
    "methods",
    [
        "Patients were included, 40% of them with triple-negative disease.",
        "Patients with HER2-positive disease were excluded; all others were included.",
        "Patients with HER2-positive or triple-negative disease were included.",
        "Women were randomised and stratified by HER2-positive disease.",
        "Of 300 patients who were included, 80 had bone-only metastases (n = 80).",
        "We included 300 women. Subgroup analyses looked at HER2-positive disease.",
        "Patients were randomised; those with bone-only metastases received radiotherapy as well.",
        "Patients with HER2-positive disease were enrolled. Women with triple-negative disease formed a second cohort.",
        "Patients with non-visceral disease were included.",
    ],
)
def test_a_part_of_those_let_in_is_not_the_whole(methods: str) -> None:
    effect = read(f"METHODS: {methods} RESULTS: {LONGER}")
    assert (effect.subtype, effect.metastatic_pattern) == ("all", "all")


def test_a_report_about_something_else_says_nothing_about_who_was_let_in() -> None:
    text = f"Patients with HER2-positive breast cancer were included. {LONGER}"
    assert read(text, "A drug in breast cancer").subtype == "all"


@pytest.mark.parametrize(
    "said",
    [
        "There was no benefit",
        "RESULTS: There was no significant overall survival benefit",
        "We found no survival advantage",
        "Progression was delayed, but without any improvement in overall survival",
        "There was no evidence of a benefit in the whole population after propensity score matching",
    ],
)
def test_a_benefit_denied_without_an_arm_is_the_interventions(said: str) -> None:
    effect = read(f"{said} {NONE}.")
    assert (effect.comparison.numerator, effect.comparison.denominator) == ("surgery", "no_surgery")


@pytest.mark.parametrize(
    "said",
    [
        "No difference in overall survival was seen between the arms",
        "Endocrine therapy brought no benefit",
        "There was no benefit from endocrine therapy",
        "There was no benefit of a second drug",
        "Older women had no survival benefit",
    ],
)
def test_no_difference_or_anothers_missing_benefit_leaves_the_direction_open(said: str) -> None:
    assert read(f"{said} {NONE}.").comparison.numerator is None


def test_arms_named_behind_the_value_are_not_overruled_by_a_denied_benefit() -> None:
    effect = read("No benefit was seen (HR 0.90; 95% CI 0.71-1.13 for chemotherapy versus none).")
    assert effect.comparison.numerator != "surgery"


def test_a_denied_benefit_says_nothing_in_a_report_about_something_else() -> None:
    effect = read(f"There was no overall survival benefit {NONE}.", "A drug in breast cancer")
    assert effect.comparison.numerator is None
