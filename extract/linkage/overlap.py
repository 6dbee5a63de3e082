"""Cohorts that may hold the same people: one data source, overlapping years. At most one of a group enters a pool."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Final

from extract.linkage.evidence import Evidence, combined_score

#: Sources many cohorts are drawn from, and the words that name them.
SOURCES: Final[dict[str, re.Pattern[str]]] = {
    "SEER": re.compile(r"\bSEER\b|\bSurveillance,? Epidemiology,? and End Results\b"),
    "NCDB": re.compile(r"\bNCDB\b|\b[Nn]ational [Cc]ancer [Dd]ata ?[Bb]ase\b"),
    "Netherlands Cancer Registry": re.compile(
        r"\bNetherlands [Cc]ancer [Rr]egistry\b|\bNCR\b|\bDutch [Cc]ancer [Rr]egistry\b"
    ),
    "Eindhoven Cancer Registry": re.compile(r"\bEindhoven [Cc]ancer [Rr]egistry\b"),
    "ESME": re.compile(r"\bESME\b"),
    "NCCN Outcomes Database": re.compile(r"\bNCCN\b|\bNational Comprehensive Cancer Network\b"),
    "BOMET": re.compile(r"\bBOMET(?:IN)?\b|\bMF14[- ]?(?:01|1a)\b"),
    "MD Anderson": re.compile(r"\bM\.?\s?D\.? Anderson\b"),
    "National Cancer Registry Ireland": re.compile(r"\bNational [Cc]ancer [Rr]egistry,? Ireland\b"),
}
#: Sources that register some of the same people: hospitals of the one report to the other, or a region to its nation.
SHARED: Final[frozenset[frozenset[str]]] = frozenset(
    {frozenset({"SEER", "NCDB"}), frozenset({"Eindhoven Cancer Registry", "Netherlands Cancer Registry"})}
)

SAME_SOURCE: Final = 0.6
SHARED_SOURCE: Final = 0.3
#: Weight of years that overlap entirely; less in proportion to the shorter period.
FULL_OVERLAP: Final = 0.9
UNKNOWN_YEARS: Final = 0.2
NO_COMMON_YEAR: Final = -1.0


@dataclass(frozen=True, slots=True)
class Cohort:
    """A cohort as far as overlap goes; the years are of diagnosis or enrolment, both included."""

    study_id: str
    sources: frozenset[str]
    start: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class OverlapProposal:
    """Two cohorts that may hold the same people."""

    first: str
    second: str
    score: float
    evidence: tuple[Evidence, ...]


@lru_cache(maxsize=4096)
def sources_in(text: str) -> frozenset[str]:
    """Return the known data sources a text names, in the names of :data:`SOURCES`."""
    return frozenset(name for name, words in SOURCES.items() if words.search(text))


def propose_overlaps(cohorts: Sequence[Cohort]) -> tuple[OverlapProposal, ...]:
    """Return the pairs of cohorts that may hold the same people, best first.

    Cohorts of one source whose years do not meet are not proposed: they hold different diagnoses (Khan 2002, NCDB
    1990-1993, beside the later NCDB cohorts). Unknown years are proposed with a low score: a person looks.
    """
    proposals = []
    for one, other in combinations(sorted(cohorts, key=lambda each: each.study_id), 2):
        evidence = (*_source_evidence(one, other), *_year_evidence(one, other))
        score = combined_score(evidence)
        if evidence[0].kind in ("same_source", "shared_source") and score > 0:
            proposals.append(OverlapProposal(one.study_id, other.study_id, score, evidence))
    return tuple(sorted(proposals, key=lambda each: (-each.score, each.first, each.second)))


def overlap_groups(cohorts: Sequence[Cohort]) -> tuple[frozenset[str], ...]:
    """Return groups of cohorts tied by one source and a common year, chains included; the largest first.

    A chain (A with B, B with C) is one group although A and C may not meet: at most one of it is pooled. Sources that
    merely share people (SEER and NCDB) stay apart here and are named by :func:`propose_overlaps`.
    """
    groups: list[set[str]] = []
    for pair in propose_overlaps(cohorts):
        if any(each.kind == "same_source" for each in pair.evidence) and _years_meet(pair):
            touching = [group for group in groups if group & {pair.first, pair.second}]
            groups = [group for group in groups if group not in touching]
            groups.append({pair.first, pair.second}.union(*touching))
    return tuple(sorted((frozenset(group) for group in groups), key=lambda group: (-len(group), min(group))))


def _years_meet(pair: OverlapProposal) -> bool:
    return any(each.kind == "years_overlap" for each in pair.evidence)


def _source_evidence(one: Cohort, other: Cohort) -> tuple[Evidence, ...]:
    common = sorted(one.sources & other.sources)
    if common:
        return (Evidence("same_source", SAME_SOURCE, common[0], common[0], "abstract"),)
    shared = [(a, b) for a in sorted(one.sources) for b in sorted(other.sources) if frozenset({a, b}) in SHARED]
    return tuple(Evidence("shared_source", SHARED_SOURCE, a, b, "abstract") for a, b in shared[:1])


def _year_evidence(one: Cohort, other: Cohort) -> tuple[Evidence, ...]:
    periods = _period(one), _period(other)
    found, known = (f"{years[0]}-{years[1]}" if years else "not known" for years in periods)
    if periods[0] is None or periods[1] is None:
        return (Evidence("years_unknown", UNKNOWN_YEARS, found, known, "abstract"),)
    (start, end), (other_start, other_end) = periods[0], periods[1]
    common = min(end, other_end) - max(start, other_start) + 1
    if common <= 0:
        return (Evidence("no_common_year", NO_COMMON_YEAR, found, known, "abstract"),)
    share = common / min(end - start + 1, other_end - other_start + 1)
    return (Evidence("years_overlap", round(FULL_OVERLAP * share, 4), found, known, "abstract"),)


def _period(cohort: Cohort) -> tuple[int, int] | None:
    return None if cohort.start is None or cohort.end is None else (cohort.start, cohort.end)
