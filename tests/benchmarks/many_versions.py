"""What a version costs when many were published before it: ``python -m tests.benchmarks.many_versions``.

Synthetic versions that differ in one value each. Printed for each number of them: CPU seconds and added peak memory of
reading them as a publication does and each alone, with ``--build`` of building the last one's site, each in a
process of its own; with ``--publish`` of publishing them one after the other as nights do, the kept pages of earlier
versions at hand, and of the quiet night after.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

from reports.model import Snapshot
from reports.site import build_site
from reports.snapshot import read_snapshot, read_snapshots, write_snapshot
from reports.status import rewrite_status
from tests.benchmarks.site_build import large, publish, reviewed
from tests.reports.snapshots import SITE_URL, snapshot, status


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--older", type=int, nargs="+", default=[5, 40])
    parser.add_argument("--studies", type=int, default=4, help="studies a synthesis")
    parser.add_argument("--build", action="store_true", help="build the site too, without an archive")
    parser.add_argument("--publish", action="store_true", help="publish each after the other instead")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folders = write_versions(Path(name), max(asked.older), studies=asked.studies)
        if asked.publish:
            publish_all(folders, Path(name), told=asked.older)
            return
        for older in asked.older:
            for how in ("shared", "each alone"):
                child = multiprocessing.get_context("spawn").Process(
                    target=measure, args=(folders[:older], how, asked.build)
                )
                child.start()
                child.join()


def write_versions(folder: Path, number: int, *, studies: int) -> list[Path]:
    """Write versions that differ in the quote of one value."""
    one = reviewed(snapshot(large(studies)))
    folders = []
    for count in range(1, number + 1):
        value = one.values[count % len(one.values)].model_copy(update={"quote": f"read again in version {count}"})
        values = tuple(value if each.value_id == value.value_id else each for each in one.values)
        version = f"2026.{count}"
        manifest = one.manifest.model_copy(update={"version": version, "snapshot_id": f"{version}-synthetic"})
        one = one.model_copy(update={"values": values, "manifest": manifest})
        write_snapshot(one, folder / version)
        folders.append(folder / version)
    return folders


def measure(folders: list[Path], how: str, build: bool) -> None:
    """Print what reading the versions, and building the site of the last, costs in this process."""
    before, began = peak(), time.process_time()
    read: list[Snapshot] = read_snapshots(folders) if how == "shared" else [read_snapshot(each) for each in folders]
    line = f"{len(folders):>4} versions, {how:<10}: read in {time.process_time() - began:5.2f} s CPU, "
    line += f"{peak() - before:6.1f} MB"
    if build:
        began = time.process_time()
        with tempfile.TemporaryDirectory() as out:
            build_site(read[-1], status=status(), out=Path(out), site_url=SITE_URL, earlier=read[:-1])
        line += f"; site {time.process_time() - began:6.2f} s CPU, {peak() - before:6.1f} MB in all"
    sys.stdout.write(line + "\n")


def publish_all(folders: list[Path], folder: Path, *, told: list[int]) -> None:
    """Publish each version, and print the processor's seconds of those after so many older ones."""
    site, archive = folder / "site", folder / "archive"
    for older, last in enumerate(folders):
        began = cpu()
        with contextlib.redirect_stdout(io.StringIO()):
            publish(read_snapshot(last), read_snapshots(folders[:older]), site, archive, folder)
        published = cpu()
        rewrite_status(site, status(last_search_state="failed"))
        if older + 1 in told:
            line = f"{older + 1:>4} versions: publication {published - began:5.2f} s CPU, quiet night's site "
            sys.stdout.write(line + f"{cpu() - published:5.2f} s CPU\n")
            sys.stdout.flush()


def cpu() -> float:
    """Return the processor's seconds of this process and its ended children (the search indexer)."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def peak() -> float:
    """Return the most memory this process has used, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
