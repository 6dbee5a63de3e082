"""Entries that are one publication, or stages of one: meeting abstract, preprint, article. Proposals only."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from extract.linkage.evidence import Evidence, combined_score, strongest_first
from extract.linkage.titles import title_similarity, title_words
from extract.linkage.traits import author_name
from extract.schema.record import Record

Stage = Literal["article", "preprint", "conference_abstract", "notice"]

PROPOSE_FROM: Final = 0.6
SAME_PMID: Final = 1.0
SAME_DOI: Final = 0.97
#: Two DOIs are two publications, unless a database mistyped one.
OTHER_DOI: Final = -0.8
OTHER_PMID: Final = -0.95
TITLE: Final = 0.85
TITLE_FROM: Final = 0.6
FIRST_AUTHOR: Final = 0.4
OTHER_FIRST_AUTHOR: Final = -0.6
SAME_YEAR: Final = 0.2
SAME_PAGES: Final = 0.3
#: Years between databases for one publication (online first), and between a meeting and its article.
YEARS_APART: Final[dict[bool, int]] = {False: 1, True: 5}
OTHER_YEAR: Final = -0.5
#: A notice repeats its article's title and is another publication.
NOTICE: Final = -0.95

#: Words of a title rare enough to look others up by, and how common a word may be for that.
RARE_WORDS: Final = 8
COMMON_FROM: Final = 200

#: Prefixes of preprint servers: bioRxiv and medRxiv, Research Square, SSRN, Preprints.org, OSF, JMIR Preprints.
_PREPRINT_DOI: Final = re.compile(r"10\.(?:1101|64898|21203|2139|20944|31219|2196/preprints)\b", re.IGNORECASE)
_PREPRINT_JOURNAL: Final = re.compile(r"\b(?:med|bio)rxiv\b|\bresearch square\b|\bssrn\b|\bpreprints?\b", re.IGNORECASE)
_MEETING: Final = re.compile(r"_suppl\b|\bsuppl(?:ement)?\b|\bSABCS\b|\bmeeting abstract\b|\bcongress\b", re.IGNORECASE)
_NOTICE: Final = re.compile(
    r"^\W*(?:errat(?:um|a)|corrigend(?:um|a)|(?:author|publisher)(?:'?s)? correction|correction(?= to\b|:)|retraction"
    r"|retracted|expression of concern|reply(?= to\b|:|\W*$)|comment(?= on\b|:)|re(?=:))",
    re.IGNORECASE,
)
#: A letter or an editorial has a title of its own and is told from others by it.
_NOTICE_TYPES: Final = frozenset({"Published Erratum", "Retraction of Publication", "Expression of Concern"})


@dataclass(frozen=True, slots=True)
class Citation:
    """A publication as far as it can be recognised.

    Parameters
    ----------
    citation_id
        The caller's id: a PMID, or file and number of an imported entry.
    authors
        "Soran A": surname and initial.
    doi
        Lower case, without resolver.
    pages
        First page only.
    """

    citation_id: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    doi: str | None
    pmid: str | None
    pages: str | None
    stage: Stage


@dataclass(frozen=True, slots=True)
class DuplicateProposal:
    """Two entries that may be one publication (``same``) or stages of one (``version``)."""

    first_id: str
    second_id: str
    relation: Literal["same", "version"]
    score: float
    evidence: tuple[Evidence, ...]


def publication_stage(
    *, title: str, doi: str | None, journal: str, issue: str | None, publication_types: Iterable[str]
) -> Stage:
    """Return what kind of publication the words around it say it is; ``article`` where nothing says otherwise."""
    types = set(publication_types)
    if types & _NOTICE_TYPES or _NOTICE.search(title):
        return "notice"
    if "Preprint" in types or _PREPRINT_JOURNAL.search(journal) or (doi and _PREPRINT_DOI.match(doi)):
        return "preprint"
    if types & {"Meeting Abstract", "Congress"} or _MEETING.search(f"{doi or ''} {journal} {issue or ''}"):
        return "conference_abstract"
    return "article"


def citation_of(record: Record) -> Citation:
    """Return a record of ours as a citation."""
    return Citation(
        citation_id=record.pmid,
        title=record.title,
        authors=tuple(name for author in record.authors if (name := author_name(author))),
        year=record.publication_year,
        doi=record.doi.casefold() if record.doi else None,
        pmid=record.pmid,
        pages=first_page(record.pages),
        stage=publication_stage(
            title=record.title,
            doi=record.doi,
            journal=record.journal,
            issue=record.issue,
            publication_types=record.publication_types,
        ),
    )


def first_page(pages: str | None) -> str | None:
    """Return the first page of a range, None without one."""
    return (re.split(r"[-–—,;]", pages.strip())[0].strip() or None) if pages else None


def propose_duplicates(
    citations: Sequence[Citation], against: Sequence[Citation] = (), *, propose_from: float = PROPOSE_FROM
) -> tuple[DuplicateProposal, ...]:
    """Return pairs that may be one publication or stages of one, best first.

    Parameters
    ----------
    citations
        Compared with each other and with ``against``.
    against
        What is known already; not compared among themselves.
    propose_from
        Smallest score proposed.

    Notes
    -----
    Only pairs that share a DOI, a PMID or one of the rarer words of a title are looked at: time grows with the number
    of entries, not of pairs. Without a common id the titles must agree in :data:`TITLE_FROM` of their words. Nothing is
    merged: a person accepts, and can take it back, for both entries stay whole.
    """
    everything = [*citations, *against]
    words = [title_words(each.title) for each in everything]
    proposals = []
    for first, second in _candidate_pairs(everything, words, new=len(citations)):
        one, other = everything[first], everything[second]
        similarity = title_similarity(words[first], words[second])
        if similarity >= TITLE_FROM or _ids(one) & _ids(other):
            proposals.append(_proposal(one, other, similarity))
    kept = [each for each in proposals if each.score >= propose_from]
    return tuple(sorted(kept, key=lambda each: (-each.score, each.first_id, each.second_id)))


def compare(one: Citation, other: Citation) -> DuplicateProposal:
    """Return what speaks for and against two entries being one publication or stages of one."""
    return _proposal(one, other, title_similarity(title_words(one.title), title_words(other.title)))


def _proposal(one: Citation, other: Citation, similarity: float) -> DuplicateProposal:
    stages = one.stage != other.stage and "notice" not in (one.stage, other.stage)
    evidence = strongest_first(_evidence(one, other, similarity, stages=stages))
    return DuplicateProposal(
        one.citation_id, other.citation_id, "version" if stages else "same", combined_score(evidence), evidence
    )


def _ids(citation: Citation) -> frozenset[tuple[str, str]]:
    ids = (("doi", citation.doi), ("pmid", citation.pmid))
    return frozenset((kind, value) for kind, value in ids if value)


def _evidence(one: Citation, other: Citation, similarity: float, *, stages: bool) -> Iterator[Evidence]:
    if one.pmid and other.pmid:
        same = one.pmid == other.pmid
        if same or not stages:
            yield Evidence(
                "pmid" if same else "other_pmid", SAME_PMID if same else OTHER_PMID, one.pmid, other.pmid, "ids"
            )
    if one.doi and other.doi:
        same = one.doi == other.doi
        if same or not stages:
            yield Evidence("doi" if same else "other_doi", SAME_DOI if same else OTHER_DOI, one.doi, other.doi, "ids")
    if (one.stage == "notice") != (other.stage == "notice"):
        yield Evidence("notice", NOTICE, one.stage, other.stage, "title")
    if similarity >= TITLE_FROM:
        yield Evidence("title", round(TITLE * similarity, 4), f"{similarity:.0%} of the words", other.title, "title")
    if one.authors and other.authors:
        same = one.authors[0].casefold() == other.authors[0].casefold()
        weight = FIRST_AUTHOR if same else OTHER_FIRST_AUTHOR
        yield Evidence(
            "first_author" if same else "other_first_author", weight, one.authors[0], other.authors[0], "authors"
        )
    if one.year and other.year:
        apart = abs(one.year - other.year)
        if apart == 0:
            yield Evidence("year", SAME_YEAR, str(one.year), str(other.year), "year")
        elif apart > YEARS_APART[stages]:
            yield Evidence("other_year", OTHER_YEAR, str(one.year), str(other.year), "year")
    if one.pages and one.pages == other.pages and not stages:
        yield Evidence("pages", SAME_PAGES, one.pages, other.pages, "pages")


def _candidate_pairs(
    citations: Sequence[Citation], words: Sequence[frozenset[str]], *, new: int
) -> Iterator[tuple[int, int]]:
    """Yield every pair worth a comparison once, as places: new with new, new with known."""
    keys: list[set[Hashable]] = [{*own, *_ids(each)} for each, own in zip(citations, words, strict=True)]
    holders: dict[Hashable, list[int]] = defaultdict(list)
    for at, own in enumerate(keys):
        for key in own:
            holders[key].append(at)
    seen: set[tuple[int, int]] = set()
    for at in range(new):
        rare = sorted(words[at], key=lambda word: (len(holders[word]), word))[:RARE_WORDS]
        looked_up = [*_ids(citations[at]), *(word for word in rare if len(holders[word]) < COMMON_FROM)]
        seen.update((min(at, each), max(at, each)) for key in looked_up for each in holders[key] if each != at)
    yield from sorted(seen)
