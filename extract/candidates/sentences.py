"""Sentences that can hold a result: found cheaply, so that the grammar reads little."""

from __future__ import annotations

import re
from typing import Final

#: Longest stretch read as one sentence, in characters. The longest real one in 5,000 records is under 2,500;
#: a "sentence" beyond this is a table pasted as text or an attack, and is read in pieces.
LONGEST_SENTENCE: Final = 3000

#: The mark comes first and alone, so that the search leaps from mark to mark.
_BOUNDARY: Final = re.compile(
    r"[.!?\n](?:(?<=\n)|(?<!\n)[)\]\"']{0,2} {1,4}(?=[A-Z0-9(\[\"'])|(?<=[a-z)\]%][.])(?=[A-Z][a-z]))"
)
_NOT_AN_END: Final = re.compile(
    r"(?:\b(?:vs?|i\.e|e\.g|et al|no|nos|fig|approx|ca|cf|dr|st|resp|incl)|[( ][A-Z])$", re.I
)
#: A decimal typeset apart inside a bracket is no end of a sentence: "(0.46-0. 92)".
_SPLIT_DECIMAL: Final = re.compile(r"-\d\. {1,2}\d{1,4} ?[)\]]")
#: Letters without which no effect can be named. Plain substring tests: an alternation of patterns costs ten times
#: more. A median needs any digit beside it, a ratio a decimal number.
_MEDIANS: Final = ("edian", "MEDIAN")
_RATIOS: Final = (
    *("azard", "HR", "AZARD", "atio", "dds", "OR", "RR", "elative risk", "CI", "onfidence", "ifference", "MD", "IC "),
    *("ncrease in", "eduction in", "ATIO", "Hr "),
)
#: A number and a range in brackets, in a document that has named its ratio before: "(0.82, 0.67-0.99; ...)".
_NAMELESS: Final = re.compile(r"[(\[,;] ?\d?\.\d{1,4}[,;]? ?[(\[]?\d{0,3}\.\d{1,4} ?(?:-|to) ?\d")
#: A ratio and limits in whole numbers, "OR 5; 95% CI 2-12": rare, and told by its form alone.
_WHOLE_INTERVAL: Final = re.compile(r"\b[a-z]{0,3}[HOR]R[^.;()]{0,12}\d{1,3}[^.()]{1,12}CI\W{0,3}\d{1,3} ?(?:-|to) ?\d")
_DIGIT: Final = re.compile(r"\d")
_DECIMAL: Final = re.compile(r"[.\d](?:(?<=[.])\d|(?<=\d),\d\d?(?!\d))")  # one class first: searched at a leap


def sentences(folded: str) -> list[tuple[int, int]]:
    """Return ``(start, end)`` of every sentence, in order, covering the text."""
    bounds: list[tuple[int, int]] = []
    start = 0
    for match in _BOUNDARY.finditer(folded):
        if match.group()[0] == "." and _SPLIT_DECIMAL.match(folded, max(match.start() - 2, 0)):
            continue
        head = folded[max(start, match.start() - 8) : match.start()]
        if match.group() != "\n" and _NOT_AN_END.search(head):
            continue
        bounds.append((start, match.end()))
        start = match.end()
    if start < len(folded):
        bounds.append((start, len(folded)))
    if all(high - low <= LONGEST_SENTENCE for low, high in bounds):
        return bounds
    return [piece for low, high in bounds for piece in _pieces(folded, low, high)]


def may_hold_a_result(folded: str, start: int, end: int) -> bool:
    """Tell whether a sentence has a word and a digit without which no effect can stand in it."""
    sentence = folded[start:end]
    if _MEDIANS[0] in sentence or _MEDIANS[1] in sentence:
        return _DIGIT.search(sentence) is not None
    if _DECIMAL.search(sentence) is None:
        return "CI" in sentence and _WHOLE_INTERVAL.search(sentence) is not None
    return any(map(sentence.__contains__, _RATIOS))


def may_hold_a_nameless_value(folded: str, start: int, end: int) -> bool:
    """Tell whether a sentence has a number with a range in brackets.

    To be read with the ratio named before.
    """
    return _NAMELESS.search(folded, start, end) is not None


def has_trigger(folded: str) -> bool:
    """Tell whether any sentence of the text may hold a result; the cheapest test, run first."""
    return any(map(folded.__contains__, _MEDIANS + _RATIOS)) and _DIGIT.search(folded) is not None


def _pieces(folded: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cut an overlong sentence at spaces."""
    pieces = []
    while end - start > LONGEST_SENTENCE:
        cut = folded.rfind(" ", start + LONGEST_SENTENCE // 2, start + LONGEST_SENTENCE)
        cut = cut if cut > start else start + LONGEST_SENTENCE
        pieces.append((start, cut))
        start = cut
    pieces.append((start, end))
    return pieces
