"""References of other databases: imported from files by people, beside what we have, and taken back again.

An entry we have already (same PubMed id or DOI, or certain by title, author and year) is kept as known; one that looks
alike is imported and proposed to people as a duplicate. An entry without a PubMed id gets an id of ours.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from extract.errors import DecisionError, DocumentError, SearchFailed
from extract.exchange.importing import ImportPlan, plan_import
from extract.exchange.reference import Reference
from extract.linkage.duplicates import DuplicateProposal, citation_of
from extract.pubmed.parse import content_hash, record_from_json, record_to_json
from extract.review.people import reviewer
from extract.schema.protocol import Protocol
from extract.schema.record import AbstractSection, Author, Pmid, Record
from extract.schema.vocabulary import RecordState
from extract.store.archive import keep_body, note_body
from extract.store.decisions import Decision, decisions_on, record_decision
from extract.store.engine import Store, Transaction
from extract.store.imports import (
    ImportedReference,
    ReferenceImport,
    get_import,
    imported_entries,
    pmids_never_fetched,
    put_import,
    undo_record,
)
from extract.store.links import LinkEvidence, list_links, propose_link
from extract.store.records import get_record, list_records, upsert_record
from extract.store.results import recently_asked
from flows.context import NightContext
from flows.pubmed import pubmed
from flows.runs import logged_run
from flows.search import store_batches

CERTAIN: Final = 0.9
"""Score from which two entries are one publication without asking: a common id, or title, first author and year."""

AGAIN_AFTER_DAYS: Final = 30
"""An imported PMID that PubMed did not know is asked for again after this many days."""


@dataclass(frozen=True)
class Imported:
    """What an import did: ids of new records, entries we had, pairs for people to look at, done before or now."""

    import_id: str
    name: str
    new: tuple[str, ...]
    known: int
    to_check: int
    done_before: bool


@dataclass(frozen=True)
class ImportedRecordsOutcome:
    """Imported PMIDs asked of PubMed tonight, how many came, and what went wrong."""

    asked: int
    received: int
    failures: tuple[str, ...]


def import_file(store: Store, protocol: Protocol, path: Path, *, by: str, at: str) -> Imported:
    """Import a file of references; the same file again does nothing, after an undo it is imported again.

    Raises
    ------
    DocumentError
        The file cannot be read as what it claims to be; nothing was stored.
    DecisionError
        Nobody of this id is on the review team.
    """
    person = reviewer(protocol, by)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read ({error.strerror}); expected RIS, BibTeX, NBIB or CSV") from error
    with store.write() as tx:
        ours = [record_from_json(record.content) for record in list_records(tx)]
        plan = plan_import(content, [citation_of(record) for record in ours], name=path.name)
        before = get_import(tx, plan.import_id)
        if before is not None and before.undone_at is None:
            return _told(tx, before, done_before=True)
        sha256 = keep_body(store.archive, content)
        note_body(tx, sha256, size=len(content), at=at)
        done = ReferenceImport(plan.import_id, path.name[:200], sha256, at, person.person_id, None, None)
        entries = _store_entries(tx, plan, night=at[:10])
        put_import(tx, done, entries)
        new = sum(entry.outcome == "new" for entry in entries)
        details = {"name": path.name, "new": new, "known": len(entries) - new}
        record_decision(tx, Decision(at, person.person_id, "import", "import", plan.import_id, details=details))
        return _told(tx, done, done_before=False)


def undo_import(store: Store, protocol: Protocol, import_id: str, *, by: str, at: str) -> tuple[str, ...]:
    """Take an import back: its undecided records leave every list and count; return their ids.

    Raises
    ------
    DecisionError
        Unknown import or person, one taken back already, or people have decided on some of its records.
    """
    person = reviewer(protocol, by)
    with store.write() as tx:
        done = get_import(tx, import_id)
        if done is None:
            raise DecisionError(f"import {import_id!r}: no such import; `living-review import --list` shows them")
        if done.undone_at is not None:
            raise DecisionError(f"import {import_id} was taken back on {done.undone_at[:10]} already")
        entries = imported_entries(tx, import_id)
        ours = [entry.pmid for entry in entries if entry.outcome == "new" and entry.pmid]
        decided = [pmid for pmid in ours if _decided(tx, pmid)]
        if decided:
            raise DecisionError(
                f"import {import_id}: people have decided on {len(decided)} of its records ({', '.join(decided[:5])}); "
                "take those decisions back first (queue undo)"
            )
        for pmid in ours:
            undo_record(tx, pmid, at=at)
        values = asdict(done) | {"undone_at": at, "undone_by": person.person_id}
        put_import(tx, ReferenceImport(**values), entries)
        record_decision(tx, Decision(at, person.person_id, "undo", "import", import_id))
        return tuple(ours)


def fetch_imported(context: NightContext) -> ImportedRecordsOutcome:
    """Ask PubMed for imported PMIDs whose words are still those of the file."""
    with context.store.read() as tx:
        due = _due(tx, context.night)
    if not due:
        return ImportedRecordsOutcome(0, 0, ())
    try:
        with logged_run(context, source="pubmed", date_type="imported", query_hash="imported") as run:
            run.hits = len(due)
            with pubmed(context, run.run_id) as client:
                size = client.settings.batch_size
                answers = [client.fetch(due[first : first + size]) for first in range(0, len(due), size)]
                missing = [pmid for answer in answers for pmid in answer.missing]
                store_batches(context, (each for each in answers if each.received), run.run_id, run.counts)
            if missing:
                run.message = f"PubMed does not know PMID {', '.join(missing[:10])}; the words of the file stand"
            run.asked, run.found = due, tuple(pmid for pmid in due if pmid not in missing)
    except SearchFailed as error:
        # Not swallowed: logged as failed, told to the operator, exit code 3.
        return ImportedRecordsOutcome(len(due), 0, (f"imported records: {error}",))
    return ImportedRecordsOutcome(len(due), run.counts["received"], ())


def _due(tx: Transaction, night: dt.date) -> tuple[Pmid, ...]:
    since = (night - dt.timedelta(days=AGAIN_AFTER_DAYS - 1)).isoformat()
    recent = recently_asked(tx, "imported", since=since, until=night.isoformat())
    return tuple(Pmid(pmid) for pmid in pmids_never_fetched(tx) if pmid not in recent)


def _store_entries(tx: Transaction, plan: ImportPlan, *, night: str) -> list[ImportedReference]:
    """Store each entry as a new record or as one we have; pairs that are not certain are proposed to people."""
    ids: dict[str, str] = {}
    entries = []
    for entry_id, reference in plan.entries:
        twin = _certain_twin(plan.proposals, entry_id, ids)
        pmid = twin or reference.pmid or _own_id(entry_id)
        known = twin is not None or get_record(tx, pmid) is not None
        if not known:
            record = as_record(reference, pmid, created=night)
            content = record_to_json(record)
            upsert_record(tx, record, content=content, content_hash=content_hash(record), night=night, run_id=None)
        ids[entry_id] = pmid
        plain = asdict(reference)
        entries.append(ImportedReference(entry_id, plan.import_id, plain, "known" if known else "new", pmid))
    for pair in plan.proposals:
        first, second = sorted(ids.get(each, each) for each in (pair.first_id, pair.second_id))
        if first != second:
            evidence = [LinkEvidence(e.kind, e.weight, e.found, e.known, e.where) for e in pair.evidence]
            propose_link(tx, "duplicate", first, second, score=pair.score, evidence=evidence, night=night)
    return entries


def _certain_twin(proposals: tuple[DuplicateProposal, ...], entry_id: str, ids: Mapping[str, str]) -> str | None:
    """Return the record an entry certainly is: one of ours, or that of an entry before it in the file."""
    for pair in proposals:
        if entry_id in (pair.first_id, pair.second_id) and pair.relation == "same" and pair.score >= CERTAIN:
            other = pair.second_id if pair.first_id == entry_id else pair.first_id
            is_entry = other.startswith(entry_id.rpartition("-")[0] + "-")
            if not is_entry or other in ids:
                return ids.get(other, other)
    return None


def as_record(reference: Reference, pmid: str, *, created: str) -> Record:
    """Return a reference as a record; what the file does not say is empty."""
    return Record(
        pmid=Pmid(pmid),
        version=1,
        title=reference.title,
        vernacular_title=None,
        abstract=(AbstractSection(None, reference.abstract),) if reference.abstract else (),
        other_abstracts=(),
        authors=tuple(_author(name) for name in reference.authors),
        journal=reference.journal,
        journal_abbreviation=reference.journal,
        volume=reference.volume or None,
        issue=reference.issue or None,
        pages=reference.pages or None,
        publication_year=reference.year,
        publication_date=str(reference.year or ""),
        language=(),
        publication_types=tuple(part for part in reference.kind.split("; ") if part),
        mesh_headings=(),
        keywords=reference.keywords,
        doi=reference.doi,
        pmcid=None,
        databank_ids=(),
        links=(),
        created=created,
        revised=None,
        status="Imported",
    )


def _author(name: str) -> Author:
    surname, comma, given = (part.strip() for part in name.partition(","))
    if not comma:
        return Author(None, None, None, name.strip())
    return Author(surname, given or None, "".join(part[0] for part in given.split()) or None, None)


def _own_id(entry_id: str) -> str:
    return f"ref-{hashlib.sha256(entry_id.encode()).hexdigest()[:8]}"


def _decided(tx: Transaction, pmid: str) -> bool:
    record = get_record(tx, pmid)
    return record is not None and (record.state is not RecordState.NEW or bool(decisions_on(tx, "record", pmid)))


def _told(tx: Transaction, done: ReferenceImport, *, done_before: bool) -> Imported:
    entries = imported_entries(tx, done.import_id)
    new = tuple(entry.pmid for entry in entries if entry.outcome == "new" and entry.pmid)
    pairs = [link for link in list_links(tx, kind="duplicate") if {link.subject_id, link.target_id} & set(new)]
    return Imported(done.import_id, done.name, new, len(entries) - len(new), len(pairs), done_before)
