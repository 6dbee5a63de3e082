"""What reviewers corrected is told in words, and a confirmation is not called a correction."""

from __future__ import annotations

from dataclasses import fields
from typing import get_args

import pytest

from extract.schema.value import Kind, ReportedValue
from reports.correction_words import FIELD_WORDS, KIND_LABELS, correction_label, correction_words

LEVEL = "ci_level: 90.0 (confirmation: Stated as 90 % and meant so: at 95 % p were 0.507.; protocol-team, 2026-11-23)"
ARMS = (
    "numerator_arm: not_stated -> no_surgery (the text says so; reviewer-a; reviewer-b, 2026-11-26); "
    "ci_level: not stated -> 95.0 (the methods say so; reviewer-a, 2026-11-26)"
)


def test_fields_and_codes_are_told_in_words_and_reasons_stay_as_they_were_written() -> None:
    assert correction_words(ARMS) == (
        "arm above the line: not stated → no surgery (the text says so; reviewer-a; reviewer-b, 2026-11-26); "
        "confidence level: not stated → 95 (the methods say so; reviewer-a, 2026-11-26)"
    )


def test_a_confirmation_says_that_it_is_one() -> None:
    assert correction_words(LEVEL).startswith("confidence level: 90 (confirmed: Stated as 90 % and meant so: at 95 %")
    assert correction_label(LEVEL) == "Confirmed"
    assert correction_label(ARMS) == correction_label(f"{LEVEL}; {ARMS}") == "Correction"


def test_a_value_left_out_for_what_is_printed_is_not_called_corrected() -> None:
    misprint = "ci_low: 0.557 (exclusion: One limit is a misprint.; protocol-team, 2026-11-23)"
    assert correction_label(misprint) == "Left out"
    assert correction_words(misprint).startswith("lower limit: 0.557 (left out: One limit is a misprint.")


def test_every_kind_of_decision_about_a_field_has_a_label() -> None:
    assert {kind or "correction" for kind in KIND_LABELS} == set(get_args(Kind))


def test_a_trigger_is_told_in_words_behind_the_name_of_its_study() -> None:
    told = correction_words("correction of E2108: ci_level: 90.0 -> 95.0 (the notice's level; reviewer-a, 2026-11-26)")
    assert told == "correction of E2108: confidence level: 90 → 95 (the notice's level; reviewer-a, 2026-11-26)"


@pytest.mark.parametrize("text", ["new study: JCOG1017 (Japan)", "notice for E2108: Erratum: PMID 35427466", ""])
def test_what_is_no_correction_stands_as_it_is(text: str) -> None:
    assert correction_words(text) == text
    assert correction_label(text) == "Correction"


def test_words_are_given_for_fields_of_a_value_only() -> None:
    assert FIELD_WORDS.keys() <= {field.name for field in fields(ReportedValue)}
