"""The text of gold pages, one block a line; ``python -m tests.gold.site_text`` accepts what is built now."""

from __future__ import annotations

import re
import tempfile
from html import unescape
from pathlib import Path

from reports.site import build_site
from tests.reports.snapshots import COHORTS, SITE_URL, TRIALS, snapshot, status

GOLD = Path(__file__).resolve().parent / "site"
PAGES = {
    "overview": "",
    "subtype-all": "subtype/all/",
    "triple-negative": "subtype/triple-negative/",
    "study": "studies/abcsg-28/",
    "patients": "patients/",
}
BLOCK = re.compile(r"</?(?:p|li|tr|h[1-6]|div|section|figure|figcaption|caption|dd|summary|svg|text|desc|g)\b[^>]*>")


def page_text(html: str) -> str:
    """Return the words of a page, one block a line; the abstract (the protocol's own words) is left out."""
    body = re.sub(r'<dl class="abstract">.*?</dl>', "", html[html.index("<body>") :], flags=re.DOTALL)
    lines = (unescape(re.sub(r"<[^>]+>", " ", part)) for part in BLOCK.split(body))
    return "\n".join(words for line in lines if (words := " ".join(line.split()))) + "\n"


def built_texts(folder: Path) -> dict[str, str]:
    """Build the site of the tests and return the text of each gold page."""
    first = snapshot((*TRIALS[:4], *COHORTS))
    second = snapshot(version="2026.2", previous=first)
    build_site(second, status=status(), out=folder, site_url=SITE_URL, earlier=[first])
    return {name: page_text((folder / path / "index.html").read_text()) for name, path in PAGES.items()}


def main() -> None:
    """Write the gold files."""
    GOLD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in built_texts(Path(folder)).items():
            (GOLD / f"{name}.txt").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
