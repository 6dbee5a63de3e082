"""The logarithmic axis of ratios: where it starts and ends, its ticks, and what lies beyond it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports.model import Interval

TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0)
WIDEST_FOR_LIMITS = (0.1, 10.0)
"""Limits beyond these are cut with an arrow: one imprecise study must not squeeze all others."""
NARROWEST = (0.5, 2.0)
TICK_DISTANCE = 30.0


@dataclass(frozen=True)
class Tick:
    """A tick at ``x`` with its label."""

    x: float
    label: str


@dataclass(frozen=True)
class Span:
    """A drawn interval; ``cut_low`` and ``cut_high`` ask for an arrow where a limit lies beyond the axis."""

    x: float
    x_low: float
    x_high: float
    cut_low: bool
    cut_high: bool
    beyond: bool


@dataclass(frozen=True)
class LogAxis:
    """A log axis from ratio ``low`` to ``high`` over the pixels ``left`` to ``right``."""

    low: float
    high: float
    left: float
    right: float

    def x(self, value: float) -> float:
        """Return the pixel of a ratio, kept inside the axis."""
        share = (math.log(max(value, 1e-300)) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        return round(self.left + min(max(share, 0.0), 1.0) * (self.right - self.left), 1)

    def span(self, interval: Interval) -> Span:
        """Return where an interval is drawn and which ends are cut."""
        return Span(
            x=self.x(interval.estimate),
            x_low=self.x(interval.low),
            x_high=self.x(interval.high),
            cut_low=interval.low < self.low,
            cut_high=interval.high > self.high,
            beyond=not self.low <= interval.estimate <= self.high,
        )

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """Return ticks that do not crowd; 1 is always among them."""
        kept: list[float] = [1.0]
        inside = [t for t in TICKS if self.low <= t <= self.high]
        for tick in sorted(inside, key=lambda t: (_importance(t), abs(math.log(t)))):
            if all(abs(self.x(tick) - self.x(other)) >= TICK_DISTANCE for other in kept):
                kept.append(tick)
        return tuple(Tick(self.x(t), f"{t:g}") for t in sorted(kept))


def log_axis(intervals: Iterable[Interval], *, left: float, right: float) -> LogAxis:
    """Return the axis for a set of intervals.

    The axis holds every estimate between 0.01 and 100, every limit between 0.1 and 10, and at least 0.5 to 2.
    """
    low, high = NARROWEST
    for one in intervals:
        low = min(low, max(one.low, WIDEST_FOR_LIMITS[0]), one.estimate)
        high = max(high, min(one.high, WIDEST_FOR_LIMITS[1]), one.estimate)
    return LogAxis(low=_down(low, TICKS), high=_up(high, TICKS), left=left, right=right)


def _down(value: float, ticks: Sequence[float]) -> float:
    return max((t for t in ticks if t <= value * 1.0001), default=ticks[0])


def _up(value: float, ticks: Sequence[float]) -> float:
    return min((t for t in ticks if t >= value * 0.9999), default=ticks[-1])


def _importance(tick: float) -> int:
    return 0 if tick in (0.1, 0.5, 1.0, 2.0, 10.0) else 1 if tick in (0.2, 5.0) else 2
