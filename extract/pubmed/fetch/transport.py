"""One question to NCBI until it is answered: through Bio.Entrez, limited, retried, kept.

Bio.Entrez builds and sends the requests, but knows no other address than NCBI's, retries 429 at once, ignores
Retry-After and has no timeout. So its requests go through a urllib handler of ours that sends them where the
settings say and hands the raw response back; its own retries and pauses are switched off.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import threading
import time
import urllib.request
from collections.abc import Callable
from contextvars import ContextVar
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import parse_qsl
from urllib.response import addinfourl

from Bio import Entrez

from extract.errors import SearchFailed
from extract.pubmed.fetch.connection import RawResponse, read_response
from extract.pubmed.fetch.error_bodies import error_in
from extract.pubmed.fetch.faults import AnswerFault, HistoryExpired, PermanentFault, TransientFault
from extract.pubmed.fetch.settings import NCBI_URL, EntrezSettings, Exchange
from extract.pubmed.limiter import RequestLimiter

Keep = Callable[[Exchange], None]
T = TypeVar("T")

_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})


class Transport:
    """Sends one request at a time and interprets the answer; used by :class:`EntrezClient` only."""

    def __init__(
        self,
        settings: EntrezSettings,
        *,
        keep: Keep,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], dt.datetime],
    ) -> None:
        self._settings = settings
        self._keep = keep
        self._clock = clock
        self._sleep = sleep
        self._now = now
        self._limiter = RequestLimiter(settings.limiter_folder, per_second=settings.rate(), clock=clock, sleep=sleep)

    def ask(
        self,
        utility: str,
        parameters: dict[str, object],
        interpret: Callable[[bytes], T],
        *,
        history: bool = False,
    ) -> T:
        """Ask until answered or out of attempts; ``history`` tells that the request refers to one.

        Raises
        ------
        SearchFailed
            After the last attempt, or at once where asking again cannot help.
        HistoryExpired
            If the history the request refers to is gone.
        """
        for attempt in range(1, self._settings.max_attempts + 1):
            exchange = self._exchange(utility, parameters, attempt)
            self._keep(exchange)
            try:
                return _interpreted(exchange, interpret)
            except HistoryExpired as fault:
                if history:
                    raise
                self._wait_or_fail(TransientFault(str(fault)), exchange)
            except AnswerFault as fault:
                self._wait_or_fail(fault, exchange)
        raise AssertionError("unreachable: the last attempt raises")

    def _wait_or_fail(self, fault: AnswerFault, exchange: Exchange) -> None:
        """Wait before the next attempt, or raise what the last one was."""
        settings = self._settings
        asked = _retry_after(exchange, now=self._now())
        pause: float = settings.backoff_seconds * 2.0 ** (exchange.attempt - 1)
        pause = max(min(float(pause), settings.longest_wait_seconds), asked or 0.0)
        tries = f"after {exchange.attempt} attempt{'s' if exchange.attempt > 1 else ''}"
        if not fault.again:
            advice = "the request was refused; mend it (query, key, settings) before searching again"
        elif pause > settings.longest_wait_seconds:
            advice = f"the service asks to wait {pause:.0f} s; search again later"
        elif exchange.attempt >= settings.max_attempts:
            advice = "nothing is known about what is new; search again later"
        else:
            self._sleep(pause)
            return
        message = f"{exchange.described()} failed {tries}: {fault}; {advice}"
        raise SearchFailed(_masked(message, settings.api_key)) from fault

    def _exchange(self, utility: str, parameters: dict[str, object], attempt: int) -> Exchange:
        """Send the request once and return what happened."""
        self._limiter.wait()
        call = _Call(self._settings)
        started_at, begun = self._now(), self._clock()
        call.send(utility, parameters)
        request, response = call.request, call.response
        form = request.data if isinstance(request.data, bytes) else b""
        address, _, query = request.full_url.partition("?")
        pairs = parse_qsl(form.decode("ascii") or query, keep_blank_values=True)
        return Exchange(
            utility=utility,
            method=request.get_method(),
            url=address,
            parameters=tuple((name, value) for name, value in pairs if name != "api_key"),
            attempt=attempt,
            status=response.status,
            headers=response.headers,
            body=_masked_bytes(bytes(response.body), self._settings.api_key),
            started_at=started_at,
            seconds=self._clock() - begun,
            failure=_masked(response.failure, self._settings.api_key) if response.failure else None,
        )


class _Call:
    """One trip through Bio.Entrez: the request it built and the response our handler read."""

    def __init__(self, settings: EntrezSettings) -> None:
        self._settings = settings
        self.request: urllib.request.Request
        self.response: RawResponse

    def send(self, utility: str, parameters: dict[str, object]) -> None:
        """Let Bio.Entrez build the request and send it through :meth:`open`."""
        _install()
        Entrez.max_tries = 1  # retries are ours: Bio's come at once and ignore Retry-After
        Entrez._open.previous = 0  # so is the pace: Bio's pause is not thread-safe and only adds to ours
        identity = {
            "email": self._settings.email,
            "tool": self._settings.tool,
            "api_key": self._settings.api_key,
        }
        token = _ACTIVE.set(self)
        try:
            getattr(Entrez, utility)(**parameters, **identity)
        finally:
            _ACTIVE.reset(token)

    def open(self, request: urllib.request.Request) -> addinfourl:
        """Send the request to the address of the settings and read the whole response."""
        path = request.full_url.removeprefix(NCBI_URL)
        self.request = urllib.request.Request(  # noqa: S310 - the settings allow http and https only
            self._settings.base_url + path, data=request.data, method=request.get_method()
        )
        self.response = read_response(
            self.request,
            timeout_seconds=self._settings.timeout_seconds,
            deadline_seconds=self._settings.deadline_seconds,
            max_body_bytes=self._settings.max_body_bytes,
        )
        # Bio.Entrez and urllib get an empty success: what came is judged by us, from the kept exchange.
        answer = addinfourl(io.BytesIO(), Message(), request.full_url, 200)
        answer.msg = "OK"  # type: ignore[attr-defined]
        return answer


#: The call under way in this thread; only it is redirected, every other use of urllib passes by.
_ACTIVE: ContextVar[_Call | None] = ContextVar("active_call", default=None)
_INSTALLED = threading.Event()
_INSTALLING = threading.Lock()


class _ToActiveCall(urllib.request.BaseHandler):
    """Sends NCBI requests of the call under way where its settings say."""

    handler_order = 100  # before urllib's own HTTPS handler

    def https_open(self, req: urllib.request.Request) -> addinfourl | None:
        """Open through the active call; None lets urllib go on as ever."""
        call = _ACTIVE.get()
        if call is None or not req.full_url.startswith(NCBI_URL):
            return None
        return call.open(req)


def _install() -> None:
    """Put our handler before urllib's, once in a process, at the first call."""
    with _INSTALLING:
        if not _INSTALLED.is_set():
            urllib.request.install_opener(urllib.request.build_opener(_ToActiveCall()))
            _INSTALLED.set()


def _interpreted(exchange: Exchange, interpret: Callable[[bytes], T]) -> T:
    """Return what the answer means, or raise the fault it is."""
    if exchange.failure is not None:
        raise TransientFault(exchange.failure)
    if exchange.status == 200:
        return interpret(exchange.body)
    said = error_in(exchange.body)
    words = f"HTTP {exchange.status}" + (f", {said}" if said else "")
    if isinstance(said, HistoryExpired):
        raise said
    if exchange.status in _RETRIED:
        raise TransientFault(words)
    raise PermanentFault(words)


def _retry_after(exchange: Exchange, *, now: dt.datetime) -> float | None:
    """Return the seconds a Retry-After header asks for, given as seconds or as a date."""
    value = dict(exchange.headers).get("retry-after", "").strip()
    if not value:
        return None
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None  # not a date either: the usual pause stands
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return max(0.0, (moment - now).total_seconds())


def _masked(text: str, key: str | None) -> str:
    return text.replace(key, "(key)") if key else text


def _masked_bytes(body: bytes, key: str | None) -> bytes:
    return body.replace(key.encode("utf-8"), b"(key)") if key else body
