"""A whole search: split, paged, fetched, and called complete only if it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from extract.errors import SearchFailed
from extract.pubmed.fetch.answers import FetchAnswer, SearchAnswer
from extract.pubmed.fetch.client import EntrezClient
from extract.pubmed.query import CAP, DateType, Window, split_by_date
from extract.schema.record import Pmid


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Parameters
    ----------
    count
        Records PubMed counts.
    pmids
        Their ids, each once.
    query_translations
        What PubMed made of the query, one a window, each distinct one once.
    warnings
        Messages of PubMed that are no failure ("No items found."), and accepted dropped phrases.
    requests
        esearch requests it took.
    batches
        The records' XML, fetched as it is read; raises :class:`SearchFailed` where a batch fails, and with
        state "incomplete" at the end if records stayed away. Can be read once.
    """

    count: int
    pmids: tuple[Pmid, ...]
    query_translations: tuple[str, ...]
    warnings: tuple[str, ...]
    requests: int
    batches: Iterator[FetchAnswer]


def run_search(
    client: EntrezClient,
    query: str,
    *,
    date_type: DateType | None = None,
    start: dt.date | None = None,
    end: dt.date | None = None,
    accepted_drops: frozenset[str] = frozenset(),
) -> SearchResult:
    """Run a search, all of it or the records of a window of dates.

    Parameters
    ----------
    client
        An open client; its ``keep`` sees every exchange.
    query
        The query as the protocol states it.
    date_type, start, end
        The window, both days included; all None searches without dates (then at most 9,999 records).
    accepted_drops
        Entries of :attr:`SearchAnswer.dropped` a person has accepted, such as a quoted phrase PubMed's phrase
        index does not hold; every other one fails the search.

    Returns
    -------
    SearchResult
        With ids complete; records are fetched as ``batches`` is read.

    Raises
    ------
    SearchFailed
        State "failed" where nothing usable came, "incomplete" where fewer ids came than were counted.
    """
    run = _Run(client, query, date_type=date_type, accepted_drops=accepted_drops)
    if date_type is None or start is None or end is None:
        if (date_type, start, end) != (None, None, None):
            raise ValueError("date_type, start and end belong together: give all or none")
        run.count(None)
        slices: list[Window | None] = [None]
    else:
        slices = [part.window for part in split_by_date(Window(start, end), run.count)]
    pmids = tuple(dict.fromkeys(pmid for window in slices for pmid in run.ids(window)))
    return SearchResult(
        count=sum(run.answers[window].count for window in slices),
        pmids=pmids,
        query_translations=tuple(dict.fromkeys(run.answers[window].query_translation for window in slices)),
        warnings=tuple(dict.fromkeys(text for window in slices for text in run.answers[window].warnings)),
        requests=run.requests,
        batches=fetch_batches(client, pmids),
    )


def fetch_batches(client: EntrezClient, pmids: tuple[Pmid, ...]) -> Iterator[FetchAnswer]:
    """Fetch records in batches, asking once more for those PubMed passed over.

    Raises
    ------
    SearchFailed
        Where a batch fails (state "incomplete" once another came); at the end, with state "incomplete", if
        records stayed away, naming them.
    """
    size = client.settings.batch_size
    missing: list[Pmid] = []
    came = False
    for first in range(0, len(pmids), size):
        try:
            answer = client.fetch(pmids[first : first + size])
        except SearchFailed as error:
            raise SearchFailed(str(error), state="incomplete" if came else "failed") from error
        missing.extend(answer.missing)
        came = came or bool(answer.received)
        yield answer
    yield from _second_try(client, tuple(missing), came=came)


def _second_try(client: EntrezClient, missing: tuple[Pmid, ...], *, came: bool) -> Iterator[FetchAnswer]:
    """Ask again for what was passed over; what stays away makes the search incomplete."""
    size = client.settings.batch_size
    absent: list[Pmid] = []
    for first in range(0, len(missing), size):
        try:
            answer = client.fetch(missing[first : first + size])
        except SearchFailed as error:
            raise SearchFailed(str(error), state="incomplete" if came else "failed") from error
        absent.extend(answer.missing)
        came = came or bool(answer.received)
        if answer.received:
            yield answer
    if absent:
        named = ", ".join(absent[:10]) + (", ..." if len(absent) > 10 else "")
        raise SearchFailed(
            f"{len(absent)} records were found but did not come, asked for twice: PMID {named}; search again",
            state="incomplete" if came else "failed",
        )


class _Run:
    """The searches of one run: an answer a window, each asked for once unless its history expires."""

    def __init__(
        self, client: EntrezClient, query: str, *, date_type: DateType | None, accepted_drops: frozenset[str]
    ) -> None:
        self._client = client
        self._query = query
        self._date_type = date_type
        self._accepted = accepted_drops
        self.answers: dict[Window | None, SearchAnswer] = {}
        self.requests = 0

    def count(self, window: Window | None) -> int:
        """Return the number of records of a window, keeping its answer."""
        self.answers[window] = self._search(window)
        return self.answers[window].count

    def ids(self, window: Window | None) -> tuple[Pmid, ...]:
        """Return the ids of a window, as many as were counted."""
        answer = self.answers[window]
        if answer.count > CAP:
            raise SearchFailed(
                f"the search holds {answer.count} records, PubMed serves {CAP}; give it dates to split by"
            )
        found: dict[Pmid, None] = {}
        for page in self._client.ids(answer, again=lambda: self._again(window)):
            found.update(dict.fromkeys(page))
        counted = self.answers[window].count
        if len(found) < counted:
            raise SearchFailed(
                f"PubMed counts {counted} records ({_named(window)}) but gave {len(found)} ids; search again",
                state="incomplete" if found else "failed",
            )
        return tuple(found)

    def _again(self, window: Window | None) -> SearchAnswer:
        """Search a slice again after its history expired; it may have grown, never shrunk."""
        before = self.answers[window].count
        self.count(window)
        now = self.answers[window]
        if now.count < before:
            raise SearchFailed(
                f"the count fell from {before} to {now.count} while paging ({_named(window)}); search again",
                state="incomplete",
            )
        return now

    def _search(self, window: Window | None) -> SearchAnswer:
        start, end = (window.start, window.end) if window else (None, None)
        answer = self._client.search(self._query, date_type=self._date_type if window else None, start=start, end=end)
        self.requests += 1
        refused = [item for item in answer.dropped if item not in self._accepted]
        if refused:
            raise SearchFailed(
                f"PubMed did not search for all of the query: {'; '.join(refused)}; mend the query, or "
                "accept what was dropped in the protocol (search.accepted_drops)"
            )
        return answer


def _named(window: Window | None) -> str:
    return f"{window.start} to {window.end}" if window else "all dates"
