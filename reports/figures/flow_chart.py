"""The PRISMA flow diagram, laid out from the boxes and sums of the snapshot's flow.

A box whose count is the sum of others has an edge to each of them. The way from records to included studies runs down
the middle column; what left the way stands at its side.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from reports.errors import GateError
from reports.model import Flow, FlowBox
from reports.notation import count

LINE = 17.0
PADDING = 11.0
GAP = 26.0


@dataclass(frozen=True)
class DrawnBox:
    """A box with its text broken into lines."""

    key: str
    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    count: str
    side: bool


@dataclass(frozen=True)
class FlowChart:
    """The diagram: boxes, and the arrows between them as SVG paths."""

    name: str
    width: float
    height: float
    boxes: tuple[DrawnBox, ...]
    arrows: tuple[str, ...]


def check_sums(flow: Flow) -> None:
    """Refuse a flow whose counts do not add up.

    Raises
    ------
    GateError
        A box differs from the sum of the boxes it leads to, or an edge names a box that does not exist.
    """
    counts = {box.key: box.count for box in flow.boxes}
    for source, targets in flow.edges:
        unknown = [key for key in (source, *targets) if key not in counts]
        if unknown:
            raise GateError(f"flow.json: the edge from {source!r} names {unknown[0]!r}, which is no box")
        total = sum(counts[key] for key in targets)
        if counts[source] != total:
            parts = " + ".join(f"{counts[key]} {key}" for key in targets)
            raise GateError(f"flow.json: {source} is {counts[source]}, but {parts} make {total}; count the log again")


def flow_chart(flow: Flow, *, name: str, width: float, main: float, chars: int) -> FlowChart:
    """Lay out the diagram.

    Parameters
    ----------
    width, main
        Width of the picture and of the middle column, in pixels; side boxes take the rest, or stand indented below
        when nothing is left.
    chars
        Characters a line of a main box holds.
    """
    by_key = {box.key: box for box in flow.boxes}
    edges = dict(flow.edges)
    way = _way(flow)
    beside = width - main > 200
    boxes: list[DrawnBox] = []
    arrows: list[str] = []
    x_way = main / 2 if beside else 14.0
    y, last_bottom = 4.0, None
    for number, key in enumerate(way):
        box = _box(by_key[key], x=2, y=y, width=main - 4, chars=chars, side=False)
        if last_bottom is not None:
            arrows.append(f"M{x_way} {last_bottom}V{y}m-4 -6l4 6l4 -6")
        boxes.append(box)
        last_bottom = box.y + box.height
        following = way[number + 1] if number + 1 < len(way) else ""
        sides = [k for k in edges.get(key, ()) if k not in way] + _joining(flow, way, before=following)
        y = _add_sides(
            [by_key[k] for k in sides], box, boxes, arrows, width=width, main=main, beside=beside, chars=chars
        )
    return FlowChart(name, width, round(y - GAP + 4, 1), tuple(boxes), tuple(arrows))


def _add_sides(
    sides: list[FlowBox],
    box: DrawnBox,
    boxes: list[DrawnBox],
    arrows: list[str],
    *,
    width: float,
    main: float,
    beside: bool,
    chars: int,
) -> float:
    """Draw the side boxes of a box and return where the next main box starts."""
    bottom = box.y + box.height
    y = box.y if beside else bottom + 10
    for one in sides:
        side = _side_box(one, y=y, width=width, main=main, beside=beside, chars=chars)
        boxes.append(side)
        if beside and not _joins(one.key):
            arrows.append(f"M{main - 2} {box.y + 18}H{main + 16}V{side.y + 18}H{side.x}m-6 -4l6 4l-6 4")
        y += side.height + 8
    return max(bottom, y - 8 if sides else bottom) + GAP


def _joins(key: str) -> bool:
    """Return whether a box comes in from outside the search: it stands at the side, without an arrow from the way."""
    return key.startswith("other")


def _joining(flow: Flow, way: tuple[str, ...], *, before: str) -> list[str]:
    """Return the boxes that come in just before a box of the way."""
    keys = [box.key for box in flow.boxes]
    joining = []
    for key in reversed(keys[: keys.index(before)] if before in keys else []):
        if key in way:
            break
        if _joins(key):
            joining.append(key)
    return joining[::-1]


def _way(flow: Flow) -> tuple[str, ...]:
    """Return the keys of the middle column from top to bottom: in the snapshot's order, without what left the way."""
    leaving: set[str] = set()
    edges = dict(flow.edges)
    for targets in edges.values():
        stays = next((key for key in targets if key in edges), None)
        stays = stays or next((key for key in targets if "includ" in key), targets[-1] if targets else None)
        leaving |= {key for key in targets if key != stays}
    return tuple(box.key for box in flow.boxes if box.key not in leaving and not _joins(box.key))


def _side_box(box: FlowBox, *, y: float, width: float, main: float, beside: bool, chars: int) -> DrawnBox:
    x = main + 40 if beside else 34.0
    room = width - x - 2
    return _box(box, x=x, y=y, width=room, chars=max(12, int(chars * room / main)), side=True)


def _box(box: FlowBox, *, x: float, y: float, width: float, chars: int, side: bool) -> DrawnBox:
    lines = tuple(textwrap.wrap(box.label, chars)) or (box.key,)
    return DrawnBox(
        box.key, x, round(y, 1), width, round(2 * PADDING + LINE * len(lines), 1), lines, count(box.count), side
    )
