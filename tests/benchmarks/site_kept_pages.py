"""Change everything a snapshot holds, one thing at a time: ``python -m tests.benchmarks.site_kept_pages``.

After each change the site built from kept pages is compared with one built from nothing, byte for byte; a difference
ends the run. The suite does the same with a small part of the changes (tests/reports/test_built.py).
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests.reports.test_built import changes_of_syntheses, changes_of_tables, changes_of_the_rest, holds_for_each


def main() -> None:
    """Print how many changes were tried."""
    for changes in (changes_of_tables, changes_of_syntheses, changes_of_the_rest):
        start = time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            count = holds_for_each(changes(1), Path(folder))
        took = time.process_time() - start
        print(f"{changes.__name__}: {count} changes, each the bytes of a full build ({took:.0f} s of processor)")


if __name__ == "__main__":
    main()
