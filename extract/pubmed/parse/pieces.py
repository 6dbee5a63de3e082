"""An ordinary PubMed file cut into pieces of whole records, each parsed on its own and ahead of its reader.

libxml2 parses a piece without Python's lock, in other threads, while the reader turns the piece before into records.
Each piece asks for that lock three times, and a busy reader gives it up every 5 ms only (Python's switch interval):
one thread never gets ahead, a few wait side by side. Small trees also stay in the processor's cache. A piece is a run
of records as the file holds them, closed in a root of its own: it is well-formed exactly if the file is up to there.
Whatever is not ordinary (another encoding, a declared entity, a record of more than :data:`MOST_BYTES`, a fault
anywhere) is left to the careful reader, from the first byte not yet read: it decides, with its own words, what is
refused.
"""

from __future__ import annotations

import re
import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from lxml import etree

#: Bytes of one piece: small enough for the cache, large enough that handing over costs nothing.
PIECE = 256_000
#: A record longer than this is not looked for any further; PubMed's longest are below 10 MB and rare.
MOST_BYTES = 2_000_000
#: Threads that parse. Measured on two cores: 1.29 s of wall time for 5,000 records with one, 0.97 s with four or more.
THREADS = 4
#: Pieces parsed ahead of the reader; memory is bounded by them.
AHEAD = 6

_ROOT_TAG, _ROOT_END = b"<PubmedArticleSet>", b"</PubmedArticleSet>"
_END = b"</PubmedArticle>"
#: How everything that has its place in the root begins.
_PART = re.compile(rb"<(?:Pubmed(?:Article|Book)|DeleteC)")
_LONGEST_BEGINNING = 2_000
#: White space is never given back (``*+``): tried in all divisions, 256 kB of it would take minutes.
_BEGINNING = re.compile(
    rb'\s*+(?:<\?xml version="1\.0"(?: encoding="[Uu][Tt][Ff]-8")?\s*+\?>)?\s*+'
    rb'(?:<!DOCTYPE PubmedArticleSet(?: (?:SYSTEM|PUBLIC "[^"<>&%]*"))\s*+"[^"<>&%]*"\s*+>)?\s*+'
    rb"<PubmedArticleSet>"
)


class Readable(Protocol):
    """What gives bytes when asked."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes, none at the end."""


class OrdinaryPieces:
    """The pieces of an ordinary file, and afterwards what is left of it."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._beginning = b""
        self._unread = b""
        self._fault: Exception | None = None
        self._waiting: deque[tuple[bytes, Future[etree._Element]]] = deque()

    def roots(self) -> Iterator[etree._Element]:
        """Yield a root for each piece, in order; ends before the first that is not well-formed."""
        if not self._begin():
            return
        with ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="pubmed-parse") as pool:
            for piece in self._pieces():
                self._waiting.append((piece, pool.submit(_root_of, piece)))
                if len(self._waiting) > AHEAD:
                    if self._waiting[0][1].exception() is not None:
                        return
                    yield self._waiting.popleft()[1].result()
            while self._waiting and self._waiting[0][1].exception() is None:
                yield self._waiting.popleft()[1].result()

    def remainder(self) -> Remainder:
        """Return a document of the file's own beginning and everything no root was yielded for."""
        waiting = b"".join(piece for piece, _ in self._waiting)
        return Remainder(self._beginning + waiting + self._unread, self._stream, self._fault)

    def _begin(self) -> bool:
        """Read the file up to its first record; tell whether its beginning is an ordinary one."""
        while _ROOT_TAG not in self._unread and len(self._unread) < _LONGEST_BEGINNING and self._read_on():
            pass
        match = _BEGINNING.match(self._unread)
        if match is not None:
            self._beginning, self._unread = match.group(), self._unread[match.end() :]
        return match is not None

    def _pieces(self) -> Iterator[bytes]:
        """Yield runs of whole records until the file ends or a record is too long."""
        while (end := self._end_of_piece()) >= 0:
            end += len(_END)
            piece, self._unread = self._unread[:end], self._unread[end:]
            yield piece

    def _end_of_piece(self) -> int:
        """Return where the last record of the next piece ends in what was read, -1 if none does."""
        while len(self._unread) < PIECE and self._read_on():
            pass
        while (end := self._unread.rfind(_END, 0, PIECE + len(_END))) < 0:
            end = self._unread.find(_END)
            if end >= 0 or len(self._unread) > MOST_BYTES or not self._read_on():
                break
        return end

    def _read_on(self) -> bool:
        """Read some more; tell whether there was more. A fault of the stream waits until all before it is read."""
        try:
            chunk = self._stream.read(PIECE)
        except (EOFError, OSError, zlib.error) as error:
            self._fault = error
            return False
        self._unread += chunk
        return bool(chunk)


class Remainder:
    """A stream that begins with bytes already read, and repeats the fault that ended reading."""

    def __init__(self, read_already: bytes, stream: Readable, fault: Exception | None) -> None:
        self._read_already = read_already
        self._stream = stream
        self._fault = fault

    def read(self, size: int = -1) -> bytes:
        """Read as the stream does."""
        if self._read_already:
            end = len(self._read_already) if size < 0 else size
            chunk, self._read_already = self._read_already[:end], self._read_already[end:]
            return chunk
        if self._fault is not None:
            raise self._fault
        return self._stream.read(size)


def _root_of(piece: bytes) -> etree._Element:
    """Return the root of a piece; ValueError where a part stands in another one, or in a comment."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        collect_ids=False,
        remove_comments=True,
        remove_pis=True,
    )
    root = etree.fromstring(_ROOT_TAG + piece + _ROOT_END, parser)
    if len(_PART.findall(piece)) != len(root):
        raise ValueError("the piece has other parts than its records")
    return root
