"""The stop rule: hand-computed p values of Callaghan and Mueller-Hansen 2020, and what must always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.screening.stopping import ranked_stop_test, stop_test


def test_one_more_missing_report_of_a_hundred_unread_needs_ninety_six_to_be_read():
    # 9 found, target 95 %: missed from a total of 10 on, so K = 1 in the pile. P(X = 0) = (100 - n) / 100.
    almost = stop_test(found_before=9, pile=100, sampled=94, found_in_sample=0)
    enough = stop_test(found_before=9, pile=100, sampled=96, found_in_sample=0)

    assert almost.missed_at_least == 1
    assert almost.p_value == pytest.approx(0.06)
    assert not almost.stop
    assert enough.p_value == pytest.approx(0.04)
    assert enough.stop


def test_nineteen_found_may_miss_one_but_not_two():
    # 19 / 0.95 = 20 exactly: the target is missed from 21 on, K = 2. P(X = 0) = (100 - n)(99 - n) / (100 * 99).
    result = stop_test(found_before=19, pile=100, sampled=78, found_in_sample=0)

    assert result.missed_at_least == 2
    assert result.p_value == pytest.approx(22 * 21 / 9900)
    assert result.stop


def test_an_eligible_document_in_the_sample_speaks_against_stopping():
    without = stop_test(found_before=19, pile=100, sampled=78, found_in_sample=0)
    with_one = stop_test(found_before=19, pile=100, sampled=78, found_in_sample=1)

    assert with_one.p_value > without.p_value


def test_nothing_sampled_is_no_evidence():
    result = stop_test(found_before=50, pile=1000, sampled=0, found_in_sample=0)

    assert result.p_value == 1
    assert not result.stop


def test_a_pile_read_to_its_end_is_certain():
    assert stop_test(found_before=3, pile=40, sampled=40, found_in_sample=2).p_value == 0


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"found_before": -1, "pile": 5, "sampled": 1, "found_in_sample": 0}, "negative"),
        ({"found_before": 1, "pile": 5, "sampled": 6, "found_in_sample": 0}, "sampled 6 of a pile of 5"),
        ({"found_before": 1, "pile": 5, "sampled": 2, "found_in_sample": 3}, "found 3 eligible among 2"),
    ],
)
def test_counts_that_contradict_each_other_are_refused(counts, words):
    with pytest.raises(ValueError, match=words):
        stop_test(**counts)


def test_a_target_that_is_no_share_is_refused():
    with pytest.raises(ValueError, match="recall_target is 95"):
        stop_test(found_before=1, pile=5, sampled=1, found_in_sample=0, recall_target=95)


def test_the_ranked_test_takes_the_strongest_tail_of_what_was_read():
    # Ten eligible first, then 170 of 190 irrelevant ones: K = floor(10 / 0.95) + 1 - 10 = 1, P(X = 0) = 20 / 190.
    labels = np.array([True] * 10 + [False] * 170)

    result = ranked_stop_test(labels, total=200)

    assert result.p_value == pytest.approx(20 / 190)


def test_the_ranked_test_on_nothing_read_says_nothing():
    assert ranked_stop_test(np.array([], dtype=bool), total=10).p_value == 1


def test_more_labels_than_documents_are_refused():
    with pytest.raises(ValueError, match="3 labels for 2 documents"):
        ranked_stop_test(np.array([True, False, False]), total=2)


@given(
    eligible=st.integers(1, 40),
    pile=st.integers(40, 120),
    share=st.floats(0.05, 1),
    target=st.sampled_from([0.5, 0.8, 0.9, 0.95]),
)
@settings(max_examples=60)
def test_a_sample_rarely_stops_a_review_that_misses_its_target(eligible, pile, share, target):
    """Exact, not simulated: over every sample the pile allows, the chance of a wrong stop stays below alpha."""
    from scipy.stats import hypergeom

    found_before, sampled = 5, max(1, int(share * pile))
    wrong = 0.0
    for in_sample in range(max(0, eligible - (pile - sampled)), min(eligible, sampled) + 1):
        missed = (found_before + in_sample) / (found_before + eligible) < target
        test = stop_test(
            found_before=found_before, pile=pile, sampled=sampled, found_in_sample=in_sample, recall_target=target
        )
        if missed and test.stop:
            wrong += hypergeom.pmf(in_sample, pile, eligible, sampled)
    assert wrong < 0.05
