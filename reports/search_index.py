"""The index of the site's own search, made by pagefind from the built pages; the browser reads it without a server.

pagefind names its files by their content and gives the same bytes for the same pages, whatever the order of the files
on disk or the number of cores (tests/reports/test_search_index.py). Of what it writes only the library and the index
are kept: its ready-made interfaces would set styles that the site's content policy forbids.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from reports.errors import PublishError

BUNDLE = "pagefind"
SEARCHED = "{*.html,*/index.html,{studies,subtype,pattern}/*/index.html,subtype/*/pattern/*/index.html}"
"""Pages the indexer reads: frozen ones and lists of changes are not searched, and need not be parsed."""
UNUSED = ("pagefind-*ui.*", "pagefind-highlight.js", "wasm.unknown.pagefind")
PATIENCE_SECONDS = 120


def index_site(out: Path) -> int:
    """Write the search index of a built site into its folder ``pagefind/``; return its bytes.

    Pages mark what is searched (``data-pagefind-body``); frozen versions are left out, so that a reader who searches
    finds the latest one.

    Raises
    ------
    PublishError
        The indexer is missing or failed; nothing was published.
    """
    command = [str(_indexer()), "--site", str(out), "--output-subdir", BUNDLE, "--glob", SEARCHED, "--silent"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PublishError(f"{out}: the search index could not be made ({error}); the old site stands") from error
    if done.returncode or not (out / BUNDLE / "pagefind.js").is_file():
        said = " ".join((done.stderr or done.stdout).split())[:300]
        raise PublishError(
            f"{out}: the search index could not be made (pagefind ended with {done.returncode}: {said}); the old site "
            "stands. Free space there, or install the environment again (`make run`)."
        )
    for pattern in UNUSED:
        for path in (out / BUNDLE).glob(pattern):
            path.unlink()
    return sum(path.stat().st_size for path in (out / BUNDLE).rglob("*") if path.is_file())


def _indexer() -> Path:
    try:
        from pagefind_bin import get_executable  # type: ignore[import-untyped]

        return Path(get_executable())
    except (ImportError, FileNotFoundError) as error:
        raise PublishError(
            "pagefind, which makes the search index, is not installed; install the environment again (`make run`)"
        ) from error
