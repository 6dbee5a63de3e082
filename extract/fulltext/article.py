"""A full text as plain values: front matter, sections, tables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table after spans are resolved.

    ``text`` is what offsets of a table value count in; ``indent`` the depth of a row label (leading spaces or
    an indenting style); ``origin`` the row and column where a spanning cell begins.
    """

    text: str
    indent: int = 0
    origin: tuple[int, int] = (0, 0)
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table: a rectangle of cells, the first ``header_rows`` of them column heads.

    Parameters
    ----------
    table_id
        Id of the element, or ``"t1"``, ``"t2"``, ... in order where the article gives none.
    label, caption
        "Table 2" and its caption.
    header_rows
        Number of rows in the head.
    rows
        All rows, heads included; every row has the same number of cells.
    footnotes
        Text of the table's foot.
    """

    table_id: str
    label: str
    caption: str
    header_rows: int
    rows: tuple[tuple[Cell, ...], ...]
    footnotes: str


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its id or running number, its title, and its paragraphs joined by newlines."""

    section_id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Article:
    """One full text."""

    document_id: str
    pmid: str | None
    pmcid: str | None
    doi: str | None
    title: str
    abstract: str
    sections: tuple[Section, ...]
    tables: tuple[Table, ...]
