"""Measure the site: ``python -m tests.benchmarks.site_build`` (no test asserts these figures).

A synthetic review of 30 reports with 40 studies each (every one judged), published as a night does it, then with one
study changed, then a quiet night; and the weight of its pages.
"""

from __future__ import annotations

import argparse
import gzip
import os
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from reports.frozen import keep_published
from reports.gates import check_site
from reports.model import Snapshot
from reports.publish import swap
from reports.search_index import index_site
from reports.site import SiteBuild, build_site
from reports.status import rewrite_status
from tests.reports.snapshots import ROB2_DOMAINS, ROBINS_DOMAINS, SITE_URL, Printed, bias, snapshot, status


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


def reviewed(content: Snapshot) -> Snapshot:
    """Return the snapshot with every study judged in every domain: the heaviest page there can be."""
    rows = []
    for study in content.studies:
        tool, letter, names = (
            ("rob2", "D", ROB2_DOMAINS) if study.body == "randomised" else ("robins-i", "B", ROBINS_DOMAINS)
        )
        level = "some_concerns" if tool == "rob2" else "serious"
        rows += [bias(study.study_id, f"{letter}{i}", n, level, tool=tool) for i, n in enumerate(names, start=1)]
        rows.append(bias(study.study_id, "overall", "Overall", level, tool=tool))
    return content.model_copy(update={"risk_of_bias": tuple(rows)})


class Clock:
    """Wall and processor seconds (with those of the indexer) since the last look."""

    def __init__(self) -> None:
        self.look()

    def look(self) -> str:
        """Return the seconds since the last look."""
        wall = time.perf_counter()
        cpu = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        text = f"{wall - getattr(self, '_wall', wall):.2f} s ({cpu - getattr(self, '_cpu', cpu):.2f} s of processor)"
        self._wall, self._cpu = wall, cpu
        return text


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--studies", type=int, default=20, help="studies a synthesis (two syntheses a report)")
    studies = parser.parse_args().studies
    first = reviewed(snapshot(large(studies)))
    changed = [replace(one, hr=(0.9, 0.6, 1.35)) if one.study_id == "Study-001" else one for one in large(studies)]
    second = reviewed(snapshot(changed, version="2026.2", previous=first))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site, archive = folder / "site", folder / "archive"
        build = publish(first, [], site, archive, folder)
        print(f"{build.pages} pages, {build.files} files, {build.bytes / 1e6:.1f} MB; {studies} studies a synthesis")
        print("one study changed, published as the next version:")
        build = publish(second, [first], site, archive, folder)
        print(f"  {build.pages} pages, {len(build.kept.files)} files of them taken from the archive")
        clock = Clock()
        rewritten = rewrite_status(site, status(last_search_state="failed"))
        print(f"quiet night: {rewritten} files rewritten and swapped in {clock.look()}")
        reports = [*site.glob("subtype/*/index.html"), *site.glob("subtype/*/pattern/*/index.html")]
        raw = max(reports, key=lambda p: p.stat().st_size).read_bytes()
        print(f"heaviest report {len(raw) / 1e3:.1f} KB, {len(gzip.compress(raw)) / 1e3:.0f} KB compressed")
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


def publish(content: Snapshot, earlier: list[Snapshot], site: Path, archive: Path, folder: Path) -> SiteBuild:
    """Publish as a night does, and print what each step took."""
    staged = folder / "staged"
    staged.mkdir()
    clock = Clock()
    keep_published(site, archive)
    build = build_site(content, status=status(), out=staged, site_url=SITE_URL, earlier=earlier, archive=archive)
    print(f"  build {clock.look()}")
    index_site(staged)
    print(f"  search index {clock.look()}")
    check_site(staged, content, previous=earlier[-1] if earlier else None, kept=build.kept)
    print(f"  gates {clock.look()}")
    swap(staged, site)
    print(f"  swap {clock.look()}")
    return build


if __name__ == "__main__":
    main()
