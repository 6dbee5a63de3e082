"""ROBINS-I: risk of bias of one result of a non-randomised study, with what this question makes likely filled in.

The tool has no algorithm; two rules are ours and may be overridden with a reason. Confounding is never low in a cohort:
it is moderate when every confounder of the protocol is dealt with, else serious. Where the surgery group is defined by
what happened after follow-up began, and the analysis does nothing about it, patients had to live long enough to be
operated on: at least serious (Suissa 2008, immortal time; REVIEW_METHODS section 5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from extract.appraisal.rob2 import ROB2
from extract.appraisal.tools import Domain, Proposal, Question, Tool
from extract.schema.vocabulary import Adjusted, ImmortalTime

LEVELS: Final = {
    "low": "Low",
    "moderate": "Moderate",
    "serious": "Serious",
    "critical": "Critical",
    "no_information": "No information",
}
CONFOUNDING, SELECTION, CLASSIFICATION = "B1", "B2", "B3"
DEFINED_LATER, STARTS_BEFORE, DEALT_WITH = "T1", "T2", "T3"

_YES, _NO = ("Y", "PY"), ("N", "PN")
_ORDER: Final = ("low", "moderate", "serious", "critical")


def robins(confounders: Sequence[str]) -> Tool:
    """Return the tool with the protocol's confounders as questions."""
    return Tool(
        key="robins-i",
        name="ROBINS-I",
        url="https://www.riskofbias.info/welcome/home/current-version-of-robins-i",
        levels=LEVELS,
        answers=ROB2.answers,
        domains=(
            Domain(
                CONFOUNDING,
                "Confounding",
                tuple(Question(confounder_code(name), f"Dealt with: {name}?") for name in confounders),
            ),
            Domain(
                SELECTION,
                "Selection of participants",
                (
                    Question(DEFINED_LATER, "Was the surgery group defined by something that happened later?"),
                    Question(STARTS_BEFORE, "Does follow-up start at diagnosis, or else before surgery?"),
                    Question(DEALT_WITH, "Landmark, time-varying treatment, or clone-censor-weight?"),
                ),
            ),
            Domain(CLASSIFICATION, "Classification of treatment", ()),
            Domain("B4", "Deviations from the intended treatment", ()),
            Domain("B5", "Missing data", ()),
            Domain("B6", "Measurement of the outcome", ()),
            Domain("B7", "Selection of the reported result", ()),
        ),
    )


def confounder_code(name: str) -> str:
    """Return the code of a confounder's question: its words, so that a changed list moves no answer."""
    return "c-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def propose_domain(tool: Tool, code: str, answers: Mapping[str, str]) -> Proposal:
    """Return what our rules make of the answers of one domain; most domains have no rule."""
    if code == CONFOUNDING:
        return _confounding([question.code for question in tool.domains[0].questions], answers)
    if code in (SELECTION, CLASSIFICATION):
        return _immortal_time(answers)
    return Proposal(None)


def propose_overall(levels: Mapping[str, str], *, domains: Sequence[str]) -> Proposal:
    """Return the worst level; "no information" only where no domain is serious or critical."""
    if any(code not in levels for code in domains):
        return Proposal(None)
    known = [level for level in levels.values() if level in _ORDER]
    worst = max(known, key=_ORDER.index, default="no_information")
    if worst not in ("serious", "critical") and len(known) < len(levels):
        return Proposal("no_information", why="a domain without information, and none serious")
    return Proposal(worst)


def prefilled(tool: Tool, *, immortal_time: str, adjusted: str) -> dict[str, str]:
    """Return the answers that the stored values give already; the judge sees and may change them.

    Parameters
    ----------
    immortal_time, adjusted
        As stored with the result (:class:`ImmortalTime`, :class:`Adjusted`).
    """
    answers: dict[str, str] = {}
    if adjusted == Adjusted.NO:
        answers |= {question.code: "N" for question in tool.domains[0].questions}
    if immortal_time == ImmortalTime.NONE:
        answers |= {DEFINED_LATER: "Y", STARTS_BEFORE: "Y", DEALT_WITH: "N"}
    elif immortal_time in (ImmortalTime.LANDMARK, ImmortalTime.TIME_VARYING, ImmortalTime.CLONE_CENSOR_WEIGHT):
        answers |= {DEALT_WITH: "Y"}
    return answers


def _confounding(codes: Sequence[str], answers: Mapping[str, str]) -> Proposal:
    missing = tuple(code for code in codes if not answers.get(code))
    if missing or not codes:
        return Proposal(None, missing)
    left = [code for code in codes if answers[code] in _NO]
    if left:
        return Proposal("serious", why=f"not dealt with: {', '.join(_named(code) for code in left)}")
    if any(answers[code] == "NI" for code in codes):
        return Proposal("no_information", why="not known for every confounder")
    return Proposal("moderate", why="every listed confounder is dealt with; others may remain")


def _immortal_time(answers: Mapping[str, str]) -> Proposal:
    missing = tuple(code for code in (DEFINED_LATER, STARTS_BEFORE, DEALT_WITH) if not answers.get(code))
    if missing:
        return Proposal(None, missing)
    later, before, dealt = (answers[code] for code in (DEFINED_LATER, STARTS_BEFORE, DEALT_WITH))
    if dealt in _YES or later in _NO or before in _NO:
        return Proposal(None)
    if later in _YES and before in _YES:
        return Proposal("serious", why="immortal time: surgery came after follow-up began, and nothing deals with it")
    return Proposal("no_information", why="it is not known whether immortal time was possible")


def _named(code: str) -> str:
    return code.removeprefix("c-").replace("-", " ")
