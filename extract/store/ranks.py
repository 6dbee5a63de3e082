"""The reading order of undecided records, as the last ranking left it; it orders and decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select

from extract.store.engine import Transaction
from extract.store.tables import record_ranks as ranks_table


@dataclass(frozen=True)
class RecordRank:
    """A record's place: ``score`` between 0 and 1, and whether it calls itself randomised (those are read first)."""

    pmid: str
    score: float
    randomised: bool
    model_version: str


def replace_ranks(tx: Transaction, ranks: Sequence[RecordRank], *, night: str) -> None:
    """Put a new order in the place of the last one."""
    tx.connection.execute(delete(ranks_table))
    if ranks:
        rows = [
            {
                "pmid": rank.pmid,
                "score": rank.score,
                "randomised": int(rank.randomised),
                "model_version": rank.model_version,
                "night": night,
            }
            for rank in ranks
        ]
        tx.connection.execute(ranks_table.insert(), rows)


def record_ranks(tx: Transaction) -> dict[str, RecordRank]:
    """Return the order of the last ranking by record; a record that came since is not in it."""
    rows = tx.connection.execute(select(ranks_table))
    return {row.pmid: RecordRank(row.pmid, row.score, bool(row.randomised), row.model_version) for row in rows}
