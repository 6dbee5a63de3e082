"""A reference as other databases give it, whatever the file it came in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from extract.errors import DocumentError
from extract.linkage.duplicates import Citation, first_page, publication_stage
from extract.schema.record import Record

_DOI: Final = re.compile(r"10\.\d{4,9}/\S+")
_PUBMED_URL: Final = re.compile(r"(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed)/(\d{1,9})\b")
_YEAR: Final = re.compile(r"\b(?:1[89]|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference; an empty text or None is "not given", never a guess.

    Parameters
    ----------
    authors
        As "Soran, Atilla" or "Soran, A"; a group by its name.
    kind
        The file's own word for the type of publication (JOUR, article, Meeting Abstract), several joined by "; ".
    line
        Line of the file the reference begins at; None for one of ours.
    source_fields
        Every field as it stood in the file, in order: nothing is lost, an import can be undone and done again.
    """

    title: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    journal: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str | None = None
    pmid: str | None = None
    abstract: str = ""
    keywords: tuple[str, ...] = ()
    url: str = ""
    kind: str = ""
    line: int | None = None
    source_fields: tuple[tuple[str, str], ...] = ()

    def citation(self, citation_id: str) -> Citation:
        """Return what of the reference tells it from others."""
        return Citation(
            citation_id=citation_id,
            title=self.title,
            authors=tuple(_short(name) for name in self.authors),
            year=self.year,
            doi=self.doi,
            pmid=self.pmid,
            pages=first_page(self.pages),
            stage=publication_stage(
                title=self.title,
                doi=self.doi,
                journal=self.journal,
                issue=self.issue,
                publication_types=self.kind.split("; "),
            ),
        )


def reference_of(record: Record) -> Reference:
    """Return a record of ours for export."""
    names = (
        author.collective or ", ".join(part for part in (author.last_name, author.fore_name or author.initials) if part)
        for author in record.authors
    )
    return Reference(
        title=record.title,
        authors=tuple(name for name in names if name),
        year=record.publication_year,
        journal=record.journal,
        volume=record.volume or "",
        issue=record.issue or "",
        pages=record.pages or "",
        doi=record.doi.casefold() if record.doi else None,
        pmid=str(record.pmid),
        abstract=folded(record.abstract_text()),
        keywords=record.keywords,
        url=f"https://pubmed.ncbi.nlm.nih.gov/{record.pmid}/",
        kind="; ".join(record.publication_types),
    )


def folded(text: str) -> str:
    """Return a text on one line, white space folded."""
    return " ".join(text.split())


def doi_in(text: str) -> str | None:
    """Return the DOI of a field (with or without resolver or "doi:"), lower case; None where there is none."""
    match = _DOI.search(text)
    return match.group().rstrip(".,;)]}\"'").casefold() if match else None


def pmid_in_url(text: str) -> str | None:
    """Return the PMID of an address in PubMed."""
    match = _PUBMED_URL.search(text)
    return match.group(1) if match else None


def year_in(text: str) -> int | None:
    """Return the first year of a date field ("2021/11/05/", "2018 Oct"); None where none stands."""
    match = _YEAR.search(text)
    return int(match.group()) if match else None


def pmid_of(text: str, place: str) -> str | None:
    """Return a field that should hold a PMID.

    Raises
    ------
    DocumentError
        A text that is no PMID: a letter or too many digits would tie the reference to nothing or to another one.
    """
    pmid = text.strip()
    if not pmid:
        return None
    if not re.fullmatch(r"\d{1,9}", pmid):
        raise DocumentError(f"{place}: PMID {pmid!r} is no PubMed id; expected up to 9 digits")
    return pmid


def _short(name: str) -> str:
    """Return "Soran A" for "Soran, Atilla"; a group stays as it is."""
    surname, comma, given = name.partition(",")
    return f"{surname.strip()} {given.strip()[:1]}".strip() if comma else name.strip()
