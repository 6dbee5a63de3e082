"""JATS XML (PMC) to an :class:`Article`: pure, bytes in, values out.

Entities and the network are switched off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from extract.errors import DocumentError
from extract.fulltext.article import Article, Section
from extract.fulltext.tables import parse_tables

#: Nesting deeper than this is no article (lxml's own limit is 256).
_SKIPPED: Final = frozenset(
    {
        "table-wrap",
        "fig",
        "disp-formula",
        "inline-formula",
        "ref-list",
        "fn-group",
        "boxed-text",
        "supplementary-material",
        "graphic",
        "media",
        "table-wrap-group",
    }
)
_SPACE: Final = re.compile(r"\s+")


def parse_article(raw: bytes, *, where: str = "") -> Article:
    """Return the article a JATS document holds.

    Parameters
    ----------
    raw
        The XML, with or without a DOCTYPE.
    where
        Name of the file or id, for the message.

    Raises
    ------
    DocumentError
        Not XML, or XML of another kind; the message says what the root element is.
    """
    root = _root(raw, where)
    article = _article_element(root)
    if article is None:
        prefix = f"{where}: " if where else ""
        name = etree.QName(root).localname
        raise DocumentError(f"{prefix}the root element is <{name}>; expected a JATS <article>")
    return read_article(article)


def parse_articles(raw: bytes, *, where: str = "") -> tuple[Article, ...]:
    """Return every article of a PMC article set, those without a body (withheld ones) left out.

    Raises
    ------
    DocumentError
        As :func:`parse_article`.
    """
    root = _root(raw, where)
    found = [e for e in root.iter() if isinstance(e.tag, str) and etree.QName(e).localname == "article"]
    if etree.QName(root).localname != "pmc-articleset":
        prefix = f"{where}: " if where else ""
        raise DocumentError(f"{prefix}the root element is <{etree.QName(root).localname}>; expected a PMC article set")
    return tuple(read_article(each) for each in map(_without_namespace, found) if each.find("body") is not None)


def read_article(article: etree._Element) -> Article:
    """Return the article of a JATS ``<article>`` element."""
    ids = {
        element.get("pub-id-type", ""): _all_text(element).strip()
        for element in article.findall("front/article-meta/article-id")
    }
    title = article.find("front/article-meta/title-group/article-title")
    pmcid = ids.get("pmc") or ids.get("pmcid") or ids.get("pmcaid")
    if pmcid and not pmcid.upper().startswith("PMC"):
        pmcid = "PMC" + pmcid
    document_id = next((value for value in (ids.get("pmid"), pmcid, ids.get("doi")) if value), "unknown")
    return Article(
        document_id=document_id,
        pmid=ids.get("pmid"),
        pmcid=pmcid,
        doi=ids.get("doi"),
        title=text_of(title) if title is not None else "",
        abstract=_abstract(article),
        sections=tuple(_sections(article)),
        tables=parse_tables(article),
    )


def _root(raw: bytes, where: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    try:
        return etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        prefix = f"{where}: " if where else ""
        raise DocumentError(f"{prefix}not well-formed XML ({error}); expected a JATS article") from error


def text_of(element: etree._Element) -> str:
    """Return every word of an element with white space folded.

    Inline markup adds no space, skipped parts none.
    """
    return _SPACE.sub(" ", "".join(_pieces(element))).strip()


def _pieces(element: etree._Element) -> Iterator[str]:
    """Yield the text of an element, leaving out tables, figures and reference marks."""
    if element.text:
        yield element.text
    for child in element:
        if isinstance(child.tag, str):
            name = etree.QName(child).localname
            if name == "xref" and child.get("ref-type") == "bibr":
                pass
            elif name not in _SKIPPED:
                yield from _pieces(child)
            else:
                yield " "
        if child.tail:
            yield child.tail


def _article_element(root: etree._Element) -> etree._Element | None:
    """Return the article element of a document.

    The root, or the only article of a PMC article set or OAI answer.
    """
    if not isinstance(root.tag, str):
        return None
    if etree.QName(root).localname == "article":
        return _without_namespace(root)
    if etree.QName(root).localname not in ("pmc-articleset", "OAI-PMH"):
        return None
    found = [
        element
        for element in root.iter()
        if isinstance(element.tag, str) and etree.QName(element).localname == "article"
    ]
    return _without_namespace(found[0]) if found else None


def _without_namespace(article: etree._Element) -> etree._Element:
    """Drop a default namespace (OAI answers carry one), so that one set of paths fits all."""
    for element in article.iter():
        if isinstance(element.tag, str) and element.tag.startswith("{"):
            element.tag = etree.QName(element).localname
    return article


def _abstract(article: etree._Element) -> str:
    """Return the main abstract, ``LABEL: text`` a line; graphical and teaser abstracts are not it."""
    for abstract in article.findall("front/article-meta/abstract"):
        if abstract.get("abstract-type") in (None, "", "structured"):
            return "\n".join(_abstract_lines(abstract))
    return ""


def _abstract_lines(abstract: etree._Element) -> Iterator[str]:
    """Yield one line a section or paragraph."""
    label = ""
    for child in abstract:
        if not isinstance(child.tag, str):
            continue
        name = etree.QName(child).localname
        if name == "title":
            label = text_of(child)
        elif name == "sec":
            yield from _abstract_lines(child)
        else:
            text = text_of(child)
            if text:
                yield f"{label}: {text}" if label and label.lower() != "abstract" else text
                label = ""


def _sections(article: etree._Element) -> Iterator[Section]:
    """Yield every section of the body with its own paragraphs (those of its subsections come with them)."""
    body = article.find("body")
    if body is None:
        return
    loose = "\n".join(_paragraphs(body))
    if loose:
        yield Section("0", "", loose)
    for number, element in enumerate(body.iter("sec"), start=1):
        title = element.find("title")
        text = "\n".join(_paragraphs(element))
        if text:
            yield Section(element.get("id") or str(number), text_of(title) if title is not None else "", text)


def _paragraphs(parent: etree._Element) -> Iterator[str]:
    """Yield the paragraphs and lists that stand directly in a section."""
    for child in parent:
        if isinstance(child.tag, str) and etree.QName(child).localname in (
            "p",
            "list",
            "def-list",
            "disp-quote",
        ):
            text = text_of(child)
            if text:
                yield text


def _all_text(element: etree._Element, joint: str = "") -> str:
    """Return every piece of text under an element."""
    return joint.join(str(piece) for piece in element.itertext())
