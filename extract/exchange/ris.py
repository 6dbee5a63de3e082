"""RIS: the tagged format most databases and reference managers share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from extract.errors import DocumentError
from extract.exchange.reference import Reference, doi_in, folded, pmid_in_url, pmid_of, year_in
from extract.exchange.tagged import TaggedField, tagged_fields, value_of, values_of

_FIELD: Final = re.compile(r"^(?P<tag>[A-Z][A-Z0-9])  ?-(?P<value>(?:\s.*)?)$")
_PUBMED: Final = re.compile(r"\b(?:PubMed|MEDLINE)\b", re.IGNORECASE)


def read_ris(text: str, *, name: str) -> tuple[Reference, ...]:
    """Read references from RIS.

    Parameters
    ----------
    text
        The file's text; lines that begin no field continue the one before.
    name
        The file's name, for messages.

    Raises
    ------
    DocumentError
        A line outside a reference, a reference without end (``ER``) or title, no reference at all.
    """
    return tuple(_reference(fields, name) for fields in _references(text, name))


def write_ris(references: Iterable[Reference]) -> str:
    """Write references as RIS, lines ended by CR LF as the format asks."""
    return "".join(f"{line}\r\n" for reference in references for line in _lines(reference))


def _references(text: str, name: str) -> Iterator[list[TaggedField]]:
    current: list[TaggedField] | None = None
    begun = 0
    for field in tagged_fields(text, _FIELD, name=name, expected="'TY  - JOUR'", end="ER"):
        if field is None:  # never with an end tag
            continue
        place = f"{name}, line {field.line}"
        if field.tag == "TY":
            if current is not None:
                raise DocumentError(f"{place}: a reference begins before that of line {begun} ended; expected 'ER  -'")
            current, begun = [field], field.line
        elif current is None:
            raise DocumentError(f"{place}: {field.tag!r} stands outside a reference; expected 'TY  - JOUR' first")
        elif field.tag == "ER":
            yield current
            current = None
        else:
            current.append(field)
    if current is not None:
        raise DocumentError(f"{name}, line {begun}: the reference has no end; expected 'ER  -', the file may be cut")
    if not begun:
        raise DocumentError(f"{name}: no reference; expected RIS, a first line like 'TY  - JOUR'")


def _reference(fields: list[TaggedField], name: str) -> Reference:
    fields = [TaggedField(each.tag, folded(each.value), each.line) for each in fields]
    place = f"{name}, line {fields[0].line}"
    title = value_of(fields, "TI", "T1", "CT")
    if not title:
        raise DocumentError(f"{place}: the reference has no title (TI or T1)")
    urls = " ".join(values_of(fields, "UR") + values_of(fields, "L2") + values_of(fields, "LK"))
    accession = value_of(fields, "AN")
    from_pubmed = _PUBMED.search(value_of(fields, "DB", "DP")) is not None
    start, end = value_of(fields, "SP"), value_of(fields, "EP")
    return Reference(
        title=title,
        authors=values_of(fields, "AU", "A1"),
        year=year_in(value_of(fields, "PY", "Y1", "DA")),
        journal=value_of(fields, "T2", "JF", "JO", "JA", "J2"),
        volume=value_of(fields, "VL"),
        issue=value_of(fields, "IS"),
        pages=f"{start}-{end}" if end and end != start and "-" not in start else start,
        doi=doi_in(value_of(fields, "DO")) or doi_in(urls),
        pmid=pmid_of(accession, place) if from_pubmed and accession.isdigit() else pmid_in_url(urls),
        abstract=value_of(fields, "AB", "N2"),
        keywords=values_of(fields, "KW"),
        url=value_of(fields, "UR"),
        kind=value_of(fields, "TY"),
        line=fields[0].line,
        source_fields=tuple((each.tag, each.value) for each in fields),
    )


def _lines(reference: Reference) -> Iterator[str]:
    start, _, end = reference.pages.partition("-")
    pairs = [
        ("TY", "JOUR"),
        ("TI", reference.title),
        *(("AU", name) for name in reference.authors),
        ("PY", str(reference.year or "")),
        ("T2", reference.journal),
        ("VL", reference.volume),
        ("IS", reference.issue),
        ("SP", start),
        ("EP", end),
        ("DO", reference.doi or ""),
        *((("AN", reference.pmid), ("DB", "PubMed")) if reference.pmid else ()),
        ("AB", reference.abstract),
        *(("KW", keyword) for keyword in reference.keywords),
        ("UR", reference.url),
    ]
    yield from (f"{tag}  - {folded(value)}" for tag, value in pairs if folded(value))
    yield "ER  - "
