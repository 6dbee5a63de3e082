"""A frozen version keeps the bytes it was published with, whatever becomes of templates and style."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reports import templating
from reports.errors import GateError, SnapshotError
from reports.frozen import INDEX, LINKS, keep_published
from reports.gates import check_site
from reports.model import Snapshot
from reports.publish import swap
from reports.site import SiteBuild, build_site
from tests.reports.snapshots import COHORTS, SITE_URL, TRIALS, snapshot, status

FIRST = snapshot((*TRIALS[:4], *COHORTS))
SECOND = snapshot(version="2026.2", previous=FIRST)


def build(content: Snapshot, out: Path, *, earlier: list[Snapshot], archive: Path | None) -> SiteBuild:
    out.mkdir()
    return build_site(content, status=status(), out=out, site_url=SITE_URL, earlier=earlier, archive=archive)


def published(folder: Path) -> tuple[Path, Path]:
    """Publish the first version and keep it; return the site and the archive."""
    build(FIRST, folder / "first", earlier=[], archive=None)
    swap(folder / "first", folder / "site")
    assert keep_published(folder / "site", folder / "archive") == (FIRST.manifest.snapshot_id,)
    return folder / "site", folder / "archive"


def frozen(folder: Path, version: str) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob(f"v/{version}/index.html")}


@contextmanager
def another_style(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let what is built meanwhile have another style sheet."""
    monkeypatch.setattr("reports.templating.stylesheet", lambda: "body{color:red}")
    monkeypatch.setattr("reports.site.stylesheet", lambda: "body{color:red}")
    templating.style_path.cache_clear()
    try:
        yield
    finally:
        templating.style_path.cache_clear()


def test_a_frozen_page_keeps_its_bytes_and_its_style_when_both_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, archive = published(tmp_path)
    before = frozen(site.resolve(), "2026.1")
    old_style = templating.style_path()
    with another_style(monkeypatch):
        result = build(SECOND, tmp_path / "second", earlier=[FIRST], archive=archive)
        assert before
        assert frozen(tmp_path / "second", "2026.1") == before
        assert (tmp_path / "second" / old_style).is_file()
        assert (tmp_path / "second" / templating.style_path()).read_text() == "body{color:red}"
        assert set(before) <= result.kept.files
        check_site(tmp_path / "second", SECOND, previous=FIRST, kept=result.kept)
        assert templating.style_path() in (tmp_path / "second/subtype/all/index.html").read_text()


def test_a_version_that_was_never_kept_is_rendered_again_from_its_snapshot(tmp_path: Path) -> None:
    site, _ = published(tmp_path)
    before = frozen(site.resolve(), "2026.1")
    result = build(SECOND, tmp_path / "second", earlier=[FIRST], archive=tmp_path / "no such archive")
    assert frozen(tmp_path / "second", "2026.1") == before
    assert result.kept.files == frozenset()


@pytest.mark.parametrize("harm", ["changed", "missing"])
def test_a_kept_page_that_was_changed_or_lost_is_refused(tmp_path: Path, harm: str) -> None:
    _, archive = published(tmp_path)
    page = archive / FIRST.manifest.snapshot_id / "subtype/all/v/2026.1/index.html"
    if harm == "changed":
        page.write_text(page.read_text().replace("0.9", "0.8"))
    else:
        page.unlink()
    with pytest.raises(SnapshotError, match=r"subtype/all/v/2026.1/index.html: a frozen page .* restore it"):
        build(SECOND, tmp_path / "second", earlier=[FIRST], archive=archive)


def test_a_frozen_page_whose_links_lead_nowhere_refuses_the_site(tmp_path: Path) -> None:
    _, archive = published(tmp_path)
    result = build(SECOND, tmp_path / "second", earlier=[FIRST], archive=archive)
    (tmp_path / "second/people/index.html").unlink()
    with pytest.raises(GateError):
        check_site(tmp_path / "second", SECOND, previous=FIRST, kept=result.kept)


def test_what_only_a_frozen_page_points_to_must_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, archive = published(tmp_path)
    old_style = templating.style_path()
    with another_style(monkeypatch):
        result = build(SECOND, tmp_path / "second", earlier=[FIRST], archive=archive)
        (tmp_path / "second" / old_style).unlink()
        with pytest.raises(GateError, match=r"link to 'static/site.* of this frozen page leads nowhere"):
            check_site(tmp_path / "second", SECOND, previous=FIRST, kept=result.kept)


def test_versions_kept_before_links_were_written_have_them_read_from_their_pages(tmp_path: Path) -> None:
    _, archive = published(tmp_path)
    written = build(SECOND, tmp_path / "second", earlier=[FIRST], archive=archive).kept
    (archive / FIRST.manifest.snapshot_id / LINKS).unlink()
    assert build(SECOND, tmp_path / "third", earlier=[FIRST], archive=archive).kept == written
    assert written.links["people/index.html"].endswith("v/2026.1/index.html")


def test_keeping_twice_changes_nothing_and_a_killed_copy_leaves_no_half_version(tmp_path: Path) -> None:
    site, archive = published(tmp_path)
    assert keep_published(site, archive) == ()
    (archive / FIRST.manifest.snapshot_id / INDEX).unlink()
    # As a kill between copying and the last rename would leave it: a staging folder beside nothing.
    (archive / FIRST.manifest.snapshot_id).rename(archive / f".staging-{FIRST.manifest.snapshot_id}")
    assert keep_published(site, archive) == (FIRST.manifest.snapshot_id,)
    assert (archive / FIRST.manifest.snapshot_id / INDEX).is_file()


def test_pages_kept_for_another_snapshot_of_the_same_name_do_not_count(tmp_path: Path) -> None:
    _, archive = published(tmp_path)
    other = FIRST.model_copy(update={"manifest": FIRST.manifest.model_copy(update={"snapshot_id": "2026.1-other"})})
    assert build(SECOND, tmp_path / "second", earlier=[other], archive=archive).kept.files == frozenset()


def test_building_a_site_never_writes_through_a_link_into_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, archive = published(tmp_path)
    kept = archive / FIRST.manifest.snapshot_id / templating.style_path()
    before = kept.read_bytes()
    # The same name with other bytes: what a write that a kill or a full disk cut short leaves.
    monkeypatch.setattr("reports.site.stylesheet", lambda: "body{")
    build(SECOND, tmp_path / "second", earlier=[FIRST], archive=archive)
    assert (tmp_path / "second" / templating.style_path()).read_text() == "body{"
    assert kept.read_bytes() == before
