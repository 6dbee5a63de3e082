"""Atomic publication: readers see the old site or the new one, whole, at every instant.

The site folder is a symbolic link into a sibling folder of versions::

    site -> .site-versions/000007
    .site-versions/000006   the one before, kept so that a reader in the middle of a page is not cut off
    .site-versions/000007

A new site is first moved beside the others under a name nobody serves, then the link is replaced in one system call.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reports.errors import PublishError

VERSIONS = ".site-versions"
KEPT_VERSIONS = 2


def swap(staged: Path, site_dir: Path) -> None:
    """Publish ``staged`` as ``site_dir``.

    Parameters
    ----------
    staged
        A whole site; it is moved (copied, when it is on another file system) and no longer exists afterwards.
    site_dir
        The address of the site: a symbolic link, or nothing yet.

    Raises
    ------
    PublishError
        ``staged`` holds no site, ``site_dir`` is a real folder, or the disk refused; the old site stands untouched.
    """
    if not (staged / "index.html").is_file():
        raise PublishError(f"{staged}: holds no index.html, so it is not a whole site; build it again")
    with published_error(site_dir):
        _refuse_real_folder(site_dir)
        versions = site_dir.parent / VERSIONS
        versions.mkdir(parents=True, exist_ok=True)
        name = _place(staged, versions)
        _point(site_dir, f"{VERSIONS}/{name}")
        prune(site_dir)


@contextmanager
def published_error(site_dir: Path) -> Iterator[None]:
    """Translate the disk's refusals into what an operator can act on."""
    try:
        yield
    except OSError as error:
        raise PublishError(
            f"{site_dir}: the new site could not be published ({error.strerror or error}, {error.filename}); "
            "the old one stands. Free space or permissions there, then publish again."
        ) from error


def prune(site_dir: Path) -> None:
    """Remove all but the newest versions and what killed publications left; the published one always stays."""
    versions = site_dir.parent / VERSIONS
    current = site_dir.resolve().name
    numbered = sorted(p.name for p in versions.iterdir() if re.fullmatch(r"\d{6,}", p.name))
    kept = {current, *numbered[-KEPT_VERSIONS:]}
    for folder in sorted(versions.iterdir()):
        if folder.name not in kept and (folder.name in numbered or folder.name.startswith(".tmp-")):
            shutil.rmtree(folder, ignore_errors=True)
    for link in site_dir.parent.glob(f".{site_dir.name}.*.link"):
        link.unlink(missing_ok=True)


def oldest(site_dir: Path) -> Path | None:
    """Return the oldest tree of a site if the next swap will remove it, else None; the published one never is."""
    versions = site_dir.parent / VERSIONS
    numbered = sorted(path for path in versions.iterdir() if re.fullmatch(r"\d{6,}", path.name))
    return numbered[0] if len(numbered) >= KEPT_VERSIONS and numbered[0].name != site_dir.resolve().name else None


def staging_folder(site_dir: Path) -> Path:
    """Return a fresh folder for a new version, on the same file system as the site."""
    versions = site_dir.parent / VERSIONS
    versions.mkdir(parents=True, exist_ok=True)
    folder = versions / f".tmp-{os.getpid()}"
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    return folder


def _refuse_real_folder(site_dir: Path) -> None:
    if site_dir.is_symlink() or not site_dir.exists():
        return
    if site_dir.is_dir() and not any(site_dir.iterdir()):
        site_dir.rmdir()
        return
    raise PublishError(
        f"{site_dir}: is a real file or folder, not a link made by a publication; "
        "it is not overwritten. Move it away or choose another site folder."
    )


def _place(staged: Path, versions: Path) -> str:
    """Move a site beside the others under the next free number."""
    source = staged
    if staged.stat().st_dev != versions.stat().st_dev:
        source = versions / f".tmp-{os.getpid()}"
        shutil.rmtree(source, ignore_errors=True)
        shutil.copytree(staged, source)
    number = max((int(p.name) for p in versions.iterdir() if p.name.isdigit()), default=0) + 1
    name = f"{number:06d}"
    source.rename(versions / name)
    if source is not staged:
        shutil.rmtree(staged, ignore_errors=True)
    return name


def _point(site_dir: Path, target: str) -> None:
    """Replace the link in one step."""
    link = site_dir.with_name(f".{site_dir.name}.{os.getpid()}.link")
    link.unlink(missing_ok=True)
    link.symlink_to(target, target_is_directory=True)
    os.replace(link, site_dir)
    folder = os.open(site_dir.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
