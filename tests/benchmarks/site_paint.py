"""Measure first paint of the built site in Chromium: ``python -m tests.benchmarks.site_paint`` (asserts nothing).

Served as by ``living-review serve``, or without compression (``--plain``), as by the simplest host of files. Throttled
like a mid-range phone on a slow mobile network: processor 4 times slower, 1.6 Mbit/s down, 150 ms round trip.
"""

from __future__ import annotations

import argparse
import functools
import os
import socket
import tempfile
import threading
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from pathlib import Path

import uvicorn
from playwright.sync_api import sync_playwright

from flows.site_files import SiteFiles
from flows.site_guard import SiteGuard
from reports.search_index import index_site
from reports.site import build_site
from tests.browser.conftest import ARGUMENTS, SilentHandler, chromium
from tests.reports.snapshots import SITE_URL, snapshot, status

PAGES = (
    "", "subtype/all/", "pattern/bone-only/", "studies/", "studies/tata/", "methods/", "search/", "patients/",
    "validation/", "status/", "data/", "people/", "changes/", "find/",
)  # fmt: skip
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def main() -> None:
    """Print first contentful paint and transferred bytes of each page, from a cold cache."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--plain", action="store_true", help="without compression")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        build_site(snapshot(judged=True), status=status(), out=Path(folder), site_url=SITE_URL)
        index_site(Path(folder))
        port, stop = (plainly if given.plain else as_served)(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        for name in PAGES:
            context = browser.new_context(viewport={"width": 390, "height": 844})
            page = context.new_page()
            session = context.new_cdp_session(page)
            session.send("Network.enable")
            session.send(
                "Network.emulateNetworkConditions",
                {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000},
            )
            session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
            page.goto(f"http://127.0.0.1:{port}/{name}")
            page.wait_for_timeout(500)
            load = f"load {os.getloadavg()[0]:.0f}"
            size = page.evaluate(
                "performance.getEntries().reduce((sum, one) => sum + (one.encodedBodySize || 0), 0) / 1000"
            )
            print(f"/{name}: first paint {page.evaluate(PAINT):.0f} ms, {size:.0f} KB sent, {load}")
            context.close()
        browser.close()
        stop()


def plainly(folder: Path) -> tuple[int, Callable[[], None]]:
    """Serve a folder as it is."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(SilentHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port, server.shutdown


def as_served(folder: Path) -> tuple[int, Callable[[], None]]:
    """Serve a folder as ``living-review serve`` does."""
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    app = SiteGuard(SiteFiles(folder), requests_per_minute=0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    threading.Thread(target=server.run, kwargs={"sockets": [held]}, daemon=True).start()

    def stop() -> None:
        server.should_exit = True

    return int(held.getsockname()[1]), stop


if __name__ == "__main__":
    main()
