"""The sentence of a synthesis, by rule."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.conclusion import conclusion, verdict
from reports.model import Interval, Pooled
from reports.pages.answer import plain_finding
from tests.reports.snapshots import TRIALS, snapshot, whole


def pooled(estimate: float, low: float, high: float, *, k: int = 4) -> Pooled:
    log = Interval(estimate=math.log(estimate), low=math.log(low), high=math.log(high), level=95.0)
    return Pooled(
        label="Main analysis", method="REML", ci_method="hksj", k=k, log=log,
        ratio=Interval(estimate=estimate, low=low, high=high, level=95.0),
        se=0.1, statistic=0.0, df=k - 1, p=0.5, tau2=0.0, tau2_low=None, tau2_high=None,
        i2=0.0, i2_low=None, i2_high=None, h2=1.0, q=1.0, q_p=0.5, prediction=None,
    )  # fmt: skip


def test_an_interval_that_includes_one_is_not_shown_and_never_shown_not_to() -> None:
    text = conclusion(pooled(0.93, 0.69, 1.25), k=5, body="randomised")
    assert text.startswith("Five randomised trials together do not show that surgery")
    assert "31 % lower to one 25 % higher" in " ".join(text.split())
    assert "no effect" not in text


def test_an_interval_below_one_shows_better_survival() -> None:
    text = conclusion(pooled(0.71, 0.59, 0.86, k=2), k=2, body="randomised")
    assert text.startswith("Two randomised trials together show better overall survival with surgery")


def test_an_interval_above_one_shows_worse_survival() -> None:
    text = conclusion(pooled(1.5, 1.1, 2.0, k=1), k=1, body="randomised")
    assert text.startswith("One randomised trial reports worse overall survival with surgery")


def test_a_single_trial_reports_and_never_settles_least_of_all_in_a_part_of_its_patients() -> None:
    alone = pooled(0.64, 0.46, 0.91, k=1)
    whole_trial = conclusion(alone, k=1, body="randomised")
    part = conclusion(alone, k=1, body="randomised", population="in HER2-negative disease")
    assert whole_trial.endswith("a single trial does not settle the question.")
    assert part.endswith("a single trial, and here only a part of its patients, does not settle the question.")
    assert " shows " not in whole_trial + part


def test_an_interval_that_ends_at_one_does_not_exclude_it() -> None:
    assert verdict(pooled(0.8, 0.64, 1.0), k=3) == "not_shown"


def test_nothing_pooled_is_a_gap_and_not_evidence_of_no_effect() -> None:
    text = conclusion(None, k=0, body="randomised", population="in triple-negative disease")
    assert text == (
        "No randomised trial has reported a usable estimate of overall survival in triple-negative disease: "
        "this is a gap, not evidence of no effect."
    )


def test_observational_evidence_is_never_worded_as_an_effect_of_surgery() -> None:
    text = conclusion(pooled(0.6, 0.5, 0.7, k=19), k=19, body="observational")
    assert "does not show that surgery was the cause" in text


def test_the_headline_of_the_five_trials_is_the_reference_result() -> None:
    # evidence README: REML with Hartung-Knapp 0.928 (0.690-1.249)
    primary = whole(snapshot()).primary
    assert primary is not None
    assert [round(x, 3) for x in (primary.ratio.estimate, primary.ratio.low, primary.ratio.high)] == [
        0.928,
        0.690,
        1.249,
    ]


@given(
    estimate=st.floats(0.05, 20),
    below=st.floats(1.001, 5),
    above=st.floats(1.001, 5),
    k=st.integers(1, 40),
)
def test_the_verdict_depends_on_the_interval_alone(estimate: float, below: float, above: float, k: int) -> None:
    result = pooled(estimate, estimate / below, estimate * above, k=k)
    found = verdict(result, k=k)
    assert (found == "favours_surgery") == (result.ratio.high < 1)
    assert (found == "favours_no_surgery") == (result.ratio.low > 1)
    for body in ("randomised", "observational"):
        text = conclusion(result, k=k, body=body)  # type: ignore[arg-type]
        assert text.endswith(".")
        assert "nan" not in text


@pytest.mark.parametrize("outcome", ["OS", "BCSS", "locoregional_PFS", "QoL"])
def test_each_outcome_names_its_event(outcome: str) -> None:
    text = conclusion(pooled(0.9, 0.7, 1.2), k=3, body="randomised", outcome=outcome, outcome_label="the outcome")
    assert "hazard of" in text


@pytest.mark.parametrize(
    ("low", "high", "k", "words"),
    [
        (0.69, 1.25, 5, "Together they have not shown that H. They have not shown the opposite either."),
        (0.69, 1.25, 1, "It has not shown that H. It has not shown the opposite either. One study alone cannot"),
        (0.60, 0.95, 5, "Together they speak for the hope that H."),
        (1.05, 1.60, 5, "Together they speak against the hope that H."),
        (1.05, 1.60, 1, "Its result speaks against the hope that H. One study alone cannot settle the question."),
    ],
)
def test_what_the_trials_found_is_said_to_patients_by_the_same_rule(
    low: float, high: float, k: int, words: str
) -> None:
    main = whole(snapshot(TRIALS))
    assert main.primary is not None
    ratio = main.primary.ratio.model_copy(update={"low": low, "high": high})
    asked = main.model_copy(update={"k": k, "primary": main.primary.model_copy(update={"ratio": ratio})})
    assert plain_finding(asked, "H", part=False).startswith(words)
