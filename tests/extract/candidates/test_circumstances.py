"""Medians and numbers by arm, events and follow-up stand beside the ratio they belong to, or are left out."""

from __future__ import annotations

import pytest

from extract.candidates import propose_effects
from extract.schema.effect import Document, Effect
from tests.extract.protocol_file import own_protocol


def read(text: str) -> tuple[Effect, ...]:
    return propose_effects(Document("1", "", text), own_protocol())


def ratio(text: str) -> Effect:
    return next(effect for effect in read(text) if effect.measure == "HR")


def test_abcsg28_as_printed_is_asked_about_from_its_own_text() -> None:
    # Figures of PMID 31082916: medians 34.6 v 54.8 months, printed HR 0.691 (0.358-1.333).
    effect = ratio(
        "Median survival was 34.6 months with surgery and 54.8 months without (HR 0.691; 95% CI 0.358-1.333; p=0.267)."
    )
    assert dict(effect.extras)["median_intervention_months"] == "34.6"
    assert dict(effect.extras)["median_comparator_months"] == "54.8"
    assert {"direction-against-medians", "direction-not-stated"} <= set(effect.checks)
    assert effect.comparison.numerator is None


def test_medians_of_another_outcome_or_subgroup_are_not_attached() -> None:
    effect = ratio(
        "Median overall survival was 34.6 months with surgery and 54.8 months without surgery. "
        "Progression-free survival was better with surgery (HR 0.60; 95% CI 0.40-0.90)."
    )
    assert "median_intervention_months" not in dict(effect.extras)


def test_a_median_whose_arm_is_not_said_has_none() -> None:
    (first, second) = read("Median survival was 69 and 75 months.")
    assert "arm" not in dict(first.extras)
    assert "arm" not in dict(second.extras)


@pytest.mark.parametrize(
    "people",
    [
        "138 were in the surgery arm and 136 in the systemic therapy alone arm.",
        "Patients had surgery (n = 138) or systemic therapy alone (n = 136).",
    ],
)
def test_numbers_by_arm_and_follow_up_are_kept_as_printed(people: str) -> None:
    # MF07-01 2018, PMID 29777404: 138 and 136 women, median follow-up 40 months.
    text = (
        f"{people} Median follow-up was 40 months. "
        "Surgery was associated with better survival (HR 0.66; 95% CI 0.49-0.88)."
    )
    extras = dict(ratio(text).extras)
    assert (extras["n_intervention"], extras["n_comparator"]) == ("138", "136")
    assert extras["follow_up"] == "40 months"


def test_the_whole_trials_numbers_are_not_given_to_a_subgroup() -> None:
    text = (
        "138 were in the surgery arm and 136 in the systemic therapy alone arm. "
        "In triple-negative disease surgery was associated with better survival (HR 0.66; 95% CI 0.49-0.88)."
    )
    assert "n_intervention" not in dict(ratio(text).extras)


def test_units_left_out_in_the_second_half_of_a_pair_are_taken_from_the_first() -> None:
    # Tata Memorial, PMID 26363985: 19.2 (15.98-22.46) and 20.5 (16.96-23.98) months.
    effects = read(
        "Median overall survival was 19.2 months (95% CI 15.98-22.46) with surgery and 20.5 (16.96-23.98) without."
    )
    assert [(e.estimate, dict(e.extras)["unit"]) for e in effects] == [(19.2, "months"), (20.5, "months")]
