"""Numbers and what stands directly at them: percent signs, units of time, range marks, minus signs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from extract.candidates import lexicon, nodes
from extract.candidates.name_phrases import SPELLED_PERCENT, interval_name, reduce_level, skip_level_qualifiers
from extract.candidates.nodes import Node
from extract.candidates.token_access import is_number, lower_at, numeric
from extract.candidates.tokens import NUMBER, Token

_NONE: frozenset[str] = frozenset()


#: What gives a number before it a meaning; before anything else it is a bare number.
_TELLING: Final = (
    SPELLED_PERCENT
    | frozenset(lexicon.TIME_UNITS)
    | {"-", "to", "~", "–", "per", "patients", "women", "participants", "deaths", "events"}
)


def reduce_number(tokens: Sequence[Token], index: int, found: list[Node], *, negative: bool = False) -> int:
    """Reduce what begins with a number: a level, percent, time, range, count or bare number."""
    token = tokens[index]
    start = token.start - 1 if negative and tokens[index - 1].end == token.start else token.start
    if negative:
        start = tokens[index - 1].start
        token = token._replace(start=start, value=-(token.value or 0.0))
    following = lower_at(tokens, index + 1)
    if following not in _TELLING:
        found.append(numeric(nodes.NUMBER, start, token, ""))
        return index + 1
    after = _after_range_mark(tokens, index + 1)
    if after and not (lower_at(tokens, after) == "%" and interval_name(tokens, after + 1)):
        return _range(tokens, token, after, found)
    if following == "-" and lower_at(tokens, index + 2) in ("sided", "tailed"):
        found.append(Node(nodes.WORD, start, tokens[index + 2].end, f"{token.lower}-sided"))
        return index + 3
    if following in SPELLED_PERCENT or (following == "per" and lower_at(tokens, index + 2) == "cent"):
        beyond = index + (3 if following == "per" else 2)
        name = skip_level_qualifiers(tokens, beyond)
        interval = interval_name(tokens, name)
        # "18% [CI 11-30]" is a rate with its interval: before a bracket only what can be a level is one.
        apart = lower_at(tokens, beyond) in lexicon.OPENERS
        if interval and (not apart or (token.value is not None and 50 <= token.value < 100)):
            return reduce_level(tokens, index, interval, token.value, found)
        found.append(numeric(nodes.PERCENT, start, token, "%", tokens[beyond - 1].end))
        return beyond
    unit = index + 2 if following == "-" else index + 1
    if lower_at(tokens, unit) in lexicon.TIME_UNITS and _unit_is_meant(tokens, unit):
        kind = nodes.TIME if unit == index + 1 else nodes.WORD  # "5-year" is an adjective, not a value
        found.append(numeric(kind, start, token, lexicon.TIME_UNITS[lower_at(tokens, unit)], tokens[unit].end))
        return unit + 1
    if following in ("patients", "women", "participants", "deaths", "events"):
        found.append(numeric(nodes.COUNT, start, token, following, tokens[index + 1].end))
        return index + 2
    found.append(numeric(nodes.NUMBER, start, token, ""))
    return index + 1


def is_sign(tokens: Sequence[Token], index: int) -> bool:
    """Tell whether a dash is the minus of the next number.

    Nothing that could be subtracted from stands before it.
    """
    if not is_number(tokens, index + 1):
        return False
    previous = tokens[index - 1] if index else None
    gap_after = tokens[index + 1].start - tokens[index].end
    if previous is None or previous.lower in (
        "(",
        "[",
        ",",
        "=",
        ":",
        ";",
        "to",
        "of",
        "was",
        "and",
        "<",
        ">",
    ):
        return gap_after <= 1
    if previous.lower in ("limit", "bound"):
        return gap_after <= 1
    if previous.kind == NUMBER or previous.lower == "%":
        return False
    return previous.end < tokens[index].start and gap_after == 0


def _unit_is_meant(tokens: Sequence[Token], unit: int) -> bool:
    """Tell whether a one-letter unit is one: "25.1 m vs" is, "5 d'" and "3 m2" are not."""
    return len(tokens[unit].lower) > 1 or lower_at(tokens, unit + 1) in (
        "",
        ")",
        "]",
        "(",
        "[",
        ",",
        ";",
        ".",
        "vs",
        "v",
        "and",
        "versus",
        "in",
        "with",
        "for",
    )


def _after_range_mark(tokens: Sequence[Token], index: int) -> int:
    """Return the index of the number after a range mark at ``index``, or 0."""
    mark = lower_at(tokens, index)
    if mark in ("-", "to", "~", "–"):
        beyond = index + 1
        if mark == "-" and lower_at(tokens, beyond) == "-" and tokens[beyond].start - tokens[index].end <= 1:
            beyond += 1  # "0.60--0.71", or a range whose upper limit is negative
        if is_number(tokens, beyond):
            return beyond
        if mark == "to" and lower_at(tokens, beyond) == "-" and is_number(tokens, beyond + 1):
            return beyond + 1
    if mark in ("%", "months", "years", "weeks", "days") and lower_at(tokens, index + 1) in ("-", "to"):
        return index + 2 if is_number(tokens, index + 2) else 0
    return 0


def _range(tokens: Sequence[Token], low: Token, index: int, found: list[Node]) -> int:
    """Reduce ``low - high``, with the unit or percent sign after it."""
    high = tokens[index]
    value = high.value
    before = tokens[index - 1]
    if before.lower == "-" and tokens[index - 2].lower in ("to", "-") and value is not None:
        value = -value if tokens[index - 2].lower == "to" or before.end == high.start else value
    unit = lower_at(tokens, index + 1)
    lower = ""
    after = index + 1
    if unit == "%" or "%" in (before.lower, tokens[index - 2].lower):
        lower = "%"
        after += unit == "%"
    elif unit in lexicon.TIME_UNITS and _unit_is_meant(tokens, index + 1):
        lower = lexicon.TIME_UNITS[unit]
        after += 1
    found.append(
        Node(nodes.RANGE, low.start, tokens[after - 1].end, lower, low.value, value, _NONE, low.start, high.end)
    )
    return after
