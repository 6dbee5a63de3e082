import re
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import InputError
from analysis.select import Estimate, select_estimates


def value(value_id: str, **changes: object) -> Estimate:
    base = Estimate(value_id, f"study-{value_id}", f"report-{value_id}", log_hr=-0.2, se_log_hr=0.1)
    return replace(base, **changes)  # type: ignore[arg-type]


def test_only_the_latest_report_of_a_trial_family_is_pooled() -> None:
    # MF07-01: 2018 (3 years) and 2021 (10 years) are one trial.
    old = value("a", study_id="MF07-01", report_id="2018", year=2018, report_rank=0)
    new = value("b", study_id="MF07-01", report_id="2021", year=2021, report_rank=1)
    selection = select_estimates([old, new])
    assert [e.value_id for e in selection.pooled] == ["b"]
    assert selection.left_out[0].reason_code == "superseded_report"
    assert "MF07-01 has a later report with an estimate: 2021 (2021)" in selection.left_out[0].reason


def test_an_older_report_stays_when_the_later_one_has_no_poolable_estimate() -> None:
    old = value("a", study_id="s", report_id="old", year=2018)
    new = value("b", study_id="s", report_id="new", year=2021, report_rank=1, log_hr=None)
    selection = select_estimates([old, new])
    assert [e.value_id for e in selection.pooled] == ["a"]
    assert selection.left_out[0].reason_code == "not_estimable"


def test_two_comparisons_with_one_control_group_are_never_both_pooled() -> None:
    # Lane 2019 prints surgery-first v none and systemic-first v none against the same patients without
    # surgery.
    first = value("a", study_id="Lane", report_id="Lane 2019", comparison_rank=0, control_group="no surgery")
    second = value("b", study_id="Lane", report_id="Lane 2019", comparison_rank=1, control_group="no surgery")
    selection = select_estimates([second, first])
    assert [e.value_id for e in selection.pooled] == ["a"]
    assert selection.left_out[0].reason_code == "second_comparison_same_control"


def test_comparisons_with_different_control_groups_of_one_report_both_stay() -> None:
    first = value("a", study_id="s", report_id="r", control_group="x")
    second = value("b", study_id="s", report_id="r", control_group="y")
    assert len(select_estimates([first, second]).pooled) == 2


@pytest.mark.parametrize(
    ("better", "worse", "why"),
    [
        (
            {"immortal_time_handled": True, "n_total": 10},
            {"adjusted": True, "n_total": 900},
            "handles immortal time",
        ),
        ({"adjusted": True, "n_total": 10}, {"n_total": 900}, "is adjusted"),
        ({"n_total": 900}, {"n_total": 10}, r"larger \(900 v 10\)"),
        ({"accrual_end": "2016"}, {"accrual_end": "2012"}, "ends later"),
        ({}, {}, "first by name"),
    ],
)
def test_one_cohort_of_an_overlap_group_is_pooled_by_the_stated_rule(
    better: dict[str, object], worse: dict[str, object], why: str
) -> None:
    a = value("a", overlap_group="SEER", **better)
    b = value("b", overlap_group="SEER", **worse)
    for order in permutations([a, b]):
        selection = select_estimates(order)
        assert [e.value_id for e in selection.pooled] == ["a"]
        assert selection.left_out[0].reason_code == "overlap"
        assert "study-a" in selection.left_out[0].reason
        assert re.search(why, selection.left_out[0].reason)


def test_single_arm_results_are_left_out_as_not_comparative() -> None:
    # Orlandi 2021 is single-arm: nothing to pool.
    selection = select_estimates([value("a", comparative=False)])
    assert selection.pooled == ()
    assert selection.left_out[0].reason_code == "not_comparative"


def test_a_value_given_twice_is_refused() -> None:
    with pytest.raises(InputError, match="'a' is given twice"):
        select_estimates([value("a"), value("a")])


candidates = st.lists(
    st.builds(
        value,
        value_id=st.uuids().map(str),
        study_id=st.sampled_from(["s1", "s2", "s3"]),
        report_id=st.sampled_from(["r1", "r2"]),
        overlap_group=st.sampled_from([None, "g1", "g2"]),
        year=st.sampled_from([None, 2015, 2020]),
        n_total=st.sampled_from([None, 100, 200]),
        log_hr=st.sampled_from([None, -0.1]),
        control_group=st.sampled_from([None, "c"]),
    ),
    max_size=8,
    unique_by=lambda e: e.value_id,
)


@given(candidates, st.randoms())
def test_every_candidate_is_either_pooled_or_listed_with_a_reason_whatever_the_order(
    rows: list[Estimate], random: object
) -> None:
    selection = select_estimates(rows)
    pooled = {e.value_id for e in selection.pooled}
    out = {item.value_id for item in selection.left_out}
    assert pooled | out == {e.value_id for e in rows}
    assert not pooled & out
    assert all(item.reason for item in selection.left_out)
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert {e.value_id for e in select_estimates(shuffled).pooled} == pooled
