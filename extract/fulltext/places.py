"""Where a value stands in a full text: the text its span counts in, and the words around it for a reader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from extract.fulltext.article import Article, Table
from extract.schema.effect import Span

#: Characters shown on each side of a value in a section.
AROUND: Final = 320
_JOINT: Final = " | "


def source_texts(article: Article) -> Iterator[tuple[str, str]]:
    """Yield every text a span may count in, with its source; an id that stands twice in the article comes twice."""
    yield "title", article.title
    yield "abstract", article.abstract
    for section in article.sections:
        yield f"sec:{section.section_id}", section.text
    for table in article.tables:
        for number, row in enumerate(table.rows):
            for column, cell in enumerate(row):
                yield f"table:{table.table_id}/r{number}/c{column}", cell.text


def text_holding(article: Article, span: Span) -> str | None:
    """Return the text a span was cut from, None where the article holds no such words at that place."""
    texts = (text for source, text in source_texts(article) if source == span.source)
    return next((text for text in texts if text[span.start : span.end] == span.text), None)


def words_around(article: Article, span: Span) -> tuple[str, int] | None:
    """Return words a person can judge a value by, and where in them the value begins.

    A section gives the text around it; a table its label, caption and the whole row, cells joined by bars.
    """
    if not span.source.startswith("table:"):
        text = text_holding(article, span)
        if text is None:
            return None
        start = max(0, span.start - AROUND)
        return text[start : span.end + AROUND], span.start - start
    table_id, _, place = span.source.removeprefix("table:").rpartition("/r")
    row, _, column = place.partition("/c")
    for table in article.tables:
        if table.table_id == table_id:
            found = _row_words(table, int(row), int(column), span)
            if found is not None:
                return found
    return None


def _row_words(table: Table, row: int, column: int, span: Span) -> tuple[str, int] | None:
    cells = [cell.text for cell in table.rows[row]] if row < len(table.rows) else []
    if column >= len(cells) or cells[column][span.start : span.end] != span.text:
        return None
    head = f"{' '.join(part for part in (table.label, table.caption) if part)}: "
    before = head + _JOINT.join([*cells[:column], ""])
    return before + _JOINT.join(cells[column:]), len(before) + span.start
