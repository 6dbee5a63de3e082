"""How the real service writes its answers: declarations, envelopes, its words for errors."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from extract.schema.record import Pmid

NO_HISTORY = "Unable to obtain query #1"
NO_IDS = "ID list is empty! Possibly it has no correct IDs."
OVER_CAP = """Search Backend failed: Exception:
'retstart' cannot be larger than 9998. For PubMed,\x20
ESearch can only retrieve the first 9,999 records\x20
matching the query.
 To obtain more than 9,999 PubMed records, consider\x20
using EDirect that contains additional logic\x20
to batch PubMed search results automatically
 so that an arbitrary number can be retrieved.
 For details see https://www.ncbi.nlm.nih.gov/books/NBK25499/"""

_DTDS = {"eSearchResult": ("esearch", "20060628"), "eFetchResult": ("efetch", "20131226")} | {
    "eLinkResult": ("elink", "20101123"),
    "eInfoResult": ("einfo", "20190110"),
}
_PUBMED_HEAD = (
    b'<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC '
    b'"-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
    b'"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n'
)
_JSON_TYPE = "application/json; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: status, content type, body."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class SearchView:
    """What an esearch answer says, in either of its formats."""

    count: int
    start: int
    page: tuple[Pmid, ...]
    webenv: str
    key: str
    translation: str
    fields_not_found: tuple[str, ...]

    def as_xml(self) -> Answer:
        """Return the answer as XML."""
        history = f"<QueryKey>{self.key}</QueryKey><WebEnv>{self.webenv}</WebEnv>" if self.webenv else ""
        ids = "".join(f"<Id>{pmid}</Id>\n" for pmid in self.page)
        missing = "".join(f"<FieldNotFound>{escape(tag)}</FieldNotFound>" for tag in self.fields_not_found)
        errors = f"<ErrorList>{missing}</ErrorList>" if missing else ""
        nothing = "<WarningList><OutputMessage>No items found.</OutputMessage></WarningList>"
        return document(
            "eSearchResult",
            f"<Count>{self.count}</Count><RetMax>{len(self.page)}</RetMax><RetStart>{self.start}</RetStart>"
            f"{history}<IdList>\n{ids}</IdList><TranslationSet/>"
            f"<QueryTranslation>{escape(self.translation)}</QueryTranslation>"
            f"{errors}{'' if self.count else nothing}",
        )

    def as_json(self) -> Answer:
        """Return the answer as JSON."""
        result: dict[str, object] = {
            "count": str(self.count),
            "retmax": str(len(self.page)),
            "retstart": str(self.start),
            "idlist": list(self.page),
            "translationset": [],
            "querytranslation": self.translation,
        }
        if self.webenv:
            result |= {"querykey": self.key, "webenv": self.webenv}
        if self.fields_not_found:
            result["errorlist"] = {"phrasesnotfound": [], "fieldsnotfound": list(self.fields_not_found)}
        if not self.count:
            nothing: dict[str, list[str]] = {"phrasesignored": [], "quotedphrasesnotfound": []}
            result["warninglist"] = nothing | {"outputmessages": ["No items found."]}
        body = json.dumps({"header": {"type": "esearch", "version": "0.3"}, "esearchresult": result})
        return Answer(200, _JSON_TYPE, body.encode())


def document(root: str, inner: str, *, status: int = 200) -> Answer:
    """Return an XML answer with the utility's declaration."""
    name, version = _DTDS[root]
    head = (
        f'<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE {root} PUBLIC '
        f'"-//NLM//DTD {name} {version}//EN" "https://eutils.ncbi.nlm.nih.gov/eutils/dtd/{version}/{name}.dtd">\n'
    )
    return Answer(status, "text/xml; charset=UTF-8", f"{head}<{root}>{inner}</{root}>\n".encode())


def search_error(message: str, *, as_json: bool) -> Answer:
    """Return esearch's error; its JSON holds raw line breaks, as the real one does."""
    if not as_json:
        return document("eSearchResult", f"<ERROR>{escape(message)}</ERROR>")
    quoted = json.dumps(message).replace("\\n", "\n")
    body = f'{{"header":{{"type":"esearch","version":"0.3"}},"esearchresult":{{"ERROR":{quoted}}}}}'
    return Answer(200, _JSON_TYPE, body.encode())


def fetch_error(status: int, message: str) -> Answer:
    """Return efetch's error."""
    return document("eFetchResult", f"\n\t<ERROR>{escape(message)}</ERROR>\n", status=status)


def article_set(articles: Iterable[bytes]) -> Answer:
    """Return records as efetch does."""
    body = _PUBMED_HEAD + b"<PubmedArticleSet>" + b"\n".join(articles) + b"</PubmedArticleSet>"
    return Answer(200, "text/xml; charset=UTF-8", body)


def full_text_set(parts: Iterable[bytes]) -> Answer:
    """Return full texts as efetch of PMC does."""
    body = b'<?xml version="1.0" ?>\n<pmc-articleset>' + b"".join(parts) + b"</pmc-articleset>"
    return Answer(200, "text/xml; charset=UTF-8", body)


def unavailable(number: str) -> bytes:
    """Return PMC's reply for an article that is not open access."""
    quoted = escape(number, {'"': "&quot;"})
    return f'<Reply Id="{quoted}" error="The following PMCID is not available: {quoted}"/>'.encode()


def link_set(ids: Iterable[str], *, name: str, linked: Iterable[str]) -> str:
    """Return one LinkSet of an elink answer; without links it has no LinkSetDb, as the real one."""
    listed = "".join(f"<Id>{escape(pmid)}</Id>" for pmid in ids)
    links = "".join(f"<Link><Id>{escape(pmid)}</Id></Link>" for pmid in linked)
    group = f"<LinkSetDb><DbTo>pubmed</DbTo><LinkName>{escape(name)}</LinkName>{links}</LinkSetDb>"
    return f"<LinkSet><DbFrom>pubmed</DbFrom><IdList>{listed}</IdList>{group if links else ''}</LinkSet>"
