"""The evidence map as a picture: what is known for each subtype (rows) and metastatic pattern (columns).

A filled square is randomised evidence, an open one observational; the side grows with the square root of the number of
studies, so that the area is in proportion. A cell without either is said in words: a gap is a finding.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from reports.model import Synthesis
from reports.notation import counted, ratio_number

LEFT, TOP, CELL_HEIGHT, LINE = 150.0, 58.0, 62.0, 15.0
MOST_WIDTH, FEWEST_COLUMNS = 880.0, 4
SIDE_OF_ONE, LARGEST = 7.0, 26.0
CHARS_A_PIXEL = 0.15


@dataclass(frozen=True)
class MapMark:
    """A square for one body of evidence with its words; ``side`` 0 draws no square."""

    x: float
    y: float
    side: float
    text_x: float
    text_y: float
    words: str
    hollow: bool


@dataclass(frozen=True)
class EvidenceMap:
    """The laid-out map; ``columns`` and ``rows`` are (position, lines of the label)."""

    title: str
    finding: str
    width: float
    height: float
    columns: tuple[tuple[float, tuple[str, ...]], ...]
    rows: tuple[tuple[float, tuple[str, ...]], ...]
    marks: tuple[MapMark, ...]
    lines: str


@dataclass(frozen=True)
class MapCell:
    """What one cell holds; None where there is nothing."""

    randomised: Synthesis | None
    observational: Synthesis | None


def evidence_map(
    rows: Sequence[tuple[str, Sequence[MapCell]]], columns: Sequence[str], *, title: str, randomised_gap: str
) -> EvidenceMap:
    """Lay out the map.

    Parameters
    ----------
    rows
        Label and cells of each row.
    columns
        Label of each column.
    randomised_gap
        Words for a cell without randomised evidence.
    """
    room = (MOST_WIDTH - LEFT) / max(len(columns), FEWEST_COLUMNS)
    width, height = LEFT + room * len(columns), TOP + CELL_HEIGHT * len(rows) + 4
    marks: list[MapMark] = []
    for number, (_, cells) in enumerate(rows):
        for place, cell in enumerate(cells):
            x, y = LEFT + place * room, TOP + number * CELL_HEIGHT
            marks += [_mark(cell.randomised, x, y + 18, randomised_gap, hollow=False)]
            marks += [_mark(cell.observational, x, y + 44, "", hollow=True)]
    xs = "".join(f"M{round(LEFT + i * room, 1)} {TOP}V{height - 4}" for i in range(len(columns) + 1))
    ys = "".join(f"M0 {TOP + i * CELL_HEIGHT}H{round(width, 1)}" for i in range(len(rows) + 1))
    return EvidenceMap(
        title=title,
        finding=_finding(rows),
        width=round(width, 1),
        height=height,
        columns=tuple((round(LEFT + i * room + 8, 1), _wrapped(label, room - 10)) for i, label in enumerate(columns)),
        rows=tuple((TOP + i * CELL_HEIGHT + 22, _wrapped(label, LEFT - 6)) for i, (label, _) in enumerate(rows)),
        marks=tuple(mark for mark in marks if mark.words),
        lines=xs + ys,
    )


def _wrapped(label: str, room: float) -> tuple[str, ...]:
    lines = textwrap.wrap(label, max(8, int(room * CHARS_A_PIXEL)))
    return (*lines[:2], lines[2] if len(lines) == 3 else f"{lines[2]}…") if len(lines) > 2 else tuple(lines)


def _mark(synthesis: Synthesis | None, x: float, y: float, gap: str, *, hollow: bool) -> MapMark:
    if synthesis is None or not synthesis.k:
        return MapMark(0, 0, 0, round(x + 8, 1), y, gap, hollow)
    side = round(min(LARGEST, SIDE_OF_ONE * math.sqrt(synthesis.k)), 1)
    estimate = f", {ratio_number(synthesis.primary.ratio.estimate)}" if synthesis.primary else ""
    left = x + 8 + (LARGEST - side) / 2
    top = y - 4.5 - side / 2
    return MapMark(
        round(left, 1), round(top, 1), side, round(x + LARGEST + 14, 1), y, f"k {synthesis.k}{estimate}", hollow
    )


def _finding(rows: Sequence[tuple[str, Sequence[MapCell]]]) -> str:
    cells = [cell for _, members in rows for cell in members]
    trials = sum(cell.randomised is not None and cell.randomised.k > 0 for cell in cells)
    apart = sum(cell.observational is not None and cell.observational.k > 0 for cell in cells)
    empty = sum(not any(s is not None and s.k for s in (c.randomised, c.observational)) for c in cells)
    both = trials + apart + empty - len(cells)
    shared = f" ({both} of them both)" if both else ""
    return (
        f"Of {counted(len(cells), 'group', 'groups')} {trials} {'has' if trials == 1 else 'have'} randomised evidence, "
        f"{apart} observational evidence{shared}, and {empty} no usable result of either kind."
    )
