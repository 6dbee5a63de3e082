"""Printed p values with their sides, comparators and exponents."""

from __future__ import annotations

from collections.abc import Sequence

from extract.candidates import nodes
from extract.candidates.nodes import Node
from extract.candidates.token_access import is_number, lower_at
from extract.candidates.tokens import Token


def reduce_p(tokens: Sequence[Token], index: int, found: list[Node]) -> int:
    """Reduce a p value; 0 if no number follows. "P for interaction" and "P for trend" are marked as such."""
    step = index + 1
    flags = set()
    bracket = False
    for _ in range(9):
        word = lower_at(tokens, step)
        if word in ("interaction", "trend", "heterogeneity", "het", "int"):
            flags.add("other")
        if word in (
            "value",
            "values",
            "for",
            "-",
            "log",
            "rank",
            "interaction",
            "trend",
            "heterogeneity",
            "het",
            "int",
            "logrank",
            "noninferiority",
            "superiority",
            "non",
            "inferiority",
            "of",
            "was",
            "two",
            "one",
            "sided",
            "for",
            "the",
        ) or (word in "([" and word):
            bracket = bracket or word in ("(", "[")
            step += 1
        else:
            break
    comparator = step
    for _ in range(3):
        if lower_at(tokens, step) in ("=", "<", ">", "≤", "≥", "or", ":", "less", "than"):
            step += 1
    if not is_number(tokens, step) or (step == index + 1 and not tokens[step].raw.startswith((".", "0"))):
        return 0
    if step == comparator and not (bracket or lower_at(tokens, step - 1) in ("of", "was", "p", "value")):
        return 0
    value = tokens[step].value
    if value is None or value > 1:
        return 0
    after = _exponent(tokens, step + 1)
    sided = _sidedness(tokens, index)
    start = tokens[index].start
    found.append(
        Node(
            nodes.P,
            start,
            tokens[after - 1].end,
            sided,
            value,
            None,
            frozenset(flags),
            tokens[step].start,
            tokens[step].end,
        )
    )
    return after


def _exponent(tokens: Sequence[Token], index: int) -> int:
    """Skip "x 10-5" and "e-05" after a p value."""
    if lower_at(tokens, index) in ("x", "×", "*") and lower_at(tokens, index + 1) == "10":
        step = index + 2
        while lower_at(tokens, step) in ("-", "(", "^"):
            step += 1
        return step + 1 if is_number(tokens, step) else index + 2
    if lower_at(tokens, index) == "e" and lower_at(tokens, index + 1) == "-" and is_number(tokens, index + 2):
        return index + 3
    return index


def _sidedness(tokens: Sequence[Token], index: int) -> str:
    """Return "one" or "two" when the words just before (or "P one-sided" after) say so, else ""."""
    near = [token.lower for token in tokens[max(index - 6, 0) : index + 6]]
    for position, word in enumerate(near):
        if word in ("sided", "tailed") and position >= 2:
            count = near[position - 2] if near[position - 1] == "-" else near[position - 1]
            if count in ("one", "1"):
                return "one"
            if count in ("two", "2"):
                return "two"
    if any(word in ("onesided", "onetailed") for word in near):
        return "one"
    return ""
