"""Measure the site: ``python -m tests.benchmarks.site_build`` (no test asserts these figures).

A synthetic review of 60 reports with 40 studies each, a quiet night on it, and the weight of its pages.
"""

from __future__ import annotations

import argparse
import gzip
import tempfile
import time
from pathlib import Path

from reports.gates import check_site
from reports.publish import swap
from reports.site import build_site
from reports.status import rewrite_status
from tests.reports.snapshots import SITE_URL, Printed, snapshot, status


def large(studies: int) -> list[Printed]:
    """Return results of every study in every stratum of a 6 x 5 taxonomy, half of them randomised."""
    subtypes = ["all", "hr-positive", "hr-positive-her2-negative", "her2-negative", "her2-positive", "triple-negative"]
    patterns = ["all", "bone-only", "solitary-bone", "visceral", "oligometastatic"]
    return [
        Printed(
            f"Study-{i:03d}",
            1995 + i % 30,
            (100 + i, 120 + i),
            (0.6 + i / 100, 0.4 + i / 150, 0.95 + i / 50),
            subtype=subtype,
            pattern=pattern,
            design="rct" if i % 2 else "population_registry",
            immortal_time="not_applicable" if i % 2 else "none",
        )
        for subtype in subtypes
        for pattern in patterns
        for i in range(2 * studies)
    ]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--studies", type=int, default=20, help="studies a synthesis (two syntheses a report)")
    studies = parser.parse_args().studies
    content = snapshot(large(studies))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "staged").mkdir()
        start = time.perf_counter()
        build = build_site(content, status=status(), out=folder / "staged", site_url=SITE_URL)
        built = time.perf_counter()
        check_site(folder / "staged", content, previous=None)
        checked = time.perf_counter()
        swap(folder / "staged", folder / "site")
        swapped = time.perf_counter()
        rewritten = rewrite_status(folder / "site", status(last_search_state="failed"))
        end = time.perf_counter()
        reports = [*folder.glob("site/subtype/*/index.html"), *folder.glob("site/subtype/*/pattern/*/index.html")]
        heaviest = max(reports, key=lambda p: p.stat().st_size)
        raw = heaviest.read_bytes()
    print(f"{build.pages} pages, {build.files} files, {build.bytes / 1e6:.1f} MB; {studies} studies a synthesis")
    print(f"build {built - start:.2f} s, gates {checked - built:.2f} s, swap {swapped - checked:.3f} s")
    print(f"quiet night: {rewritten} files rewritten and swapped in {end - swapped:.2f} s")
    print(f"heaviest report {len(raw) / 1e3:.0f} KB, {len(gzip.compress(raw)) / 1e3:.0f} KB compressed")


if __name__ == "__main__":
    main()
