"""A quiet or a failed night changes the status and nothing else."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from reports.errors import PublishError
from reports.html_reading import read_page
from reports.publish import swap
from reports.site import build_site
from reports.status import Wait, rewrite_status
from tests.reports.conftest import Built
from tests.reports.snapshots import SITE_URL, snapshot, status

REGION = re.compile(r"<!-- (status[a-z-]*):begin -->.*?<!-- \1:end -->", re.DOTALL)


@pytest.fixture
def published(built: Built, tmp_path: Path) -> Path:
    shutil.copytree(built.folder, tmp_path / "staged")
    swap(tmp_path / "staged", tmp_path / "site")
    return tmp_path / "site"


def texts(site: Path) -> dict[str, str]:
    return {p.relative_to(site).as_posix(): p.read_text() for p in sorted(site.rglob("*")) if p.is_file()}


FAILED = status(
    living_status="overdue", last_search_state="failed", last_search_message="esearch answered HTTP 500 five times"
)


def test_the_second_site_is_byte_identical_but_for_the_status(published: Path) -> None:
    before = texts(published)
    assert rewrite_status(published, FAILED) > 0
    after = texts(published)
    assert before.keys() == after.keys()
    for name in before.keys() - {"status.json"}:
        assert REGION.sub("", before[name]) == REGION.sub("", after[name])
    assert json.loads(after["status.json"])["last_search_state"] == "failed"


def test_a_failed_search_is_said_on_every_living_page_and_never_as_nothing_found(published: Path) -> None:
    rewrite_status(published, FAILED)
    for name, text in texts(published).items():
        if name.endswith("index.html") and "/v/" not in name and not name.startswith("status/"):
            assert "The latest search failed." in text, name


def test_frozen_versions_keep_their_bytes(published: Path) -> None:
    before = {name: text for name, text in texts(published).items() if "/v/" in name}
    assert before
    rewrite_status(published, FAILED)
    assert before == {name: text for name, text in texts(published).items() if "/v/" in name}


def frozen_folders(site: Path) -> dict[str, int]:
    """Return the number on the disk of each frozen version's folder, by its path in the site."""
    tree = site.resolve()
    return {p.relative_to(tree).as_posix(): p.stat().st_ino for p in tree.rglob("v/*") if p.is_dir()}


def test_frozen_versions_are_taken_over_from_the_tree_that_nobody_is_served_any_more(published: Path) -> None:
    before = {name: text for name, text in texts(published).items() if "/v/" in name}
    first = frozen_folders(published)
    rewrite_status(published, FAILED)
    second = frozen_folders(published)
    assert first.keys() == second.keys()
    assert not set(first.values()) & set(second.values()), "readers may still be in the first tree"
    rewrite_status(published, status())
    assert frozen_folders(published) == first
    assert before == {name: text for name, text in texts(published).items() if "/v/" in name}


def test_what_is_not_the_published_version_is_never_taken_over(published: Path) -> None:
    before = texts(published)
    oldest = published.resolve()
    rewrite_status(published, FAILED)
    (page, *_) = oldest.glob("subtype/*/v/*/index.html")
    page.unlink()
    page.write_text("another page under the same name")
    (page.parent.parent / "2025.9").mkdir()
    (page.parent.parent / "note.txt").write_text("what somebody left")
    shutil.rmtree(next(oldest.glob("pattern/*/v/*")))
    rewrite_status(published, status())
    assert texts(published) == before
    assert not list(published.resolve().glob("subtype/*/v/2025.9"))


def test_the_same_status_changes_nothing_and_swaps_nothing(published: Path) -> None:
    target = os.readlink(published)
    assert rewrite_status(published, status()) == 0
    assert os.readlink(published) == target


def test_there_and_back_again_gives_the_same_bytes(published: Path) -> None:
    before = texts(published)
    rewrite_status(published, FAILED)
    rewrite_status(published, status())
    assert texts(published) == before


def test_without_a_site_there_is_nothing_to_rewrite(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="no published site here"):
        rewrite_status(tmp_path / "site", status())


def test_the_status_page_tells_how_long_records_take_and_says_when_nothing_has_gone_that_way(tmp_path: Path) -> None:
    shown = status(to_queue=Wait(median_days=1, n=12), to_decision=Wait(median_days=2.5, n=1))
    build_site(snapshot(), status=shown, out=tmp_path, site_url=SITE_URL)
    text = read_page(tmp_path / "status/index.html").text.replace("\N{NO-BREAK SPACE}", " ")
    assert "From PubMed to our queue 1 day (median of 12 records)" in text
    assert "From the queue to a decision 2.5 days (median of 1 record)" in text
    assert "From approval to publication nothing has gone this way yet" in text
