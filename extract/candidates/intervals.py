"""The interval that belongs to an estimate: named ("95% CI 0.60-0.71"), bare in brackets, one-sided, open-ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from extract.candidates import lexicon, nodes
from extract.candidates.nodes import Node
from extract.candidates.printed import RATIO_SCALE, Interval

_JOINTS: Final = frozenset({"vs", "versus", "v", "and"})
#: An upper limit that was not reached.
_OPEN_ENDED: Final = lexicon.words("not ne nr na unreached infinity ∞ non nc")
#: Marks that end the search for an interval.
_BREAKS: Final = frozenset({".", "<", ">", "%", "+"})
#: Marks that end "per 10% increase in ...".
_BREAKS_OF_UNIT: Final = frozenset({",", ";", "(", "["})
#: Rounding can push an estimate just outside the printed limits; more than this is another number.
_ROUNDING: Final = 0.02


NUMERIC: Final = frozenset({nodes.NUMBER, nodes.PERCENT, nodes.TIME})


def read_interval(
    found: Sequence[Node], index: int, estimate: float | None, level: Node | None, measure: str
) -> Interval | None:
    """Read the interval that may follow an estimate at ``index``.

    A range without the name of an interval is believed only inside brackets or after a semicolon or comma,
    and only
    if the estimate lies in it.
    """
    named: Node | None = None
    opened = False
    words = 0
    first = _after_unit_of_change(found, index)
    for step in range(first, min(first + 12, len(found))):
        node = found[step]
        if node.kind == nodes.LEVEL:
            if named is not None and node.value is None:
                node = node._replace(value=named.value)
            named = node
            bound = _one_bound(found, step, node, index) if node.flags & {"bound", "one"} else None
            if bound:
                return bound
        elif node.kind == nodes.RANGE:
            return _believe_range(found, index, step, estimate, named, level, opened, measure)
        elif node.kind in NUMERIC:
            return _pair_range(found, index, step, estimate, named or (level if opened else None), measure)
        elif node.kind == nodes.MARK and node.lower not in _BREAKS:
            opened = opened or node.lower in "([,;:"
        else:
            words += 1
            joins = node.lower in _JOINTS and named is None and not _introduces_level(found, step, level)
            if node.kind != nodes.WORD or joins or words > (4 if named is not None else 3):
                break
    return None


def _after_unit_of_change(found: Sequence[Node], index: int) -> int:
    """Return where to go on after "per 10% increase in tumour fraction," between an estimate and its interval.

    Only up to a named interval: a range in a unit of change is none.
    """
    if index >= len(found) or found[index].lower != "per":
        return index
    for step in range(index + 1, min(index + 10, len(found) - 1)):
        if found[step].lower in _BREAKS_OF_UNIT:
            return step if found[step + 1].kind == nodes.LEVEL else index
    return index


def contains(low: float, estimate: float | None, high: float) -> bool:
    """Tell whether an estimate lies between two limits, allowing for rounding."""
    if estimate is None or not low < high:
        return False
    slack = _ROUNDING * max(abs(estimate), 0.5)
    return low - slack <= estimate <= high + slack


def log_midpoint_near(interval: Interval, estimate: float | None) -> bool:
    """Tell whether an estimate is roughly the geometric middle of its limits, as a ratio's is."""
    low, high = interval.low, interval.high
    if low is None or high is None or estimate is None or low <= 0:
        return False
    middle = (low * high) ** 0.5
    spread = high / low
    return bool(abs(estimate / middle - 1) < max(0.15, 0.08 * spread))


def _introduces_level(found: Sequence[Node], step: int, level: Node | None) -> bool:
    """Tell whether an "and" leads to the interval.

    "0.66, and 95% CI = …", "ratios and 95% CIs were 2.91 and 1.28-6.64".
    """
    following = found[step + 1].kind if step + 1 < len(found) else ""
    return found[step].lower == "and" and (following == nodes.LEVEL or (level is not None and following == nodes.RANGE))


