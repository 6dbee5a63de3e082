"""One ``PubmedArticle`` or ``PubmedBookArticle`` element as a :class:`Record`.

Children are taken level by level, never searched for with ``.//``: a reference list carries other articles' ids,
a comment another PMID. Each level is walked once (``find`` for every field costs three times as much).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lxml import etree

from extract.errors import DocumentError
from extract.pubmed.parse.text import iso_date, optional_words, pmid_of, publication_date, words
from extract.schema.record import AbstractSection, Author, Pmid, Record, RecordLink

_Level = dict[str, list[etree._Element]]
_NOTHING: list[etree._Element] = []


def record_of_article(element: etree._Element) -> Record:
    """Return the record of a ``PubmedArticle`` element.

    Raises
    ------
    DocumentError
        If a part no record can do without (PMID, MedlineCitation, Article) is missing, or a date is none.
    """
    outer = _level(element)
    citation_element = _required(outer, "MedlineCitation", where=f"PubmedArticle in line {element.sourceline}")
    citation = _level(citation_element)
    pmid, version = _identity(citation, where="MedlineCitation/PMID")
    where = f"PMID {pmid}"
    article = _level(_required(citation, "Article", where=where))
    journal = _journal(citation, article)
    history = _level(_first(outer, "PubmedData"))
    ids = _article_ids(history)
    return Record(
        pmid=pmid,
        version=version,
        title=words(_first(article, "ArticleTitle")),
        vernacular_title=optional_words(_first(article, "VernacularTitle")),
        abstract=_abstract(_first(article, "Abstract")),
        other_abstracts=_other_abstracts(citation.get("OtherAbstract", _NOTHING)),
        authors=_authors(article.get("AuthorList", _NOTHING)),
        journal=journal.title,
        journal_abbreviation=journal.abbreviation,
        volume=journal.volume,
        issue=journal.issue,
        pages=_pages(_first(article, "Pagination")),
        publication_year=journal.year,
        publication_date=journal.printed,
        language=tuple(map(words, article.get("Language", _NOTHING))),
        publication_types=_listed(article, "PublicationTypeList"),
        mesh_headings=_mesh_headings(_first(citation, "MeshHeadingList")),
        keywords=_listed(citation, "KeywordList"),
        doi=_doi(article) or ids.get("doi"),
        pmcid=ids.get("pmc"),
        databank_ids=_databank_ids(_first(article, "DataBankList")),
        links=_links(_first(citation, "CommentsCorrectionsList"), where=where),
        created=_created(history, where=where),
        revised=iso_date(_first(citation, "DateRevised"), where=f"{where}: DateRevised"),
        status=citation_element.get("Status", ""),
    )


def record_of_book(element: etree._Element) -> Record:
    """Return the record of a ``PubmedBookArticle`` element: a book, or a chapter of one.

    ``journal`` is the book's title, ``title`` the chapter's (the book's where there is no chapter), ``issue`` the
    edition, ``status`` "Book". Ids come from the document's own list only.

    Raises
    ------
    DocumentError
        If BookDocument, Book or PMID is missing, or a date is none.
    """
    outer = _level(element)
    document = _level(_required(outer, "BookDocument", where=f"PubmedBookArticle in line {element.sourceline}"))
    pmid, version = _identity(document, where="BookDocument/PMID")
    where = f"PMID {pmid}"
    book = _level(_required(document, "Book", where=where))
    year, printed = publication_date(_first(book, "PubDate"))
    book_title = words(_first(book, "BookTitle"))
    ids = _article_ids(document)
    return Record(
        pmid=pmid,
        version=version,
        title=words(_first(document, "ArticleTitle")) or book_title,
        vernacular_title=optional_words(_first(document, "VernacularTitle")),
        abstract=_abstract(_first(document, "Abstract")),
        other_abstracts=_other_abstracts(document.get("OtherAbstract", _NOTHING)),
        authors=_authors(document.get("AuthorList", _NOTHING)) or _authors(book.get("AuthorList", _NOTHING)),
        journal=book_title,
        journal_abbreviation="",
        volume=optional_words(_first(book, "Volume")),
        issue=optional_words(_first(book, "Edition")),
        pages=_pages(_first(document, "Pagination")),
        publication_year=year,
        publication_date=printed,
        language=tuple(map(words, document.get("Language", _NOTHING))),
        publication_types=tuple(map(words, document.get("PublicationType", _NOTHING))),
        mesh_headings=(),
        keywords=_listed(document, "KeywordList"),
        doi=ids.get("doi") or _doi(book),
        pmcid=ids.get("pmc"),
        databank_ids=(),
        links=(),
        created=_created(_level(_first(outer, "PubmedBookData")), where=where),
        revised=iso_date(_first(document, "DateRevised"), where=f"{where}: DateRevised"),
        status="Book",
    )


def deleted_pmids(element: etree._Element) -> Iterator[Pmid]:
    """Yield the PMIDs a ``DeleteCitation`` element withdraws."""
    for part in element:
        yield pmid_of(part, where="DeleteCitation")


def _level(parent: etree._Element | None) -> _Level:
    """Return the children of an element by tag, in order."""
    found: _Level = {}
    for part in _children(parent):
        found.setdefault(part.tag, []).append(part)
    return found


def _children(parent: etree._Element | None) -> Iterable[etree._Element]:
    return _NOTHING if parent is None else parent


def _first(level: _Level, tag: str) -> etree._Element | None:
    parts = level.get(tag)
    return parts[0] if parts else None


def _required(level: _Level, tag: str, *, where: str) -> etree._Element:
    found = _first(level, tag)
    if found is None:
        raise DocumentError(f"{where}: <{tag}> is missing")
    return found


def _listed(level: _Level, tag: str) -> tuple[str, ...]:
    """Return the words of every child of every list of that name."""
    return tuple(words(part) for group in level.get(tag, _NOTHING) for part in group)


def _identity(level: _Level, *, where: str) -> tuple[Pmid, int]:
    element = _first(level, "PMID")
    pmid = pmid_of(element, where=where)
    version = "1" if element is None else element.get("Version", "1")
    if not version.isdecimal():
        raise DocumentError(f"PMID {pmid}: version {version!r} is not a number")
    return pmid, int(version)


class _Journal(NamedTuple):
    """Where an article appeared."""

    title: str
    abbreviation: str
    volume: str | None
    issue: str | None
    year: int | None
    printed: str


def _journal(citation: _Level, article: _Level) -> _Journal:
    journal = _level(_first(article, "Journal"))
    issue = _level(_first(journal, "JournalIssue"))
    year, printed = publication_date(_first(issue, "PubDate"))
    abbreviation = words(_first(journal, "ISOAbbreviation"))
    if not abbreviation:
        abbreviation = words(_first(_level(_first(citation, "MedlineJournalInfo")), "MedlineTA"))
    return _Journal(
        title=words(_first(journal, "Title")),
        abbreviation=abbreviation,
        volume=optional_words(_first(issue, "Volume")),
        issue=optional_words(_first(issue, "Issue")),
        year=year,
        printed=printed,
    )


def _abstract(element: etree._Element | None) -> tuple[AbstractSection, ...]:
    """Return the sections that hold text; PubMed's label is kept as printed, empty labels are none."""
    sections = []
    for part in _children(element):
        text = words(part) if part.tag == "AbstractText" else ""
        if text:
            sections.append(AbstractSection((part.get("Label") or "").strip() or None, text))
    return tuple(sections)


def _other_abstracts(elements: list[etree._Element]) -> tuple[tuple[str, str], ...]:
    found = []
    for part in elements:
        lines = [f"{s.label}: {s.text}" if s.label else s.text for s in _abstract(part)]
        if lines:
            found.append((part.get("Language", ""), "\n".join(lines)))
    return tuple(found)


def _authors(lists: list[etree._Element]) -> tuple[Author, ...]:
    """Return the authors in order; an editors' list counts only where a book has no other."""
    lists = [part for part in lists if part.get("Type") != "editors"] or lists
    return tuple(_author(part) for authors in lists for part in authors)


def _author(element: etree._Element) -> Author:
    named: dict[str, str | None] = {}
    affiliations: list[str] = []
    for part in element:
        tag = part.tag
        if tag == "AffiliationInfo":
            affiliations.extend(words(inner) for inner in part if inner.tag == "Affiliation")
        elif tag != "Identifier":
            named[tag] = optional_words(part)
    return Author(
        last_name=named.get("LastName"),
        fore_name=named.get("ForeName"),
        initials=named.get("Initials"),
        collective=named.get("CollectiveName"),
        suffix=named.get("Suffix"),
        affiliations=tuple(filter(None, affiliations)),
    )


def _pages(pagination: etree._Element | None) -> str | None:
    level = _level(pagination)
    printed = words(_first(level, "MedlinePgn"))
    if printed:
        return printed
    pages = (words(_first(level, "StartPage")), words(_first(level, "EndPage")))
    return "-".join(filter(None, pages)) or None


def _mesh_headings(headings: etree._Element | None) -> tuple[str, ...]:
    """Return ``Descriptor`` or ``Descriptor/qualifier/qualifier``, as in MEDLINE but without its stars."""
    return tuple("/".join(map(words, heading)) for heading in _children(headings))


def _doi(level: _Level) -> str | None:
    for part in level.get("ELocationID", _NOTHING):
        if part.get("EIdType") == "doi" and part.get("ValidYN", "Y") == "Y":
            return optional_words(part)
    return None


def _article_ids(level: _Level) -> dict[str, str]:
    """Return the article's own ids by type, the first of each."""
    ids: dict[str, str] = {}
    for part in _children(_first(level, "ArticleIdList")):
        text = words(part)
        if text:
            ids.setdefault(part.get("IdType", ""), text)
    return ids


def _databank_ids(banks: etree._Element | None) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for bank in _children(banks):
        level = _level(bank)
        name = words(_first(level, "DataBankName"))
        found.extend((name, accession) for accession in _listed(level, "AccessionNumberList"))
    return tuple(found)


def _links(corrections: etree._Element | None, *, where: str) -> tuple[RecordLink, ...]:
    links = []
    for part in _children(corrections):
        kind = part.get("RefType", "")
        level = _level(part)
        linked = _first(level, "PMID")
        pmid = None if linked is None else pmid_of(linked, where=f"{where}: CommentsCorrections {kind}")
        links.append(RecordLink(ref_type=kind, pmid=pmid, ref_source=words(_first(level, "RefSource"))))
    return tuple(links)


def _created(history: _Level, *, where: str) -> str | None:
    """Return PubMed's create date [crdt], else its entry date [edat].

    The create date stands under PubStatus="entrez"; "pubmed" is the entry date, which is set back to the
    publication date for records added more than a year late (DTD of 2025, attribute PubStatus; NLM Technical
    Bulletin 2008 Nov-Dec, "Create Date").
    """
    dates = {part.get("PubStatus"): part for part in _children(_first(history, "History"))}
    chosen = dates.get("entrez")
    if chosen is None:
        chosen = dates.get("pubmed")
    return iso_date(chosen, where=f"{where}: PubMedPubDate")
