"""What a notice on an included report means for the results on the page, in words."""

from __future__ import annotations

import re
from collections.abc import Mapping

REMOVES = ("RetractionIn", "RetractedandRepublishedIn", "Retracted Publication", "Deleted")
"""Kinds of notice that take a report's values out of every pool; the others leave them there, marked."""

TOLD_ONLY = ("RegistryStatus",)
"""Kinds that re-open nothing."""


KIND_WORDS: Mapping[str, str] = {
    "CorrectedandRepublishedIn": "Corrected and republished",
    "Deleted": "Deleted from PubMed",
    "ErratumIn": "Erratum",
    "Expression of Concern": "Expression of concern",
    "ExpressionOfConcernIn": "Expression of concern",
    "RegistryResults": "Results in the registry",
    "RegistryStatus": "Status in the registry",
    "RepublishedIn": "Republished",
    "Retracted Publication": "Retracted",
    "RetractedandRepublishedIn": "Retracted and republished",
    "RetractionIn": "Retraction",
    "UpdateIn": "Update",
}
"""What PubMed and the registry call their notices, in words; a test holds the list against those we look for."""

KIND = re.compile(rf"\b({'|'.join(sorted(KIND_WORDS, key=len, reverse=True))})(?=:)")


def notice_words(text: str) -> str:
    """Return notices, or what a version was triggered by, with the kinds of notice in words."""
    return KIND.sub(lambda found: KIND_WORDS[found[1]], text)


def notice_consequence(alert: str, *, results_here: bool = True, reopened: tuple[int, int] = (0, 0)) -> str:
    """Return what follows from a report's notices (``kind: notice; kind: notice``), the gravest one deciding.

    Parameters
    ----------
    results_here
        Whether pooled results stand on the page; a study's page has none.
    reopened
        How many values of the report were re-opened, and how many of them were decided since.
    """
    kinds = {part.partition(":")[0].strip() for part in alert.split(";")}
    if kinds & set(REMOVES):
        if not results_here:
            return "Its values have left every pool."
        return (
            "Its values have left every pool: the results on this page are without them, "
            "and the page on what changed shows before and after."
        )
    if kinds <= set(TOLD_ONLY):
        return "No value is affected."
    values, decided = reopened
    if not decided:
        return "Its values are looked at again; until reviewers have decided, the result stands as it is."
    if decided < values:
        return f"Reviewers have decided on {decided} of its {values} re-opened values; the others stand as they were."
    return "Reviewers have looked at its values again, and what they decided is used here."
