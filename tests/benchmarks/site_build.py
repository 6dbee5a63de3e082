"""Measure the site: ``python -m tests.benchmarks.site_build`` (no test asserts these figures).

A synthetic review of 60 reports with 40 studies each (every one judged): published as a night does it, then with one
value of one study corrected, with nothing but a registry entry changed, with one study changed in all 60 reports, then
a quiet night; and the weight of its pages. Each publication runs in a process of its own, as
``living-review`` does.
"""

from __future__ import annotations

import argparse
import gzip
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from reports.frozen import keep_published
from reports.making import make_site
from reports.model import Snapshot
from reports.publish import swap
from reports.site import SiteBuild
from reports.snapshot import read_snapshots, write_snapshot
from reports.status import rewrite_status
from tests.reports.snapshots import (
    ROB2_DOMAINS,
    ROBINS_DOMAINS,
    SITE_URL,
    Printed,
    bias,
    protocol,
    snapshot,
    status,
)

SUBTYPES = ["all", "hr-positive", "hr-positive-her2-negative", "her2-negative", "her2-positive", "triple-negative"]
PATTERNS = ["all", "bone-only", "solitary-bone", "visceral", "oligometastatic"]
MORE_SUBTYPES, MORE_PATTERNS = [f"more-{i}" for i in range(4)], ["more"]


def large(studies: int, subtypes: list[str] | None = None, patterns: list[str] | None = None) -> list[Printed]:
    """Return results of every study in every stratum of a taxonomy (6 x 5), half of them randomised."""
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
        for subtype in subtypes or SUBTYPES
        for pattern in patterns or PATTERNS
        for i in range(2 * studies)
    ]


def wide_protocol() -> dict[str, Any]:
    """Return the protocol with ten subtypes and six patterns: 60 reports."""
    plan = protocol()
    for key, slugs in (("subtypes", MORE_SUBTYPES), ("patterns", MORE_PATTERNS)):
        plan[key] += [{"slug": slug, "label": slug.capitalize(), "definition": f"Group {slug}"} for slug in slugs]
    return plan


def sixty(studies: int) -> list[Printed]:
    """Return results of every study in each of 60 strata."""
    return large(studies, [*SUBTYPES, *MORE_SUBTYPES], [*PATTERNS, *MORE_PATTERNS])


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
    parser.add_argument("--publish", nargs=2, help="(inside) the folder of the benchmark and a snapshot")
    given = parser.parse_args()
    if given.publish:
        print(publish_from(Path(given.publish[0]), given.publish[1]))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for words, content in versions(given.studies):
            (folder / "snapshots").mkdir(exist_ok=True)
            write_snapshot(content, folder / "snapshots" / content.manifest.version)
            print(f"{words}: {inside(folder, content.manifest.version)}")
        site = folder / "site"
        clock = Clock()
        rewritten = rewrite_status(site, status(last_search_state="failed"))
        print(f"quiet night: {rewritten} files rewritten and swapped in {clock.look()}")
        reports = [*site.glob("subtype/*/index.html"), *site.glob("subtype/*/pattern/*/index.html")]
        raw = max(reports, key=lambda p: p.stat().st_size).read_bytes()
        print(
            f"{len(reports)} reports; the heaviest {len(raw) / 1e3:.1f} KB, {len(gzip.compress(raw)) / 1e3:.0f} gzipped"
        )
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


def versions(studies: int) -> list[tuple[str, Snapshot]]:
    """Return one version after the other, with what is new in each."""
    plan, printed = wide_protocol(), sixty(studies)
    where = ("Study-001", "her2-positive", "visceral")
    cell = next(one for one in printed if (one.study_id, one.subtype, one.pattern) == where)
    one_value = [replace(one, hr=(0.9, 0.6, 1.35)) if one is cell else one for one in printed]
    one_study = [replace(one, hr=(0.8, 0.6, 1.1)) if one.study_id == "Study-001" else one for one in one_value]
    first = reviewed(snapshot(printed, plan=plan))
    second = reviewed(snapshot(one_value, plan=plan, version="2026.2", previous=first))
    third = reviewed(snapshot(one_value, plan=plan, version="2026.3", previous=second))
    trial = third.ongoing[0].model_copy(update={"status": "recruiting"})
    third = third.model_copy(update={"ongoing": (trial,)})
    fourth = reviewed(snapshot(one_study, plan=plan, version="2026.4", previous=third))
    return [
        ("everything is new", first),
        ("one value of one study corrected", second),
        ("the status of a listed trial changed", third),
        ("one study changed in every report", fourth.model_copy(update={"ongoing": (trial,)})),
    ]


def inside(folder: Path, version: str) -> str:
    """Publish in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.site_build", "--publish", str(folder), version]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.rstrip()


def publish_from(folder: Path, version: str) -> str:
    """Publish the newest snapshot of the benchmark's folder; return what it took."""
    *earlier, content = read_snapshots(sorted((folder / "snapshots").iterdir()))
    assert content.manifest.version == version
    clock = Clock()
    build = publish(content, earlier, folder / "site", folder / "archive", folder)
    took = clock.look()
    return (
        f"{took}; {len(build.made)} of {build.pages} pages rendered, {len(build.kept.files)} files from the archive, "
        f"{build.files} files, {build.bytes / 1e6:.1f} MB"
    )


def publish(content: Snapshot, earlier: list[Snapshot], site: Path, archive: Path, folder: Path) -> SiteBuild:
    """Publish as a night does; pages are kept in the folder from version to version."""
    staged = folder / "staged"
    staged.mkdir()
    keep_published(site, archive)
    build = make_site(
        content,
        status=status(),
        out=staged,
        site_url=SITE_URL,
        earlier=earlier,
        archive=archive,
        built=folder / "built",
    )
    swap(staged, site)
    return build


if __name__ == "__main__":
    main()
