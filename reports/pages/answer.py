"""The answer of a report in words: two sentences for everyone, three readings of the interval for patients."""

from __future__ import annotations

from dataclasses import dataclass

from reports.conclusion import Verdict, conclusion, verdict_of
from reports.model import Absolute, Certainty, LivingTimes, Pooled, Synthesis
from reports.notation import count, day, percent, ratio_number, time_words
from reports.pages.edition import Edition, Stratum
from reports.taxonomy import ALL, population_words
from reports.terms import Terms

EVERYONE = Stratum(ALL, ALL)
"""The report on all patients."""


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
            event=primary.event,
            treatment=edition.terms.treatment,
            short=edition.terms.short,
        )
    else:
        first = randomised.conclusion
    return first, _second_sentence(randomised, observational, edition.terms)


def verdict_on_everyone(edition: Edition) -> Verdict:
    """Return the verdict of the randomised trials of all patients on the primary outcome."""
    # Asked of the edition: a page that looks at every result would be made anew whenever one of them changes.
    return verdict_of(edition.synthesis(EVERYONE, outcome=edition.taxonomy.primary.code, body="randomised"))


def interpretation(edition: Edition) -> str:
    """Return what people wrote on the result for everyone, as long as the result is still the one they wrote it for.

    The verdict of the randomised trials on the primary outcome is computed anew in each version; what was signed under
    another one is withheld, and the page says so beside what the trials say now. A protocol that does not say what its
    interpretation was written for is believed.
    """
    editorial = edition.snapshot.protocol["editorial"]
    if editorial.get("written_for") in (None, verdict_on_everyone(edition)):
        return str(editorial["interpretation"])
    return (
        f"{answer(edition, EVERYONE)[0]} What the review team wrote on {day(str(editorial['date']))} was written for "
        "another result and is withheld until they have written anew."
    )


def _second_sentence(randomised: Synthesis | None, observational: Synthesis | None, terms: Terms) -> str:
    if randomised is None or randomised.primary is None:
        if observational is not None and observational.inputs:
            one = observational.k == 1
            return (
                f"{'One observational study exists and is' if one else 'Observational studies exist and are'} shown "
                f"apart below; because patients were not randomised, {'it' if one else 'they'} cannot settle the "
                "question."
            )
        return "There is no usable observational estimate either."
    at = next(iter(randomised.absolute), None)
    sure = _certainty_clause(randomised.certainty)
    if at is not None:
        return f"{_absolute_sentence(at, terms)}{sure}."
    if randomised.k == 1:
        return f"A single trial cannot show whether its result holds elsewhere{sure}."
    pooled = randomised.primary
    return f"{_agreement(pooled)}{sure}."


def _agreement(pooled: Pooled) -> str:
    """Return how far the trials agree: an I² above 0 is more disagreement than chance alone is expected to bring."""
    i2 = f"(I² {percent(pooled.i2)})"
    if round(pooled.i2 or 0) == 0:
        return f"The trials agree no less than chance would let them {i2}, but they are few"
    if (pooled.i2 or 0) < 50:
        return f"The trials disagree a little more than chance would let them {i2}, and they are few"
    if pooled.prediction is None:
        return f"The trials disagree more than chance explains {i2}"
    return (
        f"The trials disagree more than chance explains {i2}: in a new setting the true hazard ratio could lie "
        f"anywhere from {ratio_number(pooled.prediction.low)} to {ratio_number(pooled.prediction.high)}"
    )


def _certainty_clause(certainty: Certainty | None) -> str:
    if certainty is None:
        return ""
    if certainty.decided_by is None:
        return f"; the rules rate the certainty of this evidence as {certainty.level}, which no person has decided yet"
    return f"; the certainty of this evidence is {certainty.level}"


def _absolute_sentence(at: Absolute, terms: Terms) -> str:
    low, high = round(at.per_1000_low), round(at.per_1000_high)
    control, surgery = round(10 * at.control_survival_percent), round(10 * at.surgery_survival_percent)
    return (
        f"Of {count(1000)} patients about {control} are alive after {time_words(at.months)} without {terms.short} and "
        f"about {surgery} with it, but the interval leaves room for anything from {_fewer_or_more(low)} to "
        f"{_fewer_or_more(high)}"
    )


def _fewer_or_more(difference: int) -> str:
    if difference == 0:
        return "none"
    return f"{count(abs(difference))} {'fewer' if difference < 0 else 'more'}"


def living_scenarios(times: LivingTimes | None) -> tuple[Scenario, ...]:
    """Return the best, the usual and the worst case of a life without the treatment.

    Three scenarios are understood where a median is not: 73 % of patients did not understand the word, 94 % found three
    scenarios helpful (methods, section 6).
    """
    if times is None:
        return ()
    low, high = _years(times.usual_low_months), _years(times.usual_high_months)
    return (
        Scenario("Best case", f"of 10 people, 1 lives longer than {_years(times.best_months)}."),
        Scenario("Usual case", f"of 10 people, 5 live between {low} and {high}."),
        Scenario("Worst case", f"of 10 people, 1 lives shorter than {_years(times.worst_months)}."),
    )


def _years(months: float) -> str:
    """Return a length of life as people say it: months below two years, then half years, from ten on whole ones."""
    if months < 24:
        return f"about {months:.0f} months"
    if months >= 120:
        return f"about {months / 12:.0f} years"
    return f"about {round(months / 6) / 2:g} years"


def plain_finding(randomised: Synthesis, benefit: str, *, part: bool) -> str:
    """Return what the trials found without a number or a word of statistics.

    Parameters
    ----------
    benefit
        What is hoped for, as the protocol says it to patients: "people live longer with the operation".
    part
        Whether these are only some of the trials' patients.
    """
    alone = randomised.k == 1
    found = verdict_of(randomised)
    if found == "not_shown":
        who, again = ("It has", "It has") if alone else ("Together they have", "They have")
        first = f"{who} not shown that {benefit}. {again} not shown the opposite either."
    elif found in ("favours_surgery", "favours_no_surgery"):
        speaks = "for" if found == "favours_surgery" else "against"
        first = f"{'Its result speaks' if alone else 'Together they speak'} {speaks} the hope that {benefit}."
    else:
        first = f"What {'it' if alone else 'they'} reported does not allow an answer."
    if alone:
        first += " One study alone cannot settle the question."
    if part:
        first += " Results for a part of the patients are less certain than the result for all of them."
    return first


def scenarios(randomised: Synthesis | None, short: str) -> tuple[Scenario, ...]:
    """Return three readings of the interval; the two ends are as compatible with the trials as any in between."""
    if randomised is None or not randomised.absolute:
        return ()
    at = randomised.absolute[0]
    time, control = time_words(at.months), round(at.control_survival_percent / 10, 1)

    def words(survival: float, difference: float) -> str:
        if round(difference) == 0:
            return f"with {short} the same number of people are alive after {time}: {control:g} in 10."
        kind = "more" if difference > 0 else "fewer"
        return (
            f"of {count(1000)} people {round(10 * survival)} are alive after {time} with {short}, "
            f"{abs(round(difference))} {kind} than without it."
        )

    return (
        Scenario("If the trials' hopeful end is true", words(at.surgery_survival_high_percent, at.per_1000_high)),
        Scenario("The trials' best single guess", words(at.surgery_survival_percent, at.per_1000)),
        Scenario("If the trials' other end is true", words(at.surgery_survival_low_percent, at.per_1000_low)),
    )
