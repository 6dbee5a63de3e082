"""Words, ids and dates of one element; every fault is a ``DocumentError`` that names the place."""

from __future__ import annotations

import datetime as dt
import re

from lxml import etree

from extract.errors import DocumentError
from extract.schema.record import Pmid

#: PubMed's ids are positive integers; eight digits today, a ninth allowed for.
_PMID = re.compile(r"[1-9][0-9]{0,8}")
#: Characters from which on looking whether there is anything to fold costs less than folding (measured: a fourth).
_LONG = 40
_YEAR = re.compile(r"(?<![0-9])(?:1[5-9]|20|21)[0-9]{2}(?![0-9])")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}


def words(element: etree._Element | None) -> str:
    """Return every word inside an element, markup removed and white space folded to single spaces.

    ``findtext`` would stop at the first inline tag: "Surgery of the primary tumor in <i>de novo</i> ..."
    would lose this review's very words. White space includes no-break and thin spaces; nothing else changes.
    """
    if element is None:
        return ""
    if not len(element):
        text = element.text
        if text is None:
            return ""
        return " ".join(text.split()) if len(text) < _LONG else _folded(text)
    text = "".join(element.itertext())  # type: ignore[arg-type]  # the stubs know str | bytes; XML gives str
    if "&" in text:
        _refuse_entities(element)
    return _folded(text)


def _folded(text: str) -> str:
    """Fold white space to single spaces; a text with nothing to fold is not taken apart for it.

    White space other than a plain space is never printable (Python's rule), so one look tells.
    """
    if "  " not in text and text.isprintable():
        return text.strip()
    return " ".join(text.split())


def _refuse_entities(element: etree._Element) -> None:
    """Refuse an entity left in the text because only a DTD, which is not read, would know it."""
    for part in element.iter(etree.Entity):
        raise DocumentError(f"line {part.sourceline}: entity {part.text!r} is not XML's own; refused")


def optional_words(element: etree._Element | None) -> str | None:
    """Return :func:`words`, or None where the element is missing or empty."""
    return words(element) or None


def pmid_of(element: etree._Element | None, *, where: str) -> Pmid:
    """Return the PMID an element holds.

    Raises
    ------
    DocumentError
        If it is missing or not a PMID (letters, zero, a sign).
    """
    text = words(element)
    if not _PMID.fullmatch(text):
        raise DocumentError(f"{where}: {text!r} is not a PMID (digits only, no leading zero)")
    return Pmid(text)


def iso_date(element: etree._Element | None, *, where: str) -> str | None:
    """Return ``YYYY-MM-DD`` of an element with Year, Month (number or name) and Day; None without one.

    Raises
    ------
    DocumentError
        If the element is there but is no date.
    """
    if element is None:
        return None
    parts = {part.tag: words(part) for part in reversed(element)}
    year, month, day = parts.get("Year", ""), parts.get("Month", ""), parts.get("Day", "")
    try:
        number = _MONTHS.get(month[:3].lower()) or int(month)
        return dt.date(int(year), number, int(day)).isoformat()
    except ValueError as error:
        raise DocumentError(f"{where}: {year!r}-{month!r}-{day!r} is not a date") from error


def publication_date(element: etree._Element | None) -> tuple[int | None, str]:
    """Return ``(year, date as printed)`` of a PubDate: Year Month Day, a Season, or a MedlineDate.

    The year of a MedlineDate is the first four-digit year in it ("1998 Dec-1999 Jan" is 1998).
    """
    if element is None:
        return None, ""
    printed = " ".join(filter(None, map(words, element)))
    found = _YEAR.search(printed)
    return (int(found.group()) if found else None), printed
