"""Agreed risk of bias as the pages need it: one assessment for each study and outcome, with its words and letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.rows import BiasRow

OVERALL = "overall"
NOT_ASSESSED = "not yet assessed"
TOOLS: Mapping[str, str] = {"rob2": "RoB 2", "robins-i": "ROBINS-I"}

WORDS: Mapping[str, str] = {
    "low": "Low",
    "some_concerns": "Some concerns",
    "high": "High",
    "moderate": "Moderate",
    "serious": "Serious",
    "critical": "Critical",
    "no_information": "No information",
}

LETTERS: Mapping[str, str] = {
    "low": "L",
    "some_concerns": "S",
    "high": "H",
    "moderate": "M",
    "serious": "E",
    "critical": "C",
    "no_information": "?",
}
"""One letter a level for figures: never colour alone. E stands for serious, because S is some concerns."""


@dataclass(frozen=True)
class StudyBias:
    """The agreed judgement of one study's result on one outcome, domain by domain in the tool's order."""

    study_id: str
    outcome: str
    domains: tuple[BiasRow, ...]
    overall: BiasRow

    @property
    def tool(self) -> str:
        """Name of the tool."""
        return TOOLS.get(self.overall.tool, self.overall.tool)

    @property
    def rows(self) -> tuple[BiasRow, ...]:
        """The domains and, last, the overall level."""
        return (*self.domains, self.overall)

    @property
    def words(self) -> str:
        """The overall level in words, with the warning that it must be confirmed again."""
        level = words_of(self.overall.judgement)
        return f"{level} (to be confirmed again)" if self.overall.to_confirm else level


def words_of(level: str) -> str:
    """Return a level in words."""
    return WORDS.get(level, level.replace("_", " "))


def letter_of(level: str) -> str:
    """Return a level's letter."""
    return LETTERS.get(level, "?")


def by_study(rows: Sequence[BiasRow]) -> Mapping[str, tuple[StudyBias, ...]]:
    """Return the assessments of each study, one for each outcome, in the snapshot's order."""
    found: dict[tuple[str, str], list[BiasRow]] = {}
    for row in rows:
        found.setdefault((row.study_id, row.outcome), []).append(row)
    out: dict[str, tuple[StudyBias, ...]] = {}
    for (study_id, outcome), members in found.items():
        overall = next((row for row in members if row.domain == OVERALL), None)
        if overall is not None:
            domains = tuple(row for row in members if row.domain != OVERALL)
            out[study_id] = (*out.get(study_id, ()), StudyBias(study_id, outcome, domains, overall))
    return out
