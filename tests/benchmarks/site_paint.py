"""Measure first paint of the built site in Chromium: ``python -m tests.benchmarks.site_paint`` (asserts nothing).

Throttled like a mid-range phone on a slow mobile network: processor 4 times slower, 1.6 Mbit/s down, 150 ms round trip.
"""

from __future__ import annotations

import functools
import tempfile
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import sync_playwright

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
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        build_site(snapshot(judged=True), status=status(), out=Path(folder), site_url=SITE_URL)
        index_site(Path(folder))
        server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(SilentHandler, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
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
            page.goto(f"http://127.0.0.1:{server.server_port}/{name}")
            page.wait_for_timeout(500)
            size = page.evaluate(
                "performance.getEntries().reduce((sum, one) => sum + (one.encodedBodySize || 0), 0) / 1000"
            )
            print(f"/{name}: first paint {page.evaluate(PAINT):.0f} ms, {size:.0f} KB uncompressed")
            context.close()
        browser.close()
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    main()
