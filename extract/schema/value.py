"""A value of the curated table: what a report says, and apart from it what reviewers decided about it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from extract.errors import DecisionError
from extract.schema.curve import CURVE_FIELDS, stored_pairs
from extract.schema.vocabulary import Adjusted, Arm, ImmortalTime, Measure, RouteName

RATIO_MEASURES = (Measure.HR, Measure.SHR, Measure.CSHR, Measure.RR)
"""Measures that may stand for a hazard ratio; RR only where a reviewer says it comes from a Cox model."""

Kind = Literal["correction", "confirmation", "exclusion"]


@dataclass(frozen=True, slots=True)
class ReportedValue:
    """One result as a report prints it; every number on the printed scale.

    Parameters
    ----------
    outcome, subtype, pattern
        Codes and slugs of the protocol.
    population
        Any other subgroup, in the report's words; None for the whole stratum.
    ci_level
        Percent as stated, None if never stated.
    numerator_arm
        Whose hazard stands on top.
    comparison_group, comparison_rank
        Values of one report that share a control group carry the same group; rank 1 is pooled first.
    poolable, not_poolable_reason
        Whether the value can enter a synthesis at all, and if not why.
    route
        Which way to a log hazard ratio a reviewer chose because no interval is printed; its inputs are the fields of
        this value, as printed, and the number it gives is derived when needed.
    favours_arm
        Which arm did better, where a p value is all there is.
    o_minus_e, o_minus_e_variance
        Observed minus expected events of the surgery arm in a log-rank test, and its variance.
    curve_surgery, at_risk_surgery, curve_control, at_risk_control
        Digitised points (time, survival) of a Kaplan-Meier figure and the numbers at risk below it (time, people), as
        :func:`extract.schema.curve.stored_pairs` writes them.
    """

    outcome: str
    subtype: str
    pattern: str
    population: str | None
    measure: str
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    ci_level: float | None
    p_value: str | None
    p_sided: str | None
    numerator_arm: str
    n_surgery: int | None = None
    n_control: int | None = None
    events_surgery: int | None = None
    events_control: int | None = None
    median_surgery_months: float | None = None
    median_control_months: float | None = None
    denominator_arm: str = Arm.NOT_STATED.value
    numerator_label: str | None = None
    denominator_label: str | None = None
    adjusted: str = Adjusted.UNCLEAR.value
    adjustment: str | None = None
    immortal_time: str = ImmortalTime.NOT_CHECKED.value
    landmark_months: float | None = None
    source_url: str | None = None
    where_reported: str = "abstract"
    quote: str | None = None
    comparison_group: str | None = None
    comparison_rank: int = 1
    poolable: bool = True
    not_poolable_reason: str | None = None
    note: str | None = None
    route: str | None = None
    favours_arm: str | None = None
    events_total: int | None = None
    o_minus_e: float | None = None
    o_minus_e_variance: float | None = None
    curve_surgery: str | None = None
    at_risk_surgery: str | None = None
    curve_control: str | None = None
    at_risk_control: str | None = None


@dataclass(frozen=True, slots=True)
class ValueCorrection:
    """A reviewer's decision about one field: reported and used values stay apart."""

    field: str
    reported: Any
    corrected: Any
    reason: str
    by: str
    on: str
    kind: Kind


FIELDS = {field.name: field for field in dataclasses.fields(ReportedValue)}
INTEGERS = ("n_surgery", "n_control", "events_surgery", "events_control", "events_total", "comparison_rank")
NUMBERS = (
    "estimate",
    "ci_low",
    "ci_high",
    "ci_level",
    "median_surgery_months",
    "median_control_months",
    "landmark_months",
    "o_minus_e",
    "o_minus_e_variance",
)
CLOSED: dict[str, type[Adjusted] | type[Arm] | type[ImmortalTime] | type[Measure] | type[RouteName]] = {
    "numerator_arm": Arm,
    "denominator_arm": Arm,
    "adjusted": Adjusted,
    "immortal_time": ImmortalTime,
    "measure": Measure,
    "route": RouteName,
    "favours_arm": Arm,
}
POSITIVE = ("estimate", "ci_low", "ci_high")


def apply_corrections(value: ReportedValue, corrections: Sequence[ValueCorrection]) -> ReportedValue:
    """Return the value as reviewers want it used.

    Raises
    ------
    DecisionError
        A correction no longer applies: its ``reported`` is not what the value holds.
    """
    used = value
    for correction in corrections:
        held = getattr(value, correction.field)
        if held != correction.reported:
            raise DecisionError(
                f"the correction of {correction.field} by {correction.by} no longer applies: it was made for "
                f"{correction.reported!r}, the report now says {held!r}; decide again"
            )
        if correction.kind == "correction":
            used = dataclasses.replace(used, **{correction.field: correction.corrected})
    return used


def value_with(value: ReportedValue, changes: dict[str, str]) -> ReportedValue:
    """Return the value with fields as a person typed them.

    Raises
    ------
    DecisionError
        Unknown field, or a text that is not what the field holds; the message says what is expected.
    """
    return dataclasses.replace(value, **{name: _parsed(name, text) for name, text in changes.items()})


def _parsed(name: str, text: str) -> Any:
    if name not in FIELDS:
        raise DecisionError(f"{name!r} is not a field of a value; known: {', '.join(FIELDS)}")
    if text == "":
        if "None" not in str(FIELDS[name].type):
            raise DecisionError(f"{name}: cannot be empty")
        return None
    if name in INTEGERS:
        if not text.isdigit():
            raise DecisionError(f"{name}: {text!r} is not a whole number")
        return int(text)
    if name in NUMBERS:
        return _number(name, text)
    if name == "poolable":
        if text not in ("yes", "no"):
            raise DecisionError(f"poolable: {text!r} is not yes or no")
        return text == "yes"
    if name in CURVE_FIELDS:
        return stored_pairs(name, text)
    closed = CLOSED.get(name)
    if closed is not None and text not in list(closed):
        raise DecisionError(f"{name}: {text!r} is not one of {', '.join(closed)}")
    return text


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError as error:
        hint = "; write the decimal point as '.'" if "," in text else ""
        raise DecisionError(f"{name}: {text!r} is not a number{hint}") from error
    if not math.isfinite(number):
        raise DecisionError(f"{name}: {text!r} is not a finite number")
    if name in POSITIVE and number <= 0:
        raise DecisionError(f"{name}: {text} cannot be; a ratio is above 0")
    if name == "o_minus_e_variance" and number <= 0:
        raise DecisionError(f"o_minus_e_variance: {text} cannot be; a variance is above 0")
    if name == "ci_level" and not 50 < number < 100:
        raise DecisionError(f"ci_level: {text} cannot be; write the level in percent, for example 95 or 90")
    return number


def check_order(value: ReportedValue) -> None:
    """Refuse limits in the wrong order.

    Raises
    ------
    DecisionError
        The lower limit is above the upper one, or the estimate lies outside its interval.
    """
    low, high, estimate = value.ci_low, value.ci_high, value.estimate
    if low is not None and high is not None and low >= high:
        raise DecisionError(f"ci_low {low} is not below ci_high {high}")
    if estimate is not None and low is not None and high is not None and not low <= estimate <= high:
        raise DecisionError(f"estimate {estimate} lies outside its interval {low} to {high}")
