"""Audit samples of the unread: drawn at random, kept as drawn, so that anyone can draw them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from extract.store.engine import Transaction
from extract.store.tables import screening_audits


@dataclass(frozen=True)
class ScreeningAudit:
    """One sample.

    Parameters
    ----------
    seed
        What the order of the sample follows from.
    found_before
        Included records when it was drawn.
    pile
        Records nobody had decided on then.
    sample
        Records drawn from the pile, in the order to be read: the first n of them are a random sample as well.
    """

    night: str
    seed: str
    found_before: int
    pile: tuple[str, ...]
    sample: tuple[str, ...]


def add_audit(
    tx: Transaction, *, night: str, seed: str, found_before: int, pile: Sequence[str], sample: Sequence[str]
) -> None:
    """Keep a sample as drawn; it is never changed."""
    row = {"night": night, "seed": seed, "found_before": found_before, "pile": list(pile), "sample": list(sample)}
    tx.connection.execute(screening_audits.insert().values(**row))


def latest_audit(tx: Transaction) -> ScreeningAudit | None:
    """Return the last sample drawn, or None."""
    row = tx.connection.execute(select(screening_audits).order_by(screening_audits.c.audit_id.desc()).limit(1)).first()
    if row is None:
        return None
    return ScreeningAudit(row.night, row.seed, row.found_before, tuple(row.pile), tuple(row.sample))
