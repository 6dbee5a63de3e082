"""Outcome phrases of a sentence, with the two things a list of phrases cannot say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from extract.candidates.cues import Cued
from extract.candidates.mentions import Mention
from extract.candidates.tokens import Token
from extract.candidates.vocabulary import OTHER_OUTCOME, Words

_UNKNOWN_HEAD: Final = re.compile(r"(?:free|specific|conditional|related|graft|failure|net|relative)[- ]$")
_SHARED_HEAD: Final = Cued(
    re.compile(r"\b(?:overall|all-cause)(?= (?:\(|and\b|or\b)[^;\n]{0,90}?\b(?:survival|mortality)\b)"),
    tuple(f"{head} {joint}" for head in ("overall", "all-cause") for joint in ("(", "and", "or")),
)


def outcomes_of(lowered: str, tokens: Sequence[Token], words: Words) -> list[Mention]:
    """Return the outcome mentions of a sentence of a text in lower case, in order.

    "Transfusion-free survival" is an outcome, but not the one "survival" names; "lower overall (HR 0.53) and
    cancer-specific mortality (HR 0.51)" names overall mortality by its first word alone.
    """
    found = [
        mention._replace(code=OTHER_OUTCOME, weak=False)
        if mention.weak and _UNKNOWN_HEAD.search(lowered, max(mention.start - 12, 0), mention.start)
        else mention
        for mention in words.outcomes.find(tokens)
    ]
    if tokens and _SHARED_HEAD.may_match(lowered, tokens[0].start, tokens[-1].end):
        for match in _SHARED_HEAD.expression.finditer(lowered, tokens[0].start, tokens[-1].end):
            if not any(m.start <= match.start() < m.end for m in found):
                found.append(Mention(words.primary, match.start(), match.end(), weak=False))
        found.sort(key=lambda mention: mention.start)
    return found
