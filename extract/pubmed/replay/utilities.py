"""What esearch, efetch, elink and einfo answer over an archive; pure but for the histories they hand out."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping, Sequence

from extract.pubmed.replay.archive import Archive
from extract.pubmed.replay.evaluate import FIELDS, Evaluation, evaluate
from extract.pubmed.replay.language import QueryError, Range, parse_query
from extract.pubmed.replay.views import (
    NO_HISTORY,
    NO_IDS,
    OVER_CAP,
    Answer,
    SearchView,
    article_set,
    document,
    fetch_error,
    full_text_set,
    link_set,
    search_error,
    unavailable,
)
from extract.schema.record import Pmid

Parameters = Mapping[str, Sequence[str]]

CAP = 9_999


class Utilities:
    """The four utilities over one archive, with the histories of this server's life."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._histories: dict[tuple[str, str], tuple[Pmid, ...]] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def forget_histories(self) -> None:
        """Let every WebEnv expire, as NCBI does after some hours."""
        with self._lock:
            self._histories.clear()

    def withdraw(self, pmid: Pmid) -> None:
        """Let a record vanish between a search and its fetch."""
        self._archive.records.pop(pmid)

    def answer(self, utility: str, parameters: Parameters) -> Answer:
        """Return what a utility answers."""
        handlers = {
            "esearch": self._esearch,
            "efetch": self._efetch,
            "elink": self._elink,
            "einfo": self._einfo,
        }
        handler = handlers.get(utility)
        if handler is None:
            return Answer(404, "text/html", b"<html><head><title>404 Not Found</title></head></html>")
        return handler(parameters)

    def _esearch(self, parameters: Parameters) -> Answer:
        as_json = _first(parameters, "retmode") == "json"
        database = _first(parameters, "db", "pubmed")
        if database != "pubmed":
            return search_error(f"Invalid db name specified: {database}", as_json=as_json)
        start = _number(parameters, "retstart", 0)
        if start > CAP - 1:
            return search_error(OVER_CAP, as_json=as_json)
        found = self._found(parameters)
        if isinstance(found, str):
            return search_error(found, as_json=as_json)
        ids, evaluation, webenv, key = found
        view = SearchView(
            count=len(ids),
            start=start,
            page=ids[start : min(start + _number(parameters, "retmax", 20), CAP)],
            webenv=webenv,
            key=key,
            translation=evaluation.translation,
            fields_not_found=tuple(evaluation.fields_not_found),
        )
        return view.as_json() if as_json else view.as_xml()

    def _found(self, parameters: Parameters) -> tuple[tuple[Pmid, ...], Evaluation, str, str] | str:
        """Return ids, evaluation and history of a search or of one remembered; or the error as text."""
        webenv, key = _first(parameters, "WebEnv"), _first(parameters, "query_key")
        if webenv and not _first(parameters, "term"):
            remembered = self._history(webenv, key)
            if remembered is None:
                return NO_HISTORY
            return remembered, Evaluation(set(remembered), ""), webenv, key
        try:
            evaluation = self._evaluated(parameters)
        except QueryError as error:
            return f"Search Backend failed: {error}"
        ids = self._sorted(evaluation.pmids)
        history = self._remember(ids) if _first(parameters, "usehistory") == "y" else ("", "")
        return ids, evaluation, *history

    def _evaluated(self, parameters: Parameters) -> Evaluation:
        """Evaluate term and dates."""
        found = evaluate(parse_query(_first(parameters, "term")), self._archive.records)
        low, high = _first(parameters, "mindate"), _first(parameters, "maxdate")
        if low and high:
            dates = evaluate(Range(low, high, _first(parameters, "datetype", "edat")), self._archive.records)
            found.pmids &= dates.pmids
            found.translation = f"({found.translation}) AND {dates.translation}"
            found.fields_not_found += dates.fields_not_found
        return found

    def _sorted(self, pmids: set[Pmid]) -> tuple[Pmid, ...]:
        """Return ids with the latest first."""
        records = self._archive.records
        return tuple(sorted(pmids, key=lambda pmid: (records[pmid].created, int(pmid)), reverse=True))

    def _remember(self, ids: tuple[Pmid, ...]) -> tuple[str, str]:
        with self._lock:
            webenv = f"MCID_{next(self._numbers):024x}"
            self._histories[webenv, "1"] = ids
        return webenv, "1"

    def _history(self, webenv: str, key: str) -> tuple[Pmid, ...] | None:
        with self._lock:
            return self._histories.get((webenv, key))

    def _efetch(self, parameters: Parameters) -> Answer:
        if _first(parameters, "db", "pubmed") == "pmc":
            return self._efetch_pmc(parameters)
        if _first(parameters, "WebEnv"):
            return self._efetch_history(parameters)
        asked = [part for part in _listed(parameters) if part.isdecimal() and int(part) > 0]
        return self._articles(asked) if asked else fetch_error(400, NO_IDS)

    def _efetch_history(self, parameters: Parameters) -> Answer:
        ids = self._history(_first(parameters, "WebEnv"), _first(parameters, "query_key"))
        if ids is None:
            return fetch_error(200, NO_HISTORY)
        start = _number(parameters, "retstart", 0)
        if start >= len(ids):
            return fetch_error(
                400,
                f"Cannot retrieve history data: OUT OF RANGE. Parameter retstart={start} + 1 is greater "
                f"than number of records available in history. History includes {len(ids)} IDs.",
            )
        return self._articles(ids[start : start + _number(parameters, "retmax", 20)])

    def _articles(self, asked: Sequence[str]) -> Answer:
        """Return the records there are; unknown ids are passed over in silence, as PubMed does."""
        records = self._archive.records
        return article_set(records[Pmid(pmid)].xml for pmid in asked if Pmid(pmid) in records)

    def _efetch_pmc(self, parameters: Parameters) -> Answer:
        """Return the full texts asked for; what is not open access is named, not dropped."""
        numbers = [part.upper().removeprefix("PMC") for part in _listed(parameters) if part]
        if not numbers:
            return fetch_error(400, NO_IDS)
        texts = self._archive.full_texts
        return full_text_set(
            _article_of(texts[f"PMC{number}"]) if f"PMC{number}" in texts else unavailable(number) for number in numbers
        )

    def _elink(self, parameters: Parameters) -> Answer:
        name = _first(parameters, "linkname", "pubmed_pubmed_citedin")
        known, records = self._archive.links.get(name, {}), self._archive.records
        sets = []
        for value in parameters.get("id", ()):
            ids = [part.strip() for part in value.split(",")]
            linked = [one for pmid in ids for one in known.get(pmid, ()) if Pmid(one) in records]
            sets.append(link_set(ids, name=name, linked=linked))
        return document("eLinkResult", "".join(sets))

    def _einfo(self, parameters: Parameters) -> Answer:
        if not _first(parameters, "db"):
            return document("eInfoResult", "<DbList><DbName>pubmed</DbName></DbList>")
        names = sorted(tag.upper() for tag in FIELDS if len(tag) <= 4)
        fields = "".join(f"<Field><Name>{name}</Name></Field>" for name in names)
        return document(
            "eInfoResult",
            f"<DbInfo><DbName>pubmed</DbName><MenuName>PubMed</MenuName>"
            f"<Count>{len(self._archive.records)}</Count>"
            f"<LastUpdate>{self._archive.as_of:%Y/%m/%d} 00:00</LastUpdate>"
            f"<FieldList>{fields}</FieldList></DbInfo>",
        )


def _first(parameters: Parameters, name: str, default: str = "") -> str:
    values = parameters.get(name, ())
    return values[0] if values else default


def _number(parameters: Parameters, name: str, default: int) -> int:
    text = _first(parameters, name)
    return int(text) if text.isdecimal() else default


def _listed(parameters: Parameters) -> list[str]:
    return [part.strip() for value in parameters.get("id", ()) for part in value.split(",")]


def _article_of(text: bytes) -> bytes:
    """Return the article of a full-text file without the declaration before it."""
    begin = text.find(b"<article")
    return text if begin < 0 else text[begin : text.rfind(b"</article>") + len(b"</article>")]
