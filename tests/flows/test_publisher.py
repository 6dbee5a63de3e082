"""Publications after approvals: one at a time, with rests between them, and each within the promised minute."""

from __future__ import annotations

import pytest

from flows.publisher import LONGEST_REST_SECONDS, SETTLE_SECONDS, rest_after

PROMISED_SECONDS = 60


@pytest.mark.parametrize(("took", "rest"), [(0.5, 2.0), (2.0, 8.0), (5.0, 20.0), (60.0, 20.0)])
def test_publishing_takes_a_fifth_of_the_time_where_approvals_never_pause(took: float, rest: float) -> None:
    assert rest_after(took) == rest


def test_an_approval_in_the_longest_rest_still_has_most_of_the_promised_minute() -> None:
    assert SETTLE_SECONDS + LONGEST_REST_SECONDS < PROMISED_SECONDS / 2
