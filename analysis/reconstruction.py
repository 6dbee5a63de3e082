"""Individual times from a published Kaplan-Meier curve and its numbers at risk.

After Guyot et al. 2012 (BMC Med Res Methodol 12:9): events follow from the drops of the curve, censoring is spread
evenly between the times with a printed number at risk, and both are repeated until those numbers agree. Three things
are done differently. Drops are measured from the curve reconstructed so far, so that rounding cannot add up. Events
lie midway between the two points that show the drop, not at the later one, which lengthens every life. After the last
number at risk the heights of the drops tell how many were left (a drop of 1 / n), and a printed total of events settles
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import InputError
from analysis.inputs import FloatArray, as_column
from analysis.survival import kaplan_meier

IntArray: TypeAlias = NDArray[np.int64]

MAX_ROUNDS = 60

FEW = 60
"""People at risk up to which the heights of single drops (1 / n) tell early from late censoring."""

SKEWS = (1.0, 0.5, 2.0, 0.2, 5.0)
"""Powers that move evenly spread censoring later or earlier within its interval."""


@dataclass(frozen=True)
class ReconstructedArm:
    """(n,) times and events (1 event, 0 censored) of one arm; ``largest_misfit`` of its curve to the digitised one."""

    time: tuple[float, ...]
    event: tuple[int, ...]
    largest_misfit: float


def reconstruct_arm(
    time: ArrayLike,
    survival: ArrayLike,
    *,
    risk_times: ArrayLike,
    at_risk: ArrayLike,
    total_events: int | None = None,
) -> ReconstructedArm:
    """Reconstruct the individual data of one arm.

    Parameters
    ----------
    time, survival
        (m,) digitised points, times ascending from 0, survival from 1 downwards (small rises from digitising are
        flattened).
    risk_times, at_risk
        (r,) times of the table below the curve, the first at 0, and the numbers printed.
    total_events
        Events of the arm if the report gives them.

    Raises
    ------
    InputError
        Columns of different length, times not ascending, survival outside 0 to 1, numbers at risk that rise.
    """
    t, s, table_t, table_n = _checked(time, survival, risk_times, at_risk)
    n_left, height = int(table_n[0]), 1.0
    middle = np.concatenate([t[:1], 0.5 * (t[1:] + t[:-1])])
    event_times: list[float] = []
    censor_times: list[float] = []
    for i in range(table_t.size):
        last = i == table_t.size - 1
        start, end = float(table_t[i]), float(t[-1]) if last else float(table_t[i + 1])
        inside = (t > start) & (t <= end) if i else (t <= end)
        steps_t, steps_s = t[inside], s[inside]
        if last:
            wanted = None if total_events is None else total_events - len(event_times)
            drops, censored, height = _last_interval(steps_t, steps_s, n_left, height, (start, end), wanted)
        else:
            leaving = n_left - int(table_n[i + 1])
            drops, censored, height = _interval(steps_t, steps_s, n_left, height, (start, end), leaving)
        event_times += np.repeat(middle[inside], drops).tolist()
        censor_times += censored.tolist()
        n_left -= int(drops.sum()) + censored.size
    censor_times += [float(t[-1])] * n_left
    times = np.concatenate([event_times, censor_times])
    events = np.concatenate([np.ones(len(event_times), dtype=int), np.zeros(len(censor_times), dtype=int)])
    order = np.lexsort((1 - events, times))
    times, events = times[order], events[order]
    return ReconstructedArm(tuple(times.tolist()), tuple(events.tolist()), _misfit(times, events, t, s))


def _interval(
    t: FloatArray, s: FloatArray, n: int, height: float, span: tuple[float, float], leaving: int
) -> tuple[IntArray, FloatArray, float]:
    """Return drops and censoring times of an interval that ``leaving`` people leave in one way or the other.

    Few people: single drops show how many were at risk, so that early and late censoring can be told apart.
    """
    plans = [_balanced(t, s, n, height, span, leaving, skew) for skew in (SKEWS if n <= FEW else (1.0,))]
    _, _, drops, times, after = min(plans, key=lambda plan: plan[:2])
    return drops, times, after


def _balanced(
    t: FloatArray, s: FloatArray, n: int, height: float, span: tuple[float, float], leaving: int, skew: float
) -> tuple[int, float, IntArray, FloatArray, float]:
    """Return the gap to ``leaving`` and the misfit of the best number censored, with its drops, times and height."""
    plans = []
    censored = max(0, leaving - int(_events(t, s, n, height, np.empty(0))[0].sum()))
    seen: set[int] = set()
    for _ in range(MAX_ROUNDS):
        times = _spread(censored, span, skew)
        drops, curve = _events(t, s, n, height, times)
        gap = leaving - int(drops.sum()) - censored
        misfit = float(((curve - s) ** 2).sum())
        plans.append((abs(gap), misfit, drops, times, float(curve[-1]) if t.size else height))
        seen.add(censored)
        censored = max(0, censored + gap)
        if gap == 0 or censored in seen:
            break
    return min(plans, key=lambda plan: plan[:2])


def _last_interval(
    t: FloatArray,
    s: FloatArray,
    n: int,
    height: float,
    span: tuple[float, float],
    wanted: int | None,
) -> tuple[IntArray, FloatArray, float]:
    """Return the interval after the last number at risk.

    Every number censored within it is tried; the total of events decides where it is known, then the fit of the drops.
    """
    results = []
    for censored in range(n + 1):
        for skew in SKEWS if n <= FEW else (1.0,):
            times = _spread(censored, span, skew)
            drops, curve = _events(t, s, n, height, times)
            if int(drops.sum()) + censored > n:
                continue
            excess = 0 if wanted is None else abs(int(drops.sum()) - wanted)
            misfit = float(((curve - s) ** 2).sum())
            results.append((excess, misfit, censored, drops, times, float(curve[-1]) if t.size else height))
    _, _, _, drops, times, after = min(results, key=lambda r: r[:3])
    return drops, times, after


def _spread(count: int, span: tuple[float, float], skew: float) -> FloatArray:
    """Return ``count`` times inside the interval: evenly with skew 1, earlier above it, later below."""
    return np.asarray(span[0] + (span[1] - span[0]) * ((np.arange(count) + 0.5) / max(count, 1)) ** skew)


def _events(
    t: FloatArray, s: FloatArray, n: int, height: float, censor_times: FloatArray
) -> tuple[IntArray, FloatArray]:
    """Return the events at each point and the reconstructed curve after each."""
    drops, curve = np.zeros(t.size, dtype=np.int64), np.full(t.size, height)
    gone = np.searchsorted(censor_times, t, side="left")
    died = 0
    for j in range(t.size):
        at_risk = n - died - int(gone[j])
        if at_risk > 0 and height > 0.0:
            drops[j] = min(at_risk, max(0, round(at_risk * (1.0 - float(s[j]) / height))))
            died += int(drops[j])
            height *= 1.0 - int(drops[j]) / at_risk
        curve[j] = height
    return drops, curve


def _misfit(times: FloatArray, events: FloatArray, t: FloatArray, s: FloatArray) -> float:
    curve = kaplan_meier(times, events)
    return max(abs(curve.at(float(point))[0] - float(height)) for point, height in zip(t, s, strict=True))


def _checked(
    time: ArrayLike, survival: ArrayLike, risk_times: ArrayLike, at_risk: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    t, s = as_column(time, "time"), as_column(survival, "survival")
    table_t, table_n = as_column(risk_times, "risk_times"), as_column(at_risk, "at_risk")
    if t.size != s.size or t.size < 2:
        raise InputError(f"time has {t.size} values and survival {s.size}: give two columns of at least two points")
    if table_t.size != table_n.size or table_t.size == 0 or table_t[0] != 0.0:
        raise InputError("risk_times and at_risk need one number a time, the first at time 0")
    for name, column in (("time", t), ("risk_times", table_t)):
        back = np.flatnonzero(np.diff(column) <= 0.0)
        if back.size:
            raise InputError(f"row {back[0] + 2}: {name} {column[back[0] + 1]:g} does not come after the one before")
    out = np.flatnonzero(~((s >= 0.0) & (s <= 1.0)))
    if out.size:
        raise InputError(f"row {out[0] + 1}: survival is {s[out[0]]:g}: give a share between 0 and 1, not percent")
    rises = np.flatnonzero(np.diff(table_n) > 0.0)
    if rises.size:
        raise InputError(f"row {rises[0] + 2}: at_risk rises to {table_n[rises[0] + 1]:g}: check the table")
    if table_n[0] <= 0.0:
        raise InputError(f"row 1: at_risk is {table_n[0]:g}: the first number is the size of the arm")
    beyond = table_t < t[-1]
    return t, np.minimum.accumulate(s), table_t[beyond], table_n[beyond]
