"""Bodies of evidence for the queue: what judges of certainty see, computed as it would be published now."""

from __future__ import annotations

import threading
from dataclasses import asdict

from extract.review.certainty import BodyOfEvidence, EvidenceDomain
from extract.schema.protocol import Protocol
from extract.store.engine import Transaction
from extract.store.versions import content_hash
from flows.assembly import synthesise
from flows.frozen import FrozenTable, read_table
from reports.model import Synthesis
from reports.notation import ratio
from reports.taxonomy import Taxonomy, inside_sentence, population_words, taxonomy_of


class Bodies:
    """Gives the bodies of evidence of a protocol, and computes them only when the curated table has changed."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._lock = threading.Lock()
        self._known: tuple[str, tuple[BodyOfEvidence, ...]] = ("", ())

    def __call__(self, tx: Transaction) -> tuple[BodyOfEvidence, ...]:
        """Return them as they stand in a transaction."""
        table = read_table(tx)
        state = [table.rows(), [asdict(family) for family in table.families], [asdict(r) for r in table.reports]]
        fingerprint = content_hash(state)
        with self._lock:
            if self._known[0] != fingerprint:
                self._known = fingerprint, bodies_of_table(table, self._protocol)
            return self._known[1]


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
