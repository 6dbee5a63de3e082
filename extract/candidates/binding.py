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

from collections.abc import Sequence
from typing import Final

from extract.candidates import lexicon, nodes
from extract.candidates.intervals import contains, read_interval
from extract.candidates.members import carried_members, implicit_members, list_members, may_be_estimate, printed_at
from extract.candidates.nodes import Node
from extract.candidates.p_binding import p_near
from extract.candidates.printed import Interval, Printed

#: Nodes between a ratio's name and its number: "hazard ratio for death from any cause in the arm, 0.83".
FARTHEST_ESTIMATE: Final = 28


def bind_ratios(found: Sequence[Node], *, trusted: frozenset[str], carried: str | None = None) -> list[Printed]:
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
        values.extend(list_members(found, value, limit, taken))
        values.extend(implicit_members(found, value, limit, taken))
    if carried is not None:
        values.extend(carried_members(found, carried, taken))
    stops = sorted({*ratios, *(value.at for value in values)})
    for value in values:
        value.p = value.p or p_near(found, value, stops)
    return sorted(values, key=lambda value: value.at)


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
        elif may_be_estimate(node, ratio.lower) and step not in taken:
            interval = read_interval(found, step + 1, node.value, level, ratio.lower)
            if interval is not None:
                return printed_at(found, index, step, interval)
            if bare is None and not interrupted and _announced(found, index, step) and not _is_a_count(found, step):
                bare = printed_at(found, index, step, None)
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


def _announced(found: Sequence[Node], ratio_at: int, at: int) -> bool:
    """Tell whether the number before which we stand is announced.

    "HR 0.7", "HR = 0.7", "ratio for death was 0.7".
    """
    before = found[at - 1]
    if at == ratio_at + 1 or before.kind == nodes.LEVEL:
        return True
    if before.lower == "," and found[at].end - found[at].start <= 2 and at - 2 > ratio_at:
        return found[at - 2].lower in lexicon.CLOSERS and at - ratio_at <= 5  # "status 1, 2, and 3/4" is no value
    if before.lower in lexicon.COMPARATORS:
        return _announced(found, ratio_at, at - 1) or before.lower == "<" == found[at - 2].lower
    if before.lower == "," and _depth(found, ratio_at, at) > 0:
        return False  # "HR per interquartile range (IQR, 0.19 µg/g) was 1.02"
    if before.lower in lexicon.COPULAS:
        return before.lower != "to" or found[at - 2].lower in ("up", "equal", "close")
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
    return with_p or (
        decimal
        and (
            following is None or following.kind == nodes.MARK or following.lower in ("for", "and", "in", "with", "per")
        )
    )


def _interval_then_estimate(found: Sequence[Node], ratio_at: int, step: int, level: Node, limit: int) -> Printed | None:
    """Read the rare order "HR (95% CI 0.49-0.88): 0.66"."""
    node = found[step]
    for at in range(step + 1, min(step + 5, limit)):
        candidate = found[at]
        if candidate.kind == nodes.NUMBER:
            if node.value is None or node.high is None or not contains(node.value, candidate.value, node.high):
                return None
            interval = Interval(node.value, node.high, level.value, step, at + 1, True)
            return printed_at(found, ratio_at, at, interval)
        if candidate.kind != nodes.MARK and candidate.lower not in lexicon.COPULAS:
            return None
    return None
