"""One HTTP exchange: everything read into memory, within a size and a time, whatever the server does."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field

_HEADERS = (
    "content-type",
    "content-length",
    "date",
    "retry-after",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
)
_CHUNK = 65_536


@dataclass(slots=True)
class RawResponse:
    """What came back: all of it, or how much of it and why no more."""

    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytearray = field(default_factory=bytearray)
    failure: str | None = None


def read_response(
    request: urllib.request.Request, *, timeout_seconds: float, deadline_seconds: float, max_body_bytes: int
) -> RawResponse:
    """Send a request and read its response; a transfer that fails is described, not raised.

    A timer cuts the connection at the deadline, so that neither a slow drip nor headers without end hold it
    open. Redirects are not followed and no status is an error here.
    """
    watch = _Watch(deadline_seconds)
    response = RawResponse()
    try:
        with watch, _opener(watch).open(request, timeout=timeout_seconds) as stream:
            response.status = stream.status
            response.headers = _kept_headers(stream.headers)
            response.failure = _read_body(stream, response.body, max_body_bytes=max_body_bytes)
    except (OSError, http.client.HTTPException) as error:
        response.failure = _words(error)
    if watch.fired:
        response.failure = f"no complete answer within {deadline_seconds:g} s"
    return response


def _read_body(stream: http.client.HTTPResponse, body: bytearray, *, max_body_bytes: int) -> str | None:
    """Read the body into ``body``; return why it is not whole, or None."""
    encoding = stream.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        return f"the answer is packed ({encoding}), which was not asked for"
    length = stream.headers.get("Content-Length", "")
    announced = int(length) if length.isdecimal() else None
    while (announced is None or len(body) < announced) and (chunk := stream.read1(_CHUNK)):
        body += chunk
        if len(body) > max_body_bytes:
            return f"the answer is larger than {max_body_bytes} bytes"
    if announced is not None and len(body) < announced:
        return f"the answer broke off: {len(body)} of {announced} bytes came"
    return None


def _kept_headers(headers: http.client.HTTPMessage) -> tuple[tuple[str, str], ...]:
    return tuple((name, headers[name]) for name in _HEADERS if name in headers)


def _words(error: BaseException) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return f"{type(reason).__name__}: {reason}" if str(reason) else type(reason).__name__


class _Watch:
    """Cuts a connection once its time is up."""

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._fire)
        self._timer.daemon = True
        self._end = time.monotonic() + seconds
        self._socket: socket.socket | None = None
        self.fired = False

    def __enter__(self) -> _Watch:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def connected(self, sock: socket.socket) -> None:
        """Take the connection's socket under watch (urllib lets go of it before the body is read)."""
        self._socket = sock
        if time.monotonic() >= self._end:
            self._fire()

    def _fire(self) -> None:
        self.fired = True
        if self._socket is not None:
            # Below TLS, for SSLSocket.shutdown would take the TLS state from under the reading thread. The
            # other side may be gone already; then there is nothing left to cut.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _Watched(urllib.request.HTTPHandler):
    """Plain HTTP whose connections are under watch."""

    def __init__(self, watch: _Watch) -> None:
        super().__init__()
        self._watch = watch

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Open a watched connection."""
        watch = self._watch

        class Connection(http.client.HTTPConnection):
            def connect(self) -> None:
                super().connect()
                watch.connected(self.sock)

        return self.do_open(Connection, req)


class _WatchedTls(urllib.request.HTTPSHandler):
    """HTTPS whose connections are under watch."""

    def __init__(self, watch: _Watch) -> None:
        super().__init__()
        self._watch = watch

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Open a watched connection."""
        watch = self._watch

        class Connection(http.client.HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                watch.connected(self.sock)

        return self.do_open(Connection, req)


def _opener(watch: _Watch) -> urllib.request.OpenerDirector:
    """Return an opener that knows proxies, HTTP and HTTPS, and judges no status."""
    opener = urllib.request.OpenerDirector()
    for handler in (urllib.request.ProxyHandler(), _Watched(watch), _WatchedTls(watch)):
        opener.add_handler(handler)
    return opener
