"""The sentence a synthesis is summed up in, by rule from its numbers: the same for everyone who runs it.

The rule looks at one thing only: whether the interval of the primary analysis excludes 1, and on which side. It never
turns "not shown" into "shown not to": an interval that includes 1 is described by how far it reaches. A single trial
"reports" where several "show". Observational evidence is never worded as an effect of surgery.
"""

from __future__ import annotations

from typing import Literal

from reports.model import Pooled, Synthesis
from reports.notation import hazard_change, level, limits_in_words, number_word, ratio_number
from reports.taxonomy import EVENTS

Verdict = Literal["no_evidence", "not_estimable", "not_shown", "favours_surgery", "favours_no_surgery"]
Body = Literal["randomised", "observational"]


def verdict(primary: Pooled | None, *, k: int) -> Verdict:
    """Return what the interval of the primary analysis says, as one of five words."""
    if k == 0:
        return "no_evidence"
    if primary is None:
        return "not_estimable"
    if primary.ratio.high < 1:
        return "favours_surgery"
    if primary.ratio.low > 1:
        return "favours_no_surgery"
    return "not_shown"


def verdict_of(synthesis: Synthesis | None) -> Verdict:
    """Return the verdict of a synthesis; a missing one holds no evidence."""
    return "no_evidence" if synthesis is None else verdict(synthesis.primary, k=synthesis.k)


def conclusion(
    primary: Pooled | None,
    *,
    k: int,
    body: Body,
    outcome: str = "OS",
    outcome_label: str = "overall survival",
    population: str = "",
    event: str | None = None,
    treatment: str = "surgery of the primary tumour",
    short: str = "surgery",
) -> str:
    """Return the sentence that sums up one synthesis.

    Parameters
    ----------
    primary
        Result of the primary analysis on the ratio scale (below 1 favours surgery); None if nothing could be pooled.
    k
        Estimates pooled.
    body
        ``randomised`` or ``observational``.
    outcome, outcome_label
        Code of the outcome (names the event) and its label inside a sentence.
    population
        Who, inside a sentence, e.g. ``"in HER2-positive disease"``; empty for everyone.
    event
        What the hazard is of, inside a sentence; None takes the usual word for the outcome's code.
    treatment, short
        The question's treatment inside a sentence, in full and in one word.

    Returns
    -------
    str
        One sentence with the estimate, its interval and level; for observational evidence with the reason why it
        cannot show an effect.
    """
    where = f" {population}" if population else ""
    found = verdict(primary, k=k)
    if found == "no_evidence":
        kind = "randomised trial has reported" if body == "randomised" else "comparative observational study reports"
        return f"No {kind} a usable estimate of {outcome_label}{where}: this is a gap, not evidence of no effect."
    if primary is None:
        return f"What has been reported on {outcome_label}{where} does not allow an estimate with an interval."
    named = event or EVENTS.get(outcome, "the event")
    if body == "observational":
        return _observational(primary, k, found, outcome_label, where, named, short)
    return _randomised(primary, k, found, outcome_label, where, named, treatment)


def _randomised(primary: Pooled, k: int, found: Verdict, outcome: str, where: str, event: str, treatment: str) -> str:
    numbers = _numbers(primary)
    many = f"{number_word(k).capitalize()} randomised trials together"
    if found == "not_shown":
        who = "One randomised trial does" if k == 1 else f"{many} do"
        return (
            f"{who} not show that {treatment} improves {outcome}{where}: {numbers}, "
            f"a range from {_range(primary, event)}."
        )
    better = "better" if found == "favours_surgery" else "worse"
    if k == 1:
        part = ", and here only a part of its patients," if where else ""
        return (
            f"One randomised trial reports {better} {outcome} with {treatment}{where}: {numbers}; "
            f"a single trial{part} does not settle the question."
        )
    return f"{many} show {better} {outcome} with {treatment}{where}: {numbers}."


def _observational(primary: Pooled, k: int, found: Verdict, outcome: str, where: str, event: str, short: str) -> str:
    who = "One observational study" if k == 1 else f"{number_word(k).capitalize()} observational studies"
    s = "s" if k == 1 else ""
    numbers = _numbers(primary)
    if found == "not_shown":
        return f"{who} do{'es' if k == 1 else ''} not show a difference in {outcome}{where}: {numbers}."
    direction = "lower" if found == "favours_surgery" else "higher"
    return (
        f"{who} report{s} a {direction} hazard of {event} in patients who had {short}{where} ({numbers}), but fitter "
        f"patients who lived long enough were the ones who had it, so this does not show that {short} was the cause."
    )


def _numbers(primary: Pooled) -> str:
    return (
        f"hazard ratio {ratio_number(primary.ratio.estimate)}, {level(primary.ratio.level)} confidence interval "
        f"{limits_in_words(primary.ratio)}"
    )


def _range(primary: Pooled, event: str) -> str:
    low, high = hazard_change(primary.ratio.low), hazard_change(primary.ratio.high)
    return f"a hazard of {event} {low} to one {high}"
