"""How far back the next window may reach: a forecast of records a day from the windows already counted.

Each wrong guess costs a request, and so does each half-empty window. PubMed grows by some per cent a year, has its
seasons and rests at week-ends, so the records of a day are taken as

    exp(a + b t + c sin(2 pi t) + d cos(2 pi t) + e [week-end]),    t in years,

fitted to the counts of the last windows (Gauss-Newton on their logarithms, nearer ones weigh more, outliers less, weak
priors keep what the counts cannot tell at zero).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from extract.pubmed.query import Window

#: Share of the cap a window is meant to hold: chance alone moves a count of 10,000 by 1 % (Poisson), the fit by less.
TARGET_SHARE: Final = 0.965
#: Counted windows the fit looks at, and how fast older ones lose weight.
RECENT, DECAY = 20, 0.96
#: Standard deviation of the logarithm of a count, and at how many of them an outlier begins.
NOISE, OUTLIER = 0.012, 5.0
#: Precisions of the priors: level, growth a year (0.1), season (0.1 each), week-end (1), in logarithms.
PRIOR: Final = np.array([1e-6, 100.0, 100.0, 100.0, 1.0])
#: A count above the cap by more than this is a spike; the fit does not learn from it.
SPIKE: Final = 1.25
#: The next window is at most this many times as long as the last one: thin years are reached step by step.
GROWTH: Final = 4
_STEPS, _LARGEST = 4, 30.0


class Forecast:
    """Learns from counted windows, walking back, and proposes the next one.

    Parameters
    ----------
    window
        All days to be covered.
    total
        Records in them.
    cap
        Most records one window may hold.
    """

    def __init__(self, window: Window, *, total: int, cap: int) -> None:
        self._first = window.start
        self._target = TARGET_SHARE * cap
        self._cap = cap
        self._density = total / window.days()
        self._features = _features(window)
        self._fit = np.zeros(len(PRIOR))
        self._counted: list[tuple[int, int, float]] = []

    def start(self, end: dt.date) -> dt.date:
        """Return the first day of the window that ends on ``end`` and should just stay below the cap."""
        beyond = (end - self._first).days + 1
        if not self._counted:
            return self._day(beyond - max(1, int(self._target / self._density)))
        last = self._counted[-1]
        low = max(0, beyond - GROWTH * (last[1] - last[0]) - 1)
        held = np.cumsum(self._expected(low, beyond)[::-1])
        return self._day(beyond - max(1, int(np.searchsorted(held, self._target, side="right"))))

    def shorter(self, part: Window, count: int) -> dt.date:
        """Return the first day of a shorter window in the place of one that holds too many."""
        days = part.days()
        beyond = (part.end - self._first).days + 1
        shortened = beyond - max(1, int(days * self._target / count))
        if count < SPIKE * self._cap:
            self.learn(part, count)
            shortened = (self.start(part.end) - self._first).days
        return self._day(min(max(shortened, beyond - days + 1), beyond - 1))

    def learn(self, part: Window, count: int) -> None:
        """Take in that a window holds so many records."""
        low = (part.start - self._first).days
        self._counted = [*self._counted, (low, low + part.days(), max(count, 0.5))][-RECENT:]
        self._refit()

    def _day(self, number: int) -> dt.date:
        return self._first + dt.timedelta(days=max(number, 0))

    def _expected(self, low: int, beyond: int) -> NDArray[np.float64]:
        """Return the records expected on each day: (days,)."""
        logs = self._fit @ self._features[:, low:beyond]
        return np.exp(np.clip(logs, -_LARGEST, _LARGEST))

    def _refit(self) -> None:
        counted = self._counted
        columns = np.concatenate([self._features[:, low:beyond] for low, beyond, _ in counted], axis=1)
        starts = np.cumsum([0, *(beyond - low for low, beyond, _ in counted[:-1])])
        logs = np.log([count for _, _, count in counted])
        age = DECAY ** np.arange(len(counted) - 1, -1, -1)
        if len(counted) == 1:
            self._fit[0] = logs[0] - np.log(counted[0][1] - counted[0][0])
        for _ in range(_STEPS):
            daily = np.exp(np.clip(self._fit @ columns, -_LARGEST, _LARGEST))
            held = np.add.reduceat(daily, starts)
            slopes = np.add.reduceat(columns * daily, starts, axis=1) / held
            missed = logs - np.log(held)
            weights = age / NOISE**2 * np.minimum(1.0, OUTLIER * NOISE / np.maximum(np.abs(missed), 1e-9))
            normal = np.diag(PRIOR) + (slopes * weights) @ slopes.T
            pull = (slopes * weights) @ missed - PRIOR * np.array([0.0, *self._fit[1:]])
            self._fit = self._fit + np.clip(np.linalg.solve(normal, pull), -1.0, 1.0)


def _features(window: Window) -> NDArray[np.float64]:
    """Return what a day's records depend on, for every day of the window: (5, days)."""
    days = np.arange(window.days())
    years = (days - window.days()) / 365.25
    week_end = (days + window.start.weekday()) % 7 >= 5
    angle = 2 * np.pi * years
    return np.vstack([np.ones_like(years), years, np.sin(angle), np.cos(angle), week_end])
