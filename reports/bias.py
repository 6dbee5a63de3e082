"""Agreed risk of bias as the pages need it: one assessment for each study and outcome, with its words and letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.rows import BiasRow, StudyRow

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


@dataclass(frozen=True)
class TrafficLight:
    """The judgements of one tool as a table: a row a study, a column a domain, the overall level last."""

    tool: str
    headers: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, str, StudyBias | None], ...]


def traffic_lights(
    studies: Sequence[StudyRow], assessments: Mapping[str, Sequence[StudyBias]], outcome: str
) -> tuple[TrafficLight, ...]:
    """Return a table for each tool that judged an outcome of these studies; studies nobody judged stand in it too.

    Parameters
    ----------
    studies
        In the order of the page.
    assessments
        By study, as :func:`by_study` returns them.
    """
    out = []
    for tool, body in (("rob2", "randomised"), ("robins-i", "observational")):
        members = [row for row in studies if (row.body == "randomised") == (body == "randomised")]
        found = {row.study_id: _of(assessments.get(row.study_id, ()), outcome, tool) for row in members}
        first = next((one for one in found.values() if one is not None), None)
        if first is not None:
            headers = tuple((row.domain, row.domain_label) for row in first.domains)
            rows = tuple((row.study_id, row.label, found[row.study_id]) for row in members)
            out.append(TrafficLight(TOOLS[tool], headers, rows))
    return tuple(out)


def letters(assessments: Sequence[StudyBias], outcome: str, *, domains: Sequence[str]) -> tuple[str, ...]:
    """Return the letters of a study's row in a forest plot, the overall one last; a dash where nobody judged."""
    found = _of(assessments, outcome, None)
    if found is None:
        return tuple("–" for _ in (*domains, OVERALL))
    levels = {row.domain: row.judgement for row in found.rows}
    return tuple(letter_of(levels[key]) if key in levels else "–" for key in (*domains, OVERALL))


def _of(assessments: Sequence[StudyBias], outcome: str, tool: str | None) -> StudyBias | None:
    return next((a for a in assessments if a.outcome == outcome and tool in (None, a.overall.tool)), None)
