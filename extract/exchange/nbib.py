"""NBIB, PubMed's MEDLINE format: tags padded to four characters, values that go on under six blanks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from extract.errors import DocumentError
from extract.exchange.reference import Reference, doi_in, folded, pmid_of, year_in
from extract.exchange.tagged import TaggedField, tagged_fields, value_of, values_of

_FIELD: Final = re.compile(r"^(?P<tag>[A-Z]{2,4}) {0,2}- (?P<value>.*)$")


def read_nbib(text: str, *, name: str) -> tuple[Reference, ...]:
    """Read references from NBIB.

    Raises
    ------
    DocumentError
        A line that is neither field nor continuation, a record without PMID or title, no record at all.
    """
    references = tuple(_reference(fields, name) for fields in _records(text, name))
    if not references:
        raise DocumentError(f"{name}: no record; expected NBIB, a first line like 'PMID- 29777404'")
    return references


def _records(text: str, name: str) -> Iterator[list[TaggedField]]:
    current: list[TaggedField] = []
    for field in tagged_fields(text, _FIELD, name=name, expected="'PMID- 29777404'"):
        if current and (field is None or field.tag == "PMID"):
            yield current
            current = []
        if field is not None:
            current.append(field)
    if current:
        yield current


def _reference(fields: list[TaggedField], name: str) -> Reference:
    place = f"{name}, line {fields[0].line}"
    pmid, title = value_of(fields, "PMID"), value_of(fields, "TI", "BTI", "TT")
    if not pmid:
        raise DocumentError(f"{place}: the record begins with {fields[0].tag!r} and has no PMID; the file may be cut")
    if not title:
        raise DocumentError(f"{place}: PMID {pmid} has no title (TI)")
    dois = [each for each in values_of(fields, "LID") + values_of(fields, "AID") if each.endswith("[doi]")]
    return Reference(
        title=folded(title),
        authors=values_of(fields, "FAU", "AU") + values_of(fields, "CN"),
        year=year_in(value_of(fields, "DP")),
        journal=value_of(fields, "JT", "TA"),
        volume=value_of(fields, "VI"),
        issue=value_of(fields, "IP"),
        pages=value_of(fields, "PG"),
        doi=doi_in(dois[0]) if dois else None,
        pmid=pmid_of(pmid, place),
        abstract=folded(value_of(fields, "AB")),
        keywords=values_of(fields, "OT"),
        kind="; ".join(values_of(fields, "PT")),
        line=fields[0].line,
        source_fields=tuple((each.tag, each.value) for each in fields),
    )
