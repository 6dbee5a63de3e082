"""A record of PubMed as we keep it: every word of it, and the links it declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

Pmid = NewType("Pmid", str)
TrialFamilyId = NewType("TrialFamilyId", str)
ReportId = NewType("ReportId", str)


@dataclass(frozen=True, slots=True)
class Author:
    """One author; ``collective`` for a group that signs as one.

    ``suffix`` ("Jr") and ``affiliations`` (as printed, in order) serve linkage: authors, centre and years.
    """

    last_name: str | None
    fore_name: str | None
    initials: str | None
    collective: str | None
    suffix: str | None = None
    affiliations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AbstractSection:
    """A part of an abstract; ``label`` is None for unlabelled text."""

    label: str | None
    text: str


@dataclass(frozen=True, slots=True)
class RecordLink:
    """A link PubMed declares between records (``CommentsCorrections``).

    ``ref_type`` is PubMed's own word: RetractionIn, ErratumIn, ExpressionOfConcernIn, UpdateIn, ...
    ``pmid`` may be missing: a retraction notice need not be in PubMed.
    """

    ref_type: str
    pmid: Pmid | None
    ref_source: str


@dataclass(frozen=True, slots=True)
class Record:
    """One PubMed record (article or book).

    Parameters
    ----------
    pmid, version
        PubMed's id and version number.
    title
        Every word of the title, inline markup removed, entities resolved, white space folded.
    abstract
        Sections in order; :meth:`abstract_text` joins them for reading and for spans.
    other_abstracts
        ``(language, text)`` of translations and plain-language summaries.
    publication_year
        From PubDate's Year or MedlineDate; ``None`` only if PubMed gives neither.
    created, revised
        ISO dates: when the record entered PubMed (create date [crdt], ``PubMedPubDate`` status "entrez"; only
        where that is missing the entry date, "pubmed", set back for late entries) and ``DateRevised``.
    mesh_headings
        ``Descriptor`` or ``Descriptor/qualifier/qualifier``.
    databank_ids
        ``(databank, accession)`` pairs PubMed lists, such as ``("ClinicalTrials.gov", "NCT00193778")``.
    status
        PubMed's own ("MEDLINE", "In-Process", ...); "Book" for a book or chapter.
    """

    pmid: Pmid
    version: int
    title: str
    vernacular_title: str | None
    abstract: tuple[AbstractSection, ...]
    other_abstracts: tuple[tuple[str, str], ...]
    authors: tuple[Author, ...]
    journal: str
    journal_abbreviation: str
    volume: str | None
    issue: str | None
    pages: str | None
    publication_year: int | None
    publication_date: str
    language: tuple[str, ...]
    publication_types: tuple[str, ...]
    mesh_headings: tuple[str, ...]
    keywords: tuple[str, ...]
    doi: str | None
    pmcid: str | None
    databank_ids: tuple[tuple[str, str], ...]
    links: tuple[RecordLink, ...]
    created: str | None
    revised: str | None
    status: str

    def abstract_text(self) -> str:
        """Return the abstract as one text, ``LABEL: text`` a line; spans count in this text."""
        return "\n".join(f"{s.label}: {s.text}" if s.label else s.text for s in self.abstract)

    def is_retracted(self) -> bool:
        """Tell whether PubMed marks this record as retracted (type or RetractionIn link)."""
        return "Retracted Publication" in self.publication_types or any(
            link.ref_type in ("RetractionIn", "RetractedandRepublishedIn") for link in self.links
        )


@dataclass(frozen=True, slots=True)
class DeletedRecord:
    """A PMID that PubMed withdrew (``DeleteCitation``)."""

    pmid: Pmid
