"""Why two things may belong together, and how much each reason weighs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for or against a link.

    Parameters
    ----------
    kind
        What agrees or contradicts: ``registry_id``, ``acronym``, ``first_author``, ``same_n`` ...
    weight
        Between -1 and 1; below 0 it speaks against. A judgment, not an estimate: 1 settles it, 0.5 is worth a look.
    found
        The words or values on the record's side.
    known
        What they agree with, or contradict.
    where
        Part of the record: ``title``, ``abstract``, ``databank``, ``links``, ``authors``, ``affiliations``.
    """

    kind: str
    weight: float
    found: str
    known: str
    where: str


def combined_score(evidence: Iterable[Evidence]) -> float:
    """Return the score of a proposal: (1 - prod(1 - w)) over what speaks for it, times prod(1 + w) over what does not.

    Independent reasons add up without passing 1; one strong contradiction weakens all of them.
    """
    weights = [each.weight for each in evidence]
    against = prod(1 + weight for weight in weights if weight < 0)
    return round((1 - prod(1 - weight for weight in weights if weight > 0)) * against, 4)


def strongest_first(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return evidence with the heaviest first, for or against."""
    return tuple(sorted(evidence, key=lambda each: (-abs(each.weight), each.kind, each.found, each.known)))
