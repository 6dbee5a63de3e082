"""BibTeX, read by pybtex: the grammar of strings, braces and names is not ours to write again."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from pybtex.database import Entry, Person
from pybtex.database.input.bibtex import Parser
from pybtex.exceptions import PybtexError
from pybtex.richtext import Text

from extract.errors import DocumentError
from extract.exchange.reference import Reference, doi_in, folded, pmid_in_url, pmid_of, year_in

_MATHS: Final = re.compile(r"(?<!\\)\$([^$]*)(?<!\\)\$")
#: What the codec leaves: commands it does not know ("\textit") and escaped signs.
_COMMAND: Final = re.compile(r"\\[A-Za-z]+\s?")
_ESCAPED: Final = re.compile(r"\\(\W)")


def read_bibtex(text: str, *, name: str) -> tuple[Reference, ...]:
    """Read references from BibTeX; LaTeX accents become letters, braces go.

    Raises
    ------
    DocumentError
        A syntax error (with its line), an undefined string, a key that stands twice, an entry without title, no entry.
    """
    try:
        entries = Parser().parse_string(text).entries
    except PybtexError as error:
        raise DocumentError(f"{name}: {error}; expected BibTeX") from error
    if not entries:
        raise DocumentError(f"{name}: no entry; expected BibTeX, like '@article{{key, title = {{...}}}}'")
    return tuple(_reference(key, entry, text, name) for key, entry in entries.items())


def _reference(key: str, entry: Entry, text: str, name: str) -> Reference:
    fields = {field.casefold(): str(value) for field, value in entry.fields.items()}
    line = _line_of(key, text)
    place = f"{name}, line {line}"
    plain = partial(_plain, place=place)
    title = plain(fields.get("title", ""))
    if not title:
        raise DocumentError(f"{place}: entry {key!r} has no title")
    names = tuple(_name(person, place) for person in entry.persons.get("author", ()))
    address = fields.get("url", "")
    return Reference(
        title=title,
        authors=tuple(each for each in names if each and each != "others"),
        year=year_in(fields.get("year", "") or fields.get("date", "")),
        journal=plain(fields.get("journal", "") or fields.get("journaltitle", "") or fields.get("booktitle", "")),
        volume=plain(fields.get("volume", "")),
        issue=plain(fields.get("number", "") or fields.get("issue", "")),
        pages=re.sub(r"\s?[-–]+\s?", "-", plain(fields.get("pages", ""))),
        doi=doi_in(fields.get("doi", "").replace("\\_", "_")) or doi_in(address),
        pmid=pmid_of(fields.get("pmid", ""), place) or pmid_in_url(address),
        abstract=plain(fields.get("abstract", "")),
        keywords=tuple(each for each in re.split(r"\s*[,;]\s*", plain(fields.get("keywords", ""))) if each),
        url=address,
        kind=entry.type,
        line=line,
        source_fields=(("key", key), *((field, str(value)) for field, value in entry.fields.items())),
    )


def _name(person: Person, place: str) -> str:
    surname = _plain(" ".join([*person.prelast_names, *person.last_names]), place)
    given = _plain(" ".join([*person.first_names, *person.middle_names]), place)
    return f"{surname}, {given}" if given else surname


def _plain(latex: str, place: str) -> str:
    """Return LaTeX as text: accents as letters; no braces, commands or dollar signs around maths.

    Raises
    ------
    DocumentError
        Braces that do not match or a lone backslash.
    """
    try:
        decoded = str(Text.from_latex(latex))
    except (PybtexError, UnicodeError) as error:
        raise DocumentError(f"{place}: {folded(latex)[:60]!r} is no LaTeX text ({error})") from error
    return folded(_ESCAPED.sub(r"\1", _COMMAND.sub("", _MATHS.sub(r"\1", decoded))))


def _line_of(key: str, text: str) -> int:
    match = re.search(rf"@\s*\w+\s*[{{(]\s*{re.escape(key)}\s*,?", text)
    return text.count("\n", 0, match.start()) + 1 if match else 1
