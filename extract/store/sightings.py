"""Who has seen which proposed value with its numbers: whoever has cannot be its blind second reader."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import bindparam, select

from extract.store.engine import Transaction, remembered
from extract.store.tables import candidates, sightings


def note_sighting(tx: Transaction, candidate_id: str, person_id: str, *, at: str) -> None:
    """Note once that a person was shown a proposal."""
    if person_id not in seen_by(tx, candidate_id):
        tx.connection.execute(sightings.insert().values(candidate_id=candidate_id, person_id=person_id, at=at))


_SEEN_BY = select(sightings.c.person_id).where(sightings.c.candidate_id == bindparam("wanted"))


@remembered
def seen_by(tx: Transaction, candidate_id: str) -> frozenset[str]:
    """Return who was shown a proposal."""
    return frozenset(tx.connection.execute(_SEEN_BY, {"wanted": candidate_id}).scalars())


_SEEN_BY_EACH = select(sightings.c.candidate_id, sightings.c.person_id).where(
    sightings.c.candidate_id.in_(bindparam("wanted", expanding=True))
)


def seen_by_each(tx: Transaction, wanted: Collection[str]) -> dict[str, set[str]]:
    """Return who was shown each of several proposals."""
    found: dict[str, set[str]] = {candidate_id: set() for candidate_id in wanted}
    if found:
        for candidate_id, person_id in tx.connection.execute(_SEEN_BY_EACH, {"wanted": list(found)}):
            found[candidate_id].add(person_id)
    return found


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


_SEEN_AND_OPEN = (
    select(sightings.c.candidate_id)
    .join(candidates, candidates.c.candidate_id == sightings.c.candidate_id)
    .where(sightings.c.person_id == bindparam("person"), candidates.c.state == "needs_second")
)


@remembered
def awaiting_second_seen_by(tx: Transaction, person_id: str) -> tuple[str, ...]:
    """Return the values that wait for a second reader and whose proposal this person has seen."""
    return tuple(tx.connection.execute(_SEEN_AND_OPEN, {"person": person_id}).scalars())
