"""Whom a report is about when only its methods say it: "women with HER2-positive stage IV disease were randomised".

A title that names no subtype says nothing about the patients; the sentence that says who was let in does. It counts
only if nothing else in the text names another subtype (or pattern): a cohort of all comers that also looks at one
subtype must never be labelled with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from extract.candidates.mentions import Vocabulary
from extract.candidates.population import ALL, Populations, merged_mentions
from extract.candidates.sentences import sentences
from extract.candidates.tokens import Token, lex
from extract.candidates.vocabulary import Words
from extract.schema.protocol import TaxonomyEntry

_LET_IN: Final = re.compile(
    r"\b(?:eligible|enrol\w*|includ(?:ed|es)|inclusion|recruit\w*|randomi[sz]ed|randomly|assigned|identified|selected"
    r"|analy[sz]ed|evaluated|reviewed|studied|registered)\b",
    re.I,
)
#: What makes a sentence speak of a part, of the excluded, or of counts, and not of who was let in.
_PARTS: Final = re.compile(
    r"%|\bexclu\w*|\bof whom\b|\bincluding\b|\bsub(?:group|set|type)s?\b|\bstratif\w*|\brespectively\b|\bamong\b"
    r"|\bwhether\b|\bor\b[^.]{0,30}\b(?:negative|positive)\b|\bcompared?\b|\bfactors?\b|\bn ?=",
    re.I,
)
_OF_PATIENTS: Final = re.compile(
    r"\b(?:patients?|women|men|adults|participants|people|females|individuals|cases)\b(?:(?!\b(?:or|and)\b)[^.;:()]){0,70}"
    r"\b(?:with|had|having|whose|presenting)\b[^.;:()]{0,60}$",
    re.I,
)
_DIRECTLY: Final = re.compile(
    r"[^.;:,()]{0,60}\b(?:patients?|women|adults|participants|people|breast cancer|breast carcinoma|MBC)\b", re.I
)


def eligible_population(folded: str, words: Words) -> Populations:
    """Return the subtype and pattern everybody in the report had, as its text says; "all" where it does not.

    Parameters
    ----------
    folded
        The abstract, variants folded.
    words
        The protocol's words.
    """
    read = [(start, end, lex(folded, start, end)) for start, end in sentences(folded)]
    return Populations(
        _shared(folded, read, words.subtypes, words.subtype_entries),
        _shared(folded, read, words.patterns, words.pattern_entries),
    )


def _shared(
    folded: str,
    read: Sequence[tuple[int, int, Sequence[Token]]],
    vocabulary: Vocabulary,
    entries: Sequence[TaxonomyEntry],
) -> str:
    """Return the only entry the text names, if a sentence lets in nobody else."""
    codes: set[str] = set()
    let_in = False
    for start, end, tokens in read:
        mentions = merged_mentions(folded, vocabulary.find(tokens, refuse_negated=True), entries)
        mentions = [mention for mention in mentions if mention.code != ALL]
        codes.update(mention.code for mention in mentions)
        if len(codes) > 1:
            return ALL
        if mentions and _LET_IN.search(folded, start, end) and not _PARTS.search(folded, start, end):
            let_in = let_in or any(
                _OF_PATIENTS.search(folded, start, mention.start) or _DIRECTLY.match(folded, mention.end, end)
                for mention in mentions
            )
    return codes.pop() if let_in else ALL
