"""The reading order of what is new, by a model trained on the review's own decisions; order only, nothing excluded.

With it the standing audit: a random sample of the unread, drawn now and then, from which recall is estimated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from extract.pubmed.parse import record_from_json
from extract.schema.vocabulary import RecordState
from extract.screening.documents import ScreeningDocument
from extract.screening.recall import audit_sample
from extract.store.audits import add_audit, latest_audit
from extract.store.engine import Transaction
from extract.store.ranks import RecordRank, record_ranks, replace_ranks
from extract.store.records import StoredRecord, decided_basis, list_records, record_counts
from flows.context import NightContext
from flows.screening_progress import ScreeningProgress, screening_progress

UNDECIDED: Final = (RecordState.NEW, RecordState.SCREENING, RecordState.CONFLICT)

DECIDED: Final = (RecordState.INCLUDED, RecordState.EXCLUDED)

AUDIT_SIZE: Final = 60
"""Records in an audit sample: none eligible among 60 of a large pile means that about 5 % of it are at most (95 %)."""


@dataclass(frozen=True)
class RankingOutcome:
    """Records ordered tonight, or why none were; and how far screening has got."""

    ranked: int
    reason: str | None
    progress: ScreeningProgress


def rank_night(context: NightContext) -> RankingOutcome:
    """Order the undecided records and look after the audit; the same records and decisions change nothing."""
    with context.store.read() as tx:
        waiting = list_records(tx, states=UNDECIDED, deleted=False)
        counts = record_counts(tx)
        version = f"words-letters-topics/1 {decided_basis(tx)[:12]}"
        old = record_ranks(tx)
    reason = _why_not(counts)
    if not waiting or reason is not None:
        ranks: list[RecordRank] = []
    elif {rank.model_version for rank in old.values()} == {version}:
        ranks = list(old.values())
    else:
        with context.store.read() as tx:
            decided = list_records(tx, states=DECIDED, deleted=False)
        ranks = _ranked(decided, waiting, version)
    with context.store.write() as tx:
        if {rank.pmid: rank for rank in ranks} != old:
            replace_ranks(tx, ranks, night=context.night.isoformat())
        _draw_audit(tx, context, waiting, found=counts[RecordState.INCLUDED])
        progress = screening_progress(tx)
    return RankingOutcome(len(ranks), reason, progress)


def _why_not(counts: dict[RecordState, int]) -> str | None:
    if counts[RecordState.INCLUDED] and counts[RecordState.EXCLUDED]:
        return None
    return "a ranking needs at least one included and one excluded record; the oldest are read first until then"


def _ranked(decided: Sequence[StoredRecord], waiting: Sequence[StoredRecord], version: str) -> list[RecordRank]:
    # scikit-learn takes a second to load, and a night without anything to rank does without it.
    from extract.screening.ranker import rank_documents

    labelled = [(_document(record), record.state is RecordState.INCLUDED) for record in decided]
    ranking = rank_documents(labelled, [_document(record) for record in waiting])
    return [RecordRank(each.document_id, each.score, each.randomised, version) for each in ranking.documents]


def _document(record: StoredRecord) -> ScreeningDocument:
    parsed = record_from_json(record.content)
    return ScreeningDocument(record.pmid, parsed.title, parsed.abstract_text(), parsed.publication_types)


def _draw_audit(tx: Transaction, context: NightContext, waiting: Sequence[StoredRecord], *, found: int) -> None:
    """Draw a new audit sample where records wait that the last one, read to its end, did not cover."""
    pile = sorted(record.pmid for record in waiting)
    last = latest_audit(tx)
    if last is not None:
        unread = set(pile) & set(last.sample)
        if unread or set(pile) <= set(last.pile):
            return
    if pile:
        seed = f"{context.night.isoformat()} {len(pile)}"
        sample = audit_sample(pile, size=min(AUDIT_SIZE, len(pile)), seed=seed)
        add_audit(tx, night=context.night.isoformat(), seed=seed, found_before=found, pile=pile, sample=sample)
