"""Our records as references for other programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from extract.exchange.reference import Reference, reference_of
from extract.exchange.ris import write_ris
from extract.exchange.table import write_csv
from extract.pubmed.parse import record_from_json
from extract.schema.vocabulary import RecordState
from extract.store.engine import Transaction
from extract.store.records import StoredRecord, list_records

STATES: Final = {
    "all": tuple(RecordState),
    "included": (RecordState.INCLUDED,),
    "excluded": (RecordState.EXCLUDED,),
    "waiting": (RecordState.NEW, RecordState.SCREENING, RecordState.CONFLICT),
}
"""Which records each choice means."""


def exported(tx: Transaction, file_format: str, which: str) -> str:
    """Return records as RIS or CSV, oldest first."""
    references = [_reference(record) for record in list_records(tx, states=STATES[which])]
    return write_ris(references) if file_format == "ris" else write_csv(references)


def _reference(record: StoredRecord) -> Reference:
    reference = reference_of(record_from_json(record.content))
    # A record of an imported file carries an id of ours: nobody else knows it.
    return reference if record.pmid.isdecimal() else replace(reference, pmid=None, url="")
