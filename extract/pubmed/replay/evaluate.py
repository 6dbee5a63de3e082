"""A query over the archive: which records match, and what PubMed would say it searched for."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from extract.pubmed.replay.archive import StoredRecord
from extract.pubmed.replay.language import Combined, Node, QueryError, Range, Term
from extract.schema.record import Pmid, Record

#: Field tags understood, with the name PubMed's QueryTranslation gives them.
FIELDS = {
    "tiab": "Title/Abstract",
    "title/abstract": "Title/Abstract",
    "ti": "Title",
    "title": "Title",
    "tw": "Text Word",
    "text word": "Text Word",
    "mesh": "MeSH Terms",
    "mh": "MeSH Terms",
    "mesh terms": "MeSH Terms",
    "sh": "MeSH Subheading",
    "mesh subheading": "MeSH Subheading",
    "pt": "Publication Type",
    "publication type": "Publication Type",
    "la": "Language",
    "au": "Author",
    "ta": "Journal",
    "si": "Secondary Source ID",
    "uid": "UID",
    "pmid": "UID",
    "all fields": "All Fields",
    "pdat": "Date - Publication",
    "dp": "Date - Publication",
    "crdt": "Date - Create",
    "edat": "Date - Entry",
    "mdat": "Date - Modification",
}
_DATES = ("Date - Publication", "Date - Create", "Date - Entry", "Date - Modification")

#: MeSH headings below those this review searches for: PubMed explodes a heading to all below it. Trees of
#: 2025,
#: as far as records of this review carry them (https://meshb.nlm.nih.gov).
EXPLOSIONS = {
    "breast neoplasms": (
        "breast neoplasms, male",
        "breast carcinoma in situ",
        "carcinoma, ductal, breast",
        "carcinoma, lobular",
        "inflammatory breast neoplasms",
        "triple negative breast neoplasms",
        "unilateral breast neoplasms",
        "hereditary breast and ovarian cancer syndrome",
    ),
    "mastectomy": (
        "mastectomy, extended radical",
        "mastectomy, modified radical",
        "mastectomy, radical",
        "mastectomy, segmental",
        "mastectomy, simple",
        "mastectomy, subcutaneous",
        "prophylactic mastectomy",
    ),
    "neoplasm metastasis": (
        "lymphatic metastasis",
        "neoplasm micrometastasis",
        "neoplasm seeding",
        "neoplasms, unknown primary",
    ),
    "survival analysis": (
        "disease-free survival",
        "kaplan-meier estimate",
        "progression-free survival",
        "proportional hazards models",
    ),
    "mortality": (
        "cause of death",
        "fatal outcome",
        "hospital mortality",
        "mortality, premature",
        "survival rate",
    ),
    "animals": ("humans",),
}

_WORD = re.compile(r"[^\W_]+\*?")


@dataclass(slots=True)
class Evaluation:
    """The ids that match, the translation, and the fields that do not exist."""

    pmids: set[Pmid]
    translation: str
    fields_not_found: list[str] = field(default_factory=list)


def evaluate(node: Node, records: dict[Pmid, StoredRecord]) -> Evaluation:
    """Return which records match a query.

    Raises
    ------
    QueryError
        If a date or id in it cannot be read.
    """
    if isinstance(node, Combined):
        left, right = evaluate(node.left, records), evaluate(node.right, records)
        joined = _JOIN[node.operator](left.pmids, right.pmids)
        text = f"{_inner(node.left, left)} {node.operator} {_inner(node.right, right)}"
        return Evaluation(joined, text, left.fields_not_found + right.fields_not_found)
    name = FIELDS.get(node.tag)
    if name is None:
        return Evaluation(set(), f"({node.tag})", [node.tag])
    matches = _range_test(node, name) if isinstance(node, Range) else _term_test(node, name)
    found = {pmid for pmid, stored in records.items() if matches(stored)}
    return Evaluation(found, _translated(node, name))


_JOIN: dict[str, Callable[[set[Pmid], set[Pmid]], set[Pmid]]] = {
    "AND": set.__and__,
    "OR": set.__or__,
    "NOT": set.__sub__,
}


def _inner(node: Node, evaluation: Evaluation) -> str:
    return f"({evaluation.translation})" if isinstance(node, Combined) else evaluation.translation


def _translated(node: Term | Range, name: str) -> str:
    if isinstance(node, Range):
        return f"{node.low}:{node.high}[{name}]"
    return f'"{node.text.lower()}"[{name}]'


def day_range(low: str, high: str) -> tuple[dt.date, dt.date]:
    """Return the first and last day two partial dates (year, year/month, year/month/day) mean.

    Raises
    ------
    QueryError
        If one of them is no date.
    """
    return _first_day(low), _last_day(high)


def _first_day(text: str) -> dt.date:
    parts = _date_parts(text)
    return _date(text, [*parts, 1, 1][:3])


def _last_day(text: str) -> dt.date:
    parts = _date_parts(text)
    if len(parts) == 3:
        return _date(text, parts)
    year, month = (parts[0] + 1, 1) if len(parts) == 1 or parts[1] == 12 else (parts[0], parts[1] + 1)
    return _date(text, [year, month, 1]) - dt.timedelta(days=1)


def _date_parts(text: str) -> list[int]:
    if not re.fullmatch(r"[0-9]{4}([/-][0-9]{1,2}){0,2}", text.strip()):
        raise QueryError(f"{text!r} is no date (YYYY, YYYY/MM or YYYY/MM/DD)")
    return [int(part) for part in re.split(r"[/-]", text.strip())]


def _date(text: str, parts: list[int]) -> dt.date:
    try:
        return dt.date(*parts)
    except ValueError as error:
        raise QueryError(f"{text!r} is no date: {error}") from error


def dates_of(stored: StoredRecord, name: str) -> tuple[dt.date, dt.date]:
    """Return the days a record has in a date field, as a range (a publication date may be a year only)."""
    if name == "Date - Create":
        return stored.created, stored.created
    if name == "Date - Entry":
        return stored.entered, stored.entered
    if name == "Date - Modification":
        return stored.modified, stored.modified
    year = stored.record.publication_year or stored.created.year
    return dt.date(year, 1, 1), dt.date(year, 12, 31)


def _range_test(node: Range, name: str) -> Callable[[StoredRecord], bool]:
    if name in _DATES:
        low, high = day_range(node.low, node.high)
        return lambda stored: dates_of(stored, name)[0] <= high and dates_of(stored, name)[1] >= low
    if name == "UID" and node.low.isdecimal() and node.high.isdecimal():
        return lambda stored: int(node.low) <= int(stored.record.pmid) <= int(node.high)
    raise QueryError(f"[{node.tag}] has no ranges")


def _term_test(node: Term, name: str) -> Callable[[StoredRecord], bool]:
    if name in _DATES:
        return _range_test(Range(node.text, node.text, node.tag), name)
    if name == "UID":
        return lambda stored: stored.record.pmid == node.text
    if name in _EXACT:
        wanted = node.text.lower()
        names = {wanted, *(EXPLOSIONS.get(wanted, ()) if name in ("MeSH Terms", "MeSH Subheading") else ())}
        prefix = wanted[:-1] if wanted.endswith("*") else None
        values = _EXACT[name]
        return lambda stored: any(
            value in names or (prefix is not None and value.startswith(prefix)) for value in values(stored.record)
        )
    pattern = _phrase(node.text)
    text_of = _TEXTS[name]
    return lambda stored: pattern.search(text_of(stored.record)) is not None


def _headings(record: Record) -> set[str]:
    return {heading.split("/")[0].lower() for heading in record.mesh_headings}


def _subheadings(record: Record) -> set[str]:
    return {part.lower() for heading in record.mesh_headings for part in heading.split("/")[1:]}


def _authors(record: Record) -> set[str]:
    return {f"{a.last_name or a.collective or ''} {a.initials or ''}".strip().lower() for a in record.authors}


_EXACT: dict[str, Callable[[Record], Iterable[str]]] = {
    "MeSH Terms": _headings,
    "MeSH Subheading": _subheadings,
    "Publication Type": lambda record: {kind.lower() for kind in record.publication_types},
    "Language": lambda record: {code.lower() for code in record.language},
    "Author": _authors,
    "Journal": lambda record: {record.journal.lower(), record.journal_abbreviation.lower()},
    "Secondary Source ID": lambda record: {
        text.lower() for bank, number in record.databank_ids for text in (number, f"{bank}/{number}")
    },
}


@lru_cache(maxsize=10_000)
def _folded(text: str) -> str:
    """Return the words of a text in lower case between single spaces: a hyphen is a space, as in PubMed."""
    return f" {' '.join(_WORD.findall(text.lower()))} "


def _phrase(text: str) -> re.Pattern[str]:
    """Return a pattern for a phrase; a trailing ``*`` stands for any ending of the last word."""
    words = _WORD.findall(text.lower())
    if not words:
        raise QueryError(f"{text!r} holds no word")
    ending = r"[^ ]* " if words[-1].endswith("*") else " "
    return re.compile(" " + " ".join(re.escape(word.rstrip("*")) for word in words) + ending)


def _title_text(record: Record) -> str:
    return _folded(record.title) + _folded(record.vernacular_title or "")


def _title_abstract(record: Record) -> str:
    """Title, abstracts in every language, author keywords: what [tiab] searches."""
    parts = [section.text for section in record.abstract] + [text for _, text in record.other_abstracts]
    labels = [section.label for section in record.abstract if section.label]
    return _title_text(record) + "|".join(map(_folded, [*parts, *labels, *record.keywords]))


def _text_words(record: Record) -> str:
    return _title_abstract(record) + "|".join(map(_folded, [*record.mesh_headings, *record.publication_types]))


def _everything(record: Record) -> str:
    others = [
        *_authors(record),
        record.journal,
        record.journal_abbreviation,
        *(n for _, n in record.databank_ids),
    ]
    return _text_words(record) + "|".join(map(_folded, [*others, record.doi or "", record.pmid]))


_TEXTS: dict[str, Callable[[Record], str]] = {
    "Title": _title_text,
    "Title/Abstract": _title_abstract,
    "Text Word": _text_words,
    "All Fields": _everything,
}
