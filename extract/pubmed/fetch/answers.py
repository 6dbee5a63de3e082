"""Bytes of an E-utilities answer as values: pure, and no answer is ever taken for an empty one."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lxml import etree

from extract.pubmed.fetch.error_bodies import error_in, error_meant, json_object
from extract.pubmed.fetch.faults import TransientFault
from extract.schema.record import Pmid

_PMID = re.compile(r"[1-9][0-9]{0,8}")
_JSON_WARNINGS = ("phrasesignored", "quotedphrasesnotfound", "phrasesnotfound", "fieldsnotfound")
_XML_WARNINGS = ("PhraseIgnored", "QuotedPhraseNotFound", "PhraseNotFound", "FieldNotFound")


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """An esearch answer.

    Parameters
    ----------
    count
        Records the search has in all.
    pmids
        Ids of this page.
    webenv, query_key
        Handle of the history, None if none was asked for.
    query_translation
        What PubMed made of the term.
    dropped
        Words, phrases and fields PubMed did not search for (ErrorList and WarningList); each is a hole in the
        search.
    warnings
        Other messages of PubMed.
    """

    count: int
    pmids: tuple[Pmid, ...]
    webenv: str | None
    query_key: str | None
    query_translation: str
    dropped: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FetchAnswer:
    """An efetch answer: the XML as received, what was asked for and what came.

    ``missing`` are ids PubMed passed over in silence; it never returns others than asked for (refused).
    """

    raw: bytes = field(repr=False)
    asked: tuple[Pmid, ...]
    received: tuple[Pmid, ...]

    @property
    def missing(self) -> tuple[Pmid, ...]:
        """Return the ids asked for that did not come, in the order asked."""
        came = set(self.received)
        return tuple(pmid for pmid in self.asked if pmid not in came)


@dataclass(frozen=True, slots=True)
class FullTextAnswer:
    """An efetch answer of PMC: the JATS as received; ids are PMCIDs with their prefix.

    ``withheld`` are articles asked for that PMC does not give as full text (not open access, or unknown).
    """

    raw: bytes = field(repr=False)
    asked: tuple[str, ...]
    received: tuple[str, ...]
    withheld: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """An elink answer: for each record asked about, the records it is linked to, in PubMed's order."""

    link_name: str
    links: tuple[tuple[Pmid, tuple[Pmid, ...]], ...]


@dataclass(frozen=True, slots=True)
class InfoAnswer:
    """An einfo answer: PubMed's size and last update as it says itself, and the fields to search by."""

    record_count: int
    last_update: str
    fields: tuple[str, ...]


def search_answer(body: bytes) -> SearchAnswer:
    """Read an esearch answer, XML or JSON.

    Raises
    ------
    AnswerFault
        If it is an error, has no Count, or is neither.
    """
    fault = error_in(body)
    if fault is not None:
        raise fault
    if body.lstrip()[:1] == b"{":
        return _search_answer_json(json_object(body))
    root = _xml(body, expected="eSearchResult")
    count = _number(root.findtext("Count"), name="Count")
    outputs = root.iterfind("WarningList/OutputMessage")
    return SearchAnswer(
        count=count,
        pmids=_pmids((part.text or "" for part in root.iterfind("IdList/Id")), where="esearch"),
        webenv=root.findtext("WebEnv"),
        query_key=root.findtext("QueryKey"),
        query_translation=root.findtext("QueryTranslation") or "",
        dropped=tuple(
            f"{name}: {part.text or ''}"
            for name in _XML_WARNINGS
            for parent in ("ErrorList", "WarningList")
            for part in root.iterfind(f"{parent}/{name}")
        ),
        warnings=tuple(part.text or "" for part in outputs),
    )


def fetch_answer(body: bytes, asked: Sequence[Pmid]) -> FetchAnswer:
    """Read which records an efetch answer holds; the records themselves are the parser's business.

    Raises
    ------
    AnswerFault
        If it is an error, is cut, is no PubmedArticleSet, or holds a record nobody asked for.
    """
    received = _received(body)
    foreign = sorted(set(received) - set(asked))
    if foreign and asked:
        raise TransientFault(f"the answer holds PMID {foreign[0]}, which was not asked for; refused")
    return FetchAnswer(raw=body, asked=tuple(asked), received=received)


def full_text_answer(body: bytes, asked: Sequence[str]) -> FullTextAnswer:
    """Read which full texts an efetch answer of PMC holds: articles with a body.

    Raises
    ------
    AnswerFault
        If it is an error, is cut, is no pmc-articleset, or holds an article nobody asked for.
    """
    root = _xml(body, expected="pmc-articleset")
    received = []
    for article in root.iterfind("article"):
        ids = {part.get("pub-id-type"): part.text or "" for part in article.iterfind("front/article-meta/article-id")}
        number = (ids.get("pmcid") or ids.get("pmc") or "").upper().removeprefix("PMC")
        if f"PMC{number}" not in asked:
            raise TransientFault(f"the answer holds PMC{number}, which was not asked for; refused")
        if article.find("body") is not None:
            received.append(f"PMC{number}")
    withheld = tuple(pmcid for pmcid in asked if pmcid not in received)
    return FullTextAnswer(raw=body, asked=tuple(asked), received=tuple(received), withheld=withheld)


