"""Funnel plot for ten studies or more: fewer cannot show asymmetry (Sterne 2011, BMJ 343:d4002)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from reports.figures.axis import Tick, log_axis
from reports.model import Interval, Synthesis
from reports.notation import ratio_number

FEWEST_STUDIES = 10
WIDTH, LEFT, RIGHT, TOP, BOTTOM = 560.0, 50.0, 548.0, 12.0, 300.0
NORMAL_97_5 = 1.959963984540054
"""97.5 % point of the standard normal distribution: the pseudo 95 % limits of the funnel."""


@dataclass(frozen=True)
class Dot:
    """A study."""

    x: float
    y: float
    label: str


@dataclass(frozen=True)
class Funnel:
    """A laid-out funnel plot: precise studies on top."""

    anchor: str
    title: str
    finding: str
    dots: tuple[Dot, ...]
    triangle: str
    x_pooled: float
    ticks: tuple[Tick, ...]
    se_ticks: tuple[Tick, ...]


def funnel(synthesis: Synthesis, *, anchor: str, title: str) -> Funnel | None:
    """Lay out the funnel of a synthesis, or None below ten studies."""
    if synthesis.primary is None or synthesis.k < FEWEST_STUDIES:
        return None
    centre = synthesis.primary.log.estimate
    largest = max(one.se_log_hr for one in synthesis.inputs) * 1.08
    reach = NORMAL_97_5 * largest
    edge = Interval(estimate=math.exp(centre), low=math.exp(centre - reach), high=math.exp(centre + reach), level=95.0)
    axis = log_axis([edge, *(one.ratio for one in synthesis.inputs)], left=LEFT, right=RIGHT)

    def y(se: float) -> float:
        return round(TOP + se / largest * (BOTTOM - TOP), 1)

    dots = tuple(Dot(axis.x(math.exp(one.log_hr)), y(one.se_log_hr), one.label) for one in synthesis.inputs)
    return Funnel(
        anchor=anchor,
        title=title,
        finding=_finding(synthesis, centre),
        dots=dots,
        triangle=f"{axis.x(math.exp(centre))},{TOP} {axis.x(edge.low)},{BOTTOM} {axis.x(edge.high)},{BOTTOM}",
        x_pooled=axis.x(math.exp(centre)),
        ticks=axis.ticks,
        se_ticks=_se_ticks(largest),
    )


def _se_ticks(largest: float) -> tuple[Tick, ...]:
    step = next(s for s in (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, math.inf) if largest / s <= 6)
    if not math.isfinite(step):
        return ()
    count = int(largest / step)
    return tuple(
        Tick(round(TOP + i * step / largest * (BOTTOM - TOP), 1), f"{i * step:.2f}".rstrip("0").rstrip("."))
        for i in range(count + 1)
    )


def _finding(synthesis: Synthesis, centre: float) -> str:
    left = sum(one.log_hr < centre for one in synthesis.inputs)
    return (
        f"{synthesis.k} studies around a pooled ratio of {ratio_number(math.exp(centre))}: {left} lie on the side of "
        f"surgery, {synthesis.k - left} on the other. Asymmetry can come from small studies left unpublished, from "
        "bias, or from real differences."
    )
