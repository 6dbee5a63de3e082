"""What a record says of itself that a known study could share: ids, names, years, numbers, people, places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from extract.linkage.titles import title_words
from extract.registries.ids import registry_ids
from extract.schema.record import Author, Record

#: PubMed's links that stay inside one family; comments, reviews and summaries may be about any study.
FAMILY_LINKS: Final = frozenset(
    f"{kind}{end}" for kind in ("Erratum", "ExpressionOfConcern") for end in ("In", "For")
) | frozenset(
    "RetractionIn RetractionOf UpdateIn UpdateOf RepublishedIn RepublishedFrom RetractedandRepublishedIn "  # noqa: SIM905
    "RetractedandRepublishedFrom CorrectedandRepublishedIn CorrectedandRepublishedFrom OriginalReportIn".split()
)

_MONTH: Final = r"(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?,?\s+(?:\d{1,2},?\s+)?)?"
_YEAR: Final = r"(?:19|20)\d\d"
_PERIOD: Final = re.compile(
    rf"\b(?P<start>{_YEAR})\s?(?:[-–—]|to|and|until|through)\s?{_MONTH}(?P<end>{_YEAR})\b", re.IGNORECASE
)
#: A number of people: "350 patients", "407 were randomised", "n = 90"; thousands as 9,734 or 9 734.
_NUMBER: Final = r"(?P<number>\d{1,3}(?:[, \u2009\u00a0]\d{3})+|\d{2,6})"
_PEOPLE: Final = (
    r"(?:patients|women|participants|cases|people|persons|subjects|individuals"
    r"|(?:(?:were|was) )?(?:finally )?randomi[sz]ed)"
)
_COUNTS: Final = (
    re.compile(rf"(?<![\d.,]){_NUMBER}(?![\d.%])\s+(?:[a-z-]+\s+){{0,4}}?{_PEOPLE}", re.IGNORECASE),
    re.compile(rf"\b[nN]\s?=\s?{_NUMBER}(?![\d.%])"),
)
_ANY_NUMBER: Final = re.compile(r"(?<![\d.,·-])(\d{1,3}(?:,\d{3})+|\d{2,6})(?![\d%]|[.·]\d|-\d)")


@dataclass(frozen=True, slots=True)
class RecordTraits:
    """What of a record can agree with a study.

    Parameters
    ----------
    registry_ids
        Id to where it stands: ``databank``, ``title`` or ``abstract``.
    periods
        Pairs of years that may be an enrolment period.
    counts
        Numbers of people; ``numbers`` any whole number above 9, for arm sizes.
    linked
        ``(ref_type, pmid)`` of the links that stay in the family.
    """

    pmid: str
    doi: str | None
    title: str
    abstract: str
    words: frozenset[str]
    registry_ids: dict[str, str]
    periods: frozenset[tuple[int, int]]
    counts: frozenset[int]
    numbers: frozenset[int]
    authors: tuple[str, ...]
    affiliations: str
    linked: tuple[tuple[str, str], ...]


def traits_of(record: Record) -> RecordTraits:
    """Read a record once for comparison with every study."""
    abstract = record.abstract_text()
    databank = " ".join(accession for _, accession in record.databank_ids)
    # The strongest place last: it stays.
    places = (("abstract", abstract), ("title", record.title), ("databank", databank))
    return RecordTraits(
        pmid=record.pmid,
        doi=record.doi.casefold() if record.doi else None,
        title=record.title,
        abstract=abstract,
        words=title_words(record.title),
        registry_ids={each.number: place for place, text in places for each in registry_ids(text)},
        periods=frozenset((int(each["start"]), int(each["end"])) for each in _PERIOD.finditer(abstract)),
        counts=frozenset(_whole(each["number"]) for form in _COUNTS for each in form.finditer(abstract)),
        numbers=frozenset(_whole(each) for each in _ANY_NUMBER.findall(abstract)),
        authors=tuple(name for author in record.authors if (name := author_name(author))),
        affiliations=" ".join(each for author in record.authors for each in author.affiliations),
        linked=tuple(
            (link.ref_type, link.pmid) for link in record.links if link.pmid and link.ref_type in FAMILY_LINKS
        ),
    )


def author_name(author: Author) -> str | None:
    """Return "Soran A": surname and first initial; None for a group that signs as one."""
    if not author.last_name:
        return None
    initials = author.initials or author.fore_name or ""
    return f"{author.last_name} {initials[:1]}".strip()


def _whole(number: str) -> int:
    return int(re.sub(r"\D", "", number))
