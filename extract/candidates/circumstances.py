"""What stands around the results: medians and numbers by arm, events, follow-up.

Attached to ratios as further facts.

They feed the checks (a ratio against its medians) and the reviewer's form. Each is kept with the words it
stands in,
and none is attached where the text does not say which arm it belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from extract.candidates.mentions import Mention
from extract.candidates.parsed import Sentence
from extract.candidates.sentences import sentences
from extract.candidates.tokens import NUMBER, Token, fold, lex
from extract.candidates.vocabulary import Words
from extract.schema.effect import Effect

_FOLLOW_UP: Final = re.compile(
    r"(?:median|mean|minimum)\s+(?:duration of\s+)?(?:potential\s+)?follow-?\s?up(?:\s+(?:time|duration"
    r"|period))?"
    r"[^0-9.;]{0,40}?(\d+(?:\.\d+)?)[\s-](months?|years?|weeks?|days?)|"
    r"(?:follow-?up|followed)[^0-9.;]{0,25}?\bmedian (?:of )?(\d+(?:\.\d+)?)[\s-](months?|years?|weeks?"
    r"|days?)",
    re.I,
)
_EVENTS: Final = re.compile(
    r"\b(\d{1,3}(?:,\d{3})+|\d{1,6}) (deaths|events|patients (?:had )?died|women (?:had )?died)\b", re.I
)
_EACH: Final = re.compile(r"\b(\d{2,5}) (?:patients |women )?(?:per|in each|in either) (?:arm|group)\b", re.I)
_WITHOUT: Final = re.compile(
    r"\s*\(?[^.;()]{0,3}\)?\s*(?:months )?(?:for those |in those |in patients )?without\b", re.I
)
_BELONGS: Final = re.compile(
    r"^[\s)\],\d.%a-z-]*?\b(?:with|in|for|among|after|receiving|following)\b[^.;0-9]{0,40}$", re.I
)
_MONTHS: Final = {"months": 1.0, "years": 12.0, "weeks": 12 / 52.18, "days": 12 / 365.25}
#: Characters behind a median in which its arm is named.
_REACH: Final = 80


def arm_of(sentence: Sentence, index: int, arms: Sequence[Mention], other: tuple[str, str]) -> str | None:
    """Return the arm a median belongs to: "34.6 months with surgery and 54.8 months without".

    None where not said.
    """
    place = sentence.places[index]
    following = sentence.places[index + 1].start if index + 1 < len(sentence.places) else sentence.end
    end = min(following, place.end + _REACH)
    for arm in arms:
        if place.end <= arm.start and arm.end <= end and _BELONGS.match(sentence.folded[place.end : arm.start]):
            return arm.code
    if other[1] and _WITHOUT.match(sentence.folded, place.end, end):
        return other[1]
    return None


def with_medians(effects: Sequence[Effect], other: tuple[str, str]) -> list[Effect]:
    """Attach to every ratio the nearest medians of both arms for the same outcome.

    Population, in months.
    """
    medians = [e for e in effects if e.measure == "median" and dict(e.extras).get("arm") and e.estimate is not None]
    if not medians or not all(other):
        return list(effects)
    return [_attach(effect, medians, other) if effect.measure != "median" else effect for effect in effects]


def _attach(effect: Effect, medians: Sequence[Effect], other: tuple[str, str]) -> Effect:
    """Attach the medians of one ratio."""
    pair = []
    for arm in other:
        same = [m for m in medians if dict(m.extras)["arm"] == arm and _is_about_the_same(effect, m)]
        if not same:
            return effect
        nearest = min(same, key=lambda m: abs(m.span.start - effect.span.start))
        pair.append((nearest.estimate or 0.0) * _MONTHS.get(dict(nearest.extras).get("unit", ""), 1.0))
    extras = (
        ("median_intervention_months", f"{pair[0]:g}"),
        ("median_comparator_months", f"{pair[1]:g}"),
    )
    return replace(effect, extras=effect.extras + extras)


def _is_about_the_same(effect: Effect, median: Effect) -> bool:
    """Tell whether a ratio and a median are of one outcome in one population of one text."""
    return (
        effect.outcome is not None
        and effect.outcome == median.outcome
        and effect.subtype == median.subtype
        and effect.metastatic_pattern == median.metastatic_pattern
        and effect.population == median.population
        and effect.span.source == median.span.source
    )


def facts_of(text: str, words: Words) -> tuple[tuple[str, str], ...]:
    """Return follow-up, events and numbers by arm that a text states once for all, as text pairs."""
    folded = fold(text)
    pairs: list[tuple[str, str]] = []
    follow_up = _FOLLOW_UP.search(folded)
    if follow_up:
        number, unit = follow_up.group(1) or follow_up.group(3), follow_up.group(2) or follow_up.group(4)
        pairs.append(("follow_up", f"{number} {unit}"))
    events = {match.group() for match in _EVENTS.finditer(folded)}
    if len(events) == 1:
        pairs.append(("events", events.pop()))
    pairs.extend(zip(("n_intervention", "n_comparator"), _numbers_by_arm(folded, words), strict=False))
    return tuple(pairs)


def _numbers_by_arm(folded: str, words: Words) -> tuple[str, ...]:
    """Return the people in both arms, or nothing unless both are stated."""
    each = _EACH.search(folded)
    if each:
        return each.group(1), each.group(1)
    found: dict[str, str] = {}
    for start, end in sentences(folded):
        if len(found) == 2 or not re.search(r"\d", folded[start:end]):
            continue
        tokens = lex(folded, start, end)
        for arm in words.arms.find(tokens):
            number = _number_at(tokens, arm)
            if number:
                found.setdefault(arm.code, number)
    both = tuple(found.get(code, "") for code in words.two_arms())
    return both if all(both) else ()


def _number_at(tokens: Sequence[Token], arm: Mention) -> str | None:
    """Return the count at an arm: "surgery (n = 138)", "138 were in the LRT arm".

    None if none stands there.
    """
    first = next(i for i, token in enumerate(tokens) if token.start >= arm.start)
    last = next((i for i, token in enumerate(tokens) if token.start >= arm.end), len(tokens))
    behind = [token.lower for token in tokens[last : last + 7]]
    if "n" in behind[:4] and "=" in behind:
        at = last + behind.index("=") + 1
        if at < len(tokens) and _is_count(tokens, at):
            return tokens[at].lower
    for at in range(first - 1, max(first - 7, -1), -1):
        if tokens[at].lower in (";", "(", ")", ".", "[", "]", ",", "and", "%"):
            return None
        if _is_count(tokens, at):
            between = {token.lower for token in tokens[at + 1 : first]}
            joined = between & {"were", "in", "received", "underwent", "had", "assigned", "to", "patients", "women"}
            return tokens[at].lower if joined and not between & {"months", "years", "stage", "cm", "days"} else None
    return None


def _is_count(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a token is a whole number of people and neither a percentage, a range nor a time."""
    token = tokens[at]
    following = tokens[at + 1].lower if at + 1 < len(tokens) else ""
    whole = token.kind == NUMBER and token.lower.replace(",", "").isdigit() and (token.value or 0) >= 5
    return (
        whole
        and following not in ("%", "-", "months", "years", "percent", ".")
        and not 1900 <= (token.value or 0) <= 2100
    )
