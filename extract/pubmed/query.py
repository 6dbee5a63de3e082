"""What is asked of PubMed, as pure functions: terms, windows of dates, and splitting under the cap.

esearch serves at most 9,999 records of a search (NBK25499, ESearch, retstart); a larger result is split by
date into windows that each stay below it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from extract.errors import SearchFailed

DateType = Literal["crdt", "edat", "mdat", "pdat"]

#: Records esearch serves of one search (NBK25499).
CAP = 9_999


@dataclass(frozen=True, slots=True)
class Window:
    """Days from ``start`` to ``end``, both included."""

    start: dt.date
    end: dt.date

    def __post_init__(self) -> None:
        if self.start > self.end:
            raise ValueError(f"a window must not end before it starts: {self.start} to {self.end}")

    def days(self) -> int:
        """Return the number of days, both ends included."""
        return (self.end - self.start).days + 1


@dataclass(frozen=True, slots=True)
class CountedWindow:
    """A window and the number of records the search has in it."""

    window: Window
    count: int


def build_term(query: str, *, date_type: DateType | None = None, window: Window | None = None) -> str:
    """Return the term to send: the query, and the window as a date range in PubMed's own language.

    The range stands in the term, not in ``mindate``/``maxdate``, so that PubMed's QueryTranslation shows what
    was asked.

    Raises
    ------
    ValueError
        If the query is empty, or only one of ``date_type`` and ``window`` is given.
    """
    folded = " ".join(query.split())
    if not folded:
        raise ValueError("the query is empty; protocol.toml [[search]] lines must hold one")
    if (date_type is None) != (window is None):
        raise ValueError("date_type and window belong together: give both or neither")
    if date_type is None or window is None:
        return folded
    return f'({folded}) AND ("{window.start:%Y/%m/%d}"[{date_type}] : "{window.end:%Y/%m/%d}"[{date_type}])'


def query_hash(query: str) -> str:
    """Return the SHA-256 (hex) of a query; white space between words does not count."""
    return hashlib.sha256(" ".join(query.split()).encode("utf-8")).hexdigest()


def window_since(
    searched_through: dt.date | None, *, today: dt.date, overlap_days: int, first_search_from: dt.date
) -> Window:
    """Return the window of tonight's search.

    It reaches back ``overlap_days`` before the day the last complete search reached, because about one
    record in twenty is indexed late; without an earlier search it begins at ``first_search_from``.

    Raises
    ------
    ValueError
        If the last search or the first day lies after today.
    """
    if searched_through is None:
        return Window(first_search_from, today)
    if searched_through > today:
        raise ValueError(f"the last search claims to reach {searched_through}, after today ({today})")
    start = searched_through - dt.timedelta(days=overlap_days)
    return Window(max(start, first_search_from), today)


def split_by_date(window: Window, count: Callable[[Window], int], *, cap: int = CAP) -> Iterator[CountedWindow]:
    """Yield windows, the latest first, that together hold every record once and each at most ``cap``.

    Every yielded window was counted, so a caller whose ``count`` is an esearch has its ids already. Windows
    are not halved but sized by a forecast (:mod:`extract.pubmed.forecast`), which keeps the requests within a
    few per cent of the fewest possible where days follow growth, seasons and week-ends; what remains is known
    by subtraction, and the thin early years are one last window.

    Parameters
    ----------
    window
        The days to cover.
    count
        Number of records in a window; called once for every window tried.
    cap
        Most records one window may hold, at least 1.

    Raises
    ------
    SearchFailed
        If one day holds more than ``cap`` (dates cannot split it), or the parts hold fewer records than the
        whole (the search changed under us: incomplete).
    """
    total = count(window)
    if total <= cap:
        yield CountedWindow(window, total)
        return
    found = 0
    for part in _walk_back(window, total, count, cap=cap):
        found += part.count
        yield part
    if found < total:
        raise SearchFailed(
            f"the search held {total} records from {window.start} to {window.end}, its parts only {found}; "
            "search again",
            state="incomplete",
        )


def _walk_back(window: Window, total: int, count: Callable[[Window], int], *, cap: int) -> Iterator[CountedWindow]:
    """Yield full windows from the end of ``window`` to its start."""
    from extract.pubmed.forecast import Forecast  # loads numpy, which most searches never need

    end, remaining = window.end, total
    forecast = Forecast(window, total=total, cap=cap)
    while True:
        part = Window(window.start if remaining <= cap else forecast.start(end), end)
        here = count(part)
        while here > cap:
            if part.days() == 1:
                raise SearchFailed(
                    f"{end} alone holds {here} records, more than the {cap} PubMed serves; narrow the query"
                )
            remaining = max(remaining, here)
            part = Window(forecast.shorter(part, here), end)
            here = count(part)
        yield CountedWindow(part, here)
        if part.start == window.start:
            return
        forecast.learn(part, here)
        remaining -= here
        end = part.start - dt.timedelta(days=1)
