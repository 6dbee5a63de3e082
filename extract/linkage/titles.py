"""Titles compared as sets of words, whatever the spelling, case and punctuation."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: British to American, so that a protocol and its meeting abstract agree.
_SPELLINGS: Final = (
    (re.compile(r"(?<=[a-z])our(?=s?$|ed$|able$)"), "or"),
    (re.compile(r"(?<=[a-z]{3})is(?=ed$|ing$|es?$|ation$|ations$)"), "iz"),
    (re.compile(r"(?<=cent)re(?=s?$|d$)"), "er"),
    (re.compile(r"ae(?=mi|st|di)"), "e"),
    (re.compile(r"oe(?=st|de)"), "e"),
    (re.compile(r"programme"), "program"),
)
_EMPTY_WORDS: Final = frozenset("a an and as at by for from in is of on or the to with".split())  # noqa: SIM905
#: The last bracket of a title may hold a note of ours or a database's: "[protocol]", "[see comment]".
_NOTE: Final = re.compile(r"\s*\[[^\[\]]*\]\s*\.?$")


def title_words(title: str) -> frozenset[str]:
    """Return the words of a title: no accents, lower case, American spelling, without empty words and notes.

    A title that is all note ("[Article in French]" style translations) keeps its words.
    """
    body = _NOTE.sub("", title) or title
    plain = "".join(each for each in unicodedata.normalize("NFKD", body) if not unicodedata.combining(each))
    words = re.findall(r"\w+", plain.casefold())
    return frozenset(_american(word) for word in words if word not in _EMPTY_WORDS)


def title_similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of common words, |A and B| / |A or B| (Jaccard); 0 where a title has no word."""
    common = len(one & other)
    return common / (len(one) + len(other) - common) if common else 0.0


def _american(word: str) -> str:
    for pattern, replacement in _SPELLINGS:
        word = pattern.sub(replacement, word)
    return word
