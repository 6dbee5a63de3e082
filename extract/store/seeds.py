"""Deliberate errors in the store: to whom each was shown, and whether it was caught; append-only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import case, select

from extract.store.curated import CuratedValue, curated_values
from extract.store.engine import Transaction, remembered
from extract.store.tables import candidates, seeded_errors

Event = Literal["shown", "caught", "missed"]


@dataclass(frozen=True)
class SeedEvent:
    """One event of a deliberate error: shown to a person, then caught or missed by them."""

    candidate_id: str
    person_id: str
    event: Event
    wrong: dict[str, float]
    at: str


def note_seed(
    tx: Transaction, candidate_id: str, person_id: str, event: Event, *, wrong: Mapping[str, float], at: str
) -> None:
    """Append an event."""
    row = {"candidate_id": candidate_id, "person_id": person_id, "event": event, "wrong": dict(wrong), "at": at}
    tx.connection.execute(seeded_errors.insert().values(**row))


@remembered
def seed_events(tx: Transaction, candidate_id: str | None = None) -> tuple[SeedEvent, ...]:
    """Return the events by proposal and person, ``shown`` before what became of it, optionally of one proposal."""
    shown_first = case((seeded_errors.c.event == "shown", 0), else_=1)
    query = select(seeded_errors).order_by(seeded_errors.c.candidate_id, seeded_errors.c.person_id, shown_first)
    if candidate_id is not None:
        query = query.where(seeded_errors.c.candidate_id == candidate_id)
    rows = tx.connection.execute(query)
    return tuple(SeedEvent(r.candidate_id, r.person_id, r.event, dict(r.wrong), r.at) for r in rows)


def curated_from(tx: Transaction) -> dict[str, tuple[CuratedValue, tuple[dict[str, float], ...]]]:
    """Return the curated values made from a proposal that was ever shown with a deliberate error, with those errors."""
    query = select(candidates.c.value_id, seeded_errors.c.wrong).join(
        seeded_errors, seeded_errors.c.candidate_id == candidates.c.candidate_id
    )
    wrong: dict[str, list[dict[str, float]]] = {}
    for row in tx.connection.execute(query.where(candidates.c.value_id.is_not(None))):
        wrong.setdefault(row.value_id, []).append(dict(row.wrong))
    return (
        {v.value_id: (v, tuple(wrong[v.value_id])) for v in curated_values(tx) if v.value_id in wrong} if wrong else {}
    )
