"""One ``PubmedArticle`` or ``PubmedBookArticle`` element as a :class:`Record`.

Children are taken level by level, never searched for with ``.//``: a reference list carries other articles' ids, a
comment another PMID. Each level is walked once; a list is asked for only where the walk met its tag.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from lxml import etree

from extract.errors import DocumentError
from extract.pubmed.parse.text import iso_date, optional_words, pmid_of, publication_date, words
from extract.schema.record import AbstractSection, Author, Pmid, Record, RecordLink

#: The children of an element by tag, the first of each.
_Level = dict[str, etree._Element]
#: An author and the parts of one that hold a text; anything else in an author is not ours.
_AUTHOR_PARTS = ("Author", "LastName", "ForeName", "Initials", "Suffix", "CollectiveName", "Affiliation")


def record_of_article(element: etree._Element) -> Record:
    """Return the record of a ``PubmedArticle`` element.

    Raises
    ------
    DocumentError
        If a part no record can do without (PMID, MedlineCitation, Article) is missing, or a date is none.
    """
    outer = _level(element)
    citation_element = _required(outer, "MedlineCitation", where="PubmedArticle")
    citation = _level(citation_element)
    pmid, version = _identity(citation, where="MedlineCitation/PMID")
    where = f"PMID {pmid}"
    article_element = _required(citation, "Article", where=where)
    article = _level(article_element)
    journal = _journal(citation, article)
    history = _level(outer.get("PubmedData"))
    ids = _article_ids(history)
    return Record(
        pmid=pmid,
        version=version,
        title=words(article.get("ArticleTitle")),
        vernacular_title=optional_words(article.get("VernacularTitle")),
        abstract=_abstract(article.get("Abstract")),
        other_abstracts=_other_abstracts(_all(citation_element, citation, "OtherAbstract")),
        authors=_authors(_all(article_element, article, "AuthorList")),
        journal=journal.title,
        journal_abbreviation=journal.abbreviation,
        volume=journal.volume,
        issue=journal.issue,
        pages=_pages(article.get("Pagination")),
        publication_year=journal.year,
        publication_date=journal.printed,
        language=tuple(map(words, _all(article_element, article, "Language"))),
        publication_types=_listed(_all(article_element, article, "PublicationTypeList")),
        mesh_headings=_mesh_headings(citation.get("MeshHeadingList")),
        keywords=_listed(_all(citation_element, citation, "KeywordList")),
        doi=_doi(_all(article_element, article, "ELocationID")) or ids.get("doi"),
        pmcid=ids.get("pmc"),
        databank_ids=_databank_ids(article.get("DataBankList")),
        links=_links(citation.get("CommentsCorrectionsList"), where=where),
        created=_created(history, where=where),
        revised=iso_date(citation.get("DateRevised"), where=f"{where}: DateRevised"),
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
    document_element = _required(outer, "BookDocument", where="PubmedBookArticle")
    document = _level(document_element)
    pmid, version = _identity(document, where="BookDocument/PMID")
    where = f"PMID {pmid}"
    book_element = _required(document, "Book", where=where)
    book = _level(book_element)
    year, printed = publication_date(book.get("PubDate"))
    book_title = words(book.get("BookTitle"))
    ids = _article_ids(document)
    return Record(
        pmid=pmid,
        version=version,
        title=words(document.get("ArticleTitle")) or book_title,
        vernacular_title=optional_words(document.get("VernacularTitle")),
        abstract=_abstract(document.get("Abstract")),
        other_abstracts=_other_abstracts(_all(document_element, document, "OtherAbstract")),
        authors=_authors(_all(document_element, document, "AuthorList"))
        or _authors(_all(book_element, book, "AuthorList")),
        journal=book_title,
        journal_abbreviation="",
        volume=optional_words(book.get("Volume")),
        issue=optional_words(book.get("Edition")),
        pages=_pages(document.get("Pagination")),
        publication_year=year,
        publication_date=printed,
        language=tuple(map(words, _all(document_element, document, "Language"))),
        publication_types=tuple(map(words, _all(document_element, document, "PublicationType"))),
        mesh_headings=(),
        keywords=_listed(_all(document_element, document, "KeywordList")),
        doi=ids.get("doi") or _doi(_all(book_element, book, "ELocationID")),
        pmcid=ids.get("pmc"),
        databank_ids=(),
        links=(),
        created=_created(_level(outer.get("PubmedBookData")), where=where),
        revised=iso_date(document.get("DateRevised"), where=f"{where}: DateRevised"),
        status="Book",
    )


def deleted_pmids(element: etree._Element) -> Iterator[Pmid]:
    """Yield the PMIDs a ``DeleteCitation`` element withdraws."""
    for part in element:
        yield pmid_of(part, where="DeleteCitation")


def _level(parent: etree._Element | None) -> _Level:
    """Return the children of an element by tag; of several with one tag the first."""
    return {} if parent is None else {part.tag: part for part in reversed(parent)}


def _all(parent: etree._Element, level: _Level, tag: str) -> Sequence[etree._Element]:
    """Return every child with that tag, in order."""
    return [part for part in parent if part.tag == tag] if tag in level else ()


def _children(parent: etree._Element | None) -> Iterable[etree._Element]:
    return () if parent is None else parent


def _required(level: _Level, tag: str, *, where: str) -> etree._Element:
    found = level.get(tag)
    if found is None:
        raise DocumentError(f"{where}: <{tag}> is missing")
    return found


def _listed(lists: Sequence[etree._Element]) -> tuple[str, ...]:
    """Return the words of every child of every list."""
    return tuple([words(part) for group in lists for part in group])


def _identity(level: _Level, *, where: str) -> tuple[Pmid, int]:
    element = level.get("PMID")
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
    journal = _level(article.get("Journal"))
    issue = _level(journal.get("JournalIssue"))
    year, printed = publication_date(issue.get("PubDate"))
    abbreviation = words(journal.get("ISOAbbreviation"))
    if not abbreviation:
        abbreviation = words(_level(citation.get("MedlineJournalInfo")).get("MedlineTA"))
    return _Journal(
        title=words(journal.get("Title")),
        abbreviation=abbreviation,
        volume=optional_words(issue.get("Volume")),
        issue=optional_words(issue.get("Issue")),
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


def _other_abstracts(elements: Sequence[etree._Element]) -> tuple[tuple[str, str], ...]:
    found = []
    for part in elements:
        lines = [f"{s.label}: {s.text}" if s.label else s.text for s in _abstract(part)]
        if lines:
            found.append((part.get("Language", ""), "\n".join(lines)))
    return tuple(found)


def _authors(lists: Sequence[etree._Element]) -> tuple[Author, ...]:
    """Return the authors in order; an editors' list counts only where a book has no other."""
    lists = [part for part in lists if part.get("Type") != "editors"] or lists
    return tuple([author for authors in lists for author in _listed_authors(authors)])


