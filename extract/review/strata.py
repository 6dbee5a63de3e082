"""Strata of one report held against each other: which share nobody by the protocol, and what they add up to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from extract.checks.findings import StrataSum
from extract.schema.protocol import Protocol, TaxonomyEntry
from extract.schema.value import ReportedValue

ALL = "all"
"""Slug of everyone."""

COUNTS = {
    "n_surgery": "patients with surgery",
    "n_control": "patients without surgery",
    "events_surgery": "events with surgery",
    "events_control": "events without surgery",
}
"""Counts that add up over strata, in words."""


def strata_sums(
    value: ReportedValue, others: Sequence[ReportedValue], people: Mapping[str, int | None], protocol: Protocol
) -> tuple[StrataSum, ...]:
    """Return the largest sum of strata that share nobody, for each count and each whole the value belongs to.

    Parameters
    ----------
    value
        As it would be approved.
    others
        The other values of its report, as they are used.
    people
        The report's own ``n_surgery`` and ``n_control``, for the whole population.
    """
    if value.population is not None:
        return ()
    near = [one for one in (value, *others) if one.outcome == value.outcome and one.population is None]
    found: list[StrataSum] = []
    for dimension, entries in (("subtype", protocol.subtypes), ("pattern", protocol.patterns)):
        other = "pattern" if dimension == "subtype" else "subtype"
        row = [one for one in near if getattr(one, other) == getattr(value, other)]
        for count, what in COUNTS.items():
            known = _largest(row, dimension, count)
            if getattr(value, other) == ALL and known.get(ALL) is None and people.get(count) is not None:
                known[ALL] = people[count] or 0
            found += _sums(getattr(value, dimension), known, entries, what)
    # Of a count that exceeds several wholes each is told; of one whole only its largest sum.
    return tuple(dict.fromkeys(found))


def shares_nobody(entries: Sequence[TaxonomyEntry], one: str, other: str) -> bool:
    """Tell whether two strata exclude each other, by themselves or by what they lie within."""
    by_slug = {entry.slug: entry for entry in entries}
    return any(
        above in by_slug[beside].apart_from or beside in by_slug[above].apart_from
        for above in _upwards(by_slug, one)
        for beside in _upwards(by_slug, other)
    )


def _largest(row: Sequence[ReportedValue], dimension: str, count: str) -> dict[str, int]:
    """Return the largest count of each stratum: every model leaves out people, so each count is a lower bound."""
    known: dict[str, int] = {}
    for one in row:
        number = getattr(one, count)
        if number is not None:
            slug = getattr(one, dimension)
            known[slug] = max(number, known.get(slug, 0))
    return known


def _sums(own: str, known: Mapping[str, int], entries: Sequence[TaxonomyEntry], what: str) -> Iterator[StrataSum]:
    by_slug = {entry.slug: entry for entry in entries}
    if own not in by_slug:
        return
    for whole in known:
        # In the protocol's order, so that a doubt reads the same whichever value came last.
        inside = [
            slug
            for slug in by_slug
            if slug in known and slug != whole and (whole == ALL or whole in _upwards(by_slug, slug))
        ]
        groups = [
            group
            for size in range(1, len(inside) + 1)
            for group in combinations(inside, size)
            if (own == whole or own in group)
            and all(shares_nobody(entries, one, other) for one, other in combinations(group, 2))
        ]
        if groups and whole in by_slug:
            group = max(groups, key=lambda slugs: (sum(known[slug] for slug in slugs), -len(slugs)))
            parts = tuple((by_slug[slug].label, known[slug]) for slug in group)
            yield StrataSum(what, parts, by_slug[whole].label, known[whole])


def _upwards(by_slug: Mapping[str, TaxonomyEntry], slug: str) -> frozenset[str]:
    """Return a stratum and everything it lies within."""
    found: set[str] = set()
    left = [slug]
    while left:
        here = left.pop()
        if here in by_slug and here not in found:
            found.add(here)
            left += by_slug[here].within
    return frozenset(found)
