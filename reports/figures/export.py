"""A figure's SVG file as PNG or PDF, for slides and papers; the optional extra ``figures``.

The file is drawn from the SVG itself, element by element with its own style sheet: nothing is laid out a second time,
and no figure needs code of its own. Only what our templates use is understood; anything else is refused, so that a
figure cannot lose a part unseen. matplotlib brings its own font: the same figure gives the same bytes on every machine
with the same version of it.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from lxml import etree

from reports.errors import PublishError
from reports.figures.style import Rule, Style, inherited, rules_of, styled
from reports.formats import Format

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS_A_PIXEL = 0.75
DOTS_AN_INCH = 200
UNDRAWN = {"title", "desc", "style", "clipPath"}
ANCHORS = {"start": "left", "middle": "center", "end": "right"}
PATH = re.compile(r"([MmLlHhVvz])|(-?\d*\.?\d+)")


def export(svg: str, kind: Format) -> bytes:
    """Return an SVG file of this site in another format.

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
    root = etree.fromstring(svg.encode())
    width, height = (float(part) for part in root.get("viewBox", "").split()[2:])
    settings: dict[Any, Any] = {"font.family": "DejaVu Sans", "pdf.fonttype": 42, "path.simplify": False}
    with rc_context(settings):
        figure = Figure(figsize=(width * POINTS_A_PIXEL / 72, height * POINTS_A_PIXEL / 72), dpi=DOTS_AN_INCH)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0.01, 0.01, 0.98, 0.98))
        axes.set_xlim(0, width)
        axes.set_ylim(height, 0)
        axes.set_axis_off()
        _Drawing(axes, rules_of(_text(root, "style")), _frames(root)).draw(root, {}, ())
        out = io.BytesIO()
        figure.savefig(out, format=kind, metadata=_metadata(root, kind))
    return out.getvalue()


def _text(root: etree._Element, tag: str) -> str:
    found = root.find(f"{{*}}{tag}")
    return "" if found is None else " ".join((found.text or "").split())


def _frames(root: etree._Element) -> dict[str, str]:
    """Return the corners of each frame that something is cut off at, by how it is referred to."""
    frames = {}
    for found in root.iter("{*}clipPath"):
        (points, _), *_ = _lines_of(found[0].get("d", ""))
        xs, ys = [x for x, _ in points], [y for _, y in points]
        frames[f"url(#{found.get('id')})"] = f"{min(xs)} {min(ys)} {max(xs)} {max(ys)}"
    return frames


def _metadata(root: etree._Element, kind: Format) -> dict[str, Any]:
    """Return what the file says of itself; no date and no program, so that the bytes depend on the figure alone."""
    title, finding = _text(root, "title"), _text(root, "desc")
    if kind == "pdf":
        return {"Title": title, "Subject": finding, "CreationDate": None, "Creator": None, "Producer": None}
    return {"Title": title, "Description": finding, "Software": None}


