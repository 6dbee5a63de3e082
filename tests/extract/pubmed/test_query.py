"""Windows and splitting: every record once, as few requests as can be."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Callable
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.errors import SearchFailed
from extract.pubmed.query import CAP, CountedWindow, Window, build_term, query_hash, split_by_date, window_since

FIRST = dt.date(1950, 1, 1)


class Calendar:
    """So many records a day; counts windows and remembers how often it was asked."""

    def __init__(self, per_day: list[int], *, start: dt.date = FIRST) -> None:
        self.per_day = per_day
        self.window = Window(start, start + dt.timedelta(days=len(per_day) - 1))
        self.requests = 0
        self._sums = [0, *accumulate(per_day)]

    def count(self, window: Window) -> int:
        self.requests += 1
        first = (window.start - self.window.start).days
        return self._sums[first + window.days()] - self._sums[first]

    def fewest_windows(self, cap: int = CAP) -> int:
        """Return the fewest windows of whole days that hold at most ``cap`` each: filled greedily."""
        windows, held = 1, 0
        for number in reversed(self.per_day):
            if held + number > cap:
                windows, held = windows + 1, 0
            held += number
        return windows


def assert_covers(calendar: Calendar, parts: list[CountedWindow], *, cap: int = CAP) -> None:
    """Assert that the parts are the window's days, each once, and none is overfull."""
    assert parts[0].window.end == calendar.window.end
    assert parts[-1].window.start == calendar.window.start
    for later, earlier in pairwise(parts):
        assert earlier.window.end + dt.timedelta(days=1) == later.window.start
    assert all(0 <= part.count <= cap for part in parts)
    assert sum(part.count for part in parts) == sum(calendar.per_day)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=200), st.integers(50, 120))
@settings(max_examples=200, deadline=None)
def test_any_distribution_is_covered_once(per_day: list[int], cap: int) -> None:
    calendar = Calendar(per_day)
    assert_covers(calendar, list(split_by_date(calendar.window, calendar.count, cap=cap)), cap=cap)


def growing(day: dt.date) -> float:
    """PubMed's growth, about 4 % a year, with few records at week-ends."""
    return math.exp((day.year - 1990) * 0.04) * (0.15 if day.weekday() >= 5 else 1.0)


def seasonal(day: dt.date) -> float:
    """As :func:`growing`, and a fifth more in spring than in autumn."""
    return growing(day) * (1 + 0.2 * math.sin(day.timetuple().tm_yday / 365 * 2 * math.pi))


# The first year of a season has to be learned by counting it.
@pytest.mark.parametrize(("weight", "over_fewest"), [(lambda day: 1.0, 1.05), (growing, 1.07), (seasonal, 1.09)])
def test_a_million_ids_come_once_with_requests_near_the_fewest(
    weight: Callable[[dt.date], float], over_fewest: float
) -> None:
    chance = random.Random(7)
    days = (dt.date(2026, 11, 23) - FIRST).days + 1
    weights = [weight(FIRST + dt.timedelta(days=number)) for number in range(days)]
    ids_of_day: list[list[int]] = [[] for _ in range(days)]
    for pmid, day in enumerate(chance.choices(range(days), weights=weights, k=1_000_000), start=1):
        ids_of_day[day].append(pmid)
    calendar = Calendar([len(ids) for ids in ids_of_day])
    parts = list(split_by_date(calendar.window, calendar.count))
    assert_covers(calendar, parts)
    collected = [
        pmid
        for part in parts
        for number in range((part.window.start - FIRST).days, (part.window.end - FIRST).days + 1)
        for pmid in ids_of_day[number]
    ]
    assert len(collected) == len(set(collected)) == 1_000_000
    # The search requests alone stay within a tenth of what an oracle that knows every day's count would need,
    # and the whole retrieval (200 records an efetch) within 5 % of its minimum.
    fetches = math.ceil(1_000_000 / 200)
    assert calendar.requests <= over_fewest * calendar.fewest_windows()
    assert calendar.requests + fetches <= 1.05 * (calendar.fewest_windows() + fetches)


def test_a_search_below_the_cap_takes_one_request() -> None:
    calendar = Calendar([1] * CAP)
    assert list(split_by_date(calendar.window, calendar.count)) == [CountedWindow(calendar.window, CAP)]
    assert calendar.requests == 1


def test_a_day_above_the_cap_fails_and_names_the_day() -> None:
    calendar = Calendar([0, 10_000, 0])
    with pytest.raises(SearchFailed, match="1950-01-02 alone holds 10000 records"):
        list(split_by_date(calendar.window, calendar.count))


def test_a_count_that_shrinks_while_splitting_is_incomplete() -> None:
    calendar = Calendar([100] * 365)
    answers = iter([30_000])

    def shrinking(window: Window) -> int:
        counted = calendar.count(window)
        return next(answers, counted // 2)

    with pytest.raises(SearchFailed, match="30000") as caught:
        list(split_by_date(calendar.window, shrinking))
    assert caught.value.state == "incomplete"


def test_the_term_carries_the_window_in_pubmeds_language() -> None:
    window = Window(dt.date(2026, 10, 9), dt.date(2026, 11, 23))
    term = build_term("a[tiab]\n  OR b[tiab]", date_type="crdt", window=window)
    assert term == '(a[tiab] OR b[tiab]) AND ("2026/10/09"[crdt] : "2026/11/23"[crdt])'
    assert build_term(" a[tiab] ") == "a[tiab]"


@pytest.mark.parametrize("query", ["", "  \n "])
def test_an_empty_query_is_refused(query: str) -> None:
    with pytest.raises(ValueError, match="query is empty"):
        build_term(query)


def test_a_date_type_without_a_window_is_refused() -> None:
    with pytest.raises(ValueError, match="belong together"):
        build_term("a", date_type="mdat")


def test_the_hash_of_a_query_ignores_line_breaks_only() -> None:
    assert query_hash("a OR\n b") == query_hash("a OR b")
    assert query_hash("a OR b") != query_hash("a or b")


def test_tonights_window_reaches_back_by_the_overlap() -> None:
    today = dt.date(2026, 11, 23)
    first = dt.date(1900, 1, 1)
    given_days = {"today": today, "overlap_days": 45, "first_search_from": first}
    assert window_since(dt.date(2026, 11, 22), **given_days) == Window(dt.date(2026, 10, 8), today)  # type: ignore[arg-type]
    assert window_since(None, **given_days) == Window(first, today)  # type: ignore[arg-type]
    assert window_since(dt.date(1900, 1, 5), **given_days) == Window(first, today)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="after today"):
        window_since(dt.date(2026, 11, 24), **given_days)  # type: ignore[arg-type]


def test_a_window_must_not_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="must not end before"):
        Window(dt.date(2026, 1, 2), dt.date(2026, 1, 1))
