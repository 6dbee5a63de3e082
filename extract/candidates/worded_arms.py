"""Arms outside the protocol, in the report's own words: other trials and other factors print ratios too.

Only what is said outright: "hazard ratio for A versus B", "A/B hazard ratio", "for A versus B" behind the
number, "in the A
group" in the ratio's name. Where two event rates or survival rates of named groups stand before the number,
the one whose
hazard is divided follows from them if they differ clearly; that is an inference and is marked as one.
"""

from __future__ import annotations

import math
import re
from typing import Final

from extract.candidates.governing import Place
from extract.schema.effect import Comparison

_VERSUS: Final = r"(?:versus|vs\.?|v\.?|compared (?:with|to)|relative to|over)"
_PHRASE: Final = r"[^\s,;:()=\[\]](?:[^,;:()=\[\]]{0,58}[^\s,;:()=\[\]])?"
_IN_NAME: Final = re.compile(
    rf"\b(?:for|of|with|comparing|in)\s+(?:the\s+)?(?P<a>{_PHRASE}?)\s+{_VERSUS}\s+(?:the\s+)?(?P<b>{_PHRASE}?)"
    r"(?:\s+(?:was|were|is|of)\b[^,;:()]*|[\s,:=(\[]*)$",
    re.I,
)
_SLASH: Final = re.compile(
    r"(?:(?P<a>arm [\w+.-]{1,12})/(?P<b>arm [\w+.-]{1,12})|\b(?P<c>[\w+.-]{3,30}):(?P<d>[\w+.-]{3,30}))[\s(]*$", re.I
)
_IN_BRACKETS: Final = re.compile(r"^[\s(\[]*(?P<a>[A-Za-z][\w+.-]{1,30})\s?/\s?(?P<b>[A-Za-z][\w+.-]{1,30})\s*[)\]]")
_BEHIND: Final = re.compile(
    rf"[\s)\]]*(?:for|in)\s+(?:the\s+)?(?P<a>{_PHRASE}?)\s+{_VERSUS}\s+(?:the\s+)?(?P<b>{_PHRASE}?)"
    r"(?=\s*(?:[(,;]|\.\s|\.$|$|\band\b))",
    re.I,
)
_GROUP_IN_NAME: Final = re.compile(r"\b(?:in|with|for)\s+(?:the\s+)?(?P<a>[\w+/ -]{2,50}?\b(?:group|arm))\b", re.I)
_RATES: Final = re.compile(
    rf"(?P<x>\d+(?:\.\d+)?)\s?(?:%|percent)\s+(?:in|with|for|among)\s+(?:the\s+)?(?P<a>{_PHRASE}?)\s+"
    rf"(?:and|vs\.?|v\.?|versus|compared with|as compared with)\s+(?P<y>\d+(?:\.\d+)?)\s?(?:%|percent)\s+"
    rf"(?:in|with|for|among)\s+(?:the\s+)?(?P<b>{_PHRASE}?)\s*[(\[;,]",
    re.I,
)
_GOOD: Final = re.compile(r"surviv|free\b|alive|respon|without|control rate|local control", re.I)
#: Log distances below which two rates, or a ratio and 1, do not tell a direction.
_CLEAR_RATES, _CLEAR_RATIO = 0.15, 0.10
_REACH: Final = 220


def worded_comparison(
    text: str, bounds: tuple[int, int], place: Place, estimate: float | None, *, value_end: int
) -> tuple[Comparison, bool]:
    """Return the arms in the report's words, and whether they are only inferred from rates.

    Parameters
    ----------
    text, bounds
        Folded text and the part of the sentence that is read.
    place
        Where the ratio stands.
    estimate
        The ratio.
    value_end
        End of estimate and interval, before a p value.
    """
    if place.ratio_end >= 0:
        name = text[place.ratio_end : place.start]
        stated = _IN_NAME.search(name) or _IN_BRACKETS.match(name)
        before = max(place.ratio_start - 70, bounds[0])
        if not stated and any(map(text[before : place.ratio_start].__contains__, "/:")):
            stated = _SLASH.search(text, before, place.ratio_start)
        if stated:
            return _words(stated), False
        group = _GROUP_IN_NAME.search(name)
        if group and "comparison" not in group.group("a"):
            return Comparison(_clean(group.group("a")), None), False
    behind = _BEHIND.match(text, value_end, min(value_end + 140, bounds[1]))
    if behind:
        return _words(behind), False
    return _from_rates(text, bounds, place, estimate)


def _from_rates(text: str, bounds: tuple[int, int], place: Place, estimate: float | None) -> tuple[Comparison, bool]:
    """Infer the numerator from two rates just before the ratio; nothing if they are too close to tell."""
    start = max(place.start - _REACH, bounds[0])
    if not any(map(text[start : place.start].lower().__contains__, ("%", "percent"))):
        return Comparison(), False
    last = None
    for match in _RATES.finditer(text, start, place.start):
        last = match
    if last is None or estimate is None or estimate <= 0:
        return Comparison(), False
    first, second = float(last.group("x")), float(last.group("y"))
    if min(first, second) <= 0 or abs(math.log(first / second)) < _CLEAR_RATES:
        return Comparison(), False
    if abs(math.log(estimate)) < _CLEAR_RATIO:
        return Comparison(), False
    good = _GOOD.search(text, max(last.start() - 110, bounds[0]), last.start()) is not None
    first_is_worse = (first < second) if good else (first > second)
    arms = _words(last)
    return (arms if first_is_worse == (estimate > 1) else Comparison(arms.denominator, arms.numerator)), True


def _words(match: re.Match[str]) -> Comparison:
    """Return the two phrases of a match."""
    found = [group for group in match.groupdict().values() if group and not group.replace(".", "").isdigit()]
    return Comparison(_clean(found[0]), _clean(found[1]))


def _clean(phrase: str) -> str:
    """Return a phrase on one line, without "death in the" and the like before the group itself."""
    words = re.sub(r"\s+(?:as|was|were|is|of)$|\.$", "", " ".join(phrase.split()))
    return re.sub(
        r"^(?:death|progression|recurrence|relapse)(?: or \w+)? (?:in|with|for) (?:the )?", "", words, flags=re.I
    )
