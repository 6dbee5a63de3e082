"""A file of references beside what we have: what is new, what may be known. Nothing is merged; undo loses nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, Literal

from extract.errors import DocumentError
from extract.exchange.bibtex import read_bibtex
from extract.exchange.nbib import read_nbib
from extract.exchange.reference import Reference
from extract.exchange.ris import read_ris
from extract.exchange.table import read_csv
from extract.linkage.duplicates import Citation, DuplicateProposal, propose_duplicates

Format = Literal["ris", "bibtex", "nbib", "csv"]

_READERS: Final = {"ris": read_ris, "bibtex": read_bibtex, "nbib": read_nbib, "csv": read_csv}
_SUFFIXES: Final[dict[str, Format]] = {
    ".ris": "ris",
    ".bib": "bibtex",
    ".bibtex": "bibtex",
    ".nbib": "nbib",
    ".medline": "nbib",
    ".csv": "csv",
    ".tsv": "csv",
}


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do.

    Parameters
    ----------
    import_id
        SHA-256 of the file: the same file is the same import, and an import is undone by its id.
    entries
        ``(entry_id, reference)`` of every reference of the file, ``<import_id>-<number>``.
    proposals
        Pairs an entry is part of: with one of ours, or with another entry of the file.
    """

    import_id: str
    name: str
    entries: tuple[tuple[str, Reference], ...]
    proposals: tuple[DuplicateProposal, ...]

    def new_entries(self) -> tuple[str, ...]:
        """Return the ids of entries nothing is proposed for: they go to screening."""
        paired = {each for proposal in self.proposals for each in (proposal.first_id, proposal.second_id)}
        return tuple(entry_id for entry_id, _ in self.entries if entry_id not in paired)


def read_references(content: bytes, *, name: str, file_format: Format | None = None) -> tuple[Reference, ...]:
    """Read a file of references.

    Parameters
    ----------
    content
        The file's bytes: UTF-8 (a byte order mark is dropped) or UTF-16 with its mark.
    name
        The file's name: for messages, and its suffix for the format.
    file_format
        Overrides the suffix.

    Raises
    ------
    DocumentError
        An unknown suffix, bytes that are no text, and whatever the format's reader refuses.
    """
    chosen = file_format or _SUFFIXES.get(PurePath(name).suffix.casefold())
    if chosen is None:
        raise DocumentError(f"{name}: format unknown; expected a name that ends in {', '.join(_SUFFIXES)}")
    return _READERS[chosen](_text(content, name), name=name)


def plan_import(
    content: bytes, ours: Sequence[Citation], *, name: str, file_format: Format | None = None
) -> ImportPlan:
    """Return what a file would bring and what of it we may have already.

    Parameters
    ----------
    ours
        Our records (:func:`extract.linkage.duplicates.citation_of`); earlier imports may stand among them, except this
        one done before.

    Raises
    ------
    DocumentError
        As :func:`read_references`.
    """
    import_id = hashlib.sha256(content).hexdigest()[:16]
    references = read_references(content, name=name, file_format=file_format)
    entries = tuple((f"{import_id}-{number}", each) for number, each in enumerate(references, start=1))
    others = [each for each in ours if not each.citation_id.startswith(f"{import_id}-")]
    citations = [reference.citation(entry_id) for entry_id, reference in entries]
    return ImportPlan(import_id, name, entries, propose_duplicates(citations, others))


def _text(content: bytes, name: str) -> str:
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DocumentError(f"{name}, line {line}: no {encoding.upper()} text; save the file as UTF-8") from error
    if "\x00" in text:
        raise DocumentError(f"{name}: holds a zero byte; expected a text file in UTF-8")
    return text
