"""A record for tests."""

from __future__ import annotations

from extract.schema.record import AbstractSection, Pmid, Record


def record(pmid: str, *, title: str = "A title", abstract: str = "", doi: str | None = None) -> Record:
    """Return a small record; everything not given is empty."""
    return Record(
        pmid=Pmid(pmid),
        version=1,
        title=title,
        vernacular_title=None,
        abstract=(AbstractSection(None, abstract),) if abstract else (),
        other_abstracts=(),
        authors=(),
        journal="Journal",
        journal_abbreviation="J",
        volume=None,
        issue=None,
        pages=None,
        publication_year=2026,
        publication_date="2026",
        language=("eng",),
        publication_types=("Journal Article",),
        mesh_headings=(),
        keywords=(),
        doi=doi,
        pmcid=None,
        databank_ids=(),
        links=(),
        created="2026-11-20",
        revised=None,
        status="MEDLINE",
    )
