"""Who has seen which proposed value with its numbers: whoever has cannot be its blind second reader."""

from __future__ import annotations

from sqlalchemy import select

from extract.store.engine import Transaction
from extract.store.tables import candidates, sightings


def note_sighting(tx: Transaction, candidate_id: str, person_id: str, *, at: str) -> None:
    """Note once that a person was shown a proposal."""
    if person_id not in seen_by(tx, candidate_id):
        tx.connection.execute(sightings.insert().values(candidate_id=candidate_id, person_id=person_id, at=at))


def seen_by(tx: Transaction, candidate_id: str) -> frozenset[str]:
    """Return who was shown a proposal."""
    rows = tx.connection.execute(select(sightings.c.person_id).where(sightings.c.candidate_id == candidate_id))
    return frozenset(rows.scalars())


def sightings_awaiting_second(tx: Transaction) -> dict[str, set[str]]:
    """Return who has seen the proposal of each value that waits for a second reader."""
    rows = tx.connection.execute(
        select(sightings.c.candidate_id, sightings.c.person_id)
        .join(candidates, candidates.c.candidate_id == sightings.c.candidate_id)
        .where(candidates.c.state == "needs_second")
    )
    found: dict[str, set[str]] = {}
    for candidate_id, person_id in rows:
        found.setdefault(candidate_id, set()).add(person_id)
    return found


def awaiting_second_seen_by(tx: Transaction, person_id: str) -> tuple[str, ...]:
    """Return the values that wait for a second reader and whose proposal this person has seen."""
    rows = tx.connection.execute(
        select(sightings.c.candidate_id)
        .join(candidates, candidates.c.candidate_id == sightings.c.candidate_id)
        .where(sightings.c.person_id == person_id, candidates.c.state == "needs_second")
    )
    return tuple(rows.scalars())
