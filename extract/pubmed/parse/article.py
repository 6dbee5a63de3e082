"""One ``PubmedArticle`` or ``PubmedBookArticle`` element as a :class:`Record`.

Paths are explicit, never ``.//``: a reference list carries other articles' ids, a comment another PMID.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from extract.errors import DocumentError
from extract.pubmed.parse.text import iso_date, optional_words, pmid_of, publication_date, words
from extract.schema.record import AbstractSection, Author, Pmid, Record, RecordLink


def record_of_article(element: etree._Element) -> Record:
    """Return the record of a ``PubmedArticle`` element.

    Raises
    ------
    DocumentError
        If a part no record can do without (PMID, MedlineCitation, Article) is missing, or a date is none.
    """
    citation = _required(element, "MedlineCitation", where="PubmedArticle")
    pmid, version = _identity(citation, where="MedlineCitation/PMID")
    where = f"PMID {pmid}"
    article = _required(citation, "Article", where=where)
    journal = article.find("Journal")
    issue = journal.find("JournalIssue") if journal is not None else None
    year, printed = publication_date(issue.find("PubDate") if issue is not None else None)
    history = element.find("PubmedData")
    ids = history.find("ArticleIdList") if history is not None else None
    return Record(
        pmid=pmid,
        version=version,
        title=words(article.find("ArticleTitle")),
        vernacular_title=optional_words(article.find("VernacularTitle")),
        abstract=_abstract(article.find("Abstract")),
        other_abstracts=_other_abstracts(citation),
        authors=_authors(article.findall("AuthorList")),
        journal=words(journal.find("Title")) if journal is not None else "",
        journal_abbreviation=_journal_abbreviation(citation, journal),
        volume=optional_words(issue.find("Volume")) if issue is not None else None,
        issue=optional_words(issue.find("Issue")) if issue is not None else None,
        pages=_pages(article.find("Pagination")),
        publication_year=year,
        publication_date=printed,
        language=_all_words(article, "Language"),
        publication_types=_all_words(article, "PublicationTypeList/PublicationType"),
        mesh_headings=_mesh_headings(citation),
        keywords=_all_words(citation, "KeywordList/Keyword"),
        doi=_doi(article) or _article_id(ids, "doi"),
        pmcid=_article_id(ids, "pmc"),
        databank_ids=_databank_ids(article),
        links=_links(citation, where=where),
        created=_created(history, where=where),
        revised=iso_date(citation.find("DateRevised"), where=f"{where}: DateRevised"),
        status=citation.get("Status", ""),
    )


def record_of_book(element: etree._Element) -> Record:
    """Return the record of a ``PubmedBookArticle`` element: a book, or a chapter of one.

    ``journal`` is the book's title, ``title`` the chapter's (the book's where there is no chapter), ``issue``
    the edition, ``status`` "Book". Ids come from the document's own list only.

    Raises
    ------
    DocumentError
        If BookDocument, Book or PMID is missing, or a date is none.
    """
    document = _required(element, "BookDocument", where="PubmedBookArticle")
    pmid, version = _identity(document, where="BookDocument/PMID")
    where = f"PMID {pmid}"
    book = _required(document, "Book", where=where)
    year, printed = publication_date(book.find("PubDate"))
    book_title = words(book.find("BookTitle"))
    own_ids = document.find("ArticleIdList")
    history = element.find("PubmedBookData")
    return Record(
        pmid=pmid,
        version=version,
        title=words(document.find("ArticleTitle")) or book_title,
        vernacular_title=optional_words(document.find("VernacularTitle")),
        abstract=_abstract(document.find("Abstract")),
        other_abstracts=(),
        authors=_authors(document.findall("AuthorList")) or _authors(book.findall("AuthorList")),
        journal=book_title,
        journal_abbreviation="",
        volume=optional_words(book.find("Volume")),
        issue=optional_words(book.find("Edition")),
        pages=_pages(document.find("Pagination")),
        publication_year=year,
        publication_date=printed,
        language=_all_words(document, "Language"),
        publication_types=_all_words(document, "PublicationType"),
        mesh_headings=(),
        keywords=_all_words(document, "KeywordList/Keyword"),
        doi=_article_id(own_ids, "doi") or _doi(book),
        pmcid=_article_id(own_ids, "pmc"),
        databank_ids=(),
        links=(),
        created=_created(history, where=where),
        revised=iso_date(document.find("DateRevised"), where=f"{where}: DateRevised"),
        status="Book",
    )


def deleted_pmids(element: etree._Element) -> Iterator[Pmid]:
    """Yield the PMIDs a ``DeleteCitation`` element withdraws."""
    for part in element.iterchildren("PMID"):
        yield pmid_of(part, where="DeleteCitation")


def _all_words(parent: etree._Element, path: str) -> tuple[str, ...]:
    return tuple(words(part) for part in parent.iterfind(path))


def _required(parent: etree._Element, tag: str, *, where: str) -> etree._Element:
    found = parent.find(tag)
    if found is None:
        raise DocumentError(f"{where}: <{tag}> is missing (line {parent.sourceline})")
    return found


def _identity(parent: etree._Element, *, where: str) -> tuple[Pmid, int]:
    element = parent.find("PMID")
    pmid = pmid_of(element, where=where)
    version = "1" if element is None else element.get("Version", "1")
    if not version.isdecimal():
        raise DocumentError(f"PMID {pmid}: version {version!r} is not a number")
    return pmid, int(version)


def _abstract(element: etree._Element | None) -> tuple[AbstractSection, ...]:
    """Return the sections that hold text; PubMed's label is kept as printed, empty labels are none."""
    if element is None:
        return ()
    sections = []
    for part in element.iterchildren("AbstractText"):
        text = words(part)
        if text:
            sections.append(AbstractSection((part.get("Label") or "").strip() or None, text))
    return tuple(sections)


def _other_abstracts(citation: etree._Element) -> tuple[tuple[str, str], ...]:
    found = []
    for part in citation.iterchildren("OtherAbstract"):
        lines = [f"{s.label}: {s.text}" if s.label else s.text for s in _abstract(part)]
        if lines:
            found.append((part.get("Language", ""), "\n".join(lines)))
    return tuple(found)


def _authors(lists: list[etree._Element]) -> tuple[Author, ...]:
    """Return the authors in order; an editors' list counts only where a book has no other."""
    lists = [part for part in lists if part.get("Type") != "editors"] or lists
    return tuple(_author(part) for authors in lists for part in authors.iterchildren("Author"))


def _author(element: etree._Element) -> Author:
    return Author(
        last_name=optional_words(element.find("LastName")),
        fore_name=optional_words(element.find("ForeName")),
        initials=optional_words(element.find("Initials")),
        collective=optional_words(element.find("CollectiveName")),
        suffix=optional_words(element.find("Suffix")),
        affiliations=tuple(filter(None, map(words, element.iterfind("AffiliationInfo/Affiliation")))),
    )


def _journal_abbreviation(citation: etree._Element, journal: etree._Element | None) -> str:
    iso = words(journal.find("ISOAbbreviation")) if journal is not None else ""
    return iso or words(citation.find("MedlineJournalInfo/MedlineTA"))


def _pages(pagination: etree._Element | None) -> str | None:
    if pagination is None:
        return None
    printed = words(pagination.find("MedlinePgn"))
    if printed:
        return printed
    pages = (words(pagination.find("StartPage")), words(pagination.find("EndPage")))
    return "-".join(filter(None, pages)) or None


def _mesh_headings(citation: etree._Element) -> tuple[str, ...]:
    """Return ``Descriptor`` or ``Descriptor/qualifier/qualifier``, as in MEDLINE but without its stars."""
    return tuple(
        "/".join(words(part) for part in heading if part.tag in ("DescriptorName", "QualifierName"))
        for heading in citation.iterfind("MeshHeadingList/MeshHeading")
    )


def _doi(parent: etree._Element) -> str | None:
    for part in parent.iterchildren("ELocationID"):
        if part.get("EIdType") == "doi" and part.get("ValidYN", "Y") == "Y":
            return optional_words(part)
    return None


def _article_id(ids: etree._Element | None, kind: str) -> str | None:
    if ids is None:
        return None
    found = (words(part) for part in ids.iterchildren("ArticleId") if part.get("IdType") == kind)
    return next(found, None) or None


def _databank_ids(article: etree._Element) -> tuple[tuple[str, str], ...]:
    return tuple(
        (words(bank.find("DataBankName")), words(accession))
        for bank in article.iterfind("DataBankList/DataBank")
        for accession in bank.iterfind("AccessionNumberList/AccessionNumber")
    )


def _links(citation: etree._Element, *, where: str) -> tuple[RecordLink, ...]:
    links = []
    for part in citation.iterfind("CommentsCorrectionsList/CommentsCorrections"):
        kind = part.get("RefType", "")
        linked = part.find("PMID")
        pmid = None if linked is None else pmid_of(linked, where=f"{where}: CommentsCorrections {kind}")
        links.append(RecordLink(ref_type=kind, pmid=pmid, ref_source=words(part.find("RefSource"))))
    return tuple(links)


def _created(history: etree._Element | None, *, where: str) -> str | None:
    """Return PubMed's create date [crdt], else its entry date [edat].

    The create date stands under PubStatus="entrez"; "pubmed" is the entry date, which is set back to the
    publication date for records added more than a year late (DTD of 2025, attribute PubStatus; NLM Technical
    Bulletin 2008 Nov-Dec, "Create Date").
    """
    if history is None:
        return None
    dates = {part.get("PubStatus"): part for part in history.iterfind("History/PubMedPubDate")}
    chosen = dates.get("entrez")
    if chosen is None:
        chosen = dates.get("pubmed")
    return iso_date(chosen, where=f"{where}: PubMedPubDate")
