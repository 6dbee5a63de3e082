"""Third level of the grammar: nodes to printed values (estimate, interval, level, p), still without meaning.

    value     := ratio filler* estimate (sep level-or-bracket range)? (sep p)?
    list      := value ("," number)* ("and" number)?          ("HRs of 0.47, 0.41, and 0.24")
    implicit  := number sep range, after a ratio in the same sentence   ("and 1.33 (95% CI: 1.06-1.66) in
    females")

An estimate is tied to a measure only by the printed order; a number with a unit of time or a percent sign
is never
an estimate of a ratio.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from extract.candidates import lexicon, nodes
from extract.candidates.nodes import Node

RATIO_SCALE: Final = frozenset({"HR", "SHR", "CSHR", "OR", "RR"})
#: Nodes between a ratio's name and its number: "hazard ratio for death from any cause in the surgery group,
#: 0.83".
FARTHEST_ESTIMATE: Final = 28
#: Words between an estimate's interval and its p value: ", stratified two-sided log-rank test,".
FARTHEST_P: Final = 8
_JOINTS: Final = frozenset({"vs", "versus", "v", "and"})
#: Without the ratio's name the numbers must speak: relative distance from the geometric middle of the limits.
_CARRIED: Final = 0.06
_NUMERIC: Final = frozenset({nodes.NUMBER, nodes.PERCENT, nodes.TIME})
#: An upper limit that was not reached.
_OPEN_ENDED: Final = lexicon.words("not ne nr na unreached infinity ∞ non nc")
#: Marks that end the search for an interval.
_BREAKS: Final = frozenset({".", "<", ">", "%", "+"})
#: Rounding can push an estimate just outside the printed limits; more than this is another number.
_ROUNDING: Final = 0.02


@dataclass(slots=True)
class Interval:
    """An interval as printed; ``level`` is None when it is not stated beside it."""

    low: float | None
    high: float | None
    level: float | None
    first: int
    after: int
    named: bool
    one_sided: bool = False
    inherited: bool = False


@dataclass(slots=True)
class Printed:
    """One printed value, before meaning.

    ``at`` is the index of the estimate's node, ``ratio_at`` of its ratio's (or -1), ``after`` the first
    node beyond it.
    """

    measure: str
    estimate: float | None
    at: int
    ratio_at: int
    after: int
    flags: frozenset[str]
    interval: Interval | None = None
    p: Node | None = None
    unit: str = ""
    implicit: bool = False
    compared: str = ""


def bind_ratios(
    found: Sequence[Node], *, trusted: frozenset[str], carried: str | None = None
) -> list[Printed]:
    """Return the ratio and difference values a sentence prints, in reading order.

    Parameters
    ----------
    found
        Nodes of one sentence.
    trusted
        Measures the document itself spells out ("odds ratio"), whose abbreviation may be believed without
        more.
    carried
        Measure of the last ratio of an earlier sentence: "(0.82, 0.67-0.99; P = .04)" needs no name after
        "(hazard ratio 0.91, 95% CI 0.78-1.07)".
    """
    values: list[Printed] = []
    taken: set[int] = set()
    ratios = [index for index, node in enumerate(found) if node.kind == nodes.RATIO]
    for position, index in enumerate(ratios):
        limit = ratios[position + 1] if position + 1 < len(ratios) else len(found)
        value = _after_ratio(found, index, limit, trusted, taken)
        if value is None:
            continue
        values.append(value)
        taken.update(range(value.at, value.after))
        values.extend(_list_members(found, value, limit, taken))
        values.extend(_implicit_members(found, value, limit, taken))
    if carried is not None:
        values.extend(_carried_members(found, carried, taken))
    stops = sorted({*ratios, *(value.at for value in values)})
    for value in values:
        value.p = value.p or _p_near(found, value, stops)
    return sorted(values, key=lambda value: value.at)


# -- from a ratio to its number -----------------------------------------------------------------------------


def _after_ratio(
    found: Sequence[Node], index: int, limit: int, trusted: frozenset[str], taken: set[int]
) -> Printed | None:
    """Find the estimate a ratio's name announces."""
    ratio = found[index]
    level: Node | None = None
    interrupted = False
    bare: Printed | None = None
    step = index + 1
    while step < min(limit, index + FARTHEST_ESTIMATE):
        node = found[step]
        if node.kind == nodes.LEVEL:
            level = node
        elif node.kind == nodes.RANGE and level is not None and bare is None:
            reversed_order = _interval_then_estimate(found, index, step, level, limit)
            if reversed_order:
                return reversed_order
        elif _may_be_estimate(node, ratio.lower) and step not in taken:
            interval = read_interval(found, step + 1, node.value, level, ratio.lower)
            if interval is not None:
                return _printed(found, index, step, interval)
            if bare is None and not interrupted and _announced(found, index, step) and not _is_a_count(found, step):
                bare = _printed(found, index, step, None)
                if found[step - 1].kind != nodes.WORD or found[step - 1].lower in lexicon.COPULAS:
                    break
        elif node.kind == nodes.MEDIAN:
            interrupted = True  # "HR for the highest quartile (median 0.44 µg/g) was 1.11 (95% CI …)"
        elif node.kind == nodes.P or (node.kind == nodes.MARK and node.lower == ";" and bare):
            break
        step += 1
    if bare is None or (_is_doubtful(ratio, trusted) and not _believed(found, bare)):
        return None
    return bare


