"""A second tree of a site made of hard links, in which some files differ: what a quiet night publishes.

Frozen versions are most of a site after some years and never change. To link each of their folders anew every night,
and to take the oldest tree's apart, would cost more with each version; so the new tree takes them over from the oldest
one, which nobody is served any more and which the next swap removes.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

FROZEN = "v"
"""Name of the folder that holds the frozen versions of a report."""

VERSION_FOLDER = re.compile(r"\d{4}\.\d+")
"""Name of the folder of a frozen version, inside :data:`FROZEN`."""


def link_tree(source: Path, target: Path, changed: Mapping[str, str], *, spare: Path | None = None) -> None:
    """Fill an empty folder with links to the files of a site.

    Parameters
    ----------
    source, target
        The site, and the empty folder.
    changed
        New text of some files, by path in the site.
    spare
        An older tree of the site that is to be removed: its frozen versions are moved, where they are the same files.
    """
    root = len(str(source))
    for folder, folders, names in os.walk(source):
        within = folder[root:]
        there = f"{target}{within}"
        if os.path.basename(folder) == FROZEN:
            folders[:] = _still_to_link(folder, there, folders)
        for name in folders:
            old = f"{spare}{within}/{name}"
            if spare is not None and name == FROZEN and os.path.isdir(old):
                os.rename(old, f"{there}/{name}")
            else:
                os.mkdir(f"{there}/{name}")
        for name in names:
            path = f"{within}/{name}"[1:]
            if path in changed:
                Path(there, name).write_text(changed[path], encoding="utf-8", newline="\n")
            else:
                os.link(f"{folder}/{name}", f"{there}/{name}")


def _still_to_link(source: str, there: str, versions: list[str]) -> list[str]:
    """Return the version folders that did not come along; whatever came and is not the source's is removed."""
    kept = set()
    for name in os.listdir(there):
        came = f"{there}/{name}"
        if name in versions and VERSION_FOLDER.fullmatch(name) and _same_files(f"{source}/{name}", came):
            kept.add(name)
        elif os.path.isdir(came):
            shutil.rmtree(came)
        else:
            os.unlink(came)
    return [name for name in versions if name not in kept]


def _same_files(one: str, other: str) -> bool:
    """Tell whether two folders hold links to the same files under the same names."""
    names = sorted(os.listdir(one))
    return names == sorted(os.listdir(other)) and all(
        os.path.samefile(f"{one}/{name}", f"{other}/{name}") for name in names
    )
