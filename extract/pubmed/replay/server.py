"""The HTTP side of the stand-in: loopback, threads, faults on demand."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import struct
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

from extract.pubmed.replay.archive import Archive, load_archive
from extract.pubmed.replay.faults import Fault, FaultPlan, SeenRequest, planned
from extract.pubmed.replay.utilities import Utilities
from extract.pubmed.replay.views import Answer

_PREFIX = "/entrez/eutils/"


class ReplayServer:
    """E-utilities over an archive folder; a context manager that serves at :attr:`url`.

    Parameters
    ----------
    archive
        The archive folder, or an archive loaded from one (then ``as_of`` is not looked at).
    as_of
        The day it is: later records and revisions do not exist yet.
    faults
        Which requests fail and how, None for none.
    enforce_rate
        Answer 429 to a client that sends more in a second than NCBI allows (3, with a key 10).
    port
        0 takes a free one.
    """

    def __init__(
        self,
        archive: Path | Archive,
        *,
        as_of: dt.date,
        faults: FaultPlan | None = None,
        enforce_rate: bool = False,
        port: int = 0,
    ) -> None:
        loaded = archive if isinstance(archive, Archive) else load_archive(archive, as_of=as_of)
        self.utilities = Utilities(loaded)
        self.requests: list[SeenRequest] = []
        self.faults = faults
        self._enforce_rate = enforce_rate
        self._recent: deque[float] = deque()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.replay = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Return the base URL, in NCBI's layout."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{_PREFIX}"

    def __enter__(self) -> ReplayServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self) -> None:
        """Serve in this thread until interrupted."""
        self._server.serve_forever()

    def saw(self, utility: str, method: str, parameters: list[tuple[str, str]]) -> tuple[SeenRequest, Fault | None]:
        """Record a request; return it with the fault it meets."""
        with self._lock:
            request = SeenRequest(
                index=len(self.requests),
                utility=utility,
                method=method,
                parameters=tuple((name, value) for name, value in parameters if name != "api_key"),
                seconds=time.monotonic(),
            )
            self.requests.append(request)
            limit = 10 if any(name == "api_key" for name, _ in parameters) else 3
            fault = planned(self.faults, request) or self._too_fast(request, limit)
        return request, fault

    def _too_fast(self, request: SeenRequest, limit: int) -> Fault | None:
        """Return the 429 of a client above its limit."""
        while self._recent and self._recent[0] <= request.seconds - 1:
            self._recent.popleft()
        self._recent.append(request.seconds)
        if not self._enforce_rate or len(self._recent) <= limit:
            return None
        count = len(self._recent)
        body = f'{{"error":"API rate limit exceeded","api-key":"127.0.0.1","count":"{count}","limit":"{limit}"}}'
        return Fault(status=429, body=body.encode(), headers=(("Content-Type", "application/json"),))

    def pause(self, seconds: float) -> None:
        """Wait, or until the server closes."""
        self._closing.wait(seconds)


class _Server(ThreadingHTTPServer):
    """Knows its replay; threads end with the process."""

    daemon_threads = True
    replay: ReplayServer

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that hangs up is no error of ours, the faults make it do so."""


class _Handler(BaseHTTPRequestHandler):
    """Reads a request, lets the utilities answer, or fails as planned."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """Answer a query string."""
        self._answer(urlsplit(self.path).query)

    def do_POST(self) -> None:
        """Answer a form."""
        length = int(self.headers.get("Content-Length", "0"))
        self._answer(self.rfile.read(length).decode("ascii"))

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the requests are recorded."""

    def _answer(self, query: str) -> None:
        self.close_connection = True
        path = urlsplit(self.path).path
        utility = path.removeprefix(_PREFIX).removesuffix(".fcgi") if path.startswith(_PREFIX) else ""
        pairs = parse_qsl(query, keep_blank_values=True)
        request, fault = self.server.replay.saw(utility, self.command, pairs)
        if fault is not None and fault.mode == "answer":
            self._send(Answer(fault.status, "", fault.body), headers=fault.headers)
            return
        if fault is not None and fault.mode in ("close", "reset", "stall"):
            self._vanish(fault)
            return
        answer = self.server.replay.utilities.answer(request.utility, parse_qs(query, keep_blank_values=True))
        limit = "10" if any(name == "api_key" for name, _ in pairs) else "3"
        self._send(answer, headers=(("X-RateLimit-Limit", limit), ("X-RateLimit-Remaining", "2")), fault=fault)

    def _send(self, answer: Answer, *, headers: tuple[tuple[str, str], ...], fault: Fault | None = None) -> None:
        body = answer.body
        sent = body[: len(body) // 2] if fault is not None and fault.mode in ("cut", "garble") else body
        announced = len(sent) if fault is not None and fault.mode == "garble" else len(body)
        self.send_response(answer.status)
        if answer.content_type:
            self.send_header("Content-Type", answer.content_type)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(announced))
        self.send_header("Connection", "close")
        self.end_headers()
        if fault is not None and fault.mode == "drip":
            self._drip(sent, fault.seconds)
        else:
            self.wfile.write(sent)

    def _drip(self, body: bytes, seconds: float) -> None:
        for position in range(len(body)):
            self.wfile.write(body[position : position + 1])
            self.wfile.flush()
            self.server.replay.pause(seconds)

    def _vanish(self, fault: Fault) -> None:
        """End the connection without an answer: at once, with a reset, or after a silence."""
        if fault.mode == "stall":
            self.server.replay.pause(fault.seconds)
        if fault.mode == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with contextlib.suppress(OSError):
            if fault.mode != "reset":
                self.connection.shutdown(socket.SHUT_RDWR)
            self.connection.close()
