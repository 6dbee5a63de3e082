"""The PRISMA flow diagram, laid out from the boxes and sums of the snapshot's flow.

A box whose count is the sum of others has an edge to each of them. The way from records to included studies runs down
the middle column; what left the way stands at its side.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
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
    """The diagram: boxes and the arrows between them (``x1, y1, x2, y2``)."""

    name: str
    width: float
    height: float
    boxes: tuple[DrawnBox, ...]
    arrows: tuple[tuple[float, float, float, float], ...]


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
    beside = width - main > 200
    boxes: list[DrawnBox] = []
    arrows: list[tuple[float, float, float, float]] = []
    y = 4.0
    for key in _way(flow):
        box = _box(by_key[key], x=2, y=y, width=main - 4, chars=chars, side=False)
        if boxes:
            before = next(b for b in reversed(boxes) if not b.side)
            if key in edges.get(before.key, ()):
                arrows.append((main / 2 if beside else 14.0, before.y + before.height, main / 2 if beside else 14.0, y))
        boxes.append(box)
        bottom = y + box.height
        sides = [k for k in edges.get(key, ()) if k not in _way(flow)]
        side_y = y if beside else bottom + 10
        for side_key in sides:
            side = _side_box(by_key[side_key], y=side_y, width=width, main=main, beside=beside, chars=chars)
            boxes.append(side)
            if beside:
                arrows.append((main - 2, min(side_y + side.height / 2, bottom - 6), side.x, side_y + side.height / 2))
            side_y += side.height + 8
        y = max(bottom, side_y - 8 if sides else bottom) + GAP
    return FlowChart(name, width, round(y - GAP + 4, 1), tuple(boxes), tuple(arrows))


def _way(flow: Flow) -> tuple[str, ...]:
    """Return the keys of the middle column from top to bottom."""
    edges = dict(flow.edges)
    if not edges:
        return tuple(box.key for box in flow.boxes)
    led_to = {key for targets in edges.values() for key in targets}
    way = [box.key for box in flow.boxes if box.key not in led_to]
    current = next((key for key in reversed(way) if key in edges), None)
    while current is not None:
        targets = edges.get(current, ())
        following = next((key for key in targets if key in edges), None)
        if following is None and targets:
            following = next((key for key in targets if "includ" in key), targets[-1])
        if following is None or following in way:
            break
        way.append(following)
        current = following
    return tuple(way)


def _side_box(box: FlowBox, *, y: float, width: float, main: float, beside: bool, chars: int) -> DrawnBox:
    x = main + 40 if beside else 34.0
    room = width - x - 2
    return _box(box, x=x, y=y, width=room, chars=max(12, int(chars * room / main)), side=True)


def _box(box: FlowBox, *, x: float, y: float, width: float, chars: int, side: bool) -> DrawnBox:
    lines = tuple(textwrap.wrap(box.label, chars)) or (box.key,)
    return DrawnBox(
        box.key, x, round(y, 1), width, round(2 * PADDING + LINE * len(lines), 1), lines, count(box.count), side
    )


def flow_counts(flow: Flow) -> Mapping[str, int]:
    """Return the count of each box by key."""
    return {box.key: box.count for box in flow.boxes}
