"""The standing recall estimate and its exact interval."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from extract.screening.recall import audit_sample, recall_estimate


def test_without_a_sample_recall_is_unknown_and_its_limits_say_so():
    result = recall_estimate(found_before=30, pile=970, sampled=0, found_in_sample=0)

    assert result.recall is None
    assert result.recall_low == pytest.approx(30 / 1000)
    assert result.recall_high == 1


def test_a_pile_read_to_its_end_leaves_one_point():
    result = recall_estimate(found_before=30, pile=50, sampled=50, found_in_sample=2)

    assert (result.recall_low, result.recall, result.recall_high) == (1, 1, 1)
    assert (result.eligible_low, result.eligible_high) == (2, 2)


def test_a_clean_sample_bounds_what_may_still_be_unread():
    # Half of 100 read, none eligible: P(X = 0 | K) = C(100 - K, 50) / C(100, 50); K = 5 gives 0.0281, K = 6 0.0133.
    # The upper limit at 95 % is the largest K with a tail above 0.025: 5. Recall is at least 45 / 50.
    result = recall_estimate(found_before=45, pile=100, sampled=50, found_in_sample=0)

    assert result.eligible_high == 5
    assert result.recall == 1
    assert result.recall_low == pytest.approx(0.9)


def test_a_sample_that_finds_one_lowers_the_estimate():
    result = recall_estimate(found_before=45, pile=100, sampled=50, found_in_sample=1)

    assert result.eligible_in_pile == pytest.approx(2)
    assert result.recall == pytest.approx(46 / 47)


def test_an_estimate_between_two_whole_numbers_of_which_one_is_excluded_stays_inside_its_interval():
    # 78 of 79 sampled from 80 are eligible: the share says 78.99, the exact limits 79 and 79.
    result = recall_estimate(found_before=0, pile=80, sampled=79, found_in_sample=78)

    assert (result.eligible_low, result.eligible_in_pile, result.eligible_high) == (79, 79, 79)
    assert result.recall_low == result.recall == result.recall_high == pytest.approx(78 / 79)


def test_nothing_found_and_nothing_sampled_is_not_a_recall():
    result = recall_estimate(found_before=0, pile=10, sampled=5, found_in_sample=0)

    assert result.recall is None
    assert (result.recall_low, result.recall_high) == (0, 1)


@given(pile=st.integers(1, 60), eligible=st.integers(0, 60), sampled=st.integers(0, 60))
@settings(max_examples=150)
def test_the_interval_holds_the_truth_at_least_as_often_as_it_says(pile, eligible, sampled):
    """Exact, not simulated: every possible sample, weighted by its chance."""
    eligible, sampled = min(eligible, pile), min(sampled, pile)
    covered = 0.0
    for in_sample in range(max(0, sampled - (pile - eligible)), min(eligible, sampled) + 1):
        result = recall_estimate(found_before=7, pile=pile, sampled=sampled, found_in_sample=in_sample, level=0.9)
        if result.eligible_low <= eligible <= result.eligible_high:
            covered += hypergeom.pmf(in_sample, pile, eligible, sampled)
    assert covered >= 0.9 - 1e-9


@given(found=st.integers(0, 50), pile=st.integers(1, 200), share=st.floats(0, 1), hits=st.floats(0, 1))
def test_the_estimate_lies_inside_its_interval(found, pile, share, hits):
    sampled = int(share * pile)

    result = recall_estimate(found_before=found, pile=pile, sampled=sampled, found_in_sample=int(hits * sampled))

    assert 0 <= result.recall_low <= result.recall_high <= 1
    if result.recall is not None:
        assert result.recall_low - 1e-12 <= result.recall <= result.recall_high + 1e-12


@pytest.mark.parametrize(("changed", "words"), [({"sampled": 11}, "k <= n <= N"), ({"level": 95}, "level is 95")])
def test_counts_that_contradict_each_other_are_refused(changed, words):
    counts = {"found_before": 1, "pile": 10, "sampled": 5, "found_in_sample": 0} | changed

    with pytest.raises(ValueError, match=words):
        recall_estimate(**counts)


def test_anyone_can_draw_the_audit_sample_again():
    pile = [str(number) for number in range(100)]

    drawn = audit_sample(pile, size=10, seed="protocol 1.0")

    assert drawn == audit_sample(reversed(pile), size=10, seed="protocol 1.0")
    assert drawn == audit_sample(pile, size=20, seed="protocol 1.0")[:10]
    assert set(drawn) != set(audit_sample(pile, size=10, seed="protocol 1.1"))


def test_every_document_has_the_same_chance_to_be_drawn():
    pile = [str(number) for number in range(20)]

    drawn = [each for seed in range(2000) for each in audit_sample(pile, size=5, seed=str(seed))]

    # Binomial(2000, 0.25): mean 500, standard deviation 19.4; five of them either way.
    assert all(abs(drawn.count(each) - 500) < 97 for each in pile)


def test_a_sample_larger_than_the_pile_is_refused():
    with pytest.raises(ValueError, match="sample of 3 asked from 2"):
        audit_sample(["a", "b"], size=3, seed="x")
