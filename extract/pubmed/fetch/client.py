"""The client: one method a question, each with its answer as a value."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from extract.errors import SearchFailed
from extract.pubmed.fetch.answers import (
    FetchAnswer,
    FullTextAnswer,
    InfoAnswer,
    LinkAnswer,
    SearchAnswer,
    fetch_answer,
    full_text_answer,
    info_answer,
    link_answer,
    search_answer,
)
from extract.pubmed.fetch.faults import HistoryExpired
from extract.pubmed.fetch.settings import EntrezSettings, Exchange
from extract.pubmed.fetch.transport import Transport
from extract.pubmed.query import CAP, DateType, Window, build_term
from extract.schema.record import Pmid

T = TypeVar("T")
_PMCID = re.compile(r"PMC[1-9][0-9]{0,9}")


def _utc_now() -> dt.datetime:
    return dt.datetime.now(tz=dt.UTC)


class EntrezClient:
    """Asks NCBI; a context manager, usable from several threads.

    Every exchange goes to ``keep`` before it is interpreted; what ``keep`` raises ends the search (a full
    disk must not go unnoticed).

    Parameters
    ----------
    settings
        Address, identity, limits.
    keep
        Takes each :class:`Exchange`, failed ones too.
    clock, sleep, now
        Monotonic seconds, waiting, and the time of day (UTC), for tests.
    """

    def __init__(
        self,
        settings: EntrezSettings,
        *,
        keep: Callable[[Exchange], None],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], dt.datetime] = _utc_now,
    ) -> None:
        self.settings = settings
        self._transport = Transport(settings, keep=keep, clock=clock, sleep=sleep, now=now)
        self._open = False

    def __enter__(self) -> EntrezClient:
        self._open = True
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False

    def search(
        self,
        term: str,
        *,
        date_type: DateType | None = None,
        start: dt.date | None = None,
        end: dt.date | None = None,
    ) -> SearchAnswer:
        """Search PubMed with history; the answer holds the count and the first page of ids.

        Raises
        ------
        SearchFailed
            If no valid answer came. Dropped phrases do not raise here: see :attr:`SearchAnswer.dropped`.
        """
        window = Window(start, end) if start is not None and end is not None else None
        parameters: dict[str, object] = {
            "db": "pubmed",
            "term": build_term(term, date_type=date_type, window=window),
            "usehistory": "y",
            "retstart": 0,
            "retmax": min(self.settings.id_page_size, CAP),
        }
        return self._asked("esearch", parameters, search_answer)

    def ids(self, answer: SearchAnswer, *, again: Callable[[], SearchAnswer]) -> Iterator[tuple[Pmid, ...]]:
        """Yield the ids of a search page by page, the first page from the answer itself.

        Where the history has expired, ``again`` searches the slice anew and paging goes on from the start of
        it; ids already yielded come again.

        Raises
        ------
        SearchFailed
            If the search holds more than the cap, a page stays away, or the history expires twice.
        """
        if answer.count > CAP:
            raise SearchFailed(f"the search holds {answer.count} records; PubMed serves {CAP}: split it by date")
        try:
            yield from self._pages(answer)
        except HistoryExpired:
            fresh = again()
            try:
                yield from self._pages(fresh)
            except HistoryExpired as fault:
                raise SearchFailed(f"the history expired twice: {fault}; search again later") from fault

    def _pages(self, answer: SearchAnswer) -> Iterator[tuple[Pmid, ...]]:
        yield answer.pmids
        got = len(answer.pmids)
        size = min(self.settings.id_page_size, CAP)
        while got < answer.count:
            parameters: dict[str, object] = {
                "db": "pubmed",
                "term": "",
                "WebEnv": answer.webenv,
                "query_key": answer.query_key,
                "usehistory": "y",
                "retstart": got,
                "retmax": size,
            }
            page = self._asked("esearch", parameters, search_answer, history=True)
            if set(page.dropped) - set(answer.dropped):
                raise SearchFailed(f"PubMed dropped part of the query while paging: {'; '.join(page.dropped)}")
            if page.count < answer.count:
                raise SearchFailed(
                    f"the count fell from {answer.count} to {page.count} while paging; search again",
                    state="incomplete",
                )
            if not page.pmids:
                raise SearchFailed(f"ids {got + 1} to {answer.count} of the search stayed away", state="incomplete")
            yield page.pmids
            got += len(page.pmids)

    def fetch(self, pmids: Sequence[Pmid]) -> FetchAnswer:
        """Fetch records by id, at most ``batch_size`` in one call.

        Raises
        ------
        SearchFailed
            If no valid answer came, or one with a record nobody asked for.
        ValueError
            If no id or more than a batch is asked for.
        """
        if not 0 < len(pmids) <= self.settings.batch_size:
            raise ValueError(f"ask for 1 to {self.settings.batch_size} records at once, not {len(pmids)}")
        parameters: dict[str, object] = {"db": "pubmed", "id": ",".join(pmids), "retmode": "xml"}
        return self._asked("efetch", parameters, partial(fetch_answer, asked=tuple(pmids)))

    def fetch_history(self, answer: SearchAnswer, *, retstart: int, retmax: int) -> FetchAnswer:
        """Fetch records of a search by its history; ``asked`` of the answer is empty.

        Raises
        ------
        SearchFailed
            If no valid answer came; also where the history has expired (search again).
        """
        parameters: dict[str, object] = {
            "db": "pubmed",
            "WebEnv": answer.webenv,
            "query_key": answer.query_key,
            "retstart": retstart,
            "retmax": retmax,
            "retmode": "xml",
        }
        try:
            return self._asked("efetch", parameters, partial(fetch_answer, asked=()), history=True)
        except HistoryExpired as fault:
            raise SearchFailed(f"the history of the search is gone: {fault}; search again") from fault

    def fetch_full_texts(self, pmcids: Sequence[str]) -> FullTextAnswer:
        """Fetch open-access full texts (JATS) from PMC by PMCID ("PMC3299399").

        Raises
        ------
        SearchFailed
            If no valid answer came. An article PMC withholds is no failure: see ``withheld``.
        ValueError
            If no id is given, or one is no PMCID.
        """
        wrong = [pmcid for pmcid in pmcids if not _PMCID.fullmatch(pmcid)]
        if wrong or not pmcids:
            raise ValueError(f"give PMCIDs such as PMC3299399, not {wrong[0] if wrong else 'none'!r}")
        numbers = ",".join(pmcid.removeprefix("PMC") for pmcid in pmcids)
        parameters: dict[str, object] = {"db": "pmc", "id": numbers, "retmode": "xml"}
        return self._asked("efetch", parameters, partial(full_text_answer, asked=tuple(pmcids)))

    def link(self, pmids: Sequence[Pmid], *, link_name: str = "pubmed_pubmed_citedin") -> LinkAnswer:
        """Return what each record is linked to.

        ``pubmed_pubmed_citedin`` are the records citing it, ``pubmed_pubmed_refs`` those it cites.

        Raises
        ------
        SearchFailed
            If no valid answer came, or one that leaves out a record.
        ValueError
            If no id is given.
        """
        if not pmids:
            raise ValueError("give at least one PMID")
        parameters: dict[str, object] = {
            "dbfrom": "pubmed",
            "db": "pubmed",
            "cmd": "neighbor",
            "linkname": link_name,
            "id": list(pmids),
        }
        return self._asked("elink", parameters, partial(link_answer, asked=tuple(pmids), link_name=link_name))

    def info(self) -> InfoAnswer:
        """Return what PubMed says about itself.

        Raises
        ------
        SearchFailed
            If no valid answer came.
        """
        return self._asked("einfo", {"db": "pubmed"}, info_answer)

    def _asked(
        self,
        utility: str,
        parameters: dict[str, object],
        interpret: Callable[[bytes], T],
        *,
        history: bool = False,
    ) -> T:
        """Ask through the transport; only a request that refers to a history sees it expire."""
        if not self._open:
            raise RuntimeError("use the client as a context manager: with EntrezClient(...) as client")
        return self._transport.ask(utility, parameters, interpret, history=history)
