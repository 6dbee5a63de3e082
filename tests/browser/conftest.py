"""A real browser (the system's Chromium) on a site served on loopback."""

from __future__ import annotations

import functools
import os
import shutil
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from flows.site_guard import HEADERS
from reports.search_index import index_site
from reports.site import build_site
from tests.reports.snapshots import COHORTS, SITE_URL, TRIALS, snapshot, status

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    """Return where the browser is: CHROMIUM_PATH, or on the path."""
    return os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the browser once a module: while its driver runs, no other event loop can in this thread."""
    path = chromium()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium found: install it or set CHROMIUM_PATH")
        pytest.skip("no Chromium on this machine (CHROMIUM_PATH)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


class SilentHandler(SimpleHTTPRequestHandler):
    """Serves files with the headers of `living-review serve`, without logging every request."""

    def end_headers(self) -> None:
        """Add the site's security headers."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def site_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a site of two versions, as a rehearsal (one strip more on every page)."""
    out: Path = tmp_path_factory.mktemp("browser-site")
    first = snapshot((*TRIALS[:4], *COHORTS), rehearsal=True)
    second = snapshot(version="2026.2", previous=first, rehearsal=True, judged=True)
    build_site(second, status=status(), out=out, site_url=SITE_URL, earlier=[first])
    index_site(out)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(SilentHandler, directory=str(out)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()
