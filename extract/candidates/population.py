"""Whom a value is about: subtype, metastatic pattern, or any other subgroup in the report's words.

A subtype can stand in a sentence as the *subgroup* ("in triple-negative disease, surgery ... HR 0.7") or as
the
*exposure* of a prognostic model ("triple-negative subtype (HR 2.1) and visceral metastases (HR 1.5) were risk
factors"). Only the first restricts the population.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from extract.candidates.governing import Place, govern
from extract.candidates.mentions import Mention, Vocabulary
from extract.candidates.tokens import Token, fold, lex
from extract.candidates.vocabulary import Words
from extract.schema.protocol import TaxonomyEntry

ALL: Final = "all"
_FACTORS: Final = re.compile(
    r"\bfactors?\b|\bpredict(?:or|ors|ive|ed|s)?\b|\bprognos\w*|\bindependent(?:ly)?\b|\bcovariates?\b"
    r"|\bdeterminants?\b|\bassociated with (?:a )?(?:an )?(?:worse|poor\w*|better|improved|longer|shorter"
    r"|higher|lower|increased|decreased|reduced|inferior|superior|favou?rable)",
    re.I,
)
_PREPOSITION: Final = re.compile(
    r"\b(?:in|among|for|within|of|with|had|having|subgroups?|subset|cohort|whose)\b[^.;()]{0,40}$", re.I
)
_FRONTED: Final = re.compile(r"\s*(?:[A-Z][A-Z &]+: ?)?(?:in|among|for|within|of)\b[^.;:()]*$", re.I)
_OTHER: Final = re.compile(
    r"\b(?:in|among|for|within)\s+(?:the\s+|a\s+)?((?:[^\s.;:()\[\]]+\s+){0,7}?(?:patients?|women|men"
    r"|subgroups?|subset|cohort|group|disease|tumou?rs?|cancers?|cases|participants|population|males"
    r"|females|adults)\b[^.;:()\[\]]{0,40})",
    re.I,
)
#: An arm or an outcome, taken for a subgroup by its shape.
_NOT_A_SUBGROUP: Final = re.compile(
    r"\b(?:control|placebo|arms?|treated|survival|assigned|receiv\w+|risk of|observation)\b|(?<!sub)\bgroups?\b", re.I
)
_AGE: Final = re.compile(
    r"\b(?:aged?|patients|women)\s+(?:under|over|below|above|younger|older|[<>≤≥])[^.;:()\[\],]{0,25}"
    r"|[<>≤≥]\s?\d{2}\s?years",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Populations:
    """Population of one value."""

    subtype: str = ALL
    pattern: str = ALL
    other: str | None = None

    def within(self, whole: Populations) -> Populations:
        """Return this population inside the report's whole population.

        What is not restricted further is inherited.
        """
        return Populations(
            whole.subtype if self.subtype == ALL else self.subtype,
            whole.pattern if self.pattern == ALL else self.pattern,
            self.other or whole.other,
        )


def populations_of(
    text: str,
    bounds: tuple[int, int],
    places: Sequence[Place],
    tokens: Sequence[Token],
    words: Words,
    *,
    outcomes: Sequence[int],
) -> list[Populations]:
    """Return the population of every value of a sentence; ``outcomes`` are the offsets of its outcome phrases."""
    found = []
    for vocabulary, entries in ((words.subtypes, words.subtype_entries), (words.patterns, words.pattern_entries)):
        mentions = merged_mentions(text, vocabulary.find(tokens, refuse_negated=True), entries)
        found.append(_codes(text, bounds, places, mentions, outcomes))
    result = []
    for index, (place, subtype, pattern) in enumerate(zip(places, *found, strict=True)):
        before = places[index - 1].end if index else bounds[0]
        following = places[index + 1].start if index + 1 < len(places) else bounds[1]
        other = _other(text, before, place, following) if subtype == ALL == pattern else None
        result.append(Populations(subtype, pattern, other))
    return result


def whole_population(text: str, tokens: Sequence[Token], words: Words) -> Populations:
    """Return the population a title restricts the whole report to.

    A title that lists several restricts to none.
    """
    found = []
    for vocabulary, entries in (
        (words.subtypes, words.subtype_entries),
        (words.patterns, words.pattern_entries),
    ):
        codes = {m.code for m in merged_mentions(text, vocabulary.find(tokens, refuse_negated=True), entries)}
        found.append(codes.pop() if len(codes) == 1 else ALL)
    return Populations(found[0], found[1])


def codes_in(text: str, vocabulary: Vocabulary, entries: Sequence[TaxonomyEntry]) -> str | None:
    """Return the only entry a short text (a row label) names, or None."""
    folded = fold(text)
    mentions = vocabulary.find(lex(folded, 0, len(folded)), refuse_negated=True)
    codes = {mention.code for mention in merged_mentions(folded, mentions, entries)} - {ALL}
    return codes.pop() if len(codes) == 1 else None


def _codes(
    text: str,
    bounds: tuple[int, int],
    places: Sequence[Place],
    mentions: list[Mention],
    outcomes: Sequence[int],
) -> list[str]:
    """Return the governing code for every value.

    A phrase holds on for the next value when it opens the sentence ("In HER2-positive disease, ...") or
    when only the
    outcome changes in between ("survival (HR 0.7) and progression (HR 0.8)"); a list of subgroups ends it.
    """
    mentions = [m for m in mentions if not _is_exposure(text, bounds, m)]
    codes: list[str] = []
    carried = ALL
    for index, mention in enumerate(govern(text, bounds, places, mentions)):
        if mention is not None:
            fronted = _FRONTED.match(text, bounds[0], mention.start) is not None
            carried = mention.code
        elif index and not fronted:
            start, end = places[index - 1].end, places[index].start
            if not any(start <= offset < end for offset in outcomes):
                carried = ALL
        else:
            fronted = False
        codes.append(carried)
    return codes


def _is_exposure(text: str, bounds: tuple[int, int], mention: Mention) -> bool:
    """Tell whether a phrase is a factor of a model and not a subgroup."""
    if _PREPOSITION.search(text, max(bounds[0], mention.start - 45), mention.start):
        return False
    return _FACTORS.search(text, *bounds) is not None


def merged_mentions(text: str, mentions: list[Mention], entries: Sequence[TaxonomyEntry]) -> list[Mention]:
    """Join adjacent phrases whose combination is an entry of its own: "HR-positive, HER2-negative"."""
    merged: list[Mention] = []
    for mention in mentions:
        previous = merged[-1] if merged else None
        if previous is not None and text[previous.end : mention.start].strip() in (
            "",
            ",",
            "/",
            "and",
            "-",
            ", and",
            "&",
            "+",
        ):
            joint = _joint(previous.code, mention.code, entries)
            if joint:
                merged[-1] = Mention(joint, previous.start, mention.end, False)
                continue
        merged.append(mention)
    return merged


def _joint(first: str, second: str, entries: Sequence[TaxonomyEntry]) -> str | None:
    """Return the entry that lies within both, or one that lies within the other."""
    if first == second:
        return first
    for entry in entries:
        if first in entry.within and second in entry.within:
            return entry.slug
        if (entry.slug == first and second in entry.within) or (entry.slug == second and first in entry.within):
            return entry.slug
    return None


def _other(text: str, before: int, place: Place, following: int) -> str | None:
    """Return another subgroup in the report's words, or None."""
    found: str | None = None
    for match in _OTHER.finditer(text, before, place.start):
        found = match.group(1)
    if found is None:
        behind = _OTHER.match(text, place.end + 2, min(following, place.end + 90))
        aged = _AGE.search(text, before, place.start)
        found = behind.group(1) if behind else aged.group() if aged else None
    words = " ".join(found.split()).partition(" by ")[0] if found else ""
    return None if not words or _NOT_A_SUBGROUP.search(words) else words
