"""The index of the site's own search, made by pagefind from the built pages; the browser reads it without a server.

pagefind names its files by their content and gives the same bytes for the same pages, whatever the order of the files
on disk or the number of cores (tests/reports/test_search_index.py). Of what it writes only the library and the index
are kept: its ready-made interfaces would set styles that the site's content policy forbids.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Mapping
from html import escape
from pathlib import Path

from reports.errors import PublishError
from reports.html_reading import PageText, read_page

BUNDLE = "pagefind"
SEARCHED = re.compile(
    r"[^/]+\.html|[^/]+/index\.html|(studies|subtype|pattern)/[^/]+/index\.html|subtype/[^/]+/pattern/[^/]+/index\.html"
)
"""Pages that are searched; lists of changes and frozen pages are not."""
UNUSED = ("pagefind-*ui.*", "pagefind-highlight.js", "wasm.unknown.pagefind")
PATIENCE_SECONDS = 120


def index_site(out: Path, pages: Mapping[str, PageText] | None = None) -> int:
    """Write the search index of a built site into its folder ``pagefind/``; return its bytes.

    Pages mark what is searched (``data-pagefind-body``); frozen versions are left out, so that a reader who searches
    finds the latest one. The indexer is given the words and headings of each page alone: parsing whole pages, most of
    them figures and columns of numbers, took it ten times as long.

    Parameters
    ----------
    pages
        What the pages of the site say, by path; None reads them.

    Raises
    ------
    PublishError
        The indexer is missing or failed; nothing was published.
    """
    if pages is None:
        pages = {path.relative_to(out).as_posix(): read_page(path) for path in sorted(out.rglob("*.html"))}
    try:
        # Beside the site, not in it: the gates look at its files meanwhile. Named like it: who clears one clears both.
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f"{out.name}.searched-") as name:
            for path, page in pages.items():
                if page.searched and is_searched(path):
                    _write(Path(name) / path, page)
            done = _run(Path(name), out / BUNDLE)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PublishError(f"{out}: the search index could not be made ({error}); the old site stands") from error
    if done.returncode or not (out / BUNDLE / "pagefind.js").is_file():
        said = " ".join((done.stderr or done.stdout).split())[:300]
        raise PublishError(
            f"{out}: the search index could not be made (pagefind ended with {done.returncode}: {said}); the old site "
            "stands. Free space there, or install the environment again (`make run`)."
        )
    for pattern in UNUSED:
        for unused in (out / BUNDLE).glob(pattern):
            unused.unlink()
    return sum(path.stat().st_size for path in (out / BUNDLE).rglob("*") if path.is_file())


def is_searched(path: str) -> bool:
    """Tell whether a page of the site is in its search index, by its path."""
    return SEARCHED.fullmatch(path) is not None


def _write(path: Path, page: PageText) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    head = f'<!doctype html><html lang="en"><head><title>{escape(page.title)}</title></head>'
    path.write_text(f"{head}<body>{page.searched}</body></html>\n", encoding="utf-8")


def _run(searched: Path, bundle: Path) -> subprocess.CompletedProcess[str]:
    command = [str(_indexer()), "--site", str(searched), "--output-path", str(bundle), "--silent"]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)


def _indexer() -> Path:
    try:
        from pagefind_bin import get_executable  # type: ignore[import-untyped]

        return Path(get_executable())
    except (ImportError, FileNotFoundError) as error:
        raise PublishError(
            "pagefind, which makes the search index, is not installed; install the environment again (`make run`)"
        ) from error
