"""Frozen pages: the bytes a version of a report was published with, kept for ever.

Templates change, so a page rendered again from its old snapshot would say the same in another dress. What readers have
seen, cited or printed is therefore kept as it was: each version has a folder in the archive with its pages, the style
sheet they name, and the hash of each file. A version that was never kept (an archive lost, a site built without one) is
rendered again from its snapshot; the archive is then filled from the published site.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reports.errors import SnapshotError
from reports.status import SITE_FILE

INDEX = "pages.json"
LINKS = "links.json"
"""What the pages of a version point to; versions kept before 2026-11-26 have none, and their pages are read."""

FROZEN_PAGE = re.compile(r"(?P<report>.+/)v/(?P<version>\d{4}\.\d+)/index\.html")
STYLE = re.compile(r"(?:\.\./)*(static/[\w.-]+\.[0-9a-f]{16}\.(?:css|js))")
PLAIN_LINKS = tuple(re.compile(rf'{name}="([^":#?/][^":#?]*)[#?"]') for name in ("href", "src"))
"""Apart, because a pattern that begins with fixed letters is found several times as fast."""


@dataclass(frozen=True)
class KeptVersion:
    """One version in the archive.

    Parameters
    ----------
    files
        The hash of each of its files, by path in the site.
    links
        A page of the version for each path in the site its pages point to.
    """

    folder: Path
    files: Mapping[str, str]
    links: Mapping[str, str]


@dataclass(frozen=True)
class KeptPages:
    """What a site holds of all kept versions: their files, and a page for each path that one of them points to."""

    files: frozenset[str] = frozenset()
    links: Mapping[str, str] = field(default_factory=dict)


def kept_pages(kept: Iterable[KeptVersion]) -> KeptPages:
    """Return what a site holds of these versions."""
    versions = tuple(kept)
    return KeptPages(
        files=frozenset(name for version in versions for name in version.files),
        links={target: page for version in versions for target, page in version.links.items()},
    )


def kept_versions(archive: Path | None, versions: Iterable[tuple[str, str]]) -> dict[str, KeptVersion]:
    """Return the versions of the archive, by version.

    Parameters
    ----------
    archive
        The archive's folder, or None.
    versions
        Version and snapshot id of each snapshot: pages kept for another snapshot of the same name do not count.

    Raises
    ------
    SnapshotError
        A kept file is missing or was changed since it was published.
    """
    found: dict[str, KeptVersion] = {}
    for version, snapshot_id in versions:
        folder = archive / snapshot_id if archive is not None else None
        if folder is not None and (folder / INDEX).is_file():
            files = json.loads((folder / INDEX).read_text(encoding="utf-8"))
            for name, sha256 in files.items():
                _verify(folder / name, sha256)
            found[version] = KeptVersion(folder, files, _links(folder, files))
    return found


def keep_published(site_dir: Path, archive: Path) -> tuple[str, ...]:
    """Copy into the archive every frozen version of a published site that is not in it yet; return their snapshot ids.

    A folder appears in one step: a killed copy leaves none.
    """
    about = site_dir / SITE_FILE
    if not about.is_file():
        return ()
    snapshots: Mapping[str, str] = json.loads(about.read_text(encoding="utf-8")).get("snapshots", {})
    root = site_dir.resolve()
    wanted = {v: s for v, s in snapshots.items() if not (archive / s / INDEX).is_file()}
    if not wanted:
        return ()
    pages: dict[str, list[str]] = {version: [] for version in wanted}
    for folder, _, names in os.walk(root):
        name = f"{folder}/index.html"[len(str(root)) + 1 :]
        match = FROZEN_PAGE.fullmatch(name)
        if match and match["version"] in pages and "index.html" in names:
            pages[match["version"]].append(name)
    for version, names in pages.items():
        _keep(root, archive, wanted[version], sorted(names))
    return tuple(wanted[version] for version in pages)


def place(kept: KeptVersion, out: Path) -> int:
    """Put a kept version into a site that is being built (linked where the file system can); return its bytes."""
    size = 0
    for name in kept.files:
        source, target = f"{kept.folder}/{name}", f"{out}/{name}"
        if os.path.exists(target):
            continue
        _linked_or_copied(source, target)
        size += os.stat(target).st_size
    return size


def _keep(root: Path, archive: Path, snapshot_id: str, names: list[str]) -> None:
    staging = archive / f".staging-{snapshot_id}"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    links = {name: _links_of(root / name) for name in names}
    styles = {found[1] for each in links.values() for link in each if (found := STYLE.fullmatch(link))}
    hashes = {}
    for name in [*names, *sorted(styles)]:
        hashes[name] = hashlib.sha256((root / name).read_bytes()).hexdigest()
        _linked_or_copied(root / name, staging / name)
    (staging / LINKS).write_text(json.dumps(_targets(links), indent=1) + "\n", encoding="utf-8")
    (staging / INDEX).write_text(json.dumps(hashes, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    staging.rename(archive / snapshot_id)


def _linked_or_copied(source: Path | str, target: Path | str) -> None:
    """Give a file that is never written again a second place, without a second copy where the file system can."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copyfile(source, target)


def _links(folder: Path, names: Iterable[str]) -> Mapping[str, str]:
    """Return the links of a kept version, as they were written when it was kept: pages are many and never change."""
    if (folder / LINKS).is_file():
        found: Mapping[str, str] = json.loads((folder / LINKS).read_text(encoding="utf-8"))
        return found
    return _targets({name: _links_of(folder / name) for name in names if name.endswith(".html")})


def _links_of(page: Path) -> list[str]:
    """Return the links of a page that lead to files of its own site, as they are written."""
    text = page.read_text(encoding="utf-8")
    return [link for pattern in PLAIN_LINKS for link in pattern.findall(text)]


def _targets(links: Mapping[str, list[str]]) -> dict[str, str]:
    """Return the files of the site that pages link to, each with the first page that does."""
    targets: dict[str, str] = {}
    for name in sorted(links):
        for link in links[name]:
            targets.setdefault(posixpath.normpath(posixpath.join(posixpath.dirname(name), link)), name)
    return dict(sorted(targets.items()))


def _verify(path: Path, sha256: str) -> None:
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise SnapshotError(f"{path}: a frozen page is missing from the archive; restore it from a backup") from error
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise SnapshotError(f"{path}: a frozen page was changed since it was published; restore it from a backup")
