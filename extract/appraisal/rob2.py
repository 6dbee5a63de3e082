"""RoB 2: risk of bias of one result of a randomised trial (effect of assignment), questions in our own words.

The official wording is CC BY-NC-ND 4.0; the form links to it and does not restate it. The rules are those of the
guidance of 22 August 2019; every combination of answers is checked against a table of 2,761 rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias, cast

from extract.appraisal.tools import Domain, Proposal, Question, Tool

Level: TypeAlias = Literal["low", "some_concerns", "high"]

_NOT_ALIKE = "2.1 or 2.2 is not no"

ROB2: Final = Tool(
    key="rob2",
    name="RoB 2",
    url="https://www.riskofbias.info/welcome/rob-2-0-tool/current-version-of-rob-2",
    levels={"low": "Low", "some_concerns": "Some concerns", "high": "High"},
    answers={"Y": "Yes", "PY": "Probably yes", "PN": "Probably no", "N": "No", "NI": "No information"},
    domains=(
        Domain(
            "D1",
            "Randomisation",
            (
                Question("1.1", "Did chance alone decide the order in which patients were assigned?"),
                Question("1.2", "Could nobody foresee the next assignment until the patient was enrolled?"),
                Question("1.3", "Do differences between the arms at the start suggest that something went wrong?"),
            ),
        ),
        Domain(
            "D2",
            "Deviations from the intended treatment",
            (
                Question("2.1", "Did patients know which arm they were in?"),
                Question("2.2", "Did those who treated them know it?"),
                Question("2.3", "Was treatment changed because of the trial, against its plan?", _NOT_ALIKE),
                Question("2.4", "Are those changes likely to have moved the outcome?", "2.3 is yes"),
                Question("2.5", "Were they equally common in both arms?", "2.4 is not no"),
                Question("2.6", "Were patients analysed in the arm they were assigned to, or as fairly?"),
                Question("2.7", "Could the result have moved much because they were not?", "2.6 is not yes"),
            ),
        ),
        Domain(
            "D3",
            "Missing outcome data",
            (
                Question("3.1", "Is the outcome known for all, or nearly all, who were assigned?"),
                Question("3.2", "Is there evidence that what is missing did not move the result?", "3.1 is not yes"),
                Question("3.3", "Could data be missing because of how the patient fared?", "3.2 is not yes"),
                Question("3.4", "Is it likely that they are missing for that reason?", "3.3 is not no"),
            ),
        ),
        Domain(
            "D4",
            "Measurement of the outcome",
            (
                Question("4.1", "Was the outcome measured in an unsuitable way?"),
                Question("4.2", "Could it have been measured or looked for differently in the two arms?"),
                Question("4.3", "Did those who judged the outcome know the arm?", "4.1 and 4.2 are not yes"),
                Question("4.4", "Could knowing the arm have swayed the judgement?", "4.3 is not no"),
                Question("4.5", "Is it likely that it did?", "4.4 is not no"),
            ),
        ),
        Domain(
            "D5",
            "Selection of the reported result",
            (
                Question("5.1", "Does the analysis follow a plan made before anybody saw the outcomes?"),
                Question("5.2", "Was the result picked from several ways or times of measuring?"),
                Question("5.3", "Was it picked from several analyses of the same data?"),
            ),
        ),
    ),
)

_YES = ("Y", "PY")
_NO = ("N", "PN")
_ORDER: Final[tuple[Level, ...]] = ("low", "some_concerns", "high")


class _MissingAnswerError(Exception):
    """An answer the rules ask for is not there."""


def propose_domain(code: str, answers: Mapping[str, str]) -> Proposal:
    """Return what the algorithm makes of the answers of one domain; questions it does not reach may stay empty.

    Parameters
    ----------
    code
        ``D1`` to ``D5``.
    answers
        ``{"1.1": "PY", ...}``; each Y, PY, PN, N or NI.
    """

    def answer(question: str) -> str:
        given = answers.get(question, "")
        if not given:
            raise _MissingAnswerError(question)
        return given

    try:
        return Proposal(_RULES[code](answer))
    except _MissingAnswerError as missing:
        return Proposal(None, (str(missing),))


def propose_overall(levels: Mapping[str, str]) -> Proposal:
    """Return the overall level of the domains' levels: the worst of them.

    That several "some concerns" together may amount to "high" is a person's choice, made by overriding.
    """
    if any(domain.code not in levels for domain in ROB2.domains):
        return Proposal(None)
    return Proposal(max((cast(Level, level) for level in levels.values()), key=_ORDER.index))


_Answer: TypeAlias = Callable[[str], str]


def _randomisation(a: _Answer) -> Level:
    if a("1.2") in _NO:
        return "high"
    if a("1.2") == "NI":
        return "high" if a("1.3") in _YES else "some_concerns"
    if a("1.1") in _NO:
        return "some_concerns"
    return "some_concerns" if a("1.3") in _YES else "low"


def _deviations(a: _Answer) -> Level:
    return max(_deviations_of_treatment(a), _deviations_of_analysis(a), key=_ORDER.index)


def _deviations_of_treatment(a: _Answer) -> Level:
    unaware = a("2.1") in _NO and a("2.2") in _NO
    if unaware or a("2.3") in _NO:
        return "low"
    if a("2.3") == "NI" or a("2.4") in _NO:
        return "some_concerns"
    return "some_concerns" if a("2.5") in _YES else "high"


def _deviations_of_analysis(a: _Answer) -> Level:
    if a("2.6") in _YES:
        return "low"
    return "some_concerns" if a("2.7") in _NO else "high"


def _missing_data(a: _Answer) -> Level:
    if a("3.1") in _YES or a("3.2") in _YES or a("3.3") in _NO:
        return "low"
    return "some_concerns" if a("3.4") in _NO else "high"


def _measurement(a: _Answer) -> Level:
    if a("4.1") in _YES or a("4.2") in _YES:
        return "high"
    base: Level = "low" if a("4.2") in _NO else "some_concerns"
    if a("4.3") in _NO or a("4.4") in _NO:
        return base
    return "some_concerns" if a("4.5") in _NO else "high"


def _selection(a: _Answer) -> Level:
    if a("5.2") in _YES or a("5.3") in _YES:
        return "high"
    if "NI" in (a("5.2"), a("5.3")):
        return "some_concerns"
    return "low" if a("5.1") in _YES else "some_concerns"


_RULES: Final[Mapping[str, Callable[[_Answer], Level]]] = {
    "D1": _randomisation,
    "D2": _deviations,
    "D3": _missing_data,
    "D4": _measurement,
    "D5": _selection,
}
