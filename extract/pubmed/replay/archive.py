"""An archive folder as PubMed stood on a given day.

``archive.toml``
    title, description, ``first_night``, ``nights`` (ISO dates).
``records/<pmid>.xml``
    a PubmedArticleSet with one article; it appears on its create date.
``revisions/<YYYY-MM-DD>/<pmid>.xml``
    replaces the record from that day on, which is its modification date.
``deleted/<YYYY-MM-DD>.txt``
    PMIDs withdrawn that day, one a line.
``links.json``
    ``{"pubmed_pubmed_citedin": {pmid: [pmid, ...]}, "pubmed_pubmed_refs": {...}}``
``pmc/<PMCID>.xml``
    open-access full texts.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from extract.errors import DocumentError
from extract.pubmed.parse import parse_records
from extract.schema.record import Pmid, Record


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record of the archive on a day: its XML, what it says, and its four dates."""

    record: Record
    xml: bytes
    created: dt.date
    entered: dt.date
    modified: dt.date


@dataclass(frozen=True, slots=True)
class Archive:
    """The archive as it stood at the end of ``as_of``."""

    title: str
    as_of: dt.date
    nights: tuple[dt.date, ...]
    records: dict[Pmid, StoredRecord]
    links: dict[str, dict[str, list[str]]]
    full_texts: dict[str, bytes]


def load_archive(folder: Path, *, as_of: dt.date) -> Archive:
    """Read an archive folder as it stood on a day.

    Raises
    ------
    DocumentError
        If the folder is no archive, or a file in it is not what its name says (an archive edited by hand).
    """
    manifest = _manifest(folder)
    records: dict[Pmid, StoredRecord] = {}
    for path in sorted((folder / "records").glob("*.xml")):
        stored = _stored(path, modified=None)
        if stored.created <= as_of:
            records[stored.record.pmid] = stored
    for day, path in _dated(folder / "revisions", "*", as_of=as_of):
        for file in sorted(path.glob("*.xml")):
            stored = _stored(file, modified=day)
            if stored.record.pmid not in records:
                raise DocumentError(f"{file}: revises a record the archive does not have on {day}")
            records[stored.record.pmid] = stored
    for _, path in _dated(folder / "deleted", "*.txt", as_of=as_of):
        for line in path.read_text(encoding="utf-8").split():
            if records.pop(Pmid(line), None) is None:
                raise DocumentError(f"{path}: withdraws {line!r}, which the archive does not have")
    return Archive(
        title=str(manifest["title"]),
        as_of=as_of,
        nights=_nights(manifest, folder),
        records=records,
        links=_links(folder),
        full_texts={path.stem: path.read_bytes() for path in sorted((folder / "pmc").glob("*.xml"))},
    )


def _manifest(folder: Path) -> dict[str, object]:
    path = folder / "archive.toml"
    try:
        manifest = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DocumentError(f"{folder} is no archive: {path.name}: {error}") from error
    if not isinstance(manifest.get("title"), str):
        raise DocumentError(f"{path}: the key 'title' is missing")
    return manifest


def _nights(manifest: dict[str, object], folder: Path) -> tuple[dt.date, ...]:
    """Return the nights, given as TOML dates or as text."""
    nights = manifest.get("nights", [])
    try:
        if not isinstance(nights, list):
            raise TypeError("a list of dates is expected")
        return tuple(day if isinstance(day, dt.date) else dt.date.fromisoformat(day) for day in nights)
    except (TypeError, ValueError) as error:
        raise DocumentError(f"{folder / 'archive.toml'}: nights: {error}") from error


def _stored(path: Path, *, modified: dt.date | None) -> StoredRecord:
    """Read one record file; its name, its content and its dates must agree."""
    body = path.read_bytes()
    try:
        records = list(parse_records(io.BytesIO(body)))
    except DocumentError as error:
        raise DocumentError(f"{path}: {error}") from error
    record = records[0] if len(records) == 1 else None
    if not isinstance(record, Record) or record.pmid != path.stem:
        raise DocumentError(f"{path}: must hold exactly the record {path.stem}, holds {records and records[0].pmid}")
    if record.created is None:
        raise DocumentError(f"{path}: has no create date (PubMedPubDate PubStatus='entrez')")
    created = dt.date.fromisoformat(record.created)
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    return StoredRecord(
        record=record,
        xml=etree.tostring(root[0], encoding="utf-8", with_tail=False),
        created=created,
        entered=_entered(root) or created,
        modified=modified or created,
    )


def _entered(root: etree._Element) -> dt.date | None:
    """Return the entry date [edat], which stands under PubStatus="pubmed"."""
    for part in root.iter("PubMedPubDate"):
        if part.get("PubStatus") == "pubmed":
            year, month, day = (int(part.findtext(name, "1")) for name in ("Year", "Month", "Day"))
            return dt.date(year, month, day)
    return None


def _dated(folder: Path, pattern: str, *, as_of: dt.date) -> list[tuple[dt.date, Path]]:
    """Return the entries of a folder named by a day, up to ``as_of``, in order."""
    found = []
    for path in sorted(folder.glob(pattern)):
        try:
            day = dt.date.fromisoformat(path.stem)
        except ValueError as error:
            raise DocumentError(f"{path}: must be named by a day (YYYY-MM-DD)") from error
        if day <= as_of:
            found.append((day, path))
    return found


def _links(folder: Path) -> dict[str, dict[str, list[str]]]:
    path = folder / "links.json"
    if not path.exists():
        return {}
    try:
        links = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DocumentError(f"{path}: {error}") from error
    if not isinstance(links, dict) or not all(isinstance(part, dict) for part in links.values()):
        raise DocumentError(f"{path}: must map link names to mappings of PMID to PMIDs")
    return links