def _listed_authors(authors: etree._Element) -> Iterator[Author]:
    """Yield the authors of one list, read in one walk: a third of a record's elements stand in it."""
    named: dict[str, str] | None = None
    affiliations: list[str] = []
    for part in authors.iter(*_AUTHOR_PARTS):
        tag = part.tag
        if tag == "Author":
            if named is not None:
                yield _author(named.get, affiliations)
            named, affiliations = {}, []
        elif text := words(part):
            if tag == "Affiliation":
                affiliations.append(text)
            elif named is not None:
                named[tag] = text
    if named is not None:
        yield _author(named.get, affiliations)


def _author(part: Callable[[str], str | None], affiliations: list[str]) -> Author:
    last, fore, initials = part("LastName"), part("ForeName"), part("Initials")
    return Author(last, fore, initials, part("CollectiveName"), part("Suffix"), tuple(affiliations))


def _pages(pagination: etree._Element | None) -> str | None:
    level = _level(pagination)
    printed = words(level.get("MedlinePgn"))
    if printed:
        return printed
    pages = (words(level.get("StartPage")), words(level.get("EndPage")))
    return "-".join(filter(None, pages)) or None


def _mesh_headings(headings: etree._Element | None) -> tuple[str, ...]:
    """Return ``Descriptor`` or ``Descriptor/qualifier/qualifier``, as in MEDLINE but without its stars."""
    return tuple(["/".join(map(words, heading)) for heading in _children(headings)])


def _doi(places: Sequence[etree._Element]) -> str | None:
    for part in places:
        if part.get("EIdType") == "doi" and part.get("ValidYN", "Y") == "Y":
            return optional_words(part)
    return None


def _article_ids(level: _Level) -> dict[str, str]:
    """Return the article's own DOI and PMC id, the first of each."""
    ids: dict[str, str] = {}
    for part in _children(level.get("ArticleIdList")):
        kind = part.get("IdType", "")
        if kind in ("doi", "pmc") and (text := words(part)):
            ids.setdefault(kind, text)
    return ids


def _databank_ids(banks: etree._Element | None) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for bank in _children(banks):
        level = _level(bank)
        name = words(level.get("DataBankName"))
        found.extend((name, accession) for accession in _listed(_all(bank, level, "AccessionNumberList")))
    return tuple(found)


def _links(corrections: etree._Element | None, *, where: str) -> tuple[RecordLink, ...]:
    links = []
    for part in _children(corrections):
        kind = part.get("RefType", "")
        level = _level(part)
        linked = level.get("PMID")
        pmid = None if linked is None else pmid_of(linked, where=f"{where}: CommentsCorrections {kind}")
        links.append(RecordLink(ref_type=kind, pmid=pmid, ref_source=words(level.get("RefSource"))))
    return tuple(links)


def _created(history: _Level, *, where: str) -> str | None:
    """Return PubMed's create date [crdt], else its entry date [edat].

    The create date stands under PubStatus="entrez"; "pubmed" is the entry date, which is set back to the
    publication date for records added more than a year late (DTD of 2025, attribute PubStatus; NLM Technical
    Bulletin 2008 Nov-Dec, "Create Date").
    """
    dates = {part.get("PubStatus"): part for part in _children(history.get("History"))}
    chosen = dates.get("entrez", dates.get("pubmed"))
    return iso_date(chosen, where=f"{where}: PubMedPubDate")
