"""Our own ClinicalTrials.gov, on loopback over a folder of trials: for the rehearsal and for tests.

``<NCT id>.json`` in the folder is one study as the API gives it. ``query.*`` parameters match where every word of
one of the alternatives (between OR) stands somewhere in the study; that is simpler than the real service and enough
for a small archive. ``<YYYY-MM-DD>/<NCT id>.json`` replaces a study, or adds one, from that day on.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from extract.errors import DocumentError

_PREFIX = "/api/v2/"
#: Status, body and headers a test wants instead of the right answer; asked with the number of the request.
Instead = Callable[[int], tuple[int, bytes, dict[str, str]] | None]


class TrialsReplayServer:
    """The API over a folder; a context manager that serves at :attr:`url`.

    Parameters
    ----------
    folder
        Holds ``<NCT id>.json`` files.
    instead
        Gives an answer of its own for a request (counted from 0), or None for the right one.
    as_of
        Day the registry stands at; None for the last state of every study.

    Raises
    ------
    DocumentError
        If a file is not the study its name says.
    """

    def __init__(self, folder: Path, *, instead: Instead | None = None, as_of: dt.date | None = None) -> None:
        self.studies = {path.stem: _study(path) for path in sorted(folder.glob("NCT*.json"))}
        for path in sorted(folder.glob("*-*-*/NCT*.json")):
            if as_of is None or path.parent.name <= as_of.isoformat():
                self.studies[path.stem] = _study(path)
        self.instead = instead
        self.requests: list[str] = []
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.replay = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Return the base URL, in the API's layout."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{_PREFIX}"

    def __enter__(self) -> TrialsReplayServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, bytes]:
        """Return status and body for a path below the prefix."""
        if path.startswith("studies/"):
            study = self.studies.get(path.removeprefix("studies/"))
            if study is None:
                return 404, f"NCT number {path.removeprefix('studies/')} not found".encode()
            return 200, json.dumps(study).encode()
        if path != "studies":
            return 404, b"Not Found"
        found = [study for nct_id, study in self.studies.items() if _matches(nct_id, study, query)]
        size = int(query.get("pageSize", ["10"])[0])
        start = int(query.get("pageToken", ["0"])[0])
        page: dict[str, object] = {"studies": found[start : start + size]}
        if query.get("countTotal") == ["true"] and start == 0:
            page["totalCount"] = len(found)
        if start + size < len(found):
            page["nextPageToken"] = str(start + size)
        return 200, json.dumps(page).encode()


def _study(path: Path) -> dict[str, object]:
    try:
        study = json.loads(path.read_text(encoding="utf-8"))
        nct_id = study["protocolSection"]["identificationModule"]["nctId"]
    except (ValueError, KeyError, TypeError) as error:
        raise DocumentError(f"{path}: is no study of ClinicalTrials.gov: {error!r}") from error
    if nct_id != path.stem or not isinstance(study, dict):
        raise DocumentError(f"{path}: holds {nct_id!r}")
    return study


def _matches(nct_id: str, study: dict[str, object], query: dict[str, list[str]]) -> bool:
    wanted = query.get("filter.ids", [""])[0]
    if wanted and nct_id not in re.split(r"[,|]", wanted):
        return False
    text = json.dumps(study, ensure_ascii=False).lower()
    asked = [query.get(name, [""])[0].lower() for name in ("query.cond", "query.intr", "query.term")]
    return all(any(_all_in(words, text) for words in value.split(" or ")) for value in asked)


def _all_in(words: str, text: str) -> bool:
    return all(word in text for word in words.split())


class _Server(ThreadingHTTPServer):
    """Knows its replay."""

    daemon_threads = True
    replay: TrialsReplayServer


class _Handler(BaseHTTPRequestHandler):
    """Answers GET."""

    server: _Server

    def do_GET(self) -> None:
        """Answer a path and its query."""
        replay = self.server.replay
        with replay.lock:
            number = len(replay.requests)
            replay.requests.append(self.path)
        given = replay.instead(number) if replay.instead is not None else None
        parts = urlsplit(self.path)
        if given is not None:
            status, body, headers = given
        else:
            status, body = replay.answer(parts.path.removeprefix(_PREFIX), parse_qs(parts.query))
            headers = {"Content-Type": "application/json" if status == 200 else "text/plain"}
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
