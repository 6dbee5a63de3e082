"""The log of nights as a calendar: one square a night, weeks from left to right; shape tells the state, not colour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.notation import MONTHS, count, counted

WEEKS = 18
CELL = 19.0
LEFT, TOP = 34.0, 22.0
DAYS = ("Mon", "", "Wed", "", "Fri", "", "Sun")


@dataclass(frozen=True)
class NightCell:
    """One night; ``state`` is complete, incomplete, failed or ``none`` (no run)."""

    x: float
    y: float
    state: str
    new: str


@dataclass(frozen=True)
class NightCalendar:
    """The laid-out calendar with the sentence it shows."""

    finding: str
    width: float
    height: float
    cells: tuple[NightCell, ...]
    months: tuple[tuple[float, str], ...]
    days: tuple[tuple[float, str], ...]


def night_calendar(nights: Mapping[str, tuple[str, int]], *, through: str) -> NightCalendar | None:
    """Lay out the last nights of the log.

    Parameters
    ----------
    nights
        State and new records of each night, by ISO date.
    through
        Last day of the calendar (ISO).
    """
    days = sorted(dt.date.fromisoformat(night[:10]) for night in nights)
    if not days:
        return None
    last = max(dt.date.fromisoformat(through[:10]), days[-1])
    monday = last - dt.timedelta(days=last.weekday())
    first = max(monday - dt.timedelta(weeks=WEEKS - 1), days[0] - dt.timedelta(days=days[0].weekday()))
    span = [first + dt.timedelta(days=i) for i in range((last - first).days + 1)]
    shown = [day for day in span if day >= days[0]]
    cells = tuple(_cell(day, first, nights.get(day.isoformat())) for day in shown)
    weeks = (last - first).days // 7 + 1
    return NightCalendar(
        finding=_finding(shown, nights),
        width=round(LEFT + max(weeks, 4) * CELL + 4, 1),
        height=round(TOP + 7 * CELL + 4, 1),
        cells=cells,
        months=_months(first, weeks),
        days=tuple((round(TOP + i * CELL + 13, 1), words) for i, words in enumerate(DAYS) if words),
    )


def _cell(day: dt.date, first: dt.date, night: tuple[str, int] | None) -> NightCell:
    state, new = night or ("none", 0)
    return NightCell(
        x=round(LEFT + (day - first).days // 7 * CELL, 1),
        y=round(TOP + day.weekday() * CELL, 1),
        state=state if state in ("complete", "incomplete", "failed", "none") else "incomplete",
        new=("99+" if new > 99 else str(new)) if new else "",
    )


def _months(first: dt.date, weeks: int) -> tuple[tuple[float, str], ...]:
    out: list[tuple[float, str]] = []
    for week in range(weeks):
        monday = first + dt.timedelta(weeks=week)
        x = round(LEFT + week * CELL, 1)
        name = MONTHS[monday.month - 1][:3]
        if (not out or out[-1][1] != name) and (not out or x - out[-1][0] >= 2 * CELL):
            out.append((x, name))
    return tuple(out)


def _finding(days: Sequence[dt.date], nights: Mapping[str, tuple[str, int]]) -> str:
    found = [nights.get(day.isoformat(), ("none", 0)) for day in days]
    states = [state for state, _ in found]
    new = sum(records for _, records in found)
    bad = len(states) - states.count("complete") - states.count("none")
    return (
        f"Of {counted(len(days), 'night', 'nights')} {count(states.count('complete'))} had a complete search, "
        f"{count(bad)} a failed or incomplete one, {count(states.count('none'))} none; "
        f"{counted(new, 'new record', 'new records')} came in."
    )
