"""What the second, independent extractor read in a record; its raw answers stand in the archive by their hashes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select

from extract.schema.effect import Effect
from extract.store.candidates import effect_from_json
from extract.store.engine import Transaction
from extract.store.tables import second_readings


@dataclass(frozen=True)
class KeptReading:
    """One record read by the second extractor.

    Parameters
    ----------
    extractor
        Model and wording of the question.
    failure
        Why there is no reading; None where there is one. A failure is never "no effects".
    effects
        What it found and could prove from the text.
    refused
        ``(claim, reason)`` of what it said and could not prove.
    answers
        SHA-256 of its raw answers, in the order they came.
    """

    pmid: str
    revision: int
    extractor: str
    at: str
    failure: str | None
    effects: tuple[Effect, ...]
    refused: tuple[tuple[str, str], ...]
    answers: tuple[str, ...]


def put_second_reading(tx: Transaction, reading: KeptReading) -> None:
    """Keep a reading in the place of an earlier one of the same revision."""
    here = (second_readings.c.pmid == reading.pmid) & (second_readings.c.revision == reading.revision)
    tx.connection.execute(delete(second_readings).where(here))
    tx.connection.execute(
        second_readings.insert().values(
            pmid=reading.pmid,
            revision=reading.revision,
            extractor=reading.extractor,
            at=reading.at,
            failure=reading.failure,
            effects=[effect.to_json() for effect in reading.effects],
            refused=[list(one) for one in reading.refused],
            answers=list(reading.answers),
        )
    )


def second_reading(tx: Transaction, pmid: str, *, revision: int) -> KeptReading | None:
    """Return the reading of a record's revision, or None if it was not asked about."""
    here = (second_readings.c.pmid == pmid) & (second_readings.c.revision == revision)
    row = tx.connection.execute(select(second_readings).where(here)).first()
    if row is None:
        return None
    return KeptReading(
        pmid=row.pmid,
        revision=row.revision,
        extractor=row.extractor,
        at=row.at,
        failure=row.failure,
        effects=tuple(effect_from_json(one) for one in row.effects),
        refused=tuple((claim, reason) for claim, reason in row.refused),
        answers=tuple(row.answers),
    )


def read_by(tx: Transaction, extractor: str) -> frozenset[tuple[str, int]]:
    """Return the ``(pmid, revision)`` this extractor has read without failing."""
    rows = tx.connection.execute(
        select(second_readings.c.pmid, second_readings.c.revision).where(
            (second_readings.c.extractor == extractor) & second_readings.c.failure.is_(None)
        )
    )
    return frozenset((row.pmid, row.revision) for row in rows)
