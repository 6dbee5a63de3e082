"""Which arm is the numerator of a ratio: as the report says it, and nothing where it does not say.

In order of trust: "HR for A versus B"; "arm B/arm A"; "A was associated with better survival (HR 0.6)",
read through
the direction of the words; "A versus B" before the number. A ratio whose words and value disagree ("better
with A",
HR above 1) has the arms the other way round, as in a trial that prints control over treatment.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from extract.candidates.governing import Place
from extract.candidates.mentions import Mention
from extract.schema.effect import Comparison

_VERSUS: Final = re.compile(
    r"\b(?:versus|vs\.?|v\.?|compared (?:with|to)|as compared (?:with|to)|relative to|over|against|than"
    r"|rather than|in comparison (?:with|to)|in contrast to)(?=\s)|/",
    re.I,
)
_BETTER: Final = re.compile(
    r"\b(?:improv\w*|better|longer|prolong\w*|superior|reduc\w*|lower\w*|decreas\w*|favou?r\w*|benefit\w*"
    r"|protective|higher (?:overall |median )?survival|increased (?:overall |median )?survival"
    r"|increase in (?:overall )?survival|less likely to die|higher likelihood of (?:overall )?survival"
    r"|extended|survival advantage|34% lower|fewer)\b",
    re.I,
)
_WORSE: Final = re.compile(
    r"\b(?:worse\w*|shorter|poor\w*|inferior|detriment\w*|increased (?:risk|hazard|mortality|rate)"
    r"|higher (?:risk|mortality|hazard|rate)|unfavou?rable|adverse|shortened|elevated|impair\w*)\b",
    re.I,
)
_NO_EFFECT: Final = re.compile(r"\b(?:no|not|neither|nor|without|did not|similar|nonsignificant)\b", re.I)
_NEUTRAL: Final = 0.03


def comparison_of(
    text: str,
    bounds: tuple[int, int],
    place: Place,
    arms: Sequence[Mention],
    *,
    estimate: float | None,
    other: tuple[str, str],
) -> Comparison:
    """Return numerator and denominator of a ratio, as codes of the protocol's arms.

    Parameters
    ----------
    text, bounds
        Folded text and the sentence.
    place
        Where the value stands.
    arms
        Mentions of arms in the sentence.
    estimate
        The ratio, for reading "better" and "worse".
    other
        The two arm codes (intervention, comparator): a one-sided statement names the other by implication.
    """
    if not arms or not all(other):
        return Comparison()
    named = _in_the_name(text, place, arms)
    if named:
        return _pair(named, other)
    nearby = [m for m in arms if m.end <= place.start] or [m for m in arms if m.start >= place.end]
    first = _contrast(text, place, nearby)
    subject = first or _subject(text, bounds, place, nearby)
    if subject is None:
        return Comparison()
    return _by_words(text, bounds, place, subject, estimate, other)


def _pair(numerator: str, other: tuple[str, str]) -> Comparison:
    """Return a comparison of ``numerator`` with the other arm."""
    return Comparison(numerator, other[1] if numerator == other[0] else other[0])


def _in_the_name(text: str, place: Place, arms: Sequence[Mention]) -> str | None:
    """Return the arm named between the ratio's name and its number: "hazard ratio for surgery, 0.7"."""
    if place.ratio_end < 0:
        return None
    inside = [m for m in arms if place.ratio_end <= m.start and m.end <= place.start]
    if inside:
        return inside[0].code
    head = text[max(place.ratio_start - 40, 0) : place.ratio_start]
    slash = [m for m in arms if m.end <= place.ratio_start and m.start >= place.ratio_start - 40]
    if len(slash) >= 2 and "/" in head and text[slash[-2].end : slash[-1].start].strip() == "/":
        return slash[-2].code
    return None


def _contrast(text: str, place: Place, arms: Sequence[Mention]) -> Mention | None:
    """Return the first arm of the nearest "A versus B" before the number."""
    before = [m for m in arms if m.end <= place.start]
    for right, left in zip(reversed(before), reversed(before[:-1]), strict=False):
        if left.code != right.code and right.start - left.end < 80 and _VERSUS.search(text, left.end, right.start):
            return left
    return None


def _subject(text: str, bounds: tuple[int, int], place: Place, arms: Sequence[Mention]) -> Mention | None:
    """Return the arm the sentence is about, if its words say what that arm did to the outcome."""
    words_end = min(place.end + 80, bounds[1])
    if not (_BETTER.search(text, bounds[0], words_end) or _WORSE.search(text, bounds[0], words_end)):
        first = arms[0]
        direct = text[first.end : place.start]
        return first if len(direct) < 25 and first.end <= place.start else None
    return arms[-1] if arms[0].start >= place.end else arms[0]


def _by_words(
    text: str,
    bounds: tuple[int, int],
    place: Place,
    subject: Mention,
    estimate: float | None,
    other: tuple[str, str],
) -> Comparison:
    """Turn the subject into a numerator, reading "better" against a ratio above one."""
    comparison = _pair(subject.code, other)
    if estimate is None or abs(estimate - 1) <= _NEUTRAL:
        return comparison
    better = _BETTER.search(text, bounds[0], place.start)
    worse = _WORSE.search(text, bounds[0], place.start)
    if bool(better) == bool(worse) or _NO_EFFECT.search(text, bounds[0], place.start):
        return comparison
    said_lower = better is not None
    if said_lower != (estimate < 1):
        return Comparison(comparison.denominator, comparison.numerator)
    return comparison
