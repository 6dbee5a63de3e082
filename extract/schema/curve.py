"""Points of a survival curve and numbers at risk as a person pastes them, and the one text they are stored as.

One pair a line, time first, as digitising programs export them. Stored on one line (``0,1; 3.5,0.97``), so that two
people who paste the same points hold the same text.
"""

from __future__ import annotations

import itertools
import re
from typing import Final, TypeAlias

from extract.errors import DecisionError

CURVE_FIELDS: Final = ("curve_surgery", "at_risk_surgery", "curve_control", "at_risk_control")
"""Fields of a value that hold pasted pairs."""

MOST_PAIRS: Final = 500
"""Pairs a field may hold: a figure is a few hundred pixels wide, more points say nothing more."""

LONGEST_PAIRS: Final = 16_000
"""Characters a field may hold: 500 pairs of numbers with far more digits than a figure gives."""

Pairs: TypeAlias = tuple[tuple[float, float], ...]


def stored_pairs(name: str, text: str) -> str:
    """Return pasted pairs as they are stored: every number as typed, without heading, spaces and empty lines.

    Raises
    ------
    DecisionError
        A row that is no pair of numbers, times out of order, survival above 1 or rising, a number at risk that is
        not whole or grows; the message names field and row.
    """
    rows = _rows(name, text)
    _check(name, tuple((float(time), float(height)) for time, height in rows))
    return "; ".join(f"{time},{height}" for time, height in rows)


def pairs_of(stored: str) -> Pairs:
    """Return stored pairs as numbers."""
    return tuple((float(time), float(height)) for time, height in (row.split(",") for row in stored.split("; ")))


def pasted(stored: str) -> str:
    """Return stored pairs one a line, as a form shows them."""
    return stored.replace("; ", "\n")


def _rows(name: str, text: str) -> list[tuple[str, str]]:
    if len(text) > LONGEST_PAIRS:
        raise DecisionError(f"{name}: {len(text)} characters; give at most {MOST_PAIRS} pairs, one a line")
    lines = [line.strip() for line in re.split(r"[;\r\n]+", text) if line.strip()]
    headed = bool(lines) and not any(character.isdigit() for character in lines[0])
    if len(lines) - headed > MOST_PAIRS:
        raise DecisionError(f"{name}: {len(lines) - headed} pairs; give at most {MOST_PAIRS}, spread over the curve")
    rows = []
    for number, line in enumerate(lines, start=1):
        if number == 1 and headed:
            continue
        cells = re.split(r"\s*,\s*|\s+", line)
        if len(cells) != 2 or not all(_is_number(cell) for cell in cells):
            raise DecisionError(
                f"{name}: row {number}: {line[:40]!r} is not a time and a number with a comma between, such as 3.5,0.91"
            )
        rows.append((cells[0], cells[1]))
    least = 2 if name.startswith("curve") else 1
    if len(rows) < least:
        raise DecisionError(f"{name}: give at least {least} {'pairs' if least > 1 else 'pair'}, one a line")
    return rows


def _is_number(cell: str) -> bool:
    # Plain decimals only: float() would also take "nan", "1_000" and digits of other scripts.
    return re.fullmatch(r"[+-]?(?:[0-9]{1,12}\.?[0-9]{0,20}|\.[0-9]{1,20})(?:[eE][+-]?[0-9]{1,2})?", cell) is not None


def _check(name: str, pairs: Pairs) -> None:
    """Refuse what no curve and no table of numbers at risk can show; rows are counted without the heading."""
    curve = name.startswith("curve")
    for number, (time, height) in enumerate(pairs, start=1):
        where = f"{name}: row {number}:"
        if time < 0:
            raise DecisionError(f"{where} time {time:g} is below 0")
        if curve and not 0 <= height <= 1:
            raise DecisionError(f"{where} survival {height:g} is not between 0 and 1; give shares, not percent")
        if not curve and (height < 0 or not height.is_integer()):
            raise DecisionError(f"{where} {height:g} at risk is not a whole number of people")
    for number, ((time, height), (next_time, next_height)) in enumerate(itertools.pairwise(pairs), start=2):
        where = f"{name}: row {number}:"
        if next_time <= time:
            raise DecisionError(f"{where} time {next_time:g} does not come after {time:g}; sort them by time")
        if next_height > height:
            what = "survival" if curve else "the number at risk"
            raise DecisionError(f"{where} {what} rises from {height:g} to {next_height:g}; neither can, correct it")
    first_time, first = pairs[0]
    if curve and first_time == 0 and first != 1:
        raise DecisionError(f"{name}: row 1: survival at time 0 is 1, not {first:g}")
    if curve and pairs[-1][1] == 1:
        raise DecisionError(f"{name}: the curve never falls; without an event in each arm there is no hazard ratio")
    if not curve and (first_time != 0 or first == 0):
        raise DecisionError(f"{name}: row 1: the first number at risk stands at time 0 and is the size of the arm")
