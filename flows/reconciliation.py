"""Does what is stored still hold: archive against its hashes, decisions against their chain, snapshots, spans."""

from __future__ import annotations

from collections.abc import Iterator

from extract.errors import StoreError
from extract.pubmed.parse import record_from_json
from extract.store.curated import curated_values
from extract.store.decisions import verify_chain
from extract.store.engine import Store, Transaction
from extract.store.records import get_record
from extract.store.saving import archived_bodies, damaged_bodies
from extract.store.versions import published_snapshots
from flows.context import open_store
from flows.settings import Settings
from reports.errors import ReportError
from reports.snapshot import read_snapshot


def verify_state(settings: Settings) -> tuple[str, ...]:
    """Return what does not hold, one line each; empty when everything does."""
    store = open_store(settings)
    try:
        return tuple(_problems(settings, store))
    finally:
        store.close()


def _problems(settings: Settings, store: Store) -> Iterator[str]:
    with store.read() as tx:
        try:
            verify_chain(tx)
        except StoreError as error:
            yield str(error)  # not swallowed: the problems are the answer
        yield from _lost_places(tx)
        kept, snapshots = archived_bodies(tx), published_snapshots(tx)
    yield from damaged_bodies(store.archive, kept)
    for published in snapshots:
        try:
            read_snapshot(settings.snapshots_dir / published.snapshot_id)
        except ReportError as error:
            yield str(error)


def _lost_places(tx: Transaction) -> Iterator[str]:
    """Find approved values whose quoted words their record does not hold (only records; full texts have their own)."""
    for value in curated_values(tx):
        if value.span is None or value.span_pmid is None or value.span.source not in ("title", "abstract"):
            continue
        stored = get_record(tx, value.span_pmid)
        if stored is None:
            yield f"value {value.value_id}: its record PMID {value.span_pmid} is not stored"
            continue
        record = record_from_json(stored.content)
        text = record.title if value.span.source == "title" else record.abstract_text()
        if value.state == "approved" and value.span.text not in text:
            yield f"value {value.value_id}: its words are not in PMID {value.span_pmid} any more; reopen it"
