"""The protocol's own words: subtypes, metastatic patterns, outcomes, read from the snapshot's protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from reports.errors import SnapshotError

ALL = "all"

EVENTS = {
    "OS": "death",
    "BCSS": "death from the disease",
    "locoregional_PFS": "locoregional progression",
    "distant_PFS": "distant progression",
    "PFS": "progression or death",
}
"""What the hazard of an outcome is of, where a protocol does not say."""


@dataclass(frozen=True)
class Entry:
    """A subtype or a metastatic pattern; ``within`` are the wider entries it is part of."""

    slug: str
    label: str
    definition: str
    within: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """An outcome of the protocol; ``role`` is primary or secondary."""

    code: str
    label: str
    definition: str
    role: str
    event: str = "the event"

    @property
    def in_text(self) -> str:
        """Return the label as it stands inside a sentence."""
        return self.label[:1].lower() + self.label[1:]


@dataclass(frozen=True)
class Taxonomy:
    """Subtypes, patterns and outcomes in the protocol's order."""

    subtypes: tuple[Entry, ...]
    patterns: tuple[Entry, ...]
    outcomes: tuple[Outcome, ...]

    @cached_property
    def primary(self) -> Outcome:
        """The outcome of the headline."""
        return next((o for o in self.outcomes if o.role == "primary"), self.outcomes[0])

    def subtype(self, slug: str) -> Entry:
        """Return a subtype by slug; an unknown slug (an older taxonomy) speaks for itself."""
        return _find(self.subtypes, slug)

    def pattern(self, slug: str) -> Entry:
        """Return a metastatic pattern by slug."""
        return _find(self.patterns, slug)

    def outcome(self, code: str) -> Outcome:
        """Return an outcome by code."""
        found = next((o for o in self.outcomes if o.code == code), None)
        return found or Outcome(code, code.replace("_", " "), "", "secondary")


def taxonomy_of(protocol: Mapping[str, Any]) -> Taxonomy:
    """Read the taxonomy of a snapshot's protocol.

    Raises
    ------
    SnapshotError
        The protocol holds no subtypes, patterns or outcomes: no page could be laid out.
    """
    for key in ("subtypes", "patterns", "outcomes"):
        if not protocol.get(key):
            raise SnapshotError(
                f"protocol.json has no {key!r}: the snapshot was written without its taxonomy; write it again"
            )
    return Taxonomy(
        subtypes=_entries(protocol["subtypes"]),
        patterns=_entries(protocol["patterns"]),
        outcomes=tuple(
            Outcome(
                o["code"],
                o["label"],
                o.get("definition", ""),
                o.get("role", "secondary"),
                o.get("event") or EVENTS.get(o["code"], "the event"),
            )
            for o in protocol["outcomes"]
        ),
    )


def _entries(rows: Sequence[Mapping[str, Any]]) -> tuple[Entry, ...]:
    return tuple(
        Entry(row["slug"], row["label"], row.get("definition", ""), tuple(row.get("within", ()))) for row in rows
    )


def _find(entries: Sequence[Entry], slug: str) -> Entry:
    found = next((entry for entry in entries if entry.slug == slug), None)
    return found or Entry(slug, slug.replace("-", " ").capitalize(), "")


def population_words(taxonomy: Taxonomy, *, subtype: str, pattern: str) -> str:
    """Return who a stratum is, for the inside of a sentence; empty for everyone.

    ``in HER2-positive disease``, ``in patients with solitary bone metastasis``,
    ``in HER2-positive, bone-only disease``.
    """
    words = [
        inside_sentence(entry.label)
        for entry, slug in ((taxonomy.subtype(subtype), subtype), (taxonomy.pattern(pattern), pattern))
        if slug != ALL
    ]
    if not words:
        return ""
    joined = ", ".join(words)
    return f"in patients with {joined}" if joined.endswith(("metastasis", "metastases")) else f"in {joined} disease"


def inside_sentence(label: str) -> str:
    """Return a label as it stands inside a sentence: ``HER2-positive`` stays, ``Visceral`` loses its capital."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label
