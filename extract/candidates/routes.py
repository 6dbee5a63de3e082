"""Ways from what a report prints to a log hazard ratio when no interval is printed.

A reviewer chooses, nothing is chosen here.

The formulas are those of :mod:`analysis.effect_size` (Parmar 1998, Williamson 2002, Tierney 2007); this
module only says
which of them the printed facts allow, with their inputs, so that the choice can be shown and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from analysis import effect_size
from analysis.effect_size import LogHazardRatio
from analysis.errors import InputError
from extract.checks.findings import CheckInput
from extract.checks.p_values import PrintedP, read_p

#: From what assumes nothing beyond the print to what assumes most; the order they are offered in.
ORDER: Final = ("interval", "hr_and_p", "o_minus_e", "p_and_events", "medians", "survival_curve")
#: A p value printed with one digit ("0.1") fixes the standard error within a third at best: said with the route.
_COARSE: Final = 0.005


@dataclass(frozen=True, slots=True)
class Facts:
    """Printed facts beyond those of :class:`CheckInput` that a route may need.

    Parameters
    ----------
    o_minus_e, variance
        From a log-rank test: observed minus expected events of the intervention arm, and its variance.
    log_rank_p, log_rank_sided
        A log-rank p value, as a number, and 1 or 2.
    favours_intervention
        Which arm did better; a two-sided p value does not say.
    has_survival_curve, has_numbers_at_risk
        Whether the report shows a Kaplan-Meier figure, and numbers at risk below it (Guyot 2012 needs both).
    """

    o_minus_e: float | None = None
    variance: float | None = None
    log_rank_p: float | None = None
    log_rank_sided: int | None = None
    favours_intervention: bool | None = None
    has_survival_curve: bool = False
    has_numbers_at_risk: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """One way to a log hazard ratio.

    Parameters
    ----------
    name
        One of :data:`ORDER`.
    inputs
        The printed figures it uses, by name.
    approximation
        What it assumes beyond them; empty if nothing.
    log_hr, se_log_hr
        Natural logarithm of the ratio and its standard error; None where the route needs work outside extraction
        (digitising a curve) or the figures contradict it.
    problem
        Why there is no value, or what to beware of; empty if nothing.
    as_printed
        True if the ratio runs as the report prints it, numerator over denominator; False if it is intervention over
        comparator whatever the report prints.
    """

    name: str
    inputs: tuple[tuple[str, str], ...]
    approximation: str
    log_hr: float | None
    se_log_hr: float | None
    problem: str = ""
    as_printed: bool = True

    def inputs_in_words(self) -> str:
        """Return the inputs on one line; a p value as written ("P = .012") names itself."""
        named = (
            number if number.casefold().startswith(name) else f"{name.replace('_', ' ')} {number}"
            for name, number in self.inputs
        )
        return ", ".join(named)


def routes_to_log_hr(value: CheckInput, facts: Facts | None = None) -> tuple[Route, ...]:
    """Return every route the printed facts allow, in the order of :data:`ORDER`.

    Parameters
    ----------
    value
        The printed result.
    facts
        Further printed facts.
    """
    more = facts or Facts()
    found = [
        *_interval(value),
        *_ratio_and_p(value),
        *_o_minus_e(more),
        *_p_and_events(value, more),
        *_medians(value),
        *_curve(more),
    ]
    return tuple(sorted(found, key=lambda route: ORDER.index(route.name)))


def _route(
    name: str,
    inputs: dict[str, object],
    derive: Callable[[], LogHazardRatio],
    warning: str = "",
    *,
    as_printed: bool = True,
) -> Route:
    """Return a route with its value, or with the reason why the figures do not give one."""
    printed = tuple((key, str(number)) for key, number in inputs.items() if number is not None)
    try:
        derived = derive()
    except InputError as error:
        return Route(name, printed, "", None, None, str(error), as_printed)
    approximation = derived.approximation or ""
    return Route(name, printed, approximation, derived.log_hr, derived.se_log_hr, warning, as_printed)


def _interval(value: CheckInput) -> Iterator[Route]:
    """Ratio and interval at its stated level."""
    hr, low, high, level = value.estimate, value.ci_low, value.ci_high, value.ci_level
    if hr is None or low is None or high is None or level is None:
        return
    yield _route(
        "interval",
        {"hr": hr, "ci_low": low, "ci_high": high, "ci_level": level},
        lambda: effect_size.log_hr_from_interval(hr, ci_low=low, ci_high=high, ci_level=level),
    )


def _ratio_and_p(value: CheckInput) -> Iterator[Route]:
    """Ratio and exact p value."""
    p, hr = read_p(value), value.estimate
    if p is None or hr is None or p.bound:
        return
    yield _route(
        "hr_and_p",
        {"hr": hr, "p": value.p_value, "sided": p.sides},
        lambda: effect_size.log_hr_from_p(hr, p=p.value, sided=p.sides),
        _coarse(p),
    )


def _coarse(p: PrintedP) -> str:
    """Return a warning where rounding of p dominates the result."""
    if p.half_unit >= _COARSE or (p.value > 0 and p.half_unit / p.value > 0.2):
        return "the p value is printed too coarsely: rounding alone moves the standard error by a fifth or more"
    return ""


def _o_minus_e(facts: Facts) -> Iterator[Route]:
    """Observed minus expected events and variance."""
    difference, variance = facts.o_minus_e, facts.variance
    if difference is None or variance is None:
        return
    yield _route(
        "o_minus_e",
        {"o_minus_e": difference, "variance": variance},
        lambda: effect_size.log_hr_from_oe(difference, variance=variance),
        as_printed=False,
    )


def _p_and_events(value: CheckInput, facts: Facts) -> Iterator[Route]:
    """Log-rank p value with events, and numbers of people where they help."""
    printed = read_p(value)
    p = facts.log_rank_p if facts.log_rank_p is not None else printed.value if printed and not printed.bound else None
    if p is None:
        return
    sided = facts.log_rank_sided or (printed.sides if printed else 2)
    events = {
        "events_treated": value.events_surgery,
        "events_control": value.events_control,
        "events": value.events_total,
    }
    if value.events_total is None and None in (value.events_surgery, value.events_control):
        return
    favours = facts.favours_intervention
    if favours is None and value.estimate not in (None, 1.0):
        favours = (value.estimate or 1.0) < 1
    people = {"n_treated": value.n_surgery, "n_control": value.n_control}
    if favours is None:
        inputs = {"p": p, "sided": sided, **events}
        printed_inputs = tuple((key, str(number)) for key, number in inputs.items() if number is not None)
        yield Route("p_and_events", printed_inputs, "", None, None, "say which arm did better: p has no direction")
        return
    yield _route(
        "p_and_events",
        {"p": p, "sided": sided, "favours_intervention": favours, **events, **people},
        lambda: effect_size.log_hr_from_p_and_events(p=p, sided=sided, favours_treatment=favours, **events, **people),
        as_printed=facts.favours_intervention is None,
    )


def _medians(value: CheckInput) -> Iterator[Route]:
    """Medians of both arms with their events: the weakest."""
    first, second = value.median_surgery_months, value.median_control_months
    events, others = value.events_surgery, value.events_control
    if first is None or second is None or events is None or others is None:
        return
    yield _route(
        "medians",
        {"median_treated": first, "median_control": second, "events_treated": events, "events_control": others},
        lambda: effect_size.log_hr_from_medians(first, second, events_treated=events, events_control=others),
        as_printed=False,
    )


def _curve(facts: Facts) -> Iterator[Route]:
    """Offer a Kaplan-Meier figure with what it needs; a person digitises it first (Guyot 2012)."""
    if not facts.has_survival_curve:
        return
    needs = "digitise both curves" + (
        "" if facts.has_numbers_at_risk else "; no numbers at risk are printed: unreliable"
    )
    yield Route(
        "survival_curve",
        (("numbers_at_risk", "yes" if facts.has_numbers_at_risk else "no"),),
        "times and censoring are reconstructed from the figure",
        None,
        None,
        needs,
    )
