"""Plots made of rows with an interval each: forest, cumulative, leave-one-out.

Every plot is laid out twice, wide and narrow (two lines a row, for a phone), and the style sheet shows one of them:
text then has the same size on every screen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from reports.figures.axis import LogAxis, Span, Tick, log_axis
from reports.model import Interval

Kind = Literal["study", "pooled", "prediction", "heading"]

LARGEST_MARK = 15.0
SMALLEST_MARK = 4.0
LONGEST_HEADING = 52
LONGEST_LABEL = {"wide": 30, "narrow": 36}


@dataclass(frozen=True)
class PlotRow:
    """One row before layout.

    Parameters
    ----------
    label
        Study or step; shortened when too long (the table below has it whole).
    interval
        Ratio with limits; None for a heading.
    text
        The numbers as words: ``0.71 (0.59–0.86)``.
    weight
        Percent; the area of the mark is proportional to it. None draws all marks alike.
    cells
        Text of the columns between label and plot (wide layout only).
    letters
        One letter for each domain of risk of bias, the overall judgement last (wide layout only).
    """

    kind: Kind
    label: str
    interval: Interval | None = None
    text: str = ""
    weight: float | None = None
    weight_text: str = ""
    cells: tuple[str, str] = ("", "")
    letters: tuple[str, ...] = ()


@dataclass(frozen=True)
class DrawnRow:
    """A row with its coordinates."""

    row: PlotRow
    label: str
    y_text: float
    y_mark: float
    span: Span | None
    side: float
    diamond: str


@dataclass(frozen=True)
class Layout:
    """Widths and positions of one layout, in pixels of the view box."""

    name: Literal["wide", "narrow"]
    width: float
    row_height: float
    plot_left: float
    plot_right: float
    header_height: float
    cells_right: tuple[float, float] = (246.0, 332.0)
    text_right: float = 800.0
    weight_right: float = 880.0
    letters_left: float = 0.0

    def letter_x(self, number: int) -> float:
        """Return where the letter of a domain stands, from 1 on."""
        return self.letters_left + LETTER_WIDTH * number


WIDE = Layout("wide", 880.0, 27.0, 352.0, 642.0, 34.0)
WIDE_WITH_LETTERS = Layout("wide", 880.0, 27.0, 324.0, 550.0, 34.0, (230.0, 312.0), 700.0, 764.0, 774.0)
"""The same with a column of letters for risk of bias at the right: the plot gives way."""
LETTER_WIDTH = 12.0
"""Room of a letter: ROBINS-I has seven domains and the overall level, and all eight must fit."""
NARROW = Layout("narrow", 380.0, 46.0, 10.0, 370.0, 10.0)


@dataclass(frozen=True)
class Drawing:
    """One laid-out plot."""

    layout: Layout
    axis: LogAxis
    ticks: tuple[Tick, ...]
    rows: tuple[DrawnRow, ...]
    x_one: float
    x_pooled: float | None
    y_axis: float
    height: float


@dataclass(frozen=True)
class RowsPlot:
    """A plot in both layouts, with what a screen reader is told.

    ``finding`` is the description of the figure: it states what the plot shows, not what it is.
    """

    anchor: str
    title: str
    finding: str
    label_header: str
    cell_headers: tuple[str, str]
    text_header: str
    weight_header: str
    hollow: bool
    favours: tuple[str, str]
    letter_headers: tuple[str, ...]
    wide: Drawing
    narrow: Drawing | None


def rows_plot(
    rows: Sequence[PlotRow],
    *,
    anchor: str,
    title: str,
    finding: str,
    label_header: str = "Study",
    cell_headers: tuple[str, str] = ("", ""),
    text_header: str = "Hazard ratio (95 % CI)",
    weight_header: str = "",
    hollow: bool = False,
    favours: tuple[str, str] = ("favours surgery", "favours no surgery"),
    letter_headers: tuple[str, ...] = (),
    narrow: bool = True,
) -> RowsPlot:
    """Lay out a plot.

    Parameters
    ----------
    rows
        From top to bottom; at least one with an interval.
    hollow
        Marks drawn as outlines: the sign of observational evidence.
    favours
        Words for the left and right half of the axis.
    letter_headers
        Names of the letters of each row; empty for a plot without them.
    narrow
        Whether to lay the plot out for a phone as well; a long plot scrolls in its box instead.
    """
    return RowsPlot(
        anchor=anchor,
        title=title,
        finding=finding,
        label_header=label_header,
        cell_headers=cell_headers,
        text_header=text_header,
        weight_header=weight_header,
        hollow=hollow,
        favours=favours,
        letter_headers=letter_headers,
        wide=_draw(rows, WIDE_WITH_LETTERS if letter_headers else WIDE),
        narrow=_draw(rows, NARROW) if narrow else None,
    )


def _draw(rows: Sequence[PlotRow], layout: Layout) -> Drawing:
    axis = log_axis((r.interval for r in rows if r.interval), left=layout.plot_left, right=layout.plot_right)
    largest = max((r.weight or 0.0 for r in rows if r.kind == "study"), default=0.0)
    drawn = []
    y = layout.header_height
    for row in rows:
        height = layout.row_height * (0.8 if layout.name == "wide" or row.kind == "heading" else 1.0)
        height = layout.row_height if row.kind != "heading" else height
        if row.kind == "heading" and layout.name == "narrow":
            height = 28.0
        drawn.append(_drawn_row(row, layout, axis, y, height, largest))
        y += height
    pooled = next((r.interval for r in rows if r.kind == "pooled" and r.interval), None)
    return Drawing(
        layout=layout,
        axis=axis,
        ticks=axis.ticks,
        rows=tuple(drawn),
        x_one=axis.x(1.0),
        x_pooled=axis.x(pooled.estimate) if pooled else None,
        y_axis=round(y + 4, 1),
        height=round(y + 58, 1),
    )


def _drawn_row(row: PlotRow, layout: Layout, axis: LogAxis, y: float, height: float, largest: float) -> DrawnRow:
    wide = layout.name == "wide"
    y_mark = y + height / 2 if wide else y + 30
    span = axis.span(row.interval) if row.interval else None
    return DrawnRow(
        row=row,
        label=_shortened(row.label, LONGEST_HEADING if row.kind == "heading" else LONGEST_LABEL[layout.name]),
        y_text=round(y_mark + 4.5 if wide else y + 15, 1),
        y_mark=round(y_mark, 1),
        span=span,
        side=_side(row.weight, largest),
        diamond=_diamond(span, y_mark) if span and row.kind == "pooled" else "",
    )


def _side(weight: float | None, largest: float) -> float:
    """Return the side of a square whose area is proportional to the weight."""
    if weight is None or largest <= 0:
        return 8.0
    return round(max(SMALLEST_MARK, LARGEST_MARK * math.sqrt(weight / largest)), 1)


def _diamond(span: Span, y: float) -> str:
    half = 8.0
    return f"{span.x_low},{y:.1f} {span.x},{y - half:.1f} {span.x_high},{y:.1f} {span.x},{y + half:.1f}"


def _shortened(label: str, longest: int) -> str:
    return label if len(label) <= longest else label[: longest - 1].rstrip() + "…"
