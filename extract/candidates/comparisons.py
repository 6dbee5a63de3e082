"""Which arm is the numerator of a ratio: as the report says it, and nothing where it does not say.

In order of trust: "HR for A versus B"; "arm B/arm A"; "A versus B" before the number; "A was associated
with better
survival (HR 0.6)", read through the direction of the words. A ratio whose words and value disagree ("better
with A",
HR above 1) has the arms the other way round, as in a trial that prints control over treatment. Two rates
side by side
("67.9% without and 68.4% with it (HR 1.11)") say nothing about the order, and nothing is proposed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from extract.candidates.governing import Place
from extract.candidates.mentions import Mention
from extract.candidates.other_factors import Named, is_of_another_factor
from extract.schema.effect import Comparison

_VERSUS: Final = re.compile(
    r"\b(?:versus|vs\.?|v\.?|compared (?:with|to)|relative to|over|against|than|rather than"
    r"|in comparison (?:with|to)"
    r"|in contrast to)(?=\s)|/",
    re.I,
)
_AGAINST_BEFORE: Final = re.compile(
    r"\b(?:compared (?:with|to)|versus|vs\.?|relative to|in comparison (?:with|to)|than)(?: (?:the|with"
    r"|for|those|patients"
    r"|women|who|receiving|treated|in|group|having))*\s*$",
    re.I,
)
_BETTER: Final = re.compile(
    r"\b(?:improv\w*|better|longer|prolong\w*|superior|reduc\w*|lower\w*|decreas\w*|favou?r\w*|benefi\w*"
    r"|protective"
    r"|higher (?:overall |median )?survival|increased (?:overall |median )?survival"
    r"|increase in (?:overall )?survival"
    r"|less likely to die|higher likelihood of (?:overall )?survival|extended|survival advantage|fewer)\b",
    re.I,
)
_WORSE: Final = re.compile(
    r"\b(?:worse\w*|shorter|poor\w*|inferior|detriment\w*|increased (?:risk|hazard|mortality|rate)|harm\w*"
    r"|higher (?:risk|mortality|hazard|rate)|unfavou?rable|adverse|shortened|elevated|impair\w*)\b",
    re.I,
)
_ROLE: Final = re.compile(r"\b(?:factors?|predictors?|predicted|predicts|associated|independent\w*|trend)\b", re.I)
_VERB: Final = re.compile(
    r"[^.;:()]{0,30}?\b(?:was|were|went|had|is|are|showed|did|does|brought|conferred|remained|led|resulted"
    r"|improv\w+"
    r"|reduc\w+|prolong\w+|had been|has|have|tended|appeared|lowered|increased|decreased)\b",
    re.I,
)
_NOT_AN_ARM: Final = re.compile(
    r"\b(?:whether or not|regardless of|irrespective of|independent(?:ly)? of|after|before|following"
    r"|adjust\w* for"
    r"|controlling for|timing of|type of|extent of|time to|time from|refus\w+|recommend\w*)(?: the| a"
    r"| primary)*\s*$",
    re.I,
)
_DENIED: Final = re.compile(
    r"\b(?:not|never)\s+(?:undergo(?:ing|ne)?|receiv(?:ing|e|ed)|having|given|offered|treated (?:with|by))"
    r"(?: the| any| primary| breast)*\s*$",
    re.I,
)
_SIDE_BY_SIDE: Final = re.compile(r"\b(?:with|for|in|without|after|receiving|of)(?: the)?\s*$", re.I)
_PAIRED: Final = re.compile(r"\bwith(?: surgery)? (?:and|v\.?|vs\.?|or)\b[^.;]{0,30}$", re.I)
_NEGATED: Final = re.compile(r"\b(?:no|not|neither|nor|did not|similar|nonsignificant)\b", re.I)
_JOINED: Final = re.compile(
    r"^[\s,)]*(?:plus|and|with|followed by|then|\+|/|combined with)\s+(?:the |primary )*$", re.I
)
#: A ratio this near 1 cannot confirm or contradict "better".
_NEUTRAL: Final = 0.03
_NOTHING: Final = Comparison()


def comparison_of(
    text: str,
    bounds: tuple[int, int],
    place: Place,
    arms: Sequence[Mention],
    *,
    before: int,
    previous: Comparison,
    estimate: float | None,
    other: tuple[str, str],
    outcomes: Sequence[Mention] = (),
    populations: Sequence[Mention] = (),
) -> Comparison:
    """Return numerator and denominator of a ratio, as codes of the protocol's arms.

    Parameters
    ----------
    text, bounds
        Folded text and the part of the sentence that is read.
    place
        Where the value stands.
    arms
        Mentions of arms in the sentence.
    before
        End of the value before in this sentence, or the sentence's start.
    previous
        Comparison of the value before; a subgroup list keeps it ("... in bone-only (0.97) or visceral
        disease (1.02)").
    estimate
        The ratio, for reading "better" and "worse".
    other
        The two arm codes (intervention, comparator): a one-sided statement names the other by implication.
    outcomes, populations
        Their mentions in the sentence: what else a ratio can stand beside without being another factor's.
    """
    arms = [arm for arm in usable_arms(text, arms, other) if bounds[0] <= arm.start and arm.end <= bounds[1]]
    if not all(other):
        return _NOTHING
    named = _in_the_name(text, place, arms)
    if named:
        return _pair(named, other)
    if arms or previous != _NOTHING:
        spoken = Named(*([m.start for m in mentions] for mentions in (arms, outcomes, populations)))
        if is_of_another_factor(text, bounds, place, before, spoken):
            return _NOTHING
    own = [arm for arm in arms if arm.start >= before]
    if before > bounds[0] and not [arm for arm in own if arm.end <= place.start]:
        segment = text[before : place.start]
        if not own:
            return _NOTHING if _VERB.match(segment) or _WORSE.search(segment) else previous
    if not arms:
        return _NOTHING if _ROLE.search(text, bounds[0], place.start) else previous
    near = [arm for arm in own if arm.end <= place.start] or [arm for arm in arms if arm.end <= place.start]
    near = near or [arm for arm in arms if arm.start >= place.end]
    return _contrast(text, bounds, place, near, estimate, other) or _subject(text, bounds, place, near, estimate, other)


def usable_arms(text: str, arms: Sequence[Mention], other: tuple[str, str]) -> list[Mention]:
    """Return the mentions that name an arm.

    "After surgery" is a time, "systemic therapy plus surgery" is one arm (the intervention's), "not undergoing
    surgery" is the other one, and "with and without surgery" names both arms through the intervention.
    """
    kept: list[Mention] = []
    for index, arm in enumerate(arms):
        if _NOT_AN_ARM.search(text, max(arm.start - 40, 0), arm.start):
            continue
        following = arms[index + 1] if index + 1 < len(arms) else None
        if (
            following is not None
            and arm.code == other[1]
            and following.code == other[0]
            and _JOINED.match(text[arm.end : following.start])
        ):
            continue
        without = arm.code == other[1] and text[arm.start : arm.start + 7].lower() == "without"
        both = without and _PAIRED.search(text, max(arm.start - 45, 0), arm.start) is not None
        denied = arm.code == other[0] and _DENIED.search(text, max(arm.start - 40, 0), arm.start) is not None
        kept.append(arm._replace(code=other[0] if both else other[1] if denied else arm.code))
    return kept


def _pair(numerator: str, other: tuple[str, str]) -> Comparison:
    """Return a comparison of ``numerator`` with the other arm."""
    return Comparison(numerator, other[1] if numerator == other[0] else other[0])


def _in_the_name(text: str, place: Place, arms: Sequence[Mention]) -> str | None:
    """Return the arm named between the ratio's name and its number: "hazard ratio for surgery, 0.7"."""
    if place.ratio_end < 0:
        return None
    inside = [arm for arm in arms if place.ratio_end <= arm.start and arm.end <= place.start]
    if inside:
        return inside[0].code
    near = [arm for arm in arms if place.ratio_start - 40 <= arm.start and arm.end <= place.ratio_start]
    if len(near) >= 2 and text[near[-2].end : near[-1].start].strip() == "/":
        return near[-2].code
    return None


def _contrast(
    text: str,
    bounds: tuple[int, int],
    place: Place,
    arms: Sequence[Mention],
    estimate: float | None,
    other: tuple[str, str],
) -> Comparison | None:
    """Read "A versus B" and "compared with B, ..." before the number; None if no contrast is drawn."""
    before = [arm for arm in arms if arm.end <= place.start]
    for left, right in zip(reversed(before[:-1]), reversed(before), strict=False):
        if right.start - left.end < 80 and _VERSUS.search(text, left.end, right.start):
            return _by_words(text, bounds, place, left, estimate, other) if left.code != right.code else _NOTHING
    for arm in before:
        if _AGAINST_BEFORE.search(text, max(arm.start - 60, bounds[0]), arm.start):
            return _pair(other[0] if arm.code == other[1] else other[1], other)
    return None


def _subject(
    text: str,
    bounds: tuple[int, int],
    place: Place,
    arms: Sequence[Mention],
    estimate: float | None,
    other: tuple[str, str],
) -> Comparison:
    """Read the arm the sentence is about, if its words say what that arm did to the outcome."""
    end = min(place.end + 80, bounds[1])
    telling = any(pattern.search(text, bounds[0], end) for pattern in (_BETTER, _WORSE, _ROLE))
    acting = [arm for arm in arms if _VERB.match(text, arm.end, bounds[1])]
    if telling:
        subject = acting[-1] if acting and acting[-1].end <= place.start else arms[0]
        return _by_words(text, bounds, place, subject, estimate, other)
    direct = [arm for arm in arms if arm.end <= place.start and place.start - arm.end < 25]
    if direct and not _SIDE_BY_SIDE.search(text, max(direct[-1].start - 20, 0), direct[-1].start):
        return _pair(direct[-1].code, other)
    return _NOTHING


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
    if bool(better) == bool(worse) or _NEGATED.search(text, bounds[0], place.start):
        return comparison
    if (better is not None) != (estimate < 1):
        return Comparison(comparison.denominator, comparison.numerator)
    return comparison
