"""The line format that RIS and NBIB share: a tag, a dash, a value, and lines that go on.

Read here and not by a library: rispy drops a last record that has no end tag and returns nothing, without a word, for a
file of another kind; Bio.Medline does the same; neither knows line numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from extract.errors import DocumentError

#: Not str.splitlines: a form feed or U+2028 inside an abstract ends no line.
_LINE_END: Final = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class TaggedField:
    """One field with the line it begins at."""

    tag: str
    value: str
    line: int


def tagged_fields(
    text: str, form: re.Pattern[str], *, name: str, expected: str, end: str | None = None
) -> Iterator[TaggedField | None]:
    """Yield the fields of a text.

    Parameters
    ----------
    form
        Pattern of a line that begins a field, with the groups ``tag`` and ``value``.
    name, expected
        For messages: the file, and what its first line should look like.
    end
        Tag that ends a record; blank lines then belong to the field around them (abstracts have paragraphs). Without
        one a blank line ends a record and is yielded as None.

    Raises
    ------
    DocumentError
        A line that begins no field where none can go on.
    """
    field: TaggedField | None = None
    for number, line in enumerate(_LINE_END.split(text), start=1):
        match = form.match(line)
        goes_on = match is None and field is not None and field.tag != end
        if match or (not line.strip() and end is None):
            if field is not None:
                yield field
            field = TaggedField(match["tag"], match["value"].strip(), number) if match else None
            if field is None:
                yield None
        elif goes_on and field is not None:
            field = TaggedField(field.tag, f"{field.value} {line.strip()}".strip(), field.line)
        elif line.strip():
            raise DocumentError(f"{name}, line {number}: {line.strip()[:40]!r} begins no field; expected {expected}")
    if field is not None:
        yield field


def values_of(fields: list[TaggedField], *tags: str) -> tuple[str, ...]:
    """Return the values of the first of these tags that has any, in order."""
    for tag in tags:
        values = tuple(field.value for field in fields if field.tag == tag and field.value)
        if values:
            return values
    return ()


def value_of(fields: list[TaggedField], *tags: str) -> str:
    """Return the first value of the first of these tags that has any; empty without."""
    return next(iter(values_of(fields, *tags)), "")
