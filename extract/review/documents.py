"""The document beside a form: title, abstract and, where one is open, the full text with its tables as they are.

Every part is cut at the place of the value, so that a page can mark it; a table is rendered and its cell marked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from extract.errors import DocumentError, StoreError
from extract.fulltext import Article, Table
from extract.fulltext.jats import parse_articles
from extract.fulltext.places import text_holding
from extract.pubmed.parse import record_from_json
from extract.review.marking import Piece, Place, placed_pieces, sentence_around
from extract.schema.effect import Effect, Span
from extract.store.archive import read_body
from extract.store.candidates import Candidate, list_candidates
from extract.store.engine import Transaction
from extract.store.fulltexts import full_text_of
from extract.store.records import StoredRecord, get_record

_CELL = re.compile(r"^table:(?P<table>.+)/r(?P<row>\d+)/c(?P<column>\d+)$")

KEPT_ARTICLES = 16
"""Parsed full texts remembered by a process; parsing one takes longer than a page may."""


@dataclass(frozen=True)
class TableCell:
    """One cell as HTML has it; ``marked`` when the value stands in it."""

    text: str
    head: bool
    across: int
    down: int
    marked: bool


@dataclass(frozen=True)
class Part:
    """One part of a document.

    Parameters
    ----------
    source
        As spans name it: ``title``, ``abstract``, ``sec:<id>``, ``table:<id>``.
    heading
        Its title; empty for title and abstract.
    pieces
        Its text cut at the places marked.
    rows
        Rows of a table; empty for a text.
    holds
        Whether the value stands in it.
    """

    source: str
    heading: str
    pieces: tuple[Piece, ...] = ()
    rows: tuple[tuple[TableCell, ...], ...] = ()
    notes: str = ""
    holds: bool = False

    @property
    def text(self) -> str:
        """The whole text; cells of a table are parted by tabs, its rows by lines."""
        table = "\n".join("\t".join(cell.text for cell in row) for row in self.rows)
        return table or "".join(piece.text for piece in self.pieces)


def document_parts(
    tx: Transaction, archive: Path, candidate: Candidate, record: StoredRecord, *, sentence: bool
) -> tuple[Part, ...]:
    """Return the document of a value, marked at its place and, fainter, at the record's other values.

    Parameters
    ----------
    sentence
        Mark the whole sentence (or row of a table) and nothing else, for a blind reader.
    """
    parsed = record_from_json(record.content)
    others = [] if sentence else list_candidates(tx, pmid=candidate.pmid)
    texts = [("title", "", parsed.title), ("abstract", "", parsed.abstract_text())]
    article = _article(tx, archive, record.pmid)
    if article is not None:
        texts += [(f"sec:{section.section_id}", section.title, section.text) for section in article.sections]
    parts = [_text_part(source, head, text, candidate, others, sentence=sentence) for source, head, text in texts]
    if article is not None:
        parts += [_table_part(table, candidate.effect.span, row=sentence) for table in article.tables]
    around = full_text_context(candidate.effect)
    if around is not None and not any(part.holds for part in parts):
        # The article is not at hand, but the words around the value were kept with it.
        parts.append(_kept_part(candidate, around, sentence=sentence))
    return tuple(parts)


def full_text_context(effect: Effect) -> tuple[str, int] | None:
    """Return the words around a value of a full text and where in them it begins; None for one of an abstract."""
    said = dict(effect.extras)
    return (said["context"], int(said["context_at"])) if "context" in said else None


def is_placed(tx: Transaction, archive: Path, candidate: Candidate, *, kept: bool = True) -> bool:
    """Tell whether the words of a value stand where its span says, in a text held here.

    Parameters
    ----------
    kept
        The few words around it that were kept with the value are enough where the whole text is not at hand.
    """
    record, span = get_record(tx, candidate.pmid), candidate.effect.span
    if record is not None and _words(tx, archive, record, span) == span.text:
        return True
    if not kept:
        return False
    text, start = full_text_context(candidate.effect) or ("", 0)
    return text[start : start + len(span.text)] == span.text


def _words(tx: Transaction, archive: Path, record: StoredRecord, span: Span) -> str | None:
    """Return what stands at a span; None where the text is not held."""
    parsed = record_from_json(record.content)
    text = {"title": parsed.title, "abstract": parsed.abstract_text()}.get(span.source)
    if text is None:
        article = _article(tx, archive, record.pmid)
        text = text_holding(article, span) if article is not None else None
    return text[span.start : span.end] if text is not None else None


def full_text_problem(tx: Transaction, archive: Path, pmid: str) -> str:
    """Say in one line that a record's archived full text cannot be read; empty where it can, or there is none.

    The value stays open to people beside the abstract: what they judge is the report, not our copy of it.
    """
    broken = _full_text(tx, archive, pmid)
    if not isinstance(broken, BrokenText):
        return ""
    return (
        f"The archived full text {broken.pmcid} cannot be read, so only title and abstract stand here: read the "
        "article itself; an administrator looks with `living-review doctor` and restores the file from a backup"
    )


@dataclass(frozen=True)
class BrokenText:
    """A full text that the archive should hold and cannot give."""

    pmcid: str


def _article(tx: Transaction, archive: Path, pmid: str) -> Article | None:
    found = _full_text(tx, archive, pmid)
    return None if isinstance(found, BrokenText) else found


def _full_text(tx: Transaction, archive: Path, pmid: str) -> Article | BrokenText | None:
    stored = full_text_of(tx, pmid)
    if stored is None or stored.sha256 is None:
        return None
    try:
        return _parsed(archive, stored.sha256, stored.pmcid)
    except (StoreError, DocumentError):
        # A state of its own, not "no full text": pages say it, and no deliberate error is planted beside it.
        return BrokenText(stored.pmcid)


@lru_cache(maxsize=KEPT_ARTICLES)
def _parsed(archive: Path, sha256: str, pmcid: str) -> Article | None:
    # One answer of PMC holds several articles.
    articles = parse_articles(read_body(archive, sha256), where=pmcid)
    return next((article for article in articles if article.pmcid == pmcid), None)


def _text_part(
    source: str, heading: str, text: str, candidate: Candidate, others: Sequence[Candidate], *, sentence: bool
) -> Part:
    places = []
    own = candidate.effect.span
    holds = own.source == source and text[own.start : own.end] == own.text
    if holds:
        place = Place(own.start, own.end)
        places.append(sentence_around(text, place) if sentence else place)
    for one in others:
        span = one.effect.span
        inside = span.source == source and text[span.start : span.end] == span.text
        if inside and one.candidate_id != candidate.candidate_id and one.state != "superseded":
            places.append(Place(span.start, span.end, f"value:{one.candidate_id}"))
    return Part(source, heading, pieces=placed_pieces(text, places), holds=holds)


def _kept_part(candidate: Candidate, around: tuple[str, int], *, sentence: bool) -> Part:
    text, start = around
    span = candidate.effect.span
    place = Place(start, start + len(span.text))
    marked = sentence_around(text, place) if sentence else place
    return Part(span.source, f"Words around it in {span.source}", pieces=placed_pieces(text, [marked]), holds=True)


def _table_part(table: Table, span: Span, *, row: bool) -> Part:
    match = _CELL.match(span.source)
    own = match is not None and match["table"] == table.table_id
    place = _origin(table, int(match["row"]), int(match["column"])) if match is not None and own else None
    rows = tuple(
        tuple(
            TableCell(
                cell.text,
                head=down < table.header_rows or (across == 0 and bool(cell.text)),
                across=_covered(table, down, across, (0, 1)),
                down=_covered(table, down, across, (1, 0)),
                marked=place is not None and (place == (down, across) or (row and place[0] == down)),
            )
            for across, cell in enumerate(cells)
            if cell.origin == (down, across)
        )
        for down, cells in enumerate(table.rows)
    )
    heading = f"{table.label} {table.caption}".strip()
    return Part(f"table:{table.table_id}", heading, rows=rows, notes=table.footnotes, holds=own)


def _origin(table: Table, row: int, column: int) -> tuple[int, int] | None:
    inside = row < len(table.rows) and column < len(table.rows[row])
    return table.rows[row][column].origin if inside else None


def _covered(table: Table, down: int, across: int, step: tuple[int, int]) -> int:
    """Return how many places in one direction a cell covers."""
    count = 1
    while True:
        row, column = down + count * step[0], across + count * step[1]
        if row >= len(table.rows) or column >= len(table.rows[row]):
            return count
        if table.rows[row][column].origin != (down, across):
            return count
        count += 1