def link_answer(body: bytes, asked: Sequence[Pmid], *, link_name: str) -> LinkAnswer:
    """Read an elink answer, one LinkSet a record.

    Raises
    ------
    AnswerFault
        If it is an error, or a record asked about has no LinkSet.
    """
    root = _xml(body, expected="eLinkResult")
    found: dict[Pmid, tuple[Pmid, ...]] = {}
    for link_set in root.iterfind("LinkSet"):
        error = link_set.findtext("ERROR")
        if error:
            raise error_meant(error)
        for part in link_set.iterfind("IdList/Id"):
            source = _pmids([part.text or ""], where="elink")[0]
            linked = link_set.iterfind("LinkSetDb")
            ids = [
                one.text or ""
                for group in linked
                if group.findtext("LinkName") == link_name
                for one in group.iterfind("Link/Id")
            ]
            found[source] = _pmids(ids, where=f"elink of {source}")
    absent = [pmid for pmid in asked if pmid not in found]
    if absent:
        raise TransientFault(f"the answer says nothing about PMID {absent[0]} ({len(absent)} of {len(asked)})")
    return LinkAnswer(link_name=link_name, links=tuple((pmid, found[pmid]) for pmid in asked))


def info_answer(body: bytes) -> InfoAnswer:
    """Read an einfo answer about one database.

    Raises
    ------
    AnswerFault
        If it is an error or has no Count.
    """
    root = _xml(body, expected="eInfoResult")
    return InfoAnswer(
        record_count=_number(root.findtext("DbInfo/Count"), name="Count"),
        last_update=root.findtext("DbInfo/LastUpdate") or "",
        fields=tuple(part.text or "" for part in root.iterfind("DbInfo/FieldList/Field/Name")),
    )


def _search_answer_json(value: dict[str, object]) -> SearchAnswer:
    result = value.get("esearchresult")
    if not isinstance(result, dict):
        raise TransientFault("the answer is JSON without an esearchresult")
    lists = [part for part in (result.get("errorlist"), result.get("warninglist")) if isinstance(part, dict)]
    return SearchAnswer(
        count=_number(result.get("count"), name="count"),
        pmids=_pmids(map(str, result.get("idlist", ())), where="esearch"),
        webenv=result.get("webenv"),
        query_key=result.get("querykey"),
        query_translation=str(result.get("querytranslation", "")),
        dropped=tuple(f"{name}: {item}" for part in lists for name in _JSON_WARNINGS for item in part.get(name, ())),
        warnings=tuple(str(item) for part in lists for item in part.get("outputmessages", ())),
    )


def _xml(body: bytes, *, expected: str) -> etree._Element:
    fault = error_in(body)
    if fault is not None:
        raise fault
    try:
        root = etree.fromstring(body, _parser())
    except etree.XMLSyntaxError as error:
        raise TransientFault(f"the answer is not whole XML: {error}") from error
    if root.tag != expected:
        raise TransientFault(f"the answer is <{root.tag}>, not <{expected}>")
    return root


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def _received(body: bytes) -> tuple[Pmid, ...]:
    """Return the PMIDs of a PubmedArticleSet, each once, in order."""
    fault = error_in(body)
    if fault is not None:
        raise fault
    found: dict[Pmid, None] = {}
    options = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
    try:
        context = etree.iterparse(io.BytesIO(body), tag=("PubmedArticle", "PubmedBookArticle"), **options)
        for _, element in context:
            text = element.findtext("MedlineCitation/PMID") or element.findtext("BookDocument/PMID") or ""
            found.update(dict.fromkeys(_pmids([text], where="efetch")))
            element.clear()
        root = context.root
    except etree.XMLSyntaxError as error:
        raise TransientFault(f"the answer is not whole XML: {error}") from error
    if root.tag != "PubmedArticleSet":
        raise TransientFault(f"the answer is <{root.tag}>, not <PubmedArticleSet>")
    return tuple(found)


def _number(text: object, *, name: str) -> int:
    if not isinstance(text, str | int) or not str(text).strip().isdecimal():
        raise TransientFault(f"the answer has no {name} (found {text!r}): a search without a count is no search")
    return int(str(text))


def _pmids(texts: Iterable[str], *, where: str) -> tuple[Pmid, ...]:
    ids = tuple(text.strip() for text in texts)
    for text in ids:
        if not _PMID.fullmatch(text):
            raise TransientFault(f"{where} answered {text!r}, which is no PMID")
    return tuple(map(Pmid, ids))
