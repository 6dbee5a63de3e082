"""A PubMed XML stream as a stream of records."""

from __future__ import annotations

import datetime as dt
import gzip
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from extract.errors import DocumentError
from extract.pubmed.parse.article import deleted_pmids, record_of_article, record_of_book
from extract.pubmed.parse.pieces import OrdinaryPieces, Readable
from extract.pubmed.parse.text import words
from extract.schema.record import DeletedRecord, Record

_ROOT = "PubmedArticleSet"
_PARTS = ("PubmedArticle", "PubmedBookArticle", "DeleteCitation")

#: Most bytes read without a record beginning or ending. PubMed's longest records, with thousands of authors and
#: references, stay below 10 MB; libxml2 would buffer an endless tag or declaration without limit.
MOST_BYTES_WITHOUT_RECORD = 48_000_000


def parse_records(stream: BinaryIO, *, not_after: dt.date | None = None) -> Iterator[Record | DeletedRecord]:
    """Yield every record and every withdrawal of a ``PubmedArticleSet``, in the order of the file.

    Memory stays flat: an ordinary file is parsed in small pieces, a few ahead of the reader (:mod:`.pieces`), anything
    else element by element, each freed once the next one is read. Entities, DTDs and the network
    are off and libxml2's limits on (10 MB a text, 256 levels): hostile XML is refused, not expanded. Records
    are yielded before the end of the file is known to be whole: store them in one transaction, drop it if
    this raises.

    Parameters
    ----------
    stream
        The XML as bytes (an open file, ``gzip.open(...)``, ``io.BytesIO``).
    not_after
        Refuse records created or revised after this day (a day from tomorrow on is nobody's create date);
        None does not look.

    Raises
    ------
    DocumentError
        If the stream is cut, empty, not XML, not a PubmedArticleSet (an ``<ERROR>`` answer is quoted),
        declares entities, or holds a record without a PMID or with a date that is none.
    """
    reader = _Reader(not_after)
    pieces = OrdinaryPieces(stream)
    for root in pieces.roots():
        yield from reader.records_of_piece(root)
    yield from _read_carefully(pieces.remainder(), reader)


def _read_carefully(stream: Readable, reader: _Reader) -> Iterator[Record | DeletedRecord]:
    """Yield the records of any document, element by element, looking at everything before it is used."""
    bounded = _Bounded(stream)
    context: etree.iterparse | None = None
    try:
        context = etree.iterparse(
            bounded,
            events=("start", "end"),
            tag=(_ROOT, *_PARTS),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        for event, element in context:
            bounded.begin()
            if event == "start":
                reader.enter(element)
            else:
                yield from reader.leave(element)
        _expect_root(context.root)
    except (etree.XMLSyntaxError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        logged = context.error_log.last_error if context is not None else None
        fault = logged.message if logged is not None and isinstance(error, etree.XMLSyntaxError) else error
        raise DocumentError(f"PubMed XML cut short or damaged {reader.place()}: {fault}") from error


class _Bounded:
    """A stream that refuses to go on for too long without a record."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._left = MOST_BYTES_WITHOUT_RECORD

    def begin(self) -> None:
        """Begin counting anew: a record began or ended."""
        self._left = MOST_BYTES_WITHOUT_RECORD

    def read(self, size: int = -1) -> bytes:
        """Read as the stream does."""
        chunk = self._stream.read(size)
        self._left -= len(chunk)
        if self._left < 0:
            raise DocumentError(
                f"{MOST_BYTES_WITHOUT_RECORD} bytes of PubMed XML without a record beginning or ending; refused"
            )
        return chunk


class _Reader:
    """Turns finished elements into records and remembers where it is, for messages."""

    def __init__(self, not_after: dt.date | None) -> None:
        self._last_day = not_after.isoformat() if not_after else None
        self._count = 0
        self._last = ""
        self._dtd_seen = False

    def place(self) -> str:
        """Return where reading stands, in words."""
        return f"after record {self._count} ({self._last})" if self._count else "before its first record"

    def enter(self, element: etree._Element) -> None:
        """Refuse what must be refused before anything of it is read."""
        if not self._dtd_seen:
            self._dtd_seen = True
            _refuse_entities(element)
        if element.tag != _ROOT:
            _expect_place(element)

    def leave(self, element: etree._Element) -> Iterator[Record | DeletedRecord]:
        """Yield what a finished element holds, then free it and all before it."""
        if element.tag == _ROOT:
            for part in element:
                _expect_known(part)
            return
        yield from self._records_of(element)
        self._free(element)

    def records_of_piece(self, root: etree._Element) -> Iterator[Record | DeletedRecord]:
        """Yield what the finished parts of a whole piece hold."""
        for element in root:
            _expect_known(element)
            yield from self._records_of(element)

    def _records_of(self, element: etree._Element) -> Iterator[Record | DeletedRecord]:
        for record in _records_of(element):
            self._count += 1
            self._last = f"PMID {record.pmid}"
            if isinstance(record, Record) and self._last_day:
                self._expect_past(record)
            yield record

    def _expect_past(self, record: Record) -> None:
        """Refuse a record whose processing dates lie in the future."""
        for name, day in (("created", record.created), ("revised", record.revised)):
            if self._last_day and day and day > self._last_day:
                raise DocumentError(
                    f"PMID {record.pmid}: {name} {day} lies in the future (after {self._last_day}); refused"
                )

    @staticmethod
    def _free(element: etree._Element) -> None:
        """Empty the element and drop its finished siblings (lxml forbids dropping the current one itself)."""
        element.clear()
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            _expect_known(parent[0])
            del parent[0]


def _records_of(element: etree._Element) -> Iterator[Record | DeletedRecord]:
    if element.tag == "PubmedArticle":
        yield record_of_article(element)
    elif element.tag == "PubmedBookArticle":
        yield record_of_book(element)
    else:
        for pmid in deleted_pmids(element):
            yield DeletedRecord(pmid)


def _refuse_entities(element: etree._Element) -> None:
    """Refuse a document that declares entities: PubMed's never do, attacks do."""
    dtd = element.getroottree().docinfo.internalDTD
    if dtd is None:
        return
    declared = [str(entity.name) for entity in dtd.iterentities()]  # type: ignore[attr-defined]
    if declared:
        raise DocumentError(f"XML declares entities ({', '.join(declared[:3])}); PubMed's never does; refused")


def _expect_place(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is None or parent.tag != _ROOT or parent.getparent() is not None:
        where = "the root" if parent is None else f"<{parent.tag}>"
        raise DocumentError(f"line {element.sourceline}: <{element.tag}> stands in {where}, not in a {_ROOT}")


def _expect_known(part: etree._Element) -> None:
    if part.tag not in _PARTS:
        text = words(part)[:200]
        raise DocumentError(f"line {part.sourceline}: <{part.tag}> is not known inside a {_ROOT}: {text}")


def _expect_root(root: etree._Element) -> None:
    if root.tag != _ROOT:
        error = root.find(".//ERROR")
        said = f"; it says: {words(error)}" if error is not None else ""
        raise DocumentError(f"expected a {_ROOT}, found <{root.tag}>{said}")
