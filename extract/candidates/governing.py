"""Which phrase of a sentence governs which number.

A phrase governs a value when it stands (1) between the ratio's name and its number ("hazard ratio for
death, 0.75"),
(2) right behind it after a preposition ("0.71 for overall survival"), (3) nearest before it since the value
before,
(4) at its position in a "respectively" list; otherwise the value keeps what the value before it had.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from extract.candidates.mentions import Mention

#: Characters between a value's end and a phrase behind it: "(0.60-0.71; P = .03) in the subgroup of ".
_REACH_BEHIND: Final = 60
_BEHIND: Final = re.compile(r"[\s)\],%]*(?:(?:in|for|among|within|on|of|to|with|when|at)\b)[^.;:(]*$", re.I)
_RESPECTIVELY: Final = re.compile(r"\brespectively\b|\brespectivamente\b", re.I)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one value stands in its sentence.

    Offsets of ratio name, estimate and end (with interval and p).
    """

    ratio_start: int
    ratio_end: int
    start: int
    end: int


def govern(
    text: str,
    bounds: tuple[int, int],
    places: Sequence[Place],
    mentions: Sequence[Mention],
    *,
    may_follow: bool = False,
) -> list[Mention | None]:
    """Return for every value the mention that governs it, or ``None``.

    Parameters
    ----------
    text
        Folded text.
    bounds
        Start and end of the sentence.
    places
        The sentence's values in order.
    mentions
        Mentions of one vocabulary in the sentence, in order.
    may_follow
        Whether a phrase anywhere behind the values may govern them when none stands before ("Surgery before
        (HR 0.68)
        or after (HR 0.56) systemic therapy was associated with better survival").
    """
    if not mentions:
        return [None] * len(places)
    by_list = _respectively(text, bounds, places, mentions)
    if by_list:
        return by_list
    chosen: list[Mention | None] = []
    claimed: set[int] = set()
    for index, place in enumerate(places):
        before = places[index - 1].end if index else bounds[0]
        following = places[index + 1].start if index + 1 < len(places) else bounds[1]
        mention = _in_name(place, mentions) or _behind(text, place, following, mentions, claimed)
        if mention is None:
            mention = _nearest_before(before, place.start, [m for m in mentions if m.start not in claimed])
        if mention is not None:
            claimed.add(mention.start)
        chosen.append(mention)
    return _from_behind(places, mentions, chosen, may_follow=may_follow)


def _from_behind(
    places: Sequence[Place], mentions: Sequence[Mention], chosen: list[Mention | None], *, may_follow: bool
) -> list[Mention | None]:
    """Let a phrase behind the last value govern the earlier ones too, when no phrase stands before them."""
    last = chosen[-1]
    shared = last if last is not None and last.start >= places[-1].end else None
    if shared is None and may_follow:
        shared = next((m for m in mentions if m.start >= places[-1].end and not m.weak), None)
        shared = shared or next((m for m in mentions if m.start >= places[-1].end), None)
    if shared is None or any(m is not None and m is not shared for m in chosen):
        return chosen
    return [shared] * len(chosen)


def _in_name(place: Place, mentions: Sequence[Mention]) -> Mention | None:
    """Return the first mention between a ratio's name and its number."""
    if place.ratio_end < 0:
        return None
    inside = [m for m in mentions if place.ratio_end <= m.start and m.end <= place.start]
    strong = [m for m in inside if not m.weak]
    return next(iter(strong or inside), None)


def _behind(text: str, place: Place, following: int, mentions: Sequence[Mention], claimed: set[int]) -> Mention | None:
    """Return the mention right behind a value, joined by a preposition."""
    for mention in mentions:
        if mention.start < place.end or mention.start in claimed:
            continue
        if mention.end > following or mention.start - place.end > _REACH_BEHIND:
            return None
        if _BEHIND.match(text[place.end : mention.start]):
            return mention
        return None
    return None


def _nearest_before(before: int, start: int, mentions: Sequence[Mention]) -> Mention | None:
    """Return the nearest mention between two offsets; a weak one only if there is no other."""
    inside = [m for m in mentions if before <= m.start and m.end <= start]
    strong = [m for m in inside if not m.weak]
    return next(reversed(strong or inside), None)


def _respectively(
    text: str, bounds: tuple[int, int], places: Sequence[Place], mentions: Sequence[Mention]
) -> list[Mention | None] | None:
    """Pair values with mentions one to one when the sentence says "respectively" and the numbers agree."""
    if len(places) < 2 or len(mentions) < 2 or not _RESPECTIVELY.search(text, *bounds):
        return None
    first, last = places[0], places[-1]
    head = [m for m in mentions if m.end <= first.start]
    tail = [m for m in mentions if m.start >= last.end]
    between = [m for m in mentions if first.start <= m.start < last.end]
    if between:
        return None
    for group in (_run(head), _run(tail)):
        if len(group) == len(places):
            return list(group)
    return None


def _run(mentions: Sequence[Mention]) -> list[Mention]:
    """Return the longest run of mentions with only short list glue between them."""
    best: list[Mention] = []
    run: list[Mention] = []
    for mention in mentions:
        if run and mention.start - run[-1].end > 45:
            run = []
        run.append(mention)
        if len(run) >= len(best):
            best = list(run)
    return best
