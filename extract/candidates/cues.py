"""Expressions that are tried only where one of their cues stands: most sentences hold none, and looking is cheap."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cued:
    """An expression for lower-case text, with cues one of which stands in whatever it matches.

    Parameters
    ----------
    expression
        Written in lower case and compiled without ``re.IGNORECASE``, which would cost twice as much.
    cues
        Plain strings. A substring test takes a hundredth of the time of an expression with many branches.
    """

    expression: re.Pattern[str]
    cues: tuple[str, ...]

    def search(self, lowered: str, start: int, end: int) -> re.Match[str] | None:
        """Return the first match between two offsets, or None."""
        return self.expression.search(lowered, start, end) if self.may_match(lowered, start, end) else None

    def last(self, lowered: str, start: int, end: int) -> re.Match[str] | None:
        """Return the last match between two offsets, or None."""
        found = None
        if self.may_match(lowered, start, end):
            for match in self.expression.finditer(lowered, start, end):
                found = match
        return found

    def may_match(self, lowered: str, start: int, end: int) -> bool:
        """Tell whether a cue stands between two offsets."""
        part = lowered[start:end]
        return any(map(part.__contains__, self.cues))  # a generator would cost more than the tests themselves


def lower_in_place(text: str) -> str:
    """Return the text in lower case, character by character: offsets in one are offsets in the other.

    ``str.lower`` makes two characters of a capital I with a dot; such a character is left as it is.
    """
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)
