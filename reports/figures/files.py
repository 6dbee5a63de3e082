"""Every figure as a file of its own, for slides and papers: SVG always, PNG and PDF where the operator asks for them.

PNG and PDF say in their properties what the figure shows but not the version of the review: a figure that does not
change keeps its bytes, and is not drawn again (about a second each) when a new version is made.
"""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from reports.figures.evidence_map import EvidenceMap
from reports.figures.export import export
from reports.figures.flow_chart import FlowChart
from reports.figures.night_calendar import NightCalendar
from reports.figures.rows_plot import RowsPlot
from reports.figures.scatter import Scatter
from reports.formats import Format
from reports.templating import HERE, render, tidy

FOLDER = "data/figures/"
KINDS: dict[type, str] = {
    RowsPlot: "rows",
    Scatter: "scatter",
    FlowChart: "flow",
    NightCalendar: "calendar",
    EvidenceMap: "map",
}
Figure = RowsPlot | Scatter | FlowChart | NightCalendar | EvidenceMap


def figure_files(
    name: str, plot: Figure, *, version: str, formats: tuple[Format, ...], finding: str = ""
) -> Iterator[tuple[str, str, bytes | None]]:
    """Yield path, text and (for PNG and PDF) bytes of each file of a figure.

    Parameters
    ----------
    version
        As the titles print it, ``, version 2026.1``; it is taken out of PNG and PDF.
    finding
        What a figure shows that does not say so itself.
    """
    style = Markup((HERE / "static" / "figure.css").read_text(encoding="utf-8").strip())  # noqa: S704
    kind = KINDS[type(plot)]
    svg = tidy(render("svg/standalone.svg", plot=plot, kind=kind, style=style, finding=finding))
    yield f"{FOLDER}{name}.svg", svg, None
    for other in formats:
        yield f"{FOLDER}{name}.{other}", "", export(svg.replace(version, ""), other)
