"""A laid-out plot as PNG or PDF, for slides and papers; the optional extra ``figures``.

The coordinates are those of the SVG on the page: nothing is laid out a second time. matplotlib brings its own font, so
that the same plot gives the same bytes on every machine with the same version of it.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from reports.errors import PublishError
from reports.figures.rows_plot import DrawnRow, Layout, RowsPlot
from reports.formats import Format

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS_A_PIXEL = 0.75
DOTS_AN_INCH = 200
INK, SOFT, MARK, DIAMOND, APART = "#1d2326", "#545d61", "#143f49", "#0e6a7b", "#8a5a12"


def export(plot: RowsPlot, kind: Format) -> bytes:
    """Return the wide layout of a plot as a file.

    Raises
    ------
    PublishError
        The extra ``figures`` is not installed.
    """
    try:
        from matplotlib import rc_context
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise PublishError(
            "figure_formats asks for PNG or PDF, but the extra 'figures' is not installed; install it "
            "(`uv sync --extra figures`) or take the formats out of LIVING_REVIEW_FIGURE_FORMATS"
        ) from error
    drawing = plot.wide
    width, height = drawing.layout.width, drawing.height
    settings: dict[Any, Any] = {"font.family": "DejaVu Sans", "pdf.fonttype": 42, "svg.hashsalt": "figure"}
    with rc_context(settings):
        figure = Figure(figsize=(width * POINTS_A_PIXEL / 72, height * POINTS_A_PIXEL / 72), dpi=DOTS_AN_INCH)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0.01, 0.01, 0.98, 0.98))
        axes.set_xlim(0, width)
        axes.set_ylim(height, 0)
        axes.set_axis_off()
        _head(axes, plot)
        _lines(axes, plot)
        for row in drawing.rows:
            _row(axes, row, drawing.layout, hollow=plot.hollow)
        _foot(axes, plot)
        out = io.BytesIO()
        figure.savefig(out, format=kind, metadata=_metadata(plot, kind))
    return out.getvalue()


def _metadata(plot: RowsPlot, kind: Format) -> dict[str, Any]:
    """Return what the file says of itself; no date and no program, so that the bytes depend on the plot alone."""
    if kind == "pdf":
        return {"Title": plot.title, "Subject": plot.finding, "CreationDate": None, "Creator": None, "Producer": None}
    return {"Title": plot.title, "Description": plot.finding, "Software": None}


def _say(axes: Axes, x: float, y: float, words: str, *, right: bool = False, **style: Any) -> None:
    given = {"fontsize": 12.5 * POINTS_A_PIXEL, "color": INK, **style}
    axes.text(x, y, words, ha="right" if right else given.pop("ha", "left"), va="baseline", **given)


def _head(axes: Axes, plot: RowsPlot) -> None:
    layout = plot.wide.layout
    style: dict[str, Any] = {"color": SOFT, "weight": "bold", "fontsize": 11.5 * POINTS_A_PIXEL}
    _say(axes, 0, 16, plot.label_header, **style)
    for x, words in zip(layout.cells_right, plot.cell_headers, strict=True):
        _say(axes, x, 16, words, right=True, **style)
    _say(axes, _text_right(plot), 16, plot.text_header, right=True, **style)
    if plot.weight_header:
        _say(axes, layout.weight_right, 16, plot.weight_header, right=True, **style)
    for number, words in enumerate(plot.letter_headers, start=1):
        _say(axes, layout.letter_x(number), 16, words, ha="center", **style)
    axes.plot([0, layout.width], [26, 26], color=SOFT, lw=0.8)


def _text_right(plot: RowsPlot) -> float:
    return plot.wide.layout.text_right if plot.weight_header else plot.wide.layout.width


def _lines(axes: Axes, plot: RowsPlot) -> None:
    drawing = plot.wide
    top, bottom = drawing.layout.header_height, drawing.y_axis
    axes.plot([drawing.x_one] * 2, [top, bottom], color=INK, lw=0.8, alpha=0.65)
    if drawing.x_pooled is not None:
        axes.plot([drawing.x_pooled] * 2, [top, bottom], color=DIAMOND, lw=0.8, ls=(0, (3, 4)))


def _row(axes: Axes, drawn: DrawnRow, layout: Layout, *, hollow: bool) -> None:
    row = drawn.row
    bold: dict[str, Any] = {"weight": "bold"} if row.kind in ("pooled", "heading") else {}
    tone: dict[str, Any] = (
        {"color": SOFT} if row.kind == "prediction" else {"color": APART} if row.kind == "heading" else {}
    )
    _say(axes, 0, drawn.y_text, drawn.label, **bold, **tone)
    for x, words in zip(layout.cells_right, row.cells, strict=True):
        _say(axes, x, drawn.y_text, words, right=True, **bold)
    _say(axes, layout.text_right, drawn.y_text, row.text, right=True, **bold, **tone)
    _say(axes, layout.weight_right, drawn.y_text, row.weight_text, right=True, **bold)
    for number, letter in enumerate(row.letters, start=1):
        _say(axes, layout.letter_x(number), drawn.y_text, letter, ha="center", weight="bold")
    if drawn.span is not None:
        _mark(axes, drawn, hollow=hollow)


def _mark(axes: Axes, drawn: DrawnRow, *, hollow: bool) -> None:
    span, y, kind = drawn.span, drawn.y_mark, drawn.row.kind
    if span is None:
        return
    if kind == "pooled":
        corners = [tuple(float(part) for part in point.split(",")) for point in drawn.diamond.split()]
        axes.fill([x for x, _ in corners], [at for _, at in corners], color=DIAMOND)
        return
    colour = DIAMOND if kind == "prediction" else APART if hollow else MARK
    axes.plot([span.x_low, span.x_high], [y, y], color=colour, lw=1.1)
    if kind == "prediction":
        for x in (span.x_low, span.x_high):
            axes.plot([x, x], [y - 5, y + 5], color=colour, lw=1.1)
    for cut, x, inwards in ((span.cut_low, span.x_low, 8), (span.cut_high, span.x_high, -8)):
        if cut:
            axes.fill([x, x + inwards, x + inwards], [y, y - 4.5, y + 4.5], color=colour)
    if kind == "study" and not span.beyond:
        half = drawn.side / 2
        xs = [span.x - half, span.x + half, span.x + half, span.x - half]
        ys = [y - half, y - half, y + half, y + half]
        axes.fill(xs, ys, facecolor="white" if hollow else MARK, edgecolor=APART if hollow else MARK, lw=1.2, zorder=3)


def _foot(axes: Axes, plot: RowsPlot) -> None:
    drawing = plot.wide
    y = drawing.y_axis
    axes.plot([drawing.axis.left, drawing.axis.right], [y, y], color=SOFT, lw=0.8)
    for tick in drawing.ticks:
        axes.plot([tick.x, tick.x], [y, y + 5], color=SOFT, lw=0.8)
        _say(axes, tick.x, y + 18, tick.label, ha="center", color=SOFT, fontsize=11.5 * POINTS_A_PIXEL)
    _say(axes, drawing.x_one - 8, y + 40, f"← {plot.favours[0]}", right=True, fontsize=11.5 * POINTS_A_PIXEL)
    _say(axes, drawing.x_one + 8, y + 40, f"{plot.favours[1]} →", fontsize=11.5 * POINTS_A_PIXEL)
