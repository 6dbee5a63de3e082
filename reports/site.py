"""The whole site from a snapshot: same snapshot, same status, same bytes. No clock, no network, no order of chance."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse

from reports.downloads import download_pages
from reports.errors import PublishError
from reports.feeds import corrections_feed, report_feed, site_feed
from reports.figures.flow_chart import check_sums
from reports.formats import Format
from reports.frozen import KeptPages, kept_pages, kept_versions, place
from reports.model import Snapshot
from reports.pages.edition import Edition, Stratum
from reports.pages.report_pages import changes_page, frozen_page, report_page, withdrawn_page
from reports.pages.shell import Page, Site
from reports.pages.site_pages import (
    find_page,
    methods_page,
    overview_page,
    patients_page,
    people_page,
    search_page,
    status_page,
    validation_page,
)
from reports.pages.study_pages import studies_page, study_page
from reports.rows import ValueRow
from reports.status import SITE_FILE, STATUS_FILE, Status, status_json
from reports.templating import HERE, render, script, script_path, style_path, stylesheet


@dataclass(frozen=True)
class SiteBuild:
    """What was written: pages (HTML files), files in all, their bytes; ``kept`` is what was taken from the archive."""

    pages: int
    files: int
    bytes: int
    kept: KeptPages


def build_site(
    snapshot: Snapshot,
    *,
    status: Status,
    out: Path,
    site_url: str,
    earlier: Sequence[Snapshot] = (),
    archive: Path | None = None,
    figure_formats: tuple[Format, ...] = (),
) -> SiteBuild:
    """Write the site into an empty folder.

    Parameters
    ----------
    snapshot
        The snapshot to show.
    status
        Status of the living review; a rehearsal snapshot marks it as rehearsal too.
    out
        An empty folder; it is not the published one (see :func:`reports.publish.swap`).
    site_url
        Public address, for canonical links and feeds.
    earlier
        Every snapshot published before, oldest first: their reports stay for ever.
    archive
        Where the pages of earlier versions are kept as they were published (:mod:`reports.frozen`); a version it does
        not hold is rendered again from its snapshot.
    figure_formats
        Formats of the forest plots beside SVG; they need the extra ``figures``.

    Raises
    ------
    PublishError
        ``out`` is missing or not empty, or the disk refused.
    SnapshotError
        The protocol of a snapshot has no taxonomy, or a kept page was changed.
    GateError
        The flow of the snapshot does not add up.
    """
    if not out.is_dir() or any(out.iterdir()):
        raise PublishError(f"{out}: the site is built into an existing empty folder; make one")
    check_sums(snapshot.flow)
    shown = status.model_copy(update={"rehearsal": status.rehearsal or snapshot.manifest.rehearsal})
    site = Site(site_url=site_url.rstrip("/"), status=shown, figure_formats=figure_formats)
    editions = _editions(snapshot, earlier)
    known = [(e.version, e.snapshot.manifest.snapshot_id) for e in editions[:-1]]
    kept = kept_versions(archive, known)
    pages = size = files = 0
    for version in kept.values():
        size += place(version, out)
        files += len(version.files)
        pages += sum(name.endswith(".html") for name in version.files)
    for page in site_files(site, editions, kept=frozenset(kept)):
        raw = page.text.encode("utf-8") if page.raw is None else page.raw
        _write(out / page.path, raw)
        files, size = files + 1, size + len(raw)
        pages += page.path.endswith(".html")
    return SiteBuild(pages=pages, files=files, bytes=size, kept=kept_pages(kept.values()))


def _editions(snapshot: Snapshot, earlier: Sequence[Snapshot]) -> tuple[Edition, ...]:
    """Return the editions oldest first, one for each version."""
    by_version = {one.manifest.version: one for one in earlier}
    by_version.pop(snapshot.manifest.version, None)
    return (*(Edition(one) for one in by_version.values()), Edition(snapshot))


def site_files(site: Site, editions: Sequence[Edition], *, kept: frozenset[str] = frozenset()) -> Iterator[Page]:
    """Yield every file of the site but the frozen pages of ``kept`` versions, in an order that does not matter."""
    latest = editions[-1]
    yield overview_page(site, latest)
    for make in (studies_page, search_page, status_page, validation_page, people_page, patients_page, find_page):
        yield make(site, latest)
    yield methods_page(site, editions)
    yield changes_page(
        site,
        editions,
        None,
        folder="changes/",
        title=f"Changes. {latest.short_title}: a living systematic review, version {latest.version}",
    )
    yield from _study_files(site, editions)
    yield from _report_files(site, editions, kept)
    yield from download_pages(site, latest)
    yield site_feed(site, editions)
    yield corrections_feed(site, editions)
    yield from _plain_files(site, editions)


def _study_files(site: Site, editions: Sequence[Edition]) -> Iterator[Page]:
    """Yield a page for each study of the latest edition, and for those that only an older one has."""
    seen: set[str] = set()
    for edition in reversed(editions):
        for study in edition.snapshot.studies:
            slug = edition.study_slugs[study.study_id]
            if slug in seen:
                continue
            seen.add(slug)
            yield study_page(
                site,
                edition,
                study,
                former=_former_values(editions, edition, study.study_id),
                removed_after=None if edition is editions[-1] else edition.version,
            )


def _former_values(editions: Sequence[Edition], shown: Edition, study_id: str) -> tuple[ValueRow, ...]:
    """Return the values of a study that earlier editions held and the one shown does not."""
    present = {value.value_id for value in shown.values_of.get(study_id, ())}
    former = {
        value.value_id: value
        for edition in editions
        for value in edition.values_of.get(study_id, ())
        if value.value_id not in present
    }
    return tuple(former[key] for key in sorted(former))


def _report_files(site: Site, editions: Sequence[Edition], kept: frozenset[str]) -> Iterator[Page]:
    latest = editions[-1]
    for stratum in _all_strata(editions):
        holders = [edition for edition in editions if stratum in edition.strata]
        versions = tuple(edition.version for edition in reversed(holders))
        if latest in holders:
            yield report_page(site, latest, stratum, versions=versions)
        else:
            yield withdrawn_page(site, latest, holders[-1], stratum, versions=versions)
        yield changes_page(
            site,
            editions,
            stratum,
            folder=f"{stratum.path}changes/",
            title=f"Changes: {holders[-1].title(stratum)}, version {latest.version}",
        )
        yield report_feed(site, editions, stratum)
        for edition in (one for one in holders if one.version not in kept):
            yield frozen_page(site, edition, stratum)


def _all_strata(editions: Sequence[Edition]) -> tuple[Stratum, ...]:
    return tuple({stratum: None for edition in reversed(editions) for stratum in edition.strata})


def _plain_files(site: Site, editions: Sequence[Edition]) -> Iterator[Page]:
    latest = editions[-1]
    manifest = latest.snapshot.manifest
    yield Page("site.css", stylesheet())  # for the page of unknown addresses, which lies at no fixed depth
    yield Page(style_path(), stylesheet())
    yield Page(script_path(), script())
    yield Page("icon.svg", (HERE / "static" / "icon.svg").read_text(encoding="utf-8"))
    base = urlparse(site.site_url).path.rstrip("/")
    yield Page("404.html", render("404.html", base=base, rehearsal=manifest.rehearsal))
    yield Page("robots.txt", f"User-agent: *\nAllow: /\nSitemap: {site.site_url}/sitemap.xml\n")
    yield Page("sitemap.xml", render("sitemap.xml", urls=_sitemap(site, latest)))
    yield Page(STATUS_FILE, status_json(site.status))
    about = {
        "version": latest.version,
        "snapshot_id": manifest.snapshot_id,
        "table_version": manifest.table_version,
        "published_at": manifest.created_at,
        "rehearsal": manifest.rehearsal,
        "versions": [edition.version for edition in editions],
        "snapshots": {edition.version: edition.snapshot.manifest.snapshot_id for edition in editions},
    }
    yield Page(SITE_FILE, json.dumps(about, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def _sitemap(site: Site, latest: Edition) -> list[tuple[str, str]]:
    folders = ["", "studies/", "patients/", "methods/", "search/", "changes/", "status/", "validation/", "data/"]
    folders += ["people/", "find/", *(stratum.path for stratum in latest.strata)]
    folders += [f"studies/{slug}/" for slug in sorted(latest.study_slugs.values())]
    return [(f"{site.site_url}/{folder}", latest.snapshot.manifest.created_at[:10]) for folder in folders]


def _write(path: Path, raw: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    except OSError as error:
        raise PublishError(
            f"{path}: cannot be written ({error.strerror}); the published site was not touched. "
            "Free space or permissions there, then publish again."
        ) from error
