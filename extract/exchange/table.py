"""CSV: one reference a row, columns by name."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Final

from extract.errors import DocumentError
from extract.exchange.reference import Reference, doi_in, folded, pmid_in_url, pmid_of, year_in

COLUMNS: Final = (
    "title", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid", "abstract", "keywords", "url",
    "kind",
)  # fmt: skip
"""Columns as we write them; authors and keywords are separated by "; "."""

#: Other names of a column, as databases write them; case, blanks and underscores do not matter.
_OTHER_NAMES: Final[dict[str, str]] = {
    "articletitle": "title", "documenttitle": "title", "primarytitle": "title",
    "author": "authors", "authornames": "authors", "authorfullnames": "authors",
    "publicationyear": "year", "pubyear": "year", "date": "year", "publicationdate": "year",
    "sourcetitle": "journal", "journaltitle": "journal", "publicationtitle": "journal", "journalbook": "journal",
    "number": "issue", "page": "pages", "startpage": "pages",
    "pubmedid": "pmid", "medlinepmid": "pmid", "abstractnote": "abstract", "authorkeywords": "keywords",
    "link": "url", "publicationtype": "kind", "documenttype": "kind", "itemtype": "kind",
}  # fmt: skip
_SEPARATORS: Final = (",", ";", "\t")
#: A cell that begins so is run as a formula by spreadsheets: it gets an apostrophe, taken off again on reading.
_FORMULA: Final = re.compile(r"^'*[=+\-@\t\r]")


def read_csv(text: str, *, name: str) -> tuple[Reference, ...]:
    """Read references from CSV (comma, semicolon or tab), columns by name in any order, unknown ones kept aside.

    Raises
    ------
    DocumentError
        No title column, a column that stands twice, a row with too many or too few cells or without title, a PMID that
        is none, no row.
    """
    separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    references = []
    try:
        header = [_column(cell) for cell in next(reader, [])]
        _check_header(header, name)
        for cells in reader:
            place = f"{name}, line {reader.line_num}"
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise DocumentError(f"{place}: {len(cells)} cells under {len(header)} columns; a quote may be missing")
            references.append(_reference(dict(zip(header, map(_cell, cells), strict=True)), reader.line_num, place))
    except csv.Error as error:
        raise DocumentError(f"{name}, line {reader.line_num}: no CSV ({error})") from error
    if not references:
        raise DocumentError(f"{name}: a header and no row; expected one reference a row")
    return tuple(references)


def write_csv(references: Iterable[Reference]) -> str:
    """Write references as CSV in UTF-8 with a header; cells a spreadsheet would run are guarded by an apostrophe."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for each in references:
        cells = (
            each.title, "; ".join(each.authors), str(each.year or ""), each.journal, each.volume, each.issue,
            each.pages, each.doi or "", each.pmid or "", each.abstract, "; ".join(each.keywords), each.url, each.kind,
        )  # fmt: skip
        writer.writerow([f"'{cell}" if _FORMULA.match(cell) else cell for cell in map(folded, cells)])
    return out.getvalue()


def _separator(text: str) -> str:
    """Return the separator under which the first line has a title column; a comma where none has."""
    first = text.split("\n", 1)[0]
    found = (each for each in _SEPARATORS if "title" in [_column(cell) for cell in first.split(each)])
    return next(found, ",")


def _column(cell: str) -> str:
    plain = re.sub(r"[^a-z]", "", cell.casefold())
    return _OTHER_NAMES.get(plain, plain)


def _check_header(header: list[str], name: str) -> None:
    if "title" not in header:
        raise DocumentError(f"{name}, line 1: no column 'title' among {', '.join(header)[:120]!r}")
    twice = next((column for column in COLUMNS if header.count(column) > 1), None)
    if twice:
        raise DocumentError(f"{name}, line 1: two columns mean {twice!r}; rename or remove one")


def _cell(cell: str) -> str:
    return folded(cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell)


def _reference(row: dict[str, str], line: int, place: str) -> Reference:
    if not row["title"]:
        raise DocumentError(f"{place}: the row has no title")
    given = {column: row.get(column, "") for column in COLUMNS}
    return Reference(
        title=given["title"],
        authors=tuple(each for each in re.split(r"\s*;\s*", given["authors"]) if each),
        year=year_in(given["year"]),
        journal=given["journal"],
        volume=given["volume"],
        issue=given["issue"],
        pages=given["pages"],
        doi=doi_in(given["doi"]),
        pmid=pmid_of(given["pmid"], place) or pmid_in_url(given["url"]),
        abstract=given["abstract"],
        keywords=tuple(each for each in re.split(r"\s*;\s*", given["keywords"]) if each),
        url=given["url"],
        kind=given["kind"],
        line=line,
        source_fields=tuple(row.items()),
    )