class _Drawing:
    """Draws elements onto axes whose units are the pixels of the figure."""

    def __init__(self, axes: Axes, rules: tuple[Rule, ...], frames: dict[str, str]) -> None:
        self._axes, self._rules, self._frames = axes, rules, frames
        self._order = 1.0

    def draw(self, element: etree._Element, parent: Style, above: tuple[frozenset[str], ...]) -> None:
        tag = etree.QName(element).localname
        if tag in UNDRAWN or element.get("class") == "paper":
            return
        names = frozenset({tag, *(f".{name}" for name in element.get("class", "").split())})
        style = styled(self._rules, inherited(parent), (*above, names))
        if "clip-path" in element.attrib:
            style = {**style, "clip": self._frames[element.get("clip-path", "")]}
        self._order += 1
        getattr(self, f"_{tag}", self._unknown)(element, style)
        for child in element:
            if isinstance(child.tag, str):
                self.draw(child, style, (*above, names))

    def _unknown(self, element: etree._Element, _: Style) -> None:
        raise PublishError(f"a figure holds <{etree.QName(element).localname}>, which cannot be drawn as PNG or PDF")

    def _svg(self, element: etree._Element, style: Style) -> None:
        """Draw nothing: only what is inside."""

    _g = _svg

    def _text(self, element: etree._Element, style: Style) -> None:
        words = "".join(map(str, element.itertext()))
        turned = "rotate(-90)" in element.get("transform", "")
        x, y = element.get("x", "0").split(), float(element.get("y", "0"))
        parts = zip(x, words, strict=False) if len(x) > 1 else [(x[0], words)]
        for at, part in parts:
            self._axes.text(
                *((y, -float(at)) if turned else (float(at), y)),
                part,
                rotation=90 if turned else 0,
                rotation_mode="anchor",
                ha=ANCHORS[style.get("text-anchor", "start")],
                va="baseline",
                color=style.get("fill", "#000"),
                fontsize=float(style.get("font-size", "13px").removesuffix("px")) * POINTS_A_PIXEL * 0.96,
                weight="bold" if int(style.get("font-weight", "400")) >= 600 else "normal",
                zorder=self._order,
            )

    def _path(self, element: etree._Element, style: Style) -> None:
        for points, closed in _lines_of(element.get("d", "")):
            self._shape(points, style, closed=closed)

    def _polygon(self, element: etree._Element, style: Style) -> None:
        points = [tuple(map(float, point.split(","))) for point in element.get("points", "").split()]
        self._shape([(x, y) for x, y in points], style, closed=True)

    def _rect(self, element: etree._Element, style: Style) -> None:
        x, y, w, h = (float(element.get(name, "0")) for name in ("x", "y", "width", "height"))
        self._shape([(x, y), (x + w, y), (x + w, y + h), (x, y + h)], style, closed=True)

    def _circle(self, element: etree._Element, style: Style) -> None:
        from matplotlib.patches import Circle

        at = (float(element.get("cx", "0")), float(element.get("cy", "0")))
        self._axes.add_patch(Circle(at, float(element.get("r", "0")), **self._patch(style)))

    def _shape(self, points: list[tuple[float, float]], style: Style, *, closed: bool) -> None:
        from matplotlib.patches import Polygon, Rectangle

        patch = Polygon(points, closed=closed, **self._patch(style))
        self._axes.add_patch(patch)
        if "clip" in style:
            left, top, right, bottom = map(float, style["clip"].split())
            frame = Rectangle((left, top), right - left, bottom - top, transform=self._axes.transData)
            patch.set_clip_path(frame)

    def _patch(self, style: Style) -> dict[str, Any]:
        dashes = [float(part) for part in style.get("stroke-dasharray", "").split()]
        stroke = style.get("stroke", "none")
        return {
            "facecolor": style.get("fill", "#000"),
            "edgecolor": stroke,
            "linewidth": 0 if stroke == "none" else float(style.get("stroke-width", "1")) * POINTS_A_PIXEL,
            "linestyle": (0, tuple(dashes)) if dashes else "solid",
            "alpha": float(style["opacity"]) if "opacity" in style else None,
            "zorder": self._order,
        }


def _lines_of(path: str) -> list[tuple[list[tuple[float, float]], bool]]:
    """Return the lines of a path's data, each with whether it is closed."""
    lines: list[tuple[list[tuple[float, float]], bool]] = []
    points: list[tuple[float, float]] = []
    x = y = 0.0
    command, numbers = "M", list[float]()
    for letter, number in PATH.findall(path):
        if letter:
            command, numbers = letter, []
            if letter == "z":
                lines.append((points, True))
                (x, y), points = points[0], []
            continue
        numbers.append(float(number))
        if len(numbers) < (1 if command in "HhVv" else 2):
            continue
        if command in "Hh":
            x = numbers[0] + (x if command == "h" else 0)
        elif command in "Vv":
            y = numbers[0] + (y if command == "v" else 0)
        else:
            base = (x, y) if command in "ml" else (0.0, 0.0)
            x, y = base[0] + numbers[0], base[1] + numbers[1]
        if command in "Mm":
            if len(points) > 1:
                lines.append((points, False))
            points, command = [(x, y)], "l" if command == "m" else "L"
        else:
            points = [*points, (x, y)]
        numbers = []
    if len(points) > 1:
        lines.append((points, False))
    return lines
