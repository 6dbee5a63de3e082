"""Records for linkage tests: real bibliographic facts, abstracts restated in our own words."""

from __future__ import annotations

from collections.abc import Sequence

from extract.schema.record import AbstractSection, Author, Pmid, Record, RecordLink


def record(
    pmid: str,
    title: str,
    *,
    abstract: str = "",
    authors: Sequence[str] = (),
    affiliation: str = "",
    year: int | None = None,
    doi: str | None = None,
    databank_ids: Sequence[tuple[str, str]] = (),
    links: Sequence[tuple[str, str]] = (),
    publication_types: Sequence[str] = (),
    journal: str = "",
    issue: str | None = None,
) -> Record:
    """Return a record; authors as "Soran A"."""
    return Record(
        pmid=Pmid(pmid),
        version=1,
        title=title,
        vernacular_title=None,
        abstract=(AbstractSection(None, abstract),) if abstract else (),
        other_abstracts=(),
        authors=tuple(
            Author(
                name.rpartition(" ")[0],
                None,
                name.rpartition(" ")[2],
                None,
                None,
                (affiliation,) if affiliation else (),
            )
            for name in authors
        ),
        journal=journal,
        journal_abbreviation=journal,
        volume=None,
        issue=issue,
        pages=None,
        publication_year=year,
        publication_date=str(year or ""),
        language=("eng",),
        publication_types=tuple(publication_types),
        mesh_headings=(),
        keywords=(),
        doi=doi,
        pmcid=None,
        databank_ids=tuple(databank_ids),
        links=tuple(RecordLink(kind, Pmid(pmid), "") for kind, pmid in links),
        created=None,
        revised=None,
        status="MEDLINE",
    )