def _believe_range(
    found: Sequence[Node],
    index: int,
    step: int,
    estimate: float | None,
    named: Node | None,
    level: Node | None,
    opened: bool,
    measure: str,
) -> Interval | None:
    """Return the range as an interval if the text or the numbers say that it is one."""
    node = found[step]
    low, high = node.value, node.high
    if low is None or high is None or not _units_agree(node.lower, measure):
        return None
    if named is None:
        allowed = ("se", "ci", "and") if level is not None else ("se", "ci")
        words = [found[at].lower for at in range(index, step) if found[at].kind == nodes.WORD]
        opened = opened or level is not None
        if not opened or any(word not in allowed for word in words):
            return None
        if not contains(low, estimate, high):
            return None
    source = named or level
    after = step + 1
    closing = found[after].lower if after < len(found) else ""
    after += closing in lexicon.CLOSERS
    return Interval(
        low,
        high,
        source.value if source else None,
        index,
        after,
        source is not None,
        source is not None and "one" in source.flags,
    )


def _units_agree(unit: str, measure: str) -> bool:
    """Tell whether a range with this unit can be the interval of this measure."""
    return unit == "" or measure not in RATIO_SCALE


def _pair_range(
    found: Sequence[Node], index: int, step: int, estimate: float | None, named: Node | None, measure: str
) -> Interval | None:
    """Read "CI 0.6, 0.71", "CI: 0.6; 0.71", "between 0.6 and 0.71" where a named interval precedes."""
    if step + 2 >= len(found):
        return None
    if named is None:
        return _bracketed_pair(found, index, step, estimate, measure)
    first, mark, second = found[step], found[step + 1].lower, found[step + 2]
    if mark in ("to", "-", ",", ";") and second.lower in _OPEN_ENDED:
        return Interval(first.value, None, named.value, index, step + 3, True)
    unit = "" if second.kind == nodes.NUMBER else second.lower
    if mark not in (",", ";", "and", "/", ":", "&") or second.kind not in NUMERIC or not _units_agree(unit, measure):
        return None
    low, high = first.value, second.value
    if low is None or high is None or (mark == "and" and not contains(low, estimate, high)):
        return None
    after = step + 3
    after += after < len(found) and found[after].lower in lexicon.CLOSERS
    return Interval(low, high, named.value, index, after, True)


def _bracketed_pair(
    found: Sequence[Node], index: int, step: int, estimate: float | None, measure: str
) -> Interval | None:
    """Read "0.81 [0.67, 0.98]".

    Two numbers alone in brackets around the geometric middle of which the ratio lies.
    """
    apart = index + 2 if found[index].lower == "," else index + 1  # "7.1, [1.3, 37.9]"
    if step + 3 >= len(found) or measure not in RATIO_SCALE or step != apart:
        return None
    opening, mark, closing = found[step - 1].lower, found[step + 1].lower, found[step + 3].lower
    first, second = found[step], found[step + 2]
    if opening not in lexicon.OPENERS or mark not in (",", ";") or closing not in lexicon.CLOSERS:
        return None
    if first.kind != nodes.NUMBER or second.kind != nodes.NUMBER or first.value is None or second.value is None:
        return None
    interval = Interval(first.value, second.value, None, index, step + 4, False)
    believed = contains(first.value, estimate, second.value) and log_midpoint_near(interval, estimate)
    return interval if believed else None


def _one_bound(found: Sequence[Node], step: int, level: Node, index: int) -> Interval | None:
    """Read "(upper 95% CI limit 1.17)" and "1-sided 97.5% CI bound of the difference in rate, -9.8%"."""
    for at in range(step + 1, min(step + 12, len(found))):
        node = found[at]
        if node.kind == nodes.RANGE:
            return None
        if node.kind in (nodes.NUMBER, nodes.PERCENT, nodes.TIME):
            upper = "upper" in level.flags
            low, high = (None, node.value) if upper else (node.value, None)
            return Interval(low, high, level.value, index, at + 1, True, True)
        if node.lower in (")", "]", ";"):
            return None
    return None
