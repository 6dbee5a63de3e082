"""Values without a name of their own: members of a list, later numbers of a sentence, later sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from extract.candidates import lexicon, nodes
from extract.candidates.intervals import NUMERIC, contains, log_midpoint_near, read_interval
from extract.candidates.nodes import Node
from extract.candidates.printed import RATIO_SCALE, Interval, Printed

#: Without the ratio's name the numbers must speak: relative distance from the geometric middle of the limits.
_CARRIED: Final = 0.06
_OTHER_STATISTICS: Final = frozenset(
    {
        "auc",
        "index",
        "kappa",
        "κ",
        "c",
        "slope",
        "sensitivity",
        "specificity",
        "auroc",
        "correlation",
        "coefficient",
        "mean",
        "age",
        "score",
        "rate",
        "rates",
        "incidence",
        "statistic",
        "aucs",
        "beta",
        "β",
        "range",
        "iqr",
        "bmi",
        "r",
        "α",
        "rho",
    }
)


def list_members(found: Sequence[Node], first: Printed, limit: int, taken: set[int]) -> list[Printed]:
    """Read the bare numbers of "HRs of 0.47, 0.41, and 0.24"; each must be a decimal directly in the list."""
    members: list[Printed] = []
    if first.interval is not None or first.measure not in RATIO_SCALE:
        return members
    step = first.at + 1
    while step < limit:
        separators = 0
        while step < limit and found[step].lower in (",", "and", "&", ";", "or") and separators < 3:
            separators += 1
            step += 1
        if not separators or step >= limit or found[step].kind != nodes.NUMBER:
            break
        value = found[step].value
        if value is None or value == int(value) or value >= 1000:
            break
        if read_interval(found, step + 1, value, None, first.measure) is not None:
            break
        members.append(printed_at(found, first.ratio_at, step, None, implicit=True))
        taken.add(step)
        step += 1
    return members


def implicit_members(found: Sequence[Node], first: Printed, limit: int, taken: set[int]) -> list[Printed]:
    """Read later numbers of the sentence that carry their own interval but not the ratio's name."""
    members: list[Printed] = []
    if first.measure not in RATIO_SCALE:
        return members
    step = first.after
    while step < limit:
        node = found[step]
        if node.kind == nodes.NUMBER and step not in taken and may_be_estimate(node, first.measure):
            interval = read_interval(found, step + 1, node.value, None, first.measure)
            if (
                interval is not None
                and interval.low is not None
                and interval.high is not None
                and contains(interval.low, node.value, interval.high)
                and log_midpoint_near(interval, node.value)
                and not is_other_statistic(found, step)
                and not _is_one_of_a_pair(found, step, interval)
            ):
                members.append(printed_at(found, first.ratio_at, step, interval, implicit=True))
                taken.update(range(step, interval.after))
                step = interval.after
                continue
        step += 1
    return members


def carried_members(found: Sequence[Node], measure: str, taken: set[int]) -> list[Printed]:
    """Read "(0.82, 0.67-0.99.

    P = .04)" in a sentence after the one that named the ratio: only inside brackets.
    """
    members: list[Printed] = []
    depth = 0
    for step, node in enumerate(found):
        if node.kind == nodes.MARK:
            depth += (node.lower in lexicon.OPENERS) - (node.lower in lexicon.CLOSERS)
        decimal = node.kind == nodes.NUMBER and "." in repr(node.value) and node.value != int(node.value or 0)
        if not decimal or step in taken or depth < 1 or found[step - 1].lower not in ("(", "[", ",", ";"):
            continue
        interval = read_interval(found, step + 1, node.value, None, measure)
        if interval is None or interval.low is None or interval.high is None or interval.high > 100:
            continue
        middle = (interval.low * interval.high) ** 0.5 if interval.low > 0 else 0.0
        with_p = any(found[at].kind == nodes.P for at in range(interval.after, min(interval.after + 3, len(found))))
        near = _CARRIED if with_p else _CARRIED / 2
        alone = with_p or (found[step - 1].lower in lexicon.OPENERS and found[interval.after - 1].lower in ")]")
        if middle and alone and abs((node.value or 0) / middle - 1) < near and not is_other_statistic(found, step):
            members.append(Printed(measure, node.value, step, -1, interval.after, frozenset(), interval, implicit=True))
            taken.update(range(step, interval.after))
    return members


def may_be_estimate(node: Node, measure: str) -> bool:
    """Tell whether a node can be the estimate of a measure."""
    if node.value is None:
        return False
    if measure in RATIO_SCALE:
        return node.kind == nodes.NUMBER and 0 < node.value < 1000
    if measure == "RD":
        return node.kind == nodes.PERCENT
    return node.kind in NUMERIC


def printed_at(
    found: Sequence[Node], ratio_at: int, at: int, interval: Interval | None, *, implicit: bool = False
) -> Printed:
    """Return a value for the estimate at ``at``."""
    ratio = found[ratio_at]
    after = interval.after if interval else at + 1
    compared = found[at - 1].lower if at and found[at - 1].lower in lexicon.COMPARATORS else ""
    if not compared and at > 1 and found[at - 1].lower == "=" and found[at - 2].lower in ("<", ">", "or"):
        compared = "<"
    unit = found[at].lower if found[at].kind in (nodes.PERCENT, nodes.TIME) else ""
    return Printed(
        measure=ratio.lower,
        estimate=found[at].value,
        at=at,
        ratio_at=ratio_at,
        after=after,
        flags=ratio.flags,
        interval=interval,
        unit=unit,
        compared=compared,
        implicit=implicit,
    )


def _is_one_of_a_pair(found: Sequence[Node], at: int, interval: Interval) -> bool:
    """Tell whether a number is one arm's value of "22.1 [18.6-25.9] vs 18.4 [14.9-19.4]" and so no ratio."""
    versus = ("vs", "versus", "v")
    return found[at - 1].lower in versus or (interval.after < len(found) and found[interval.after].lower in versus)


def is_other_statistic(found: Sequence[Node], at: int) -> bool:
    """Tell whether the words just before a number name another statistic: "C-index 0.71 (0.65-0.77)"."""
    return any(found[step].lower in _OTHER_STATISTICS for step in range(max(at - 5, 0), at))
