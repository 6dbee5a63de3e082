"""Reading a built page back: its text, sections, links, places, and the numbers of its forest tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, cast

from lxml import etree

HEADINGS = frozenset({"h1", "h2", "h3", "h4"})
UNSEARCHED = {"figure", "svg", "script", "style", "nav"}
UNSEARCHED_CLASSES = {"numbers", "lights", "kind"}
"""Classes of what nobody looks for by a word: columns of numbers, letters, the version in a heading."""

SILENT = {"script", "style", "head"}
TABLE_PARTS = {"table", "tr", "td"}
STRUCTURE = {*SILENT, *HEADINGS, "title", "section"}
WORD_ENDING = {"dt", "dd", "th", "td", "li", "p", "h1", "h2", "h3", "h4", "text", "title", "desc", "div", "small"}


@dataclass
class TableText:
    """A forest table as printed: the ratio of each row by value id (or ``pooled:...``)."""

    synthesis_id: str
    rows: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class PageText:
    """What a page says; ``sections`` are (heading, text below it) of each section element.

    ``faults`` are breaks of the markup itself: tags that do not match, ids that stand twice or cannot be linked to.
    ``searched`` is the page for the search index: its words and headings, without figures and columns of numbers;
    empty for a page that is not searched.
    """

    text: str
    sections: tuple[tuple[str, str], ...]
    links: tuple[str, ...]
    ids: frozenset[str]
    tables: tuple[TableText, ...]
    headings: tuple[tuple[str, str], ...]
    title: str
    faults: tuple[str, ...] = ()
    searched: str = ""


def read_page(path: Path) -> PageText:
    """Read an HTML file."""
    return read_html(path.read_bytes())


def read_html(raw: bytes) -> PageText:
    """Read HTML, a page or a part of one."""
    reader = _Reader()
    # huge_tree: a page of 200 studies is deep enough to trip the parser's guard; entities and network stay off.
    parser = etree.HTMLParser(target=cast("Any", reader), encoding="utf-8", no_network=True, huge_tree=True)
    etree.fromstring(raw, parser)
    broken = [f"line {e.line}: {e.message}" for e in parser.error_log if e.type_name != "HTML_UNKNOWN_TAG"]
    return PageText(
        text=" ".join("".join(reader.text).split()),
        sections=tuple(reader.sections),
        links=tuple(reader.links),
        ids=frozenset(reader.ids),
        tables=tuple(reader.tables),
        headings=tuple((level, " ".join(words.split())) for level, words in reader.headings),
        title=" ".join(reader.title.split()),
        faults=(*broken, *reader.bad_ids),
        searched=" ".join("".join(reader.searched).split()),
    )


class _Reader:
    """Collects while parsing; sections may be nested.

    A site has a hundred thousand tags, most of them in figures, and each comes through here: what concerns few tags
    stands behind one look at the tag's name.
    """

    def __init__(self) -> None:
        self.text: list[str] = []
        self.sections: list[tuple[str, str]] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.tables: list[TableText] = []
        self.headings: list[tuple[str, str]] = []
        self.title = ""
        self.bad_ids: list[str] = []
        self.searched: list[str] = []
        self._depth = 0
        self._searched_from: int | None = None
        self._unsearched_from: int | None = None
        self._silent = 0
        self._open_sections: list[tuple[list[str], list[str]]] = []
        self._heading: str | None = None
        self._in_title = False
        self._table: TableText | None = None
        self._row: str | None = None
        self._cell: list[str] | None = None

    def start(self, tag: str, attrib: Mapping[str, str]) -> None:
        self._depth += 1
        if self._unsearched_from is None:
            self._start_searched(tag, attrib)
        if attrib:
            if "id" in attrib:
                self._start_place(attrib["id"])
            if "href" in attrib:
                self.links.append(attrib["href"])
            if "src" in attrib:
                self.links.append(attrib["src"])
        if tag in TABLE_PARTS:
            self._start_table(tag, attrib)
        elif tag in STRUCTURE:
            self._start_structure(tag)

    def _start_place(self, key: str) -> None:
        if key in self.ids or not key or any(c.isspace() for c in key):
            self.bad_ids.append(f"the id {key!r} stands twice, is empty or holds a space")
        self.ids.add(key)

    def _start_structure(self, tag: str) -> None:
        if tag in SILENT:
            self._silent += 1
        elif tag == "title":
            self._in_title = self._in_title or self._silent > 0
        elif tag == "section":
            self._open_sections.append(([], []))
        else:
            self._heading = tag
            self.headings.append((tag, ""))

    def _start_searched(self, tag: str, given: Mapping[str, str]) -> None:
        if self._searched_from is None:
            if "data-pagefind-body" in given:
                self._searched_from = self._depth
                title = escape(given.get("data-pagefind-meta", ""))
                self.searched.append(f'<main data-pagefind-body data-pagefind-meta="{title}">')
        elif tag in UNSEARCHED or (
            given
            and (
                "data-pagefind-ignore" in given
                or ("class" in given and not UNSEARCHED_CLASSES.isdisjoint(given["class"].split()))
            )
        ):
            self._unsearched_from = self._depth
        elif tag in HEADINGS:
            place = f' id="{escape(given["id"])}"' if "id" in given else ""
            self.searched.append(f"<{tag}{place}>")

    def _end_searched(self, tag: str) -> None:
        if self._unsearched_from is not None:
            if self._unsearched_from == self._depth:
                self._unsearched_from = None
        elif self._searched_from == self._depth:
            self._searched_from = None
            self.searched.append("</main>")
        elif tag in HEADINGS:
            self.searched.append(f"</{tag}>")

    def _start_table(self, tag: str, given: Mapping[str, str]) -> None:
        if tag == "table":
            if "data-synthesis" in given:
                self._table = TableText(given["data-synthesis"])
                self.tables.append(self._table)
        elif self._table is None:
            return
        elif tag == "tr":
            self._row = given.get("data-value") or (
                f"pooled:{given['data-pooled']}" if "data-pooled" in given else None
            )
        elif self._row is not None and given.get("data-field") == "ratio":
            self._cell = []

    def end(self, tag: str) -> None:
        if tag in WORD_ENDING and not self._silent:
            self.data(" ")
        if self._searched_from is not None:
            self._end_searched(tag)
        self._depth -= 1
        if tag in TABLE_PARTS:
            self._end_table(tag)
        elif tag in STRUCTURE:
            self._end_structure(tag)

    def _end_structure(self, tag: str) -> None:
        if tag in SILENT:
            self._silent -= 1
        elif tag == "title":
            self._in_title = False
        elif tag == self._heading:
            self._heading = None
        elif tag == "section" and self._open_sections:
            heading, body = self._open_sections.pop()
            self.sections.append((" ".join("".join(heading).split()), "".join(body)))

    def _end_table(self, tag: str) -> None:
        if tag == "td":
            if self._cell is not None and self._table is not None and self._row is not None:
                self._table.rows.append((self._row, " ".join("".join(self._cell).split())))
                self._cell = None
        elif tag == "tr":
            self._row = None
        else:
            self._table = None

    def data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        if self._silent:
            return
        self.text.append(data)
        if self._searched_from is not None and self._unsearched_from is None:
            self.searched.append(escape(data))
        if self._cell is not None:
            self._cell.append(data)
        if self._heading is not None:
            level, words = self.headings[-1]
            self.headings[-1] = (level, words + data)
        part = 0 if self._heading == "h2" else 1
        for section in self._open_sections:
            section[part].append(data)

    def close(self) -> None:
        """Say that all was read (the parser asks for it)."""
