"""The answer of a report in words: two sentences for everyone, three readings of the interval for patients."""

from __future__ import annotations

from dataclasses import dataclass

from reports.conclusion import conclusion
from reports.model import Absolute, Synthesis
from reports.notation import count, percent, ratio_number
from reports.pages.edition import Edition, Stratum
from reports.taxonomy import population_words


@dataclass(frozen=True)
class Scenario:
    """One of the three readings of the interval, in words for everyone."""

    name: str
    words: str


def answer(edition: Edition, stratum: Stratum) -> tuple[str, str]:
    """Return the answer in two sentences, from the randomised trials and the primary outcome alone."""
    primary = edition.taxonomy.primary
    randomised = edition.synthesis(stratum, outcome=primary.code, body="randomised")
    observational = edition.synthesis(stratum, outcome=primary.code, body="observational")
    if randomised is None:
        first = conclusion(
            None,
            k=0,
            body="randomised",
            outcome=primary.code,
            outcome_label=primary.in_text,
            population=population_words(edition.taxonomy, subtype=stratum.subtype, pattern=stratum.pattern),
        )
    else:
        first = randomised.conclusion
    return first, _second_sentence(randomised, observational)


def _second_sentence(randomised: Synthesis | None, observational: Synthesis | None) -> str:
    if randomised is None or randomised.primary is None:
        if observational is not None and observational.inputs:
            return (
                "Observational studies exist and are shown apart below; because patients were not randomised, they "
                "cannot settle the question."
            )
        return "There is no usable observational estimate either."
    at = next(iter(randomised.absolute), None)
    if at is not None:
        return _absolute_sentence(at)
    if randomised.k == 1:
        return "A single trial cannot show whether its result holds elsewhere."
    pooled = randomised.primary
    if pooled.prediction is not None and (pooled.i2 or 0) >= 50:
        return (
            f"The trials disagree more than chance explains (I² {percent(pooled.i2)}): in a new setting the true "
            f"hazard ratio could lie anywhere from {ratio_number(pooled.prediction.low)} to "
            f"{ratio_number(pooled.prediction.high)}."
        )
    return f"The trials agree no less than chance would let them (I² {percent(pooled.i2)}), but they are few."


def _absolute_sentence(at: Absolute) -> str:
    low, high = round(at.per_1000_low), round(at.per_1000_high)
    control, surgery = round(10 * at.control_survival_percent), round(10 * at.surgery_survival_percent)
    return (
        f"Of {count(1000)} patients about {control} are alive after {_time(at.months)} without surgery and about "
        f"{surgery} with it, but the true difference could be anything from {_fewer_or_more(low)} to "
        f"{_fewer_or_more(high)}."
    )


def _time(months: float) -> str:
    years = months / 12
    return f"{years:g} years" if years != 1 else "1 year"


def _fewer_or_more(difference: int) -> str:
    if difference == 0:
        return "none"
    return f"{count(abs(difference))} {'fewer' if difference < 0 else 'more'}"


def scenarios(randomised: Synthesis | None) -> tuple[Scenario, ...]:
    """Return three readings of the interval; the two ends are as compatible with the trials as any in between."""
    if randomised is None or not randomised.absolute:
        return ()
    at = randomised.absolute[0]
    time, control = _time(at.months), round(at.control_survival_percent / 10, 1)

    def words(survival: float, difference: float) -> str:
        if round(difference) == 0:
            return f"with surgery the same number of people are alive after {time}: {control:g} in 10."
        kind = "more" if difference > 0 else "fewer"
        return (
            f"of {count(1000)} people {round(10 * survival)} are alive after {time} with surgery, "
            f"{abs(round(difference))} {kind} than without it."
        )

    return (
        Scenario("If the trials' hopeful end is true", words(at.surgery_survival_high_percent, at.per_1000_high)),
        Scenario("The trials' best single guess", words(at.surgery_survival_percent, at.per_1000)),
        Scenario("If the trials' other end is true", words(at.surgery_survival_low_percent, at.per_1000_low)),
    )
