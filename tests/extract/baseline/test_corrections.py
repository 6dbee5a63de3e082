"""Reported and corrected stay apart, and a decision that no longer applies fails."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from extract.baseline import Correction, apply_corrections
from extract.errors import BaselineError
from extract.schema.vocabulary import Arm

TATA = "tata-2015--os--all--all--1"


def decision(kind="correction", field="estimate", reported="1.04", corrected="1.05", value_id=TATA):
    day = dt.date(2026, 11, 23)
    return Correction(kind, value_id, field, reported, corrected, "why", "what shows it", "protocol-team", day, day)


def test_a_correction_keeps_what_was_reported(baseline):
    corrected = {c.value.value_id: c for c in apply_corrections(baseline.values, (decision(),))}[TATA]
    assert corrected.reported.estimate == 1.04
    assert corrected.value.estimate == 1.05
    assert corrected.decisions == (decision(),)


def test_values_without_a_decision_are_used_as_reported(baseline):
    for corrected in apply_corrections(baseline.values, ()):
        assert corrected.value is corrected.reported
        assert corrected.decisions == ()


def test_a_corrected_arm_is_an_arm_not_a_text(baseline):
    by_id = {c.value.value_id: c.value for c in apply_corrections(baseline.values, baseline.corrections)}
    assert by_id["abcsg28-2019--os--all--all--1"].numerator_arm is Arm.NO_SURGERY


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (decision(reported="1.03"), "the decision was about '1.03' but the value now says '1.04'"),
        (decision(value_id="nobody"), "'nobody' is not in values.csv"),
        (decision(field="colour"), "no such column"),
        (decision(corrected="1.04"), "must change the value"),
        (decision(kind="confirmation"), "must repeat '1.04'"),
        (decision(kind="exclusion", corrected=None), "excluded here but poolable"),
        (decision(corrected="high"), "expected a number"),
        (decision(field="numerator_arm", reported="surgery", corrected="no_surgery"), "both arms are no_surgery"),
    ],
)
def test_a_decision_that_does_not_fit_is_refused_naming_both_sides(baseline, bad, message):
    with pytest.raises(BaselineError, match=message):
        apply_corrections(baseline.values, (bad,))


def test_two_decisions_about_one_field_are_refused(baseline):
    with pytest.raises(BaselineError, match="decided twice"):
        apply_corrections(baseline.values, (decision(), decision(corrected="1.06")))


def test_an_erratum_that_changes_the_number_ends_the_decision(baseline):
    values = tuple(dataclasses.replace(v, estimate=1.1) if v.value_id == TATA else v for v in baseline.values)
    with pytest.raises(BaselineError, match="decide anew"):
        apply_corrections(values, (decision(),))


def test_every_shipped_decision_says_who_when_why_and_when_to_look_again(baseline):
    for made in baseline.corrections:
        assert made.reason
        assert made.evidence
        assert made.decided_by == "protocol-team"
        assert made.next_review > made.decided_on
