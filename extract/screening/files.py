"""JSON lines in: decisions and records, each line checked where it stands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final

from extract.errors import DocumentError
from extract.screening.documents import ScreeningDecision, ScreeningDocument

#: How a decision may be written. "maybe" is none: it waits for a person.
LABELS: Final[dict[str, bool]] = {"1": True, "0": False, "include": True, "exclude": False}


def parse_documents(lines: Iterable[str], *, source: str) -> tuple[ScreeningDocument, ...]:
    """Read records ``{"id", "title", "abstract"}``, one JSON object a line.

    Parameters
    ----------
    lines
        Lines of the file; blank ones are skipped.
    source
        The file's name, for messages.

    Raises
    ------
    DocumentError
        A line that is no JSON object, an id that is missing or stands twice, a record with neither title nor
        abstract, a field that is not text, a file without records.
    """
    documents: dict[str, ScreeningDocument] = {}
    for place, row in _rows(lines, source):
        document = _document(row, place)
        if document is None:
            raise DocumentError(
                f'{place}: neither "title" nor "abstract" has a word; a record without text has no rank'
            )
        if document.document_id in documents:
            raise DocumentError(f"{place}: id {document.document_id!r} stands twice; give each record once")
        documents[document.document_id] = document
    if not documents:
        raise DocumentError(f'{source}: no record; expected JSON lines {{"id", "title", "abstract"}}')
    return tuple(documents.values())


def parse_decisions(lines: Iterable[str], *, source: str) -> tuple[ScreeningDecision, ...]:
    """Read decisions ``{"id", "label"}`` (1, 0, include, exclude), optionally with ``title`` and ``abstract``.

    Raises
    ------
    DocumentError
        As for :func:`parse_documents`; a label that is none; one id with two different labels.
    """
    decisions: dict[str, ScreeningDecision] = {}
    for place, row in _rows(lines, source):
        decision = ScreeningDecision(_identifier(row, place), _label(row, place), _document(row, place))
        earlier = decisions.get(decision.document_id)
        if earlier is not None and earlier.included is not decision.included:
            raise DocumentError(f"{place}: id {decision.document_id!r} is included and excluded; keep what holds now")
        decisions[decision.document_id] = decision
    if not decisions:
        raise DocumentError(f'{source}: no decision; expected JSON lines {{"id", "label"}}')
    return tuple(decisions.values())


def _rows(lines: Iterable[str], source: str) -> Iterator[tuple[str, dict[str, object]]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        place = f"{source}, line {number}"
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            raise DocumentError(f"{place}: no JSON ({error}); expected one object a line") from error
        if not isinstance(row, dict):
            raise DocumentError(f"{place}: {line.strip()[:40]!r} is no JSON object; expected one object a line")
        yield place, row


def _identifier(row: dict[str, object], place: str) -> str:
    identifier = row.get("id")
    if isinstance(identifier, int) and not isinstance(identifier, bool):
        return str(identifier)
    if not isinstance(identifier, str) or not identifier.strip():
        raise DocumentError(f'{place}: "id" is {identifier!r}; expected a text or a whole number')
    return identifier.strip()


def _label(row: dict[str, object], place: str) -> bool:
    label = row.get("label")
    known = LABELS.get(str(int(label)) if isinstance(label, bool) else str(label).strip().casefold())
    if known is None or isinstance(label, float):
        raise DocumentError(f'{place}: "label" is {label!r}; expected 1, 0, "include" or "exclude"')
    return known


def _document(row: dict[str, object], place: str) -> ScreeningDocument | None:
    """Return the line's document, None where it has no word."""
    title, abstract = (_text(row, name, place) for name in ("title", "abstract"))
    types = row.get("publication_types") or ()
    if not isinstance(types, list | tuple) or not all(isinstance(each, str) for each in types):
        raise DocumentError(f'{place}: "publication_types" is {types!r}; expected a list of texts')
    document = ScreeningDocument(_identifier(row, place), title, abstract, tuple(types))
    return document if document.text() else None


def _text(row: dict[str, object], name: str, place: str) -> str:
    text = row.get(name)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise DocumentError(f'{place}: "{name}" is {text!r}; expected text')
    return text.strip()
