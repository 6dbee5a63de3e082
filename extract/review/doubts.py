"""The checks that are open on a value: each is cleared one by one, with a reason, or the value is not approved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from extract.checks import Finding, interval_missing
from extract.review.checked import NOTHING_KNOWN, Surroundings, findings_on
from extract.review.proposal import proposed_value
from extract.review.routes import LABELS
from extract.schema.value import ReportedValue
from extract.store.candidates import Candidate

PLACE_MISSING = Finding(
    "place-missing", "warning", "the words of this value are not in the texts held here: say where you read it"
)
"""No number without a place: it fires where the span cannot be shown."""


def doubts_about(
    candidate: Candidate,
    value: ReportedValue,
    *,
    blind: bool = False,
    placed: bool = True,
    around: Surroundings = NOTHING_KNOWN,
) -> tuple[Finding, ...]:
    """Return the doubts about a value as it would be approved.

    Checks that need no more than the value itself run again on what was typed; those the program fired from the text
    around it stay open until they are answered.

    Parameters
    ----------
    blind
        The person has not seen the proposal: only doubts about what they typed are theirs to answer.
    placed
        Whether the words of the value were found in a text held here.
    around
        What stands around the value in the curated table; a blind reader is not asked about it.
    """
    if blind:
        return findings_on(value)
    found = findings_on(value, around)
    known = {finding.code for finding in (*found, *findings_on(proposed_value(candidate.effect)))}
    from_the_text = [code for code in candidate.effect.checks if code not in known]
    told = (Finding(code, "warning", "fired when the text around it was read") for code in from_the_text)
    return (*found, *told, *(() if placed else (PLACE_MISSING,)))


def answers_to(
    doubts: Sequence[Finding], value: ReportedValue, typed: Mapping[str, str], *, for_all: str | None = None
) -> dict[str, str]:
    """Return the reasons given for doubts, by code.

    Parameters
    ----------
    value
        As it would be approved. A way to a log hazard ratio chosen for it is the reason why it needs no interval.
    typed
        Reason by code, each its own; it goes before every other.
    for_all
        One reason for all that have none of their own.
    """
    given = {} if for_all is None else {doubt.code: for_all for doubt in doubts}
    if value.route:
        given[interval_missing.CODE] = f"way to a log hazard ratio chosen: {LABELS[value.route]}"
    return given | {code: reason for code, reason in typed.items() if reason.strip()}


def unanswered(doubts: Sequence[Finding], cleared: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return the doubts nobody gave a reason for."""
    return tuple(doubt for doubt in doubts if not cleared.get(doubt.code, "").strip())
