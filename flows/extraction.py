"""Extraction: from stored records to candidates in the queue, each with its span.

A candidate that says what an approved value says gives that value its place in the source; anything else waits for
people. A changed record is read again: candidates whose words are gone are superseded, never deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from extract.candidates import EXTRACTOR_VERSION, propose_effects
from extract.pubmed.parse import record_from_json
from extract.review.approval import take_up_again
from extract.schema.effect import Document, Effect
from extract.schema.protocol import Protocol
from extract.schema.vocabulary import Measure
from extract.store.candidates import (
    OPEN_STATES,
    add_candidate,
    candidate_id,
    list_candidates,
    set_candidate,
    verify_span,
)
from extract.store.curated import CuratedValue, curated_values, put_value
from extract.store.decisions import Decision, record_decision
from extract.store.engine import Transaction
from extract.store.records import NOT_EXCLUDED, StoredRecord, list_records, set_extracted
from flows.context import NightContext
from flows.second_reading import SecondReadingOutcome, read_second

Reading = Callable[[NightContext, Sequence[StoredRecord]], Iterable[tuple[Effect, ...]]]

QUEUED = (Measure.HR, Measure.SHR, Measure.CSHR, Measure.RR, Measure.OR)
"""Measures worth a reviewer's time; medians and differences are kept on the study's page, not queued."""


@dataclass(frozen=True)
class ExtractionOutcome:
    """How many records were read, values proposed, and approved values found again in their source.

    ``second`` says what the second extractor did; None where none is configured.
    """

    read: int
    proposed: int
    confirmed: int
    second: SecondReadingOutcome | None = None


def one_by_one(context: NightContext, records: Sequence[StoredRecord]) -> Iterable[tuple[Effect, ...]]:
    """Read records here, one after the other."""
    return (effects_of(record, context.protocol) for record in records)


def extract_night(context: NightContext, *, everything: bool = False, read: Reading = one_by_one) -> ExtractionOutcome:
    """Read every record that is not excluded and was not read by this extractor yet.

    Parameters
    ----------
    everything
        Read also what this extractor has read before.
    read
        How records are read, for example in batches over a cluster; it gives one result a record, in their order.
    """
    with context.store.read() as tx:
        unread_by = None if everything else EXTRACTOR_VERSION
        waiting = list_records(tx, states=NOT_EXCLUDED, deleted=False, unread_by=unread_by)
    proposed = confirmed = 0
    for record, effects in zip(waiting, read(context, waiting), strict=True):
        with context.store.write() as tx:
            more_proposed, more_confirmed = enqueue(tx, context, record, effects, covers=in_record)
            set_extracted(tx, record.pmid, EXTRACTOR_VERSION)
        proposed, confirmed = proposed + more_proposed, confirmed + more_confirmed
    return ExtractionOutcome(len(waiting), proposed, confirmed, read_second(context))


def effects_of(record: StoredRecord, protocol: Protocol) -> tuple[Effect, ...]:
    """Return what a record's title and abstract say, each with its place; needs nothing but its arguments."""
    document = _document(record)
    effects = propose_effects(document, protocol)
    texts = {"title": document.title, "abstract": document.abstract}
    for effect in effects:
        verify_span(effect, texts)
    return tuple(effect for effect in effects if effect.is_result and effect.measure in list(QUEUED))


def _document(record: StoredRecord) -> Document:
    parsed = record_from_json(record.content)
    return Document(document_id=record.pmid, title=parsed.title, abstract=parsed.abstract_text())


def in_record(source: str) -> bool:
    """Tell whether a span counts in the record's own title or abstract."""
    return source in ("title", "abstract")


def enqueue(
    tx: Transaction,
    context: NightContext,
    record: StoredRecord,
    effects: tuple[Effect, ...],
    *,
    covers: Callable[[str], bool],
) -> tuple[int, int]:
    """Put what one reading of a record found into the queue; return values proposed and approved values confirmed.

    Parameters
    ----------
    covers
        Which sources were read; proposals of other sources are left alone, and one that says the same is not doubled.
    """
    proposed = confirmed = 0
    placed: set[str] = set()
    open_ones = list_candidates(tx, pmid=record.pmid)
    said = {
        _numbers(old.effect) for old in open_ones if not covers(old.effect.span.source) and old.state != "superseded"
    }
    kept = []
    for effect in effects:
        # A full text repeats its abstract, and its sections their tables: one proposal is enough.
        if _numbers(effect) not in said:
            kept.append(effect)
        if not covers("abstract"):
            said.add(_numbers(effect))
    effects = tuple(kept)
    for effect in effects:
        approved = _approved_match(tx, record, effect)
        new_id = add_candidate(
            tx,
            pmid=record.pmid,
            revision=record.revision,
            extractor_version=EXTRACTOR_VERSION,
            effect=effect,
            state="proposed" if approved is None else "confirms",
            night=context.night.isoformat(),
        )
        if approved is not None:
            confirmed += 1
            set_candidate(tx, candidate_id(record.pmid, effect), state="confirms", value_id=approved.value_id)
            if approved.value_id not in placed and (covers("abstract") or approved.span is None):
                # The first place in reading order; a repeat of the same numbers further down adds nothing.
                put_value(tx, replace(approved, span=effect.span, span_pmid=record.pmid))
            placed.add(approved.value_id)
        elif new_id is not None:
            proposed += 1
            take_up_again(tx, context.protocol, new_id, at=context.now())
    if covers("abstract"):
        _reopen_lost_places(tx, context, record, placed)
    read = {candidate_id(record.pmid, effect) for effect in effects}
    for old in list_candidates(tx, pmid=record.pmid, states=OPEN_STATES):
        if covers(old.effect.span.source) and old.candidate_id not in read:
            set_candidate(tx, old.candidate_id, state="superseded")
    return proposed, confirmed


def _numbers(effect: Effect) -> tuple[object, ...]:
    """Return what makes two printed effects one result: measure, numbers, outcome and stratum."""
    said = (effect.measure, effect.estimate, effect.ci_low, effect.ci_high)
    return (*said, effect.outcome, effect.subtype, effect.metastatic_pattern)


def _reopen_lost_places(tx: Transaction, context: NightContext, record: StoredRecord, placed: set[str]) -> None:
    """Re-open approved values whose words a new revision of their record no longer holds."""
    if record.report_id is None:
        return
    document = _document(record)
    texts = {"title": document.title, "abstract": document.abstract}
    for value in curated_values(tx, report_id=record.report_id):
        here = value.span is not None and value.span_pmid == record.pmid and value.span.source in texts
        if not here or value.span is None or value.state != "approved" or value.value_id in placed:
            continue
        if value.span.text in texts[value.span.source]:
            continue
        put_value(tx, replace(value, state="reopened"))
        record_decision(
            tx,
            Decision(
                at=context.now(),
                by="extraction",
                action="reopen",
                subject_kind="value",
                subject_id=value.value_id,
                old=value.state,
                new="reopened",
                reason=f"revision {record.revision} of the record no longer holds its words",
            ),
        )


def _approved_match(tx: Transaction, record: StoredRecord, effect: Effect) -> CuratedValue | None:
    """Return the approved value of this record's report that prints the same numbers, if there is one."""
    if record.report_id is None:
        return None
    numbers = (effect.estimate, effect.ci_low, effect.ci_high)
    for value in curated_values(tx, report_id=record.report_id):
        reported = value.reported
        if (reported.estimate, reported.ci_low, reported.ci_high) == numbers:
            return value
    return None
