"""Two readings side by side: what both found, where they differ, what only one found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from extract.schema.effect import Effect

#: Fields compared, in the order a reviewer is shown them.
FIELDS: Final = (
    "measure",
    "estimate",
    "ci_low",
    "ci_high",
    "ci_level",
    "p_sided",
    "outcome",
    "subtype",
    "metastatic_pattern",
    "numerator",
    "adjusted",
    "is_result",
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One field two readings see differently."""

    field: str
    first: object
    second: object


@dataclass(frozen=True, slots=True)
class Match:
    """One result both found, with the fields in which they differ."""

    first: Effect
    second: Effect
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two readings of one document.

    ``share`` is the number of results both found with equal numbers, over all results either found: 1 for
    two empty readings.
    """

    matches: tuple[Match, ...]
    only_first: tuple[Effect, ...]
    only_second: tuple[Effect, ...]

    def share(self) -> float:
        """Return how much of what either found both found."""
        found = len(self.matches) + len(self.only_first) + len(self.only_second)
        return len(self.matches) / found if found else 1.0


def compare(first: Sequence[Effect], second: Sequence[Effect]) -> Agreement:
    """Match two readings of the same text and list their differences.

    Parameters
    ----------
    first, second
        Effects of the two extractors.

    Notes
    -----
    A pair must lie at the same place (overlapping spans of one source) and print the same estimate; where
    several do, the
    pair with most equal fields wins, then the first in reading order. No effect is matched twice.
    """
    left = list(second)
    matches: list[Match] = []
    alone: list[Effect] = []
    for effect in first:
        candidates = [other for other in left if _same_place(effect, other) and effect.estimate == other.estimate]
        if not candidates:
            alone.append(effect)
            continue
        best = min(candidates, key=lambda other: len(_differences(effect, other)))
        left.remove(best)
        matches.append(Match(effect, best, _differences(effect, best)))
    return Agreement(tuple(matches), tuple(alone), tuple(left))


def _same_place(first: Effect, second: Effect) -> bool:
    """Tell whether two spans overlap in one source."""
    a, b = first.span, second.span
    return a.source == b.source and a.start < b.end and b.start < a.end


def _differences(first: Effect, second: Effect) -> tuple[Difference, ...]:
    """Return the fields that differ; what one leaves open is a difference too."""
    pairs = ((name, _field(first, name), _field(second, name)) for name in FIELDS)
    return tuple(Difference(name, a, b) for name, a, b in pairs if a != b)


def _field(effect: Effect, name: str) -> object:
    """Return a field by the name it has in the output."""
    return effect.comparison.numerator if name == "numerator" else getattr(effect, name)
