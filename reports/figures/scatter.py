"""Plots of one dot a study: funnel with contours of significance, and Baujat.

One layout serves every screen: it is narrow enough for a phone and never stretched wider than its text allows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from reports.figures.axis import Tick, log_axis
from reports.model import Interval, Synthesis
from reports.notation import decimal, p_value, ratio_number

FEWEST_FOR_FUNNEL = 10
"""Fewer studies cannot show asymmetry (Sterne 2011, BMJ 343:d4002)."""
FEWEST_FOR_BAUJAT = 4
"""With three studies each one is a third of everything: the plot would say nothing."""

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 420.0, 46.0, 410.0, 12.0, 270.0
CONTOURS = ((2.5758293035489004, "c99"), (1.959963984540054, "c95"), (1.6448536269514722, "c90"))
"""Two-sided p of 0.01, 0.05 and 0.10 under no effect: the contours of Peters 2008 (J Clin Epidemiol 61:991)."""
NORMAL_97_5 = 1.959963984540054
MOST_LABELS = 3


@dataclass(frozen=True)
class Dot:
    """A study; ``named`` is where its label begins (or, ``left`` of the dot, ends), None for a dot without one."""

    x: float
    y: float
    label: str
    named: tuple[float, float] | None = None
    left: bool = False


@dataclass(frozen=True)
class Scatter:
    """A laid-out plot; ``areas`` are (class, points) behind the dots, ``rows`` the table with its numbers."""

    anchor: str
    title: str
    finding: str
    x_label: str
    y_label: str
    dots: tuple[Dot, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    areas: tuple[tuple[str, str], ...] = ()
    lines: tuple[tuple[str, str], ...] = ()
    ends: tuple[str, str] | None = None
    caption: str = ""
    hollow: bool = False


def funnel(
    synthesis: Synthesis, *, anchor: str, title: str, short: str = "surgery", none: str = "no surgery"
) -> Scatter | None:
    """Lay out the funnel of a synthesis, precise studies on top, or None below ten studies."""
    if synthesis.primary is None or synthesis.k < FEWEST_FOR_FUNNEL:
        return None
    centre = synthesis.primary.log.estimate
    largest = max(one.se_log_hr for one in synthesis.inputs) * 1.08
    reach = NORMAL_97_5 * largest
    edge = Interval(estimate=math.exp(centre), low=math.exp(centre - reach), high=math.exp(centre + reach), level=95.0)
    axis = log_axis([edge, *(one.ratio for one in synthesis.inputs)], left=LEFT, right=RIGHT)

    def x(log_hr: float) -> float:
        share = (log_hr - math.log(axis.low)) / (math.log(axis.high) - math.log(axis.low))
        return round(LEFT + share * (RIGHT - LEFT), 1)

    def y(se: float) -> float:
        return round(TOP + se / largest * (BOTTOM - TOP), 1)

    areas = tuple((name, f"{x(0)},{TOP} {x(-z * largest)},{BOTTOM} {x(z * largest)},{BOTTOM}") for z, name in CONTOURS)
    cone = f"M{x(centre - reach)} {BOTTOM}L{x(centre)} {TOP}L{x(centre + reach)} {BOTTOM}"
    return Scatter(
        anchor=anchor,
        title=title,
        finding=_funnel_finding(synthesis, centre),
        x_label="Hazard ratio (log scale)",
        y_label="Standard error",
        dots=tuple(Dot(axis.x(math.exp(one.log_hr)), y(one.se_log_hr), one.label) for one in synthesis.inputs),
        x_ticks=axis.ticks,
        y_ticks=_linear_ticks(largest, y),
        columns=("Study", "Hazard ratio", "Log ratio", "Standard error"),
        rows=tuple(
            (one.label, ratio_number(math.exp(one.log_hr)), decimal(one.log_hr, 3), decimal(one.se_log_hr, 3))
            for one in synthesis.inputs
        ),
        areas=areas,
        lines=(("at", f"M{x(centre)} {TOP}V{BOTTOM}"), ("cone", cone), ("one", f"M{x(0)} {TOP}V{BOTTOM}")),
        ends=(f"← favours {short}", f"favours {none} →"),
        caption=(
            "Shades, from the line of no effect outwards: p above 0.10, 0.05 to 0.10, 0.01 to 0.05, below 0.01. "
            "Dashed: the pooled ratio and where 95 % of the studies would lie around it without heterogeneity."
        ),
        hollow=synthesis.body == "observational",
    )


def _funnel_finding(synthesis: Synthesis, centre: float) -> str:
    left = sum(one.log_hr < centre for one in synthesis.inputs)
    test = ""
    if synthesis.asymmetry is not None:
        test = f" {synthesis.asymmetry.test}'s test of asymmetry: p {p_value(synthesis.asymmetry.p)}."
    return (
        f"{synthesis.k} studies around a pooled ratio of {ratio_number(math.exp(centre))}: {left} lie below it, "
        f"{synthesis.k - left} above.{test} Asymmetry can come from small studies left unpublished, "
        "from bias, or from real differences."
    )


def baujat(synthesis: Synthesis, *, anchor: str, title: str) -> Scatter | None:
    """Lay out which studies make the heterogeneity and move the result, or None below four studies."""
    points = synthesis.influence
    if len(points) < FEWEST_FOR_BAUJAT:
        return None
    x_top = max(max(p.heterogeneity for p in points) * 1.08, 1e-9)
    y_top = max(max(p.influence for p in points) * 1.08, 1e-9)

    def x(value: float) -> float:
        return round(LEFT + value / x_top * (RIGHT - LEFT), 1)

    def y(value: float) -> float:
        return round(BOTTOM - value / y_top * (BOTTOM - TOP), 1)

    far = sorted(points, key=lambda p: (p.heterogeneity / x_top) ** 2 + (p.influence / y_top) ** 2, reverse=True)
    named = {p.study_id for p in far[:MOST_LABELS]}
    most, mover = max(points, key=lambda p: p.heterogeneity), max(points, key=lambda p: p.influence)
    return Scatter(
        anchor=anchor,
        title=title,
        finding=(
            f"{most.label} adds most to the heterogeneity"
            + (" and moves the result most." if mover is most else f"; {mover.label} moves the result most.")
        ),
        x_label="Share in the heterogeneity (squared residual)",
        y_label="Influence on the result",
        dots=_labelled([(Dot(x(p.heterogeneity), y(p.influence), p.label), p.study_id in named) for p in points]),
        x_ticks=_linear_ticks(x_top, x),
        y_ticks=_linear_ticks(y_top, y),
        columns=("Study", "Share in heterogeneity", "Influence"),
        rows=tuple((p.label, decimal(p.heterogeneity, 2), decimal(p.influence, 2)) for p in points),
        caption=(
            "Right: the study lies far from the others for its precision. Up: the pooled result moves when it is left "
            "out (squared change in units of its variance)."
        ),
        hollow=synthesis.body == "observational",
    )


LETTER, LINE = 7.0, 13.0
"""Room of a letter and of a line of a label, a little more than the fonts of most systems take."""


def _labelled(dots: Sequence[tuple[Dot, bool]]) -> tuple[Dot, ...]:
    """Give each dot that is to have a label a place for it where it covers no other label and no dot."""
    taken = [(dot.x - 4, dot.y - 4, dot.x + 4, dot.y + 4) for dot, _ in dots]
    return tuple(_with_label(dot, taken) if named else dot for dot, named in dots)


def _with_label(dot: Dot, taken: list[tuple[float, float, float, float]]) -> Dot:
    """Return the dot with its label at the first free place, which then is taken; the first of all if none is free."""
    width = LETTER * len(dot.label)
    sides = (True, False) if dot.x > (LEFT + RIGHT) / 2 else (False, True)
    places = []
    for dy in (4.0, -8.0, 16.0, -21.0, 29.0):
        for left in sides:
            at = dot.x - 7 if left else dot.x + 7
            low, high = (at - width, at) if left else (at, at + width)
            box = (low, dot.y + dy - LINE + 3, high, dot.y + dy + 3)
            if low >= LEFT and high <= RIGHT + 10 and box[1] >= TOP - 4 and box[3] <= BOTTOM:
                places.append((at, round(dot.y + dy, 1), left, box))
    free = [place for place in places if not any(_meet(place[3], other) for other in taken)]
    fallback = (dot.x + 7, round(dot.y + 4, 1), False, (dot.x, dot.y, dot.x, dot.y))
    at, y, left, box = (free or places or [fallback])[0]
    taken.append(box)
    return replace(dot, named=(round(at, 1), y), left=left)


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)


def _linear_ticks(top: float, place: Callable[[float], float]) -> tuple[Tick, ...]:
    step = next((s for s in STEPS if top / s <= 6), top)
    at: Sequence[float] = [i * step for i in range(int(top / step) + 1)]
    return tuple(Tick(place(value), f"{value:.3g}") for value in at)
