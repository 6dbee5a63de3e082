"""Proposals "this record reports that study", for people to confirm."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from extract.linkage.evidence import Evidence, combined_score, strongest_first
from extract.linkage.profiles import KnownReport, KnownStudy, registry_of
from extract.linkage.titles import title_similarity, title_words
from extract.linkage.traits import RecordTraits, traits_of
from extract.schema.record import Pmid, Record, TrialFamilyId
from extract.schema.vocabulary import Design

#: Below this a proposal costs a reviewer more time than it saves: a shared year or country alone stays below.
PROPOSE_FROM: Final = 0.35

# Weights: the team's judgment. An id settles a link unless several studies are named, an author alone never does.
SAME_REPORT: Final = 1.0
FAMILY_LINK: Final = 0.98
REGISTRY_ID: Final[dict[str, float]] = {"databank": 0.97, "title": 0.95, "abstract": 0.9}
ACRONYM: Final[dict[str, float]] = {"title": 0.85, "abstract": 0.6}
#: A record that names several studies is a synthesis or a comment more often than a report of one of them.
NAMED_AMONG_SEVERAL: Final = 0.3
SAME_ARMS: Final = 0.6
SAME_N: Final = 0.35
SAME_TITLE: Final = 0.6
#: Of the titles of the starting table, one pair of different studies passes this (Blanchard 2008 and Arciero 2019,
#: 78 %) and five pairs of one family do.
TITLE_FROM: Final = 0.65
FIRST_AUTHOR: Final = 0.3
AUTHOR_AMONG_OTHERS: Final = 0.15
SAME_YEARS: Final = 0.3
CENTRE: Final = 0.3
COUNTRY: Final = 0.05
OTHER_REGISTRY_ID: Final = -0.7
OTHER_YEARS: Final = -0.4
#: An n below this agrees by chance too often.
SMALL_N: Final = 30


@dataclass(frozen=True, slots=True)
class LinkProposal:
    """A record that may report a study; ``evidence`` heaviest first."""

    record_pmid: Pmid
    study_id: TrialFamilyId
    score: float
    evidence: tuple[Evidence, ...]


def propose_links(
    record: Record, studies: Sequence[KnownStudy], *, propose_from: float = PROPOSE_FROM
) -> tuple[LinkProposal, ...]:
    """Return the studies a record may report, best first.

    Parameters
    ----------
    record
        Any record of PubMed; without an abstract only title, ids, links and people speak.
    studies
        Every study known, with its reports.
    propose_from
        Smallest score proposed.

    Returns
    -------
    tuple of LinkProposal
        Empty where nothing speaks for any study. Nothing here links: a person confirms.

    Notes
    -----
    Evidence used: the report itself (PMID, DOI); PubMed's links inside a family (erratum, retraction, update);
    registry ids; names of trials; size of the arms, n; words of the title; authors, centre, enrolment years.
    Against: an id of the same registry that is another one, an enrolment period elsewhere.
    """
    traits = traits_of(record)
    named = {study.study_id for study in studies if any(_by_name(traits, study))}
    proposals = []
    for study in studies:
        evidence = strongest_first(_evidence(traits, study, several=len(named | {study.study_id}) > 1))
        score = combined_score(evidence)
        if score >= propose_from:
            proposals.append(LinkProposal(record.pmid, TrialFamilyId(study.study_id), score, evidence))
    return tuple(sorted(proposals, key=lambda each: (-each.score, each.study_id)))


def _evidence(traits: RecordTraits, study: KnownStudy, *, several: bool) -> Iterator[Evidence]:
    yield from _same_report(traits, study.reports)
    yield from _family_links(traits, study.reports)
    for each in _by_name(traits, study):
        weight = min(each.weight, NAMED_AMONG_SEVERAL) if several else each.weight
        yield Evidence(each.kind, weight, each.found, each.known, each.where)
    yield from _sizes(traits, study)
    yield from _titles(traits, study.reports)
    yield from _people(traits, study.reports)
    yield from _places(traits, study)
    yield from _years(traits, study)
    yield from _other_ids(traits, study)


def _same_report(traits: RecordTraits, reports: Iterable[KnownReport]) -> Iterator[Evidence]:
    for report in reports:
        if report.pmid == traits.pmid:
            yield Evidence("same_report", SAME_REPORT, f"PMID {traits.pmid}", report.report_id, "links")
        elif traits.doi and report.doi and report.doi.casefold() == traits.doi:
            yield Evidence("same_report", SAME_REPORT, f"doi {traits.doi}", report.report_id, "links")


def _family_links(traits: RecordTraits, reports: Iterable[KnownReport]) -> Iterator[Evidence]:
    known = {report.pmid: report.report_id for report in reports if report.pmid}
    for ref_type, pmid in traits.linked:
        if pmid in known:
            yield Evidence("family_link", FAMILY_LINK, f"{ref_type} {pmid}", known[pmid], "links")


def _by_name(traits: RecordTraits, study: KnownStudy) -> Iterator[Evidence]:
    """Yield registry ids and trial names of the study that the record prints."""
    for registry_id in sorted(study.registered_ids()):
        where = traits.registry_ids.get(registry_id)
        if where is not None:
            yield Evidence("registry_id", REGISTRY_ID[where], registry_id, registry_id, where)
    for where, text in (("title", traits.title), ("abstract", traits.abstract)):
        for acronym in sorted(study.acronyms()):
            match = _spelled(acronym).search(text)
            if match:
                yield Evidence("acronym", ACRONYM[where], match.group(), acronym, where)
                break


def _spelled(acronym: str) -> re.Pattern[str]:
    """Return the pattern of a name however its parts are joined: TBCRC013, TBCRC-013, TBCRC 013."""
    parts = re.findall(r"[A-Za-z]+|\d+", acronym)
    return re.compile(rf"(?<![A-Za-z0-9]){'[- ]?'.join(parts)}(?![A-Za-z0-9])")


def _sizes(traits: RecordTraits, study: KnownStudy) -> Iterator[Evidence]:
    arms = {report.n_arms for report in study.reports if report.n_arms and min(report.n_arms) >= SMALL_N}
    for one, other in sorted(arms):
        if {one, other} <= traits.numbers and (one != other or 2 * one in traits.counts):
            yield Evidence("same_arms", SAME_ARMS, f"{one} and {other}", f"{one} and {other}", "abstract")
            return
    totals = {report.n_total for report in study.reports} | {study.n_total}
    for total in sorted(each for each in totals if each is not None and each >= SMALL_N):
        if total in traits.counts:
            yield Evidence("same_n", SAME_N, str(total), str(total), "abstract")
            return


def _titles(traits: RecordTraits, reports: Iterable[KnownReport]) -> Iterator[Evidence]:
    alike = [(title_similarity(traits.words, title_words(report.title)), report) for report in reports]
    similarity, report = max(alike, key=lambda each: each[0], default=(0.0, None))
    if report is not None and similarity >= TITLE_FROM:
        yield Evidence(
            "same_title", round(SAME_TITLE * similarity, 4), f"{similarity:.0%} of the words", report.title, "title"
        )


def _people(traits: RecordTraits, reports: Iterable[KnownReport]) -> Iterator[Evidence]:
    """Yield the strongest agreement of authors: a known first author as first, or among the others."""
    known = {_with_one_initial(report.first_author): report for report in reports if report.first_author}
    names = [_with_one_initial(name) for name in traits.authors]
    for place, name in enumerate(names):
        if name in known:
            first = place == 0
            weight = FIRST_AUTHOR if first else AUTHOR_AMONG_OTHERS
            yield Evidence(
                "first_author" if first else "author",
                weight,
                traits.authors[place],
                known[name].first_author or "",
                "authors",
            )
            return


def _with_one_initial(name: str) -> str:
    surname, _, initials = name.strip().rpartition(" ")
    return f"{surname} {initials[:1]}".casefold() if surname else name.casefold()


def _places(traits: RecordTraits, study: KnownStudy) -> Iterator[Evidence]:
    """Yield a centre's name; a population registry is a source many studies share and says nothing here."""
    if study.data_source and study.design != Design.POPULATION_REGISTRY:
        for where, text in (("abstract", traits.abstract), ("affiliations", traits.affiliations)):
            if study.data_source.casefold() in text.casefold():
                yield Evidence("centre", CENTRE, study.data_source, study.data_source, where)
                return
    if study.country and re.search(rf"\b{re.escape(study.country)}\b", traits.affiliations):
        yield Evidence("country", COUNTRY, study.country, study.country, "affiliations")


def _years(traits: RecordTraits, study: KnownStudy) -> Iterator[Evidence]:
    if study.accrual_start is None or study.accrual_end is None or not traits.periods:
        return
    known = f"{study.accrual_start}-{study.accrual_end}"
    if (study.accrual_start, study.accrual_end) in traits.periods:
        yield Evidence("same_years", SAME_YEARS, known, known, "abstract")
    elif all(end < study.accrual_start or start > study.accrual_end for start, end in traits.periods):
        start, end = min(traits.periods)
        yield Evidence("other_years", OTHER_YEARS, f"{start}-{end}", known, "abstract")


def _other_ids(traits: RecordTraits, study: KnownStudy) -> Iterator[Evidence]:
    """Yield that the record prints ids of a registry the study is in, and none of them is the study's."""
    for registry in sorted({registry_of(each) or "" for each in study.registered_ids()}):
        ours = {each for each in study.registered_ids() if registry_of(each) == registry}
        theirs = {each for each in traits.registry_ids if registry_of(each) == registry}
        if theirs and not theirs & ours:
            yield Evidence(
                "other_registry_id", OTHER_REGISTRY_ID, ", ".join(sorted(theirs)), ", ".join(sorted(ours)), "abstract"
            )
