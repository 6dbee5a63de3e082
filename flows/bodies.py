"""Bodies of evidence for the queue: what judges of certainty see, computed as it would be published now."""

from __future__ import annotations

import threading
import time

from extract.review.certainty import BodyOfEvidence, EvidenceDomain
from extract.schema.protocol import Protocol
from extract.store.engine import Transaction
from flows.assembly import synthesise
from flows.frozen import FrozenTable, read_table
from reports.model import Synthesis
from reports.notation import ratio
from reports.taxonomy import Taxonomy, inside_sentence, population_words, taxonomy_of

SLOW_SECONDS = 0.25
"""What computing them may take before a count makes do with a moment ago: a page has that long in all."""

REST, LONGEST_SECONDS = 20, 60.0
"""How old a moment ago may be: so many times what computing takes, and at most."""


class Bodies:
    """Gives the bodies of evidence of a protocol, and computes them only when the curated table has changed."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._lock = threading.Lock()
        self._known: tuple[FrozenTable | None, tuple[BodyOfEvidence, ...]] = None, ()
        self._made_at = self._took = 0.0

    def __call__(self, tx: Transaction) -> tuple[BodyOfEvidence, ...]:
        """Return them as they stand in a transaction."""
        table = read_table(tx)
        with self._lock:
            # Compared field by field: to hash it took ten times as long as to read it.
            if self._known[0] != table:
                begun = time.monotonic()
                self._known = table, bodies_of_table(table, self._protocol)
                self._made_at = time.monotonic()
                self._took = self._made_at - begun
            return self._known[1]

    def lately(self, tx: Transaction) -> tuple[BodyOfEvidence, ...]:
        """Return them as they stood a moment ago where they take long to compute, else as they stand now.

        For counts and for what comes next: in a rush every approval changes them, and every look would compute them.
        """
        slow = self._took > SLOW_SECONDS
        fresh = time.monotonic() - self._made_at < min(REST * self._took, LONGEST_SECONDS)
        return self._known[1] if slow and fresh else self(tx)


def bodies_of_table(table: FrozenTable, protocol: Protocol) -> tuple[BodyOfEvidence, ...]:
    """Return every synthesis that has a certainty to decide, in the protocol's order of outcomes and groups."""
    taxonomy = taxonomy_of(protocol.model_dump(mode="json"))
    found = (_body(synthesis, taxonomy) for synthesis in synthesise(table, protocol))
    return tuple(body for body in found if body is not None)


def _body(synthesis: Synthesis, taxonomy: Taxonomy) -> BodyOfEvidence | None:
    certainty, primary = synthesis.certainty, synthesis.primary
    if certainty is None or primary is None:
        return None
    who = population_words(taxonomy, subtype=synthesis.subtype, pattern=synthesis.pattern) or "everyone"
    studies = "randomised trials" if synthesis.body == "randomised" else "observational studies"
    return BodyOfEvidence(
        synthesis_id=synthesis.synthesis_id,
        title=f"{taxonomy.outcome(synthesis.outcome).label}, {inside_sentence(who)}, {studies}",
        k=synthesis.k,
        participants=synthesis.participants,
        result=ratio(primary.ratio),
        start="high" if synthesis.body == "randomised" else "low",
        proposed=certainty.proposed or certainty.level,
        domains=tuple(EvidenceDomain(d.domain, d.steps, d.reason, d.needs_person) for d in certainty.domains),
        inputs=tuple((one.label, one.weight_percent, one.risk_of_bias) for one in synthesis.inputs),
        fingerprint=certainty.inputs_sha256 or "",
    )
