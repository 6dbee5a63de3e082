"""WSS and recall at a share of the order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.screening.measures import recall_at, work_saved_over_sampling


def test_wss_counts_what_is_left_unread_beyond_what_chance_would_save():
    # 2 of 10 read until both included are found: 8 / 10 unread, less 5 %.
    assert work_saved_over_sampling([True, True] + [False] * 8) == pytest.approx(0.75)


def test_wss_waits_for_the_last_one_where_fewer_than_twenty_are_included():
    assert work_saved_over_sampling([True] * 18 + [False] * 81 + [True]) == pytest.approx(-0.05)


def test_wss_may_leave_one_of_twenty():
    assert work_saved_over_sampling([True] * 19 + [False] * 80 + [True]) == pytest.approx(0.76)


def test_recall_at_ten_percent_rounds_the_share_up():
    assert recall_at([True, True, False] + [False] * 8 + [True]) == pytest.approx(2 / 3)


@pytest.mark.parametrize("measure", [work_saved_over_sampling, recall_at])
def test_labels_without_an_included_document_are_refused(measure):
    with pytest.raises(ValueError, match="at least one included"):
        measure([False, False])


@given(st.lists(st.booleans(), min_size=1).filter(any))
def test_no_order_beats_the_perfect_one(labels):
    best = sorted(labels, reverse=True)

    assert work_saved_over_sampling(labels) <= work_saved_over_sampling(best) <= 0.95
    assert recall_at(labels) <= recall_at(best)
