"""Texts cut into pieces for marking: the words a criterion asks about, and the place of a value; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from extract.schema.protocol import Protocol


@dataclass(frozen=True)
class Piece:
    """A piece of a text; ``mark`` is "" (plain), "term" or "place", ``target`` an item the place belongs to."""

    text: str
    mark: str = ""
    target: str = ""


@dataclass(frozen=True)
class Place:
    """Where a value stands in a text: ``text[start:end]``."""

    start: int
    end: int
    target: str = ""


def term_pattern(protocol: Protocol) -> re.Pattern[str]:
    """Return what to mark while screening: the protocol's words for arms, outcomes, subtypes and patterns."""
    words = {
        synonym
        for entries in (protocol.arms, protocol.outcomes, protocol.subtypes, protocol.patterns)
        for entry in entries
        for synonym in entry.synonyms
    }
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    if not longest_first:
        return re.compile(r"(?!)")
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)", re.IGNORECASE)


def term_pieces(text: str, pattern: re.Pattern[str]) -> tuple[Piece, ...]:
    """Cut a text at every marked term."""
    return placed_pieces(text, [Place(m.start(), m.end()) for m in pattern.finditer(text)], mark="term")


def placed_pieces(text: str, places: Sequence[Place], *, mark: str = "place") -> tuple[Piece, ...]:
    """Cut a text at places; where two overlap, the earlier one is marked."""
    pieces, at = [], 0
    for place in sorted(places, key=lambda place: (place.start, -place.end)):
        if place.start < at or place.end <= place.start:
            continue
        pieces += [Piece(text[at : place.start]), Piece(text[place.start : place.end], mark, place.target)]
        at = place.end
    return tuple(piece for piece in (*pieces, Piece(text[at:])) if piece.text)


def sentence_around(text: str, place: Place) -> Place:
    """Return the sentence a place stands in: a blind reader is shown where to read, not which number."""
    ends = [m.end() for m in re.finditer(r"[.!?](?=\s+[A-Z(])|\n", text)]
    start = max((end for end in ends if end <= place.start), default=0)
    end = min((end for end in ends if end >= place.end), default=len(text))
    start += len(text[start:end]) - len(text[start:end].lstrip())
    return Place(start, max(end, place.end), place.target)
