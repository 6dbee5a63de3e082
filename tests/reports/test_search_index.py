"""The search index is a pure function of the pages, and a failed indexer refuses the site."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reports.errors import PublishError
from reports.gates import check_site
from reports.search_index import BUNDLE, index_site
from reports.site import build_site
from tests.reports.conftest import Built
from tests.reports.snapshots import SITE_URL, snapshot, status


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_same_pages_give_the_same_index_whatever_the_order_on_disk_and_the_number_of_cores(
    built: Built, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    shutil.copytree(built.folder, first)
    for name, raw in sorted(files(built.folder).items(), reverse=True):
        (second / name).parent.mkdir(parents=True, exist_ok=True)
        (second / name).write_bytes(raw)
    index_site(first)
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        index_site(second)
    finally:
        os.sched_setaffinity(0, cores)
    assert files(first / BUNDLE) == files(second / BUNDLE)
    assert {name.split(".")[0] for name in files(first / BUNDLE) if "/" not in name} == {
        "pagefind", "pagefind-entry", "pagefind-worker", "wasm",
    }  # fmt: skip
    check_site(first, built.snapshot, previous=built.earlier)


def test_an_indexer_that_fails_refuses_the_site(built: Built, tmp_path: Path) -> None:
    shutil.copytree(built.folder, tmp_path / "site")
    (tmp_path / "site" / BUNDLE).write_text("a file where the index should stand")
    with pytest.raises(PublishError, match="the search index could not be made"):
        index_site(tmp_path / "site")


BUILD = """
import sys
from pathlib import Path
from reports.site import build_site
from reports.search_index import index_site
from tests.reports.snapshots import SITE_URL, snapshot, status
out = Path(sys.argv[1])
build_site(snapshot(), status=status(), out=out, site_url=SITE_URL)
index_site(out)
"""


def test_same_snapshot_same_bytes_in_another_process_time_zone_hash_seed_and_on_one_core(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "a" / "there"
    here.mkdir()
    there.mkdir(parents=True)
    build_site(snapshot(), status=status(), out=here, site_url=SITE_URL)
    index_site(here)
    subprocess.run(
        [sys.executable, "-c", BUILD, str(there)],
        check=True,
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland", "LC_ALL": "C"},
        preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}),
    )
    assert files(here) == files(there)
