"""A built site that many tests read; built once a session, never written to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from reports.html_reading import PageText, read_page
from reports.model import Snapshot
from reports.site import build_site
from tests.reports.snapshots import COHORTS, SITE_URL, TRIALS, snapshot, status


@dataclass(frozen=True)
class Built:
    """A site on disk with the snapshots it came from."""

    folder: Path
    snapshot: Snapshot
    earlier: Snapshot

    def page(self, folder: str) -> PageText:
        """Read the page of a folder."""
        return read_page(self.folder / folder / "index.html")

    def html(self, folder: str) -> str:
        """Return the HTML of a folder's page."""
        return (self.folder / folder / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Return the second version of the review, whose first lacked JCOG1017."""
    out = tmp_path_factory.mktemp("site")
    first = snapshot((*TRIALS[:4], *COHORTS))
    second = snapshot(version="2026.2", previous=first, judged=True)
    build_site(second, status=status(), out=out, site_url=SITE_URL, earlier=[first])
    return Built(out, second, first)
