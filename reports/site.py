"""The whole site from a snapshot: same snapshot, same status, same bytes. No clock, no network, no order of chance."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlparse

from reports.built import Built, stamp, units_of
from reports.errors import PublishError
from reports.figures.flow_chart import check_sums
from reports.formats import Format
from reports.frozen import KeptPages, KeptVersion, kept_pages, kept_versions, place
from reports.holes import Filling, plain
from reports.model import Snapshot
from reports.pages.edition import Edition
from reports.pages.history import History
from reports.pages.imprint import LATE_WORDS
from reports.pages.shell import Page, Site
from reports.regions import regions
from reports.status import SITE_FILE, STATUS_FILE, Status, status_json
from reports.templating import HERE, render, script, script_path, style_path, stylesheet
from reports.units import site_units


@dataclass(frozen=True)
class Source:
    """What an HTML file was filled from, and the hash of the file."""

    text: str
    sha256: str
    filling: Filling


@dataclass
class SiteBuild:
    """What was written: pages (HTML files), files in all, their bytes.

    Parameters
    ----------
    kept
        What was taken from the archive of frozen pages.
    made
        Pages rendered in this build; the others were taken from the one before.
    sources
        What each HTML file was filled from, by path.
    """

    kept: KeptPages
    pages: int = 0
    files: int = 0
    bytes: int = 0
    made: list[str] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)

    def add(self, out: Path, page: Page, filling: Filling, *, made: bool) -> None:
        """Write a file, its holes filled."""
        raw = filling.fill(page.text).encode("utf-8") if page.raw is None else page.raw
        path = filling.fill(page.path)
        _write(out / path, raw)
        self.files += 1
        self.bytes += len(raw)
        if path.endswith(".html"):
            self.pages += 1
            self.sources[path] = Source(page.text, hashlib.sha256(raw).hexdigest(), filling)
            if made:
                self.made.append(path)

    def add_kept(self, version: KeptVersion, size: int) -> None:
        """Count what came from the archive."""
        self.bytes += size
        self.files += len(version.files)
        self.pages += sum(name.endswith(".html") for name in version.files)


def build_site(
    snapshot: Snapshot,
    *,
    status: Status,
    out: Path,
    site_url: str,
    earlier: Sequence[Snapshot] = (),
    archive: Path | None = None,
    built: Path | None = None,
    figure_formats: tuple[Format, ...] = (),
    late_words: Sequence[str] = LATE_WORDS,
    when_searched: Callable[[SiteBuild], None] | None = None,
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
    built
        Where pages are kept from build to build (:mod:`reports.built`); None renders everything.
    figure_formats
        Formats of the figures beside SVG; they need the extra ``figures``.

    late_words
        Words of the latest edition that are left open in kept pages and filled in at the end.
    when_searched
        Called once, when every page of the search index is written and the other files are still to come.

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
    site = Site(site_url=site_url.rstrip("/"), figure_formats=figure_formats)
    history = History(_editions(snapshot, earlier))
    known = [(e.version, e.snapshot.manifest.snapshot_id) for e in history.editions[:-1]]
    kept = kept_versions(archive, known)
    filling = Filling(_filled_words(history.latest, late_words), regions(history, shown))
    build = SiteBuild(kept=kept_pages(kept.values()))
    for version in kept.values():
        build.add_kept(version, place(version, out))
    store = Built(built, stamp=stamp(site, sorted(filling.words)), history=history, late=frozenset(filling.words))
    units = units_of(site_units(site, history, kept=frozenset(kept)))

    def write(searched: bool) -> None:
        for one in units:
            if one.searched == searched:
                made = store.make(one)
                for page in made.pages:
                    build.add(out, page, filling, made=not made.kept)

    write(True)
    if when_searched is not None:
        when_searched(build)
    write(False)
    for page in _plain_files(site, history, shown):
        build.add(out, page, filling, made=False)
    _saved(store, built)
    return build


def _filled_words(latest: Edition, names: Sequence[str]) -> dict[str, str]:
    """Return the words left open in pages; one that must be escaped somewhere is rendered like any other."""
    words = {name: str(getattr(latest, name)) for name in names}
    return {name: word for name, word in words.items() if plain(word)}


def _saved(store: Built, folder: Path | None) -> None:
    try:
        store.save()
    except OSError as error:
        raise PublishError(
            f"{folder}: the built pages cannot be kept there ({error.strerror}); the published site was not touched. "
            "Free space or permissions there, then publish again."
        ) from error


def _editions(snapshot: Snapshot, earlier: Sequence[Snapshot]) -> tuple[Edition, ...]:
    """Return the editions oldest first, one for each version."""
    by_version = {one.manifest.version: one for one in earlier}
    by_version.pop(snapshot.manifest.version, None)
    return (*(Edition(one) for one in by_version.values()), Edition(snapshot))


def _plain_files(site: Site, history: History, status: Status) -> Iterator[Page]:
    latest = history.latest
    manifest = latest.snapshot.manifest
    yield Page("site.css", stylesheet())  # for the page of unknown addresses, which lies at no fixed depth
    yield Page(style_path(), stylesheet())
    yield Page(script_path(), script())
    yield Page("icon.svg", (HERE / "static" / "icon.svg").read_text(encoding="utf-8"))
    base = urlparse(site.site_url).path.rstrip("/")
    yield Page("404.html", render("404.html", base=base, rehearsal=manifest.rehearsal))
    yield Page("robots.txt", f"User-agent: *\nAllow: /\nSitemap: {site.site_url}/sitemap.xml\n")
    yield Page("sitemap.xml", render("sitemap.xml", urls=_sitemap(site, latest)))
    yield Page(STATUS_FILE, status_json(status))
    about = {
        "version": latest.version,
        "snapshot_id": manifest.snapshot_id,
        "table_version": manifest.table_version,
        "published_at": manifest.created_at,
        "rehearsal": manifest.rehearsal,
        "versions": [edition.version for edition in history.editions],
        "snapshots": {edition.version: edition.snapshot.manifest.snapshot_id for edition in history.editions},
    }
    yield Page(SITE_FILE, json.dumps(about, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def _sitemap(site: Site, latest: Edition) -> list[tuple[str, str]]:
    folders = ["", "studies/", "patients/", "methods/", "search/", "changes/", "status/", "validation/", "data/"]
    folders += ["people/", "find/", *(stratum.path for stratum in latest.strata)]
    folders += [f"studies/{slug}/" for slug in sorted(latest.study_slugs.values())]
    return [(f"{site.site_url}/{folder}", latest.snapshot.manifest.created_at[:10]) for folder in folders]


def _write(path: Path, raw: bytes) -> None:
    try:
        try:
            _new_file(path, raw)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            _new_file(path, raw)
        except FileExistsError:
            path.unlink()  # a style of kept pages is a link into the archive: never written through
            _new_file(path, raw)
    except OSError as error:
        raise PublishError(
            f"{path}: cannot be written ({error.strerror}); the published site was not touched. "
            "Free space or permissions there, then publish again."
        ) from error


def _new_file(path: Path, raw: bytes) -> None:
    """Write a file that is not there yet: one look at the disk instead of three, for a thousand files."""
    with path.open("xb") as file:
        file.write(raw)
