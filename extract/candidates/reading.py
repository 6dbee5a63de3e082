"""Files to documents, by what the bytes are and not by the file's name."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from extract.errors import DocumentError
from extract.fulltext.article import Article
from extract.schema.effect import Document
from extract.schema.record import DeletedRecord

#: Longest title plus abstract read. The longest in PubMed is under 50,000 characters; beyond this it is no abstract.
LONGEST_TEXT: Final = 2_000_000
#: A gzip file that unpacks to more than this many times its size, beyond the first 64 MB, is a bomb: PubMed's
#: own files unpack about twelvefold.
MOST_UNPACKED: Final = 100
UNPACKED_FREELY: Final = 64 * 2**20
#: Longest line of a JSON lines file, in bytes: the longest text with every character escaped.
LONGEST_LINE: Final = 16 * 2**20
_SNIFFED: Final = 4096


#: A document read: title and abstract, or a full text with sections and tables.
Readable = Document | Article


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A document that could not be read.

    One line for a person, saying where, what was wrong and what to do.
    """

    where: str
    message: str


def read_documents(path: Path) -> Iterator[Readable | Unreadable]:
    """Yield the documents of a file in order.

    A bad one as :class:`Unreadable`, and the next ones all the same.

    Parameters
    ----------
    path
        PubMed XML, JATS, JSON lines; each plain or gzip.
    """
    try:
        with path.open("rb") as raw:
            stream = _unpacked(raw, path)
            yield from _documents(stream, path)
    except DocumentError as error:
        yield Unreadable(str(path), _line(path, error))
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        yield Unreadable(str(path), f"{path}: cannot be read: {reason}")


def _line(where: object, error: Exception) -> str:
    """Return one line that begins with the place."""
    message = " ".join(str(error).split())
    return message if message.startswith(str(where)) else f"{where}: {message}"


def _documents(stream: io.BufferedReader, path: Path) -> Iterator[Readable | Unreadable]:
    """Choose the reader by the first bytes."""
    head = stream.peek(_SNIFFED)[:_SNIFFED].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head:
        raise DocumentError(f"{path}: the file is empty; expected PubMed XML, JATS XML or JSON lines")
    if head.startswith(b"{"):
        yield from _json_lines(stream, path)
    elif head.startswith(b"<") or head.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield from _xml(stream, path, head)
    else:
        raise DocumentError(
            f"{path}: neither XML nor JSON lines (it begins with {head[:12]!r}); expected PubMed XML, JATS "
            f"XML or "
            'lines such as {"id": "1", "title": "...", "abstract": "..."}'
        )


# -- gzip ----------------------------------------------------------------------------------------------------


def _unpacked(raw: IO[bytes], path: Path) -> io.BufferedReader:
    """Return the stream, unpacked if its first bytes say gzip."""
    magic = raw.read(2)
    raw.seek(0)
    if magic != b"\x1f\x8b":
        return raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(raw)  # type: ignore[arg-type]
    return io.BufferedReader(_Bounded(gzip.GzipFile(fileobj=raw), path))


class _Bounded(io.RawIOBase):
    """A gzip stream that refuses to unpack beyond what a real file could hold."""

    def __init__(self, packed: gzip.GzipFile, path: Path) -> None:
        self._packed = packed
        self._path = path
        self._most = max(UNPACKED_FREELY, MOST_UNPACKED * path.stat().st_size)
        self._seen = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer, counting.

        Raises
        ------
        DocumentError
            The file unpacks to an implausible size, or is damaged.
        """
        try:
            piece = self._packed.read(len(buffer))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DocumentError(f"{self._path}: damaged gzip file ({error}); fetch it again") from error
        self._seen += len(piece)
        if self._seen > self._most:
            raise DocumentError(
                f"{self._path}: unpacks to more than {self._most // 2**20} MB, {MOST_UNPACKED} times its "
                f"size; not read further"
            )
        buffer[: len(piece)] = piece
        return len(piece)


# -- JSON lines ----------------------------------------------------------------------------------------------


def _json_lines(stream: io.BufferedReader, path: Path) -> Iterator[Readable | Unreadable]:
    """Yield one document a line."""
    number = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        where = f"{path}, line {number}"
        if len(line) > LONGEST_LINE:
            while line and not line.endswith(b"\n"):
                line = stream.readline(LONGEST_LINE)
            yield Unreadable(where, f"{where}: longer than {LONGEST_LINE // 2**20} MB; not an abstract")
            continue
        if not line.strip():
            continue
        try:
            yield _json_document(line, where)
        except DocumentError as error:
            yield Unreadable(where, _line(where, error))


def _json_document(line: bytes, where: str) -> Document:
    """Return the document of one line."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"{where}: not JSON ({error})") from error
    if not isinstance(row, dict):
        raise DocumentError(f"{where}: a JSON {type(row).__name__}, expected an object with id, title and abstract")
    for key in ("id", "abstract"):
        if key not in row:
            raise DocumentError(
                f'{where}: the key "{key}" is missing; it has {", ".join(sorted(map(str, row))) or "none"}'
            )
    texts = [row.get("title") or "", row["abstract"]]
    if not all(isinstance(text, str) for text in texts):
        raise DocumentError(f"{where}: title and abstract must be text, got {type(row['abstract']).__name__}")
    if not isinstance(row["id"], str | int):
        raise DocumentError(f"{where}: id must be text or a whole number, got {type(row['id']).__name__}")
    return checked(Document(str(row["id"]), texts[0], texts[1]), where)


def checked(document: Document, where: str) -> Document:
    """Return the document if its text is of a size a text can have.

    Raises
    ------
    DocumentError
        Longer than :data:`LONGEST_TEXT` characters.
    """
    length = len(document.title) + len(document.abstract)
    if length > LONGEST_TEXT:
        raise DocumentError(
            f"{where}: the text of {document.document_id} has {length:,} characters, more than "
            f"{LONGEST_TEXT:,}; not an abstract"
        )
    return document


# -- XML -----------------------------------------------------------------------------------------------------


def _xml(stream: io.BufferedReader, path: Path, head: bytes) -> Iterator[Readable | Unreadable]:
    """Yield the documents of PubMed XML or JATS, told apart by the root element."""
    if b"<PubmedArticleSet" in head or b"<PubmedArticle>" in head:
        yield from _pubmed(stream, path)
        return
    from extract.fulltext import parse_article

    article = parse_article(stream.read(), where=str(path))
    length = sum(map(len, (article.title, article.abstract, *(section.text for section in article.sections))))
    if length > LONGEST_TEXT:
        raise DocumentError(f"{path}: the article has {length:,} characters, more than {LONGEST_TEXT:,}")
    yield article


def _pubmed(stream: io.BufferedReader, path: Path) -> Iterator[Readable | Unreadable]:
    """Yield the records of a PubMed file; a withdrawn record (``DeleteCitation``) is no document."""
    from extract.pubmed.parse import parse_records

    for record in parse_records(stream):
        if isinstance(record, DeletedRecord):
            continue
        where = f"{path}, PMID {record.pmid}"
        try:
            yield checked(Document(record.pmid, record.title, record.abstract_text()), where)
        except DocumentError as error:
            yield Unreadable(where, _line(where, error))
