"""ClinicalTrials.gov's API v2 over ``requests``: bounded in size, time and attempts, and every exchange kept."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import requests
import urllib3

from extract.errors import SearchFailed, UserError
from extract.pubmed.fetch import Exchange
from extract.pubmed.limiter import RequestLimiter

API_URL = "https://clinicaltrials.gov/api/v2/"

_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_HEADERS = ("content-type", "content-length", "date", "retry-after")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialsSettings:
    """Settings of the client.

    Parameters
    ----------
    limiter_folder
        Folder shared by all processes that may ask at the same time.
    base_url
        Where the API is; http or https, a trailing slash is added.
    requests_per_second
        1: the service asks for no more than about 50 a minute from one address.
    timeout_seconds, deadline_seconds
        Longest silence, and longest time for a whole answer.
    max_attempts, backoff_seconds, longest_wait_seconds
        Tries of a request, first pause (it doubles), longest pause.
    page_size
        Trials a page, at most 1,000.
    max_body_bytes
        Largest answer read.
    """

    limiter_folder: Path
    base_url: str = API_URL
    requests_per_second: int = 1
    timeout_seconds: float = 30.0
    deadline_seconds: float = 180.0
    max_attempts: int = 4
    backoff_seconds: float = 2.0
    longest_wait_seconds: float = 120.0
    page_size: int = 200
    max_body_bytes: int = 256_000_000

    def __post_init__(self) -> None:
        if not self.base_url.startswith(("http://", "https://")):
            raise UserError(f"the address of ClinicalTrials.gov must be http(s)://host/path/, not {self.base_url!r}")
        if not self.base_url.endswith("/"):
            object.__setattr__(self, "base_url", self.base_url + "/")
        if not 1 <= self.page_size <= 1000:
            raise UserError(f"page_size must be 1 to 1000, not {self.page_size}")


@dataclass(frozen=True, slots=True)
class TrialsAnswer:
    """A whole search: its pages as received, how many trials they hold, and their ids."""

    pages: tuple[bytes, ...] = field(repr=False)
    count: int
    nct_ids: tuple[str, ...]


def _utc_now() -> dt.datetime:
    return dt.datetime.now(tz=dt.UTC)


class TrialsClient:
    """Asks ClinicalTrials.gov; a context manager.

    Parameters
    ----------
    settings
        Address and limits.
    keep
        Takes each exchange before it is interpreted; what it raises ends the search.
    clock, sleep, now
        Monotonic seconds, waiting, and the time of day (UTC), for tests.
    """

    def __init__(
        self,
        settings: TrialsSettings,
        *,
        keep: Callable[[Exchange], None],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], dt.datetime] = _utc_now,
    ) -> None:
        self.settings = settings
        self._keep = keep
        self._clock = clock
        self._sleep = sleep
        self._now = now
        folder = settings.limiter_folder / "clinicaltrials.gov"
        self._limiter = RequestLimiter(folder, per_second=settings.requests_per_second, clock=clock, sleep=sleep)
        self._session = requests.Session()

    def __enter__(self) -> TrialsClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def search(
        self,
        *,
        condition: str | None = None,
        intervention: str | None = None,
        terms: str | None = None,
        nct_ids: Sequence[str] = (),
    ) -> TrialsAnswer:
        """Return every trial that matches, page by page.

        Raises
        ------
        SearchFailed
            If a page stays away, or fewer trials come than are counted (state "incomplete").
        ValueError
            If nothing is asked for.
        """
        asked = {
            "query.cond": condition,
            "query.intr": intervention,
            "query.term": terms,
            "filter.ids": ",".join(nct_ids),
        }
        query = {name: value for name, value in asked.items() if value}
        if not query:
            raise ValueError("give at least one of condition, intervention, terms, nct_ids")
        query |= {"format": "json", "countTotal": "true", "pageSize": str(self.settings.page_size)}
        pages: list[bytes] = []
        found: dict[str, None] = {}
        total, token = 0, ""
        while True:
            body = self._ask("studies", query | ({"pageToken": token} if token else {}))
            page = _page(body)
            total = total if pages else page.total
            pages.append(body)
            before = len(found)
            found.update(dict.fromkeys(page.nct_ids))
            if not page.token:
                break
            if len(found) == before:
                raise SearchFailed("ClinicalTrials.gov sends the same page again and again", state="incomplete")
            token = page.token
        if len(found) < total:
            raise SearchFailed(
                f"ClinicalTrials.gov counts {total} trials but gave {len(found)}; search again", state="incomplete"
            )
        return TrialsAnswer(pages=tuple(pages), count=total, nct_ids=tuple(found))

    def study(self, nct_id: str) -> bytes:
        """Return one trial's answer as received.

        Raises
        ------
        SearchFailed
            If it does not come or is another trial's.
        """
        body = self._ask(f"studies/{nct_id}", {"format": "json"})
        found = _nct_id(_object(body))
        if found != nct_id:
            raise SearchFailed(f"ClinicalTrials.gov was asked for {nct_id} and answered {found!r}; refused")
        return body

    def _ask(self, path: str, query: dict[str, str]) -> bytes:
        """Ask until answered or out of attempts."""
        settings = self.settings
        for attempt in range(1, settings.max_attempts + 1):
            exchange = self._exchange(path, query, attempt)
            self._keep(exchange)
            fault, again = _fault(exchange)
            if fault is None:
                return exchange.body
            pause = max(settings.backoff_seconds * 2.0 ** (attempt - 1), _retry_after(exchange))
            if not again or attempt == settings.max_attempts or pause > settings.longest_wait_seconds:
                advice = "search again later" if again else "mend the request"
                raise SearchFailed(f"ClinicalTrials.gov {path} failed after {attempt} attempts: {fault}; {advice}")
            self._sleep(pause)
        raise AssertionError("unreachable: the last attempt raises")

    def _exchange(self, path: str, query: dict[str, str], attempt: int) -> Exchange:
        """Send the request once and read the answer whole."""
        self._limiter.wait()
        url = self.settings.base_url + path
        status: int | None = None
        headers: tuple[tuple[str, str], ...] = ()
        body = bytearray()
        failure: str | None = None
        started_at, begun = self._now(), self._clock()
        try:
            with self._session.get(
                url, params=query, timeout=self.settings.timeout_seconds, stream=True, allow_redirects=False
            ) as response:
                status = response.status_code
                headers = tuple((name, response.headers[name]) for name in _HEADERS if name in response.headers)
                failure = self._read(response, body)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            failure = f"{type(error).__name__}: {error}"[:300]
        return Exchange(
            utility="clinicaltrials.gov",
            method="GET",
            url=url,
            parameters=tuple(query.items()),
            attempt=attempt,
            status=status,
            headers=headers,
            body=bytes(body),
            started_at=started_at,
            seconds=self._clock() - begun,
            failure=failure,
        )

    def _read(self, response: requests.Response, body: bytearray) -> str | None:
        """Read the body as it comes; return why it is not whole, or None."""
        end = time.monotonic() + self.settings.deadline_seconds
        while chunk := response.raw.read1(65_536, decode_content=True):
            body += chunk
            if len(body) > self.settings.max_body_bytes:
                return f"the answer is larger than {self.settings.max_body_bytes} bytes"
            if time.monotonic() > end:
                return f"no complete answer within {self.settings.deadline_seconds:g} s"
        return None


@dataclass(frozen=True, slots=True)
class _Page:
    """What paging needs to know of a page."""

    total: int
    nct_ids: tuple[str, ...]
    token: str


def _page(body: bytes) -> _Page:
    value = _object(body)
    studies, total = value.get("studies"), value.get("totalCount", 0)
    if not isinstance(studies, list) or not isinstance(total, int):
        raise SearchFailed("ClinicalTrials.gov's answer has no list of studies; search again later")
    ids = tuple(_nct_id(study) for study in studies)
    token = value.get("nextPageToken", "")
    return _Page(total=total, nct_ids=ids, token=str(token))


def _object(body: bytes) -> dict[str, object]:
    value = json.loads(body)
    if not isinstance(value, dict):
        raise SearchFailed("ClinicalTrials.gov's answer is no JSON object; search again later")
    return value


def _nct_id(study: object) -> str:
    """Return the id of a study of the answer."""
    value = study
    for name in ("protocolSection", "identificationModule", "nctId"):
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, str):
        raise SearchFailed("ClinicalTrials.gov's answer holds a study without an id; search again later")
    return value


def _fault(exchange: Exchange) -> tuple[str | None, bool]:
    """Return what is wrong with an answer, and whether asking again may help."""
    if exchange.failure is not None:
        return exchange.failure, True
    if exchange.status != 200:
        said = " ".join(exchange.body[:300].decode("utf-8", errors="replace").split())
        return f"HTTP {exchange.status}: {said}", exchange.status in _RETRIED
    try:
        json.loads(exchange.body)
    except ValueError as error:
        return f"the answer is not JSON: {error}", True
    return None, False


def _retry_after(exchange: Exchange) -> float:
    value = dict(exchange.headers).get("retry-after", "")
    return float(value) if value.isdecimal() else 0.0
