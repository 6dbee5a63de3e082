"""JATS tables to rectangles of cells.

Row and column spans resolved, heads found, footnote marks taken off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from extract.fulltext.article import Cell, Table

_SPACE: Final = re.compile(r"\s+")
_MARKS: Final = re.compile(r"^[\s*†‡§¶#‖|,a-z]{1,4}$")
#: Cells a table may have after resolving spans; a span of a million columns is an attack, not a table.
_MOST_COLUMNS: Final = 200
_MOST_ROWS: Final = 5000
_INDENT: Final = re.compile(r"^[\s\u00a0\u2003\u2002\u2009]+")
_DIGIT: Final = re.compile(r"\d")


def parse_tables(article: etree._Element) -> tuple[Table, ...]:
    """Return the tables of an article in document order; a wrapper that holds only an image gives none."""
    tables = []
    for number, wrap in enumerate(article.iter("table-wrap"), start=1):
        for part, element in enumerate(wrap.iter("table")):
            suffix = f".{part + 1}" if part else ""
            tables.append(_table(wrap, element, (wrap.get("id") or f"t{number}") + suffix))
    return tuple(tables)


def _table(wrap: etree._Element, element: etree._Element, table_id: str) -> Table:
    """Return one table."""
    head = [row for part in element.findall("thead") for row in part.iter("tr")]
    body = [row for row in element.iter("tr") if row not in head]
    rows = _rectangle(head + body)
    header_rows = len(head) or _header_rows(rows)
    return Table(
        table_id=table_id,
        label=_words(wrap.find("label")),
        caption=_words(wrap.find("caption")),
        header_rows=min(header_rows, len(rows)),
        rows=rows,
        footnotes=" ".join(_words(foot) for foot in wrap.findall("table-wrap-foot")),
    )


def _header_rows(rows: tuple[tuple[Cell, ...], ...]) -> int:
    """Guess the head of a table without one: rows before the first with a decimal number, at least one."""
    for index, row in enumerate(rows):
        if any(re.search(r"\d[.·]\d", cell.text) for cell in row[1:]):
            return max(index, 1)
    return 1


def _rectangle(elements: list[etree._Element]) -> tuple[tuple[Cell, ...], ...]:
    """Resolve row and column spans: a spanning cell stands in every place it covers, with its origin."""
    grid: list[dict[int, Cell]] = [{} for _ in elements[:_MOST_ROWS]]
    for index, row in enumerate(elements[:_MOST_ROWS]):
        column = 0
        for element in row:
            if not isinstance(element.tag, str) or element.tag not in ("td", "th"):
                continue
            while column in grid[index]:
                column += 1
            cell = _cell(element, (index, column))
            for down in range(min(_span(element, "rowspan"), len(grid) - index)):
                for across in range(min(_span(element, "colspan"), max(_MOST_COLUMNS - column, 1))):
                    grid[index + down].setdefault(column + across, cell)
            column += 1
    width = max((max(row, default=-1) + 1 for row in grid), default=0)
    return tuple(
        tuple(row.get(column, Cell("", 0, (index, column))) for column in range(width))
        for index, row in enumerate(grid)
    )


def _span(element: etree._Element, name: str) -> int:
    """Return a span attribute; anything that is not a positive whole number counts as 1."""
    value = element.get(name, "1").strip()
    return max(int(value), 1) if value.isdigit() and len(value) < 6 else 1


def _cell(element: etree._Element, origin: tuple[int, int]) -> Cell:
    """Return a cell: its words, its indentation, whether all of it is bold."""
    raw = "".join(_cell_pieces(element))
    text = _SPACE.sub(" ", raw).strip()
    indent = len(_indent_of(element, raw))
    bold = element.tag == "th" or (len(element) > 0 and element[0].tag == "bold" and not (element.text or "").strip())
    return Cell(text, indent, origin, bold)


def _indent_of(element: etree._Element, raw: str) -> str:
    """Return the indentation of a label: leading wide or non-breaking spaces, or an indenting style."""
    match = _INDENT.match(raw.lstrip("\n\t "))
    leading = match.group().replace("\n", "") if match else ""
    style = element.get("style", "")
    return leading or ("  " if re.search(r"(?:padding-left|text-indent)\s*:\s*[1-9]", style) else "")


def _cell_pieces(element: etree._Element) -> Iterator[str]:
    """Yield a cell's text without footnote marks; a break counts as a space, a power as ``^``."""
    if element.text:
        yield element.text
    for child in element:
        name = etree.QName(child).localname if isinstance(child.tag, str) else ""
        words = _all_text(child) if name else ""
        if name == "break":
            yield " "
        elif name == "xref":
            if child.get("ref-type") not in ("table-fn", "fn", "bibr") and not _MARKS.match(words):
                yield words
        elif name == "sup":
            if not _MARKS.match(words) and child.find(".//xref") is None:
                yield "^" + words
        elif name in ("graphic", "inline-graphic"):
            pass
        elif name in ("p", "list", "list-item"):
            yield " "
            yield from _cell_pieces(child)
            yield " "
        elif name:
            yield from _cell_pieces(child)
        if child.tail:
            yield child.tail


def _words(element: etree._Element | None) -> str:
    """Return the text of an optional element, white space folded."""
    return "" if element is None else _SPACE.sub(" ", _all_text(element, " ")).strip()


def _all_text(element: etree._Element, joint: str = "") -> str:
    """Return every piece of text under an element."""
    return joint.join(str(piece) for piece in element.itertext())
