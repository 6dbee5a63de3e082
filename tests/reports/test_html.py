"""The HTML is well formed: every tag closed in order, every id once, every image of text described."""

from __future__ import annotations

import itertools
from html.parser import HTMLParser
from pathlib import Path

from tests.reports.conftest import Built

VOID = {"meta", "link", "br", "hr", "img", "input", "path", "rect", "polygon", "circle"}
"""HTML's empty elements; those of SVG are written ``<path/>`` and never closed apart."""


class Nesting(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.faults.append(f"<{tag}> has an attribute twice")
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID or dict(attrs).get("class") == "open":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")


def faults(path: Path) -> list[str]:
    reader = Nesting()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    twice = sorted({one for one in reader.ids if reader.ids.count(one) > 1})
    left = [f"<{tag}> is never closed" for tag in reader.open]
    return reader.faults + left + [f"id {one!r} stands twice" for one in twice]


def test_every_page_is_well_formed(built: Built) -> None:
    found = {str(path): wrong for path in sorted(built.folder.rglob("*.html")) if (wrong := faults(path))}
    assert found == {}


def test_every_page_has_one_first_heading_and_skips_no_level(built: Built) -> None:
    for path in sorted(built.folder.rglob("index.html")):
        levels = [int(level[1]) for level, _ in built.page(str(path.parent.relative_to(built.folder))).headings]
        assert levels.count(1) == 1, path
        assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), path


def test_every_figure_says_what_it_shows(built: Built) -> None:
    for path in sorted(built.folder.rglob("index.html")):
        html = path.read_text(encoding="utf-8")
        assert html.count("<svg") == html.count("<desc") == html.count('role="img"'), path
