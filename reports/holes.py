"""Words that every version changes, left open in a built page and filled in at the end.

The version and its date stand in the title and the foot of every page, the status of the day above it. If they were
part of a page, each version would have to render all pages again. Rendered pages therefore hold a mark (two
characters that no text uses, with the name between) wherever such a word stands, and :func:`fill` puts the words in.

Only words that look the same in every place (HTML, JSON, an address) may be left open; see :func:`plain`. A test
builds the site with and without holes and compares the bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

OPEN, CLOSE = "\ue000", "\ue001"
HOLE = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
PLAIN = re.compile(r"[A-Za-z0-9 .:/_\u00a0-]*")


def hole(name: str) -> str:
    """Return the mark of a word or region that is filled in later."""
    return f"{OPEN}{name}{CLOSE}"


def region(kind: str, argument: str, *, version: str = "") -> str:
    """Return the mark of a region; ``version`` is that of the edition it is about, if not the latest."""
    return hole(f"{kind}:{version}:{argument}")


def plain(words: str) -> bool:
    """Return whether words need no escaping wherever they may stand; others are rendered at once."""
    return PLAIN.fullmatch(words) is not None


class Filling:
    """What stands in each hole of one version of the site.

    Parameters
    ----------
    words
        By name.
    regions
        Makers of HTML by name: the hole ``ongoing:2026.1:../`` is filled by ``regions["ongoing"]("2026.1", "../")``;
        no version means the latest.
    """

    def __init__(self, words: Mapping[str, str], regions: Mapping[str, Callable[[str, str], str]]) -> None:
        self._regions = regions
        self.words: dict[str, str] = dict(words)
        self.made: dict[str, str] = {}

    def region(self, name: str) -> str | None:
        """Return the HTML of a region's hole, None for a word."""
        kind, *rest = name.split(":")
        if kind not in self._regions:
            return None
        if name not in self.made:
            self.made[name] = HOLE.sub(lambda found: self.words[found[1]], self._regions[kind](*rest))
        return self.made[name]

    def fill(self, text: str) -> str:
        """Return a text without holes.

        Raises
        ------
        KeyError
            A hole has no word: a bug, never published.
        """
        return HOLE.sub(lambda found: self.words[found[1]] if found[1] in self.words else self._html(found[1]), text)

    def _html(self, name: str) -> str:
        html = self.region(name)
        if html is None:
            raise KeyError(name)
        return html