def _may_be_estimate(node: Node, measure: str) -> bool:
    """Tell whether a node can be the estimate of a measure."""
    if node.value is None:
        return False
    if measure in RATIO_SCALE:
        return node.kind == nodes.NUMBER and 0 < node.value < 1000
    if measure == "RD":
        return node.kind == nodes.PERCENT
    return node.kind in _NUMERIC


def _printed(
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


def _announced(found: Sequence[Node], ratio_at: int, at: int) -> bool:
    """Tell whether the number before which we stand is announced.

    "HR 0.7", "HR = 0.7", "ratio for death was 0.7".
    """
    if at == ratio_at + 1:
        return True
    before = found[at - 1]
    if before.lower == "," and found[at].end - found[at].start <= 2 and at - 2 > ratio_at:
        return found[at - 2].lower in lexicon.CLOSERS and at - ratio_at <= 5  # "status 1, 2, and 3/4" is no value
    if before.lower in lexicon.COMPARATORS:
        return _announced(found, ratio_at, at - 1) or before.lower == "<" == found[at - 2].lower
    if before.lower == "," and _depth(found, ratio_at, at) > 0:
        return False  # "HR per interquartile range (IQR, 0.19 µg/g) was 1.02"
    if before.lower in lexicon.COPULAS:
        return before.lower != "to" or found[at - 2].lower in ("up", "equal", "close")
    if before.kind == nodes.LEVEL:
        return True
    if before.lower in lexicon.OPENERS or before.lower in lexicon.CLOSERS:
        return all(found[step].kind in (nodes.MARK, nodes.LEVEL) for step in range(ratio_at + 1, at))
    if before.lower in ("approximately", "about", "only", "less", "than", "from", "nearly", "exactly"):
        return _announced(found, ratio_at, at - 1) or before.lower in ("less", "than", "from")
    return False


def _depth(found: Sequence[Node], first: int, last: int) -> int:
    """Return how many brackets open between two nodes and stay open."""
    marks = [found[step].lower for step in range(first + 1, last) if found[step].kind == nodes.MARK]
    return sum((mark in lexicon.OPENERS) - (mark in lexicon.CLOSERS) for mark in marks)


def _is_a_count(found: Sequence[Node], at: int) -> bool:
    """Tell whether a whole number counts things ("HR for 4 or more nodes", "in 10 studies")."""
    node = found[at]
    if node.value is None or node.end - node.start > 2 or node.value != int(node.value):
        return False
    following = found[at + 1] if at + 1 < len(found) else None
    return following is not None and (
        (
            following.kind == nodes.WORD
            and following.lower not in ("for", "in", "and", "with", "vs", "versus", "v", "per")
        )
        or following.lower in ("-", "+", "/")
    )


def _is_doubtful(ratio: Node, trusted: frozenset[str]) -> bool:
    """Tell whether an abbreviation needs proof that it is a ratio."""
    if ratio.lower in trusted:
        return False
    return "doubtful" in ratio.flags or "abbreviated" in ratio.flags


def _believed(found: Sequence[Node], bare: Printed) -> bool:
    """Tell whether a doubtful abbreviation is followed by a decimal number in a ratio's manner."""
    node = found[bare.at]
    decimal = node.value is not None and node.value != int(node.value)
    ratio = found[bare.ratio_at]
    if "doubtful" in ratio.flags:
        return False
    following = found[bare.at + 1] if bare.at + 1 < len(found) else None
    with_p = any(found[step].kind == nodes.P for step in range(bare.at + 1, min(bare.at + 4, len(found))))
    return with_p or (decimal and (following is None or following.kind == nodes.MARK or following.lower == "for"))


# -- intervals ----------------------------------------------------------------------------------------------


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
    for step in range(index, min(index + 12, len(found))):
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
        elif node.kind in _NUMERIC:
            return _pair_range(found, index, step, estimate, named or (level if opened else None), measure)
        elif node.kind == nodes.MARK and node.lower not in _BREAKS:
            opened = opened or node.lower in "([,;:"
        else:
            words += 1
            joins = node.lower in _JOINTS and named is None and not _introduces_level(found, step, level)
            if node.kind != nodes.WORD or joins or words > (4 if named is not None else 3):
                break
    return None


def _introduces_level(found: Sequence[Node], step: int, level: Node | None) -> bool:
    """Tell whether an "and" leads to the interval: "0.66, and 95% CI = …", "ratios and 95% CIs were 2.91 and 1.28-6.64"."""
    following = found[step + 1].kind if step + 1 < len(found) else ""
    return found[step].lower == "and" and (
        following == nodes.LEVEL or (level is not None and following == nodes.RANGE)
    )


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
    if mark not in (",", ";", "and", "/", ":", "&") or second.kind not in _NUMERIC or not _units_agree(unit, measure):
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
    """Read "0.81 [0.67, 0.98]": two numbers alone in brackets around the geometric middle of which the ratio lies."""
    if step + 3 >= len(found) or measure not in RATIO_SCALE or step != index + 1:
        return None
    opening, mark, closing = found[step - 1].lower, found[step + 1].lower, found[step + 3].lower
    first, second = found[step], found[step + 2]
    if opening not in lexicon.OPENERS or mark not in (",", ";") or closing not in lexicon.CLOSERS:
        return None
    if first.kind != nodes.NUMBER or second.kind != nodes.NUMBER or first.value is None or second.value is None:
        return None
    interval = Interval(first.value, second.value, None, index, step + 4, False)
    believed = contains(first.value, estimate, second.value) and _log_midpoint_near(interval, estimate)
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


def contains(low: float, estimate: float | None, high: float) -> bool:
    """Tell whether an estimate lies between two limits, allowing for rounding."""
    if estimate is None or not low < high:
        return False
    slack = _ROUNDING * max(abs(estimate), 0.5)
    return low - slack <= estimate <= high + slack


def _interval_then_estimate(found: Sequence[Node], ratio_at: int, step: int, level: Node, limit: int) -> Printed | None:
    """Read the rare order "HR (95% CI 0.49-0.88): 0.66"."""
    node = found[step]
    for at in range(step + 1, min(step + 5, limit)):
        candidate = found[at]
        if candidate.kind == nodes.NUMBER:
            if node.value is None or node.high is None or not contains(node.value, candidate.value, node.high):
                return None
            interval = Interval(node.value, node.high, level.value, step, at + 1, True)
            return _printed(found, ratio_at, at, interval)
        if candidate.kind != nodes.MARK and candidate.lower not in lexicon.COPULAS:
            return None
    return None


# -- further members of a list ------------------------------------------------------------------------------


def _list_members(found: Sequence[Node], first: Printed, limit: int, taken: set[int]) -> list[Printed]:
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
        members.append(_printed(found, first.ratio_at, step, None, implicit=True))
        taken.add(step)
        step += 1
    return members


def _implicit_members(found: Sequence[Node], first: Printed, limit: int, taken: set[int]) -> list[Printed]:
    """Read later numbers of the sentence that carry their own interval but not the ratio's name."""
    members: list[Printed] = []
    if first.measure not in RATIO_SCALE:
        return members
    step = first.after
    while step < limit:
        node = found[step]
        if node.kind == nodes.NUMBER and step not in taken and _may_be_estimate(node, first.measure):
            interval = read_interval(found, step + 1, node.value, None, first.measure)
            if (
                interval is not None
                and interval.low is not None
                and interval.high is not None
                and contains(interval.low, node.value, interval.high)
                and _log_midpoint_near(interval, node.value)
                and not _is_other_statistic(found, step)
                and not _is_one_of_a_pair(found, step, interval)
            ):
                members.append(_printed(found, first.ratio_at, step, interval, implicit=True))
                taken.update(range(step, interval.after))
                step = interval.after
                continue
        step += 1
    return members


def _carried_members(found: Sequence[Node], measure: str, taken: set[int]) -> list[Printed]:
    """Read "(0.82, 0.67-0.99; P = .04)" in a sentence after the one that named the ratio: only inside brackets."""
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
        if middle and with_p and abs((node.value or 0) / middle - 1) < _CARRIED and not _is_other_statistic(found, step):
            members.append(Printed(measure, node.value, step, -1, interval.after, frozenset(), interval, implicit=True))
            taken.update(range(step, interval.after))
    return members


def _log_midpoint_near(interval: Interval, estimate: float | None) -> bool:
    """Tell whether an estimate is roughly the geometric middle of its limits, as a ratio's is."""
    low, high = interval.low, interval.high
    if low is None or high is None or estimate is None or low <= 0:
        return False
    middle = (low * high) ** 0.5
    spread = high / low
    return bool(abs(estimate / middle - 1) < max(0.15, 0.08 * spread))


def _is_one_of_a_pair(found: Sequence[Node], at: int, interval: Interval) -> bool:
    """Tell whether a number is one arm's value of "22.1 [18.6-25.9] vs 18.4 [14.9-19.4]" and so no ratio."""
    versus = ("vs", "versus", "v")
    return found[at - 1].lower in versus or (
        interval.after < len(found) and found[interval.after].lower in versus
    )


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


def _is_other_statistic(found: Sequence[Node], at: int) -> bool:
    """Tell whether the words just before a number name another statistic: "C-index 0.71 (0.65-0.77)"."""
    return any(found[step].lower in _OTHER_STATISTICS for step in range(max(at - 5, 0), at))


# -- p values -----------------------------------------------------------------------------------------------


def _p_near(found: Sequence[Node], value: Printed, stops: Sequence[int]) -> Node | None:
    """Find the p value of a value: after its interval in the same brackets, else before its ratio in them."""
    next_stop = bisect_right(stops, value.at)
    limit = stops[next_stop] if next_stop < len(stops) else len(found)
    depth = 0
    words = 0
    for step in range(value.after, min(limit, value.after + FARTHEST_ESTIMATE)):
        node = found[step]
        if node.kind == nodes.P:
            if "other" in node.flags:
                continue
            return node
        if node.lower in lexicon.OPENERS and node.kind == nodes.MARK:
            depth += 1
        elif node.lower in lexicon.CLOSERS and node.kind == nodes.MARK:
            depth -= 1
            if depth < 0:
                words += 4
        elif node.kind in (nodes.WORD, nodes.NUMBER, nodes.TIME, nodes.PERCENT):
            words += 1 if depth >= 0 else 2
        if words > FARTHEST_P:
            break
    return _p_before(found, value)


def _p_before(found: Sequence[Node], value: Printed) -> Node | None:
    """Find a p value that opens the brackets the ratio stands in: "(P=0.05 by the log-rank test.

    Hazard ratio …".
    """
    if value.ratio_at < 0 or value.implicit:
        return None
    for step in range(value.ratio_at - 1, max(value.ratio_at - 12, -1), -1):
        node = found[step]
        if node.kind == nodes.P:
            return None if "other" in node.flags else node
        if node.kind == nodes.RATIO or (node.kind == nodes.MARK and node.lower in "()[]"):
            return None
    return None
