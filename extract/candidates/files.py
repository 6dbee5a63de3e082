"""Files to effects: PubMed XML, JATS, JSON lines; one JSON line a document, one error line a bad document.

No typer, no Prefect, no pandas: `living-review extract` starts in the time Python and lxml need.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

from extract.candidates.effects import propose_effects, propose_from_article
from extract.candidates.reading import Readable, Unreadable, read_documents
from extract.errors import DocumentError
from extract.fulltext.article import Article
from extract.schema.effect import Document
from extract.schema.protocol import Protocol

#: Documents a task of the process pool takes at once: large enough to hide pickling, small enough for flat memory.
CHUNK: Final = 250
DONE: Final = 0
BAD_INPUT: Final = 2

Progress = Callable[[int], None]
#: What a document becomes: its JSON line, or the message why it could not be read.
Line = tuple[str, str]


def as_row(document: Document | Article, protocol: Protocol) -> dict[str, object]:
    """Return one document's effects as plain JSON types."""
    if isinstance(document, Article):
        proposed = propose_from_article(document, protocol)
    else:
        proposed = propose_effects(document, protocol)
    return {"id": document.document_id, "effects": [effect.to_json() for effect in proposed]}


def run(
    paths: Iterable[Path],
    protocol: Protocol,
    *,
    out: TextIO,
    err: TextIO,
    processes: int = 1,
    progress: Progress | None = None,
) -> int:
    """Write one JSON line a document to ``out`` and one line a failed document to ``err``.

    Parameters
    ----------
    paths
        Files, read in order.
    protocol
        The question's words.
    out, err
        Text streams.
    processes
        1 reads in this process; more share the documents out. The output is the same, in the same order.
    progress
        Called with the number of documents finished since the last call.

    Returns
    -------
    int
        0, or 2 if any document could not be read.
    """
    failed = False
    for line, message in _lines(paths, protocol, processes):
        if message:
            failed = True
            err.write(message + "\n")
        else:
            out.write(line + "\n")
        if progress is not None:
            progress(1)
    return BAD_INPUT if failed else DONE


def _lines(paths: Iterable[Path], protocol: Protocol, processes: int) -> Iterator[Line]:
    """Yield finished lines in input order."""
    documents = (document for path in paths for document in read_documents(path))
    work = partial(_chunk_lines, protocol=protocol)
    chunks = _chunks(documents)
    if processes <= 1:
        for chunk in chunks:
            yield from work(chunk)
        return
    with ProcessPoolExecutor(max_workers=processes) as pool:
        waiting = [pool.submit(work, chunk) for chunk in islice(chunks, 2 * processes)]
        while waiting:
            yield from waiting.pop(0).result()
            waiting.extend(pool.submit(work, chunk) for chunk in islice(chunks, 1))


def _chunks(documents: Iterable[Readable | Unreadable]) -> Iterator[list[Readable | Unreadable]]:
    """Cut a stream into lists, never holding more than one."""
    stream = iter(documents)
    while chunk := list(islice(stream, CHUNK)):
        yield chunk


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Keep the garbage collector still: reading a document makes no cycles, looking for some took an eighth of it."""
    working = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if working:
            gc.enable()


@_collector_at_rest()
def _chunk_lines(chunk: list[Readable | Unreadable], *, protocol: Protocol) -> list[Line]:
    """Read the documents of one chunk."""
    lines: list[Line] = []
    for document in chunk:
        if isinstance(document, Unreadable):
            lines.append(("", document.message))
            continue
        try:
            row = as_row(document, protocol)
        except DocumentError as error:
            lines.append(("", str(error)))
        else:
            lines.append((json.dumps(row, ensure_ascii=False, separators=(",", ":")), ""))
    return lines
