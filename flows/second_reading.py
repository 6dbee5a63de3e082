"""The second extractor's part of a night: off unless configured, loud when it fails, never in the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import requests

from extract.errors import SecondReadingFailed
from extract.pubmed.parse import record_from_json
from extract.schema.effect import Document
from extract.second_extractor import SecondExtractorSettings, SecondReading, extractor_version, read_again
from extract.store.archive import keep_body, note_body
from extract.store.records import NOT_EXCLUDED, StoredRecord, list_records
from extract.store.second_readings import KeptReading, put_second_reading, read_by
from flows.context import NightContext

GIVE_UP_AFTER = 3
"""Failures in a row after which an endpoint is taken for down and the rest is left for the next night."""


@dataclass(frozen=True)
class SecondReadingOutcome:
    """Records the second extractor read, its failures in words, and how many records wait for the next night."""

    read: int
    failures: tuple[str, ...]
    left: int

    def told(self) -> str:
        """Return what happened as one line."""
        if not self.failures:
            return f"Second extractor: {self.read} records read"
        return (
            f"Second extractor FAILED for {len(self.failures)} records ({self.read} read, {self.left} left for the "
            f"next night): {self.failures[0]}"
        )


def read_second(context: NightContext) -> SecondReadingOutcome | None:
    """Let the second extractor read every record it has not read at its present revision; None if there is none.

    A record it fails on is asked about again the next night; the failure is kept and shown beside the values.
    """
    settings = context.settings.second_extractor
    if settings is None:
        return None
    extractor = extractor_version(settings)
    with context.store.read() as tx:
        known = read_by(tx, extractor)
        waiting = [
            record
            for record in list_records(tx, states=NOT_EXCLUDED, deleted=False)
            if (record.pmid, record.revision) not in known and _document(record).abstract
        ]
    return _read(context, waiting, settings)


def _read(
    context: NightContext, waiting: Iterable[StoredRecord], settings: SecondExtractorSettings
) -> SecondReadingOutcome:
    read, left, in_a_row = 0, 0, 0
    failures: list[str] = []
    with requests.Session() as session:
        for record in waiting:
            if in_a_row >= GIVE_UP_AFTER:
                left += 1
                continue
            failure = _read_one(context, record, settings, session)
            in_a_row = in_a_row + 1 if failure else 0
            read += not failure
            failures += [f"PMID {record.pmid}: {failure}"] if failure else []
    return SecondReadingOutcome(read, tuple(failures), left + len(failures))


def _document(record: StoredRecord) -> Document:
    parsed = record_from_json(record.content)
    return Document(document_id=record.pmid, title=parsed.title, abstract=parsed.abstract_text())


def _read_one(
    context: NightContext, record: StoredRecord, settings: SecondExtractorSettings, session: requests.Session
) -> str | None:
    """Ask about one record and keep answer and reading; return why it failed, if it did."""
    document = _document(record)
    answers: list[bytes] = []
    failure, reading = None, SecondReading((), ())
    try:
        reading = read_again(
            document, context.protocol, settings, session=session, pause=context.sleep, keep=answers.append
        )
    except SecondReadingFailed as error:
        failure = str(error)
    hashes = tuple(keep_body(context.store.archive, body) for body in answers)
    with context.store.write() as tx:
        for sha256, body in zip(hashes, answers, strict=True):
            note_body(tx, sha256, size=len(body), at=context.now())
        put_second_reading(
            tx,
            KeptReading(
                pmid=record.pmid,
                revision=record.revision,
                extractor=extractor_version(settings),
                at=context.now(),
                failure=failure,
                effects=reading.effects,
                refused=tuple((one.claim, one.reason) for one in reading.refused),
                answers=hashes,
            ),
        )
    return failure
