"""What a check takes and what it says; shared by all checks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Final, Literal

Severity = Literal["warning", "error"]

RATIO_MEASURES: Final = frozenset({"HR", "SHR", "CSHR", "OR", "RR"})
#: Levels reports use; others (99.2 % of a group-sequential look) must be stated.
USUAL_LEVELS: Final = (90.0, 95.0, 99.0)


@dataclass(frozen=True, slots=True)
class Finding:
    """A doubt about a value: stable code, how grave, and a sentence a reviewer understands.

    An ``error`` cannot be true as printed (a limit above the other); a ``warning`` is cleared with a reason.
    """

    code: str
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class StrataSum:
    """Counts of strata that share nobody, by name, beside the count of the whole they lie in."""

    what: str
    parts: tuple[tuple[str, int], ...]
    whole_name: str
    whole: int


@dataclass(frozen=True, slots=True)
class CheckInput:
    """Plain facts of one value.

    Everything optional, so that a candidate, a curated row and a half-typed form all fit.

    Parameters
    ----------
    measure
        HR, SHR, CSHR, OR, RR, RD, MD or median.
    estimate, ci_low, ci_high
        As printed, on the printed scale.
    ci_level
        Percent as stated; None if not stated.
    p_value, p_sided
        As written ("P = .031", "<0.001", "0.57") and "one" or "two".
    numerator, denominator
        Arms of the ratio: codes or the report's words.
    intervention
        Code of the arm the question asks about, to tell which median is the intervention's.
    events_surgery, events_control, n_surgery, n_control, n_total, events_total
        Counts of this result's arms and of the whole.
    subgroup_n, subgroup_events, whole_n, whole_events
        Counts of the subgroups of one variable, and the counts they must sum to.
    strata
        Counts of disjoint strata of the same report, which must not exceed their whole.
    median_surgery_months, median_control_months
        Medians by arm.
    single_arm
        True if the study has no comparison.
    older_n, newer_n, older_cutoff, newer_cutoff
        Size and data cut-off (ISO date) of an earlier report of the same study and of this one.
    linked_notices
        PubMed's words for notices linked to the report: "ErratumIn", "RetractionIn", ...
    shares_control_with, overlap_group_used_by
        Identifiers of results against the same control group; study already used from the same overlap group.
    same_source_used_by
        Studies already used that draw on a source this one names, while it stands in no overlap group.
    """

    measure: str = "HR"
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    ci_level: float | None = None
    p_value: str | None = None
    p_sided: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    intervention: str = "surgery"
    comparator: str = "no_surgery"
    events_surgery: int | None = None
    events_control: int | None = None
    events_total: int | None = None
    n_surgery: int | None = None
    n_control: int | None = None
    n_total: int | None = None
    subgroup_n: tuple[int, ...] = ()
    subgroup_events: tuple[int, ...] = ()
    whole_n: int | None = None
    whole_events: int | None = None
    strata: tuple[StrataSum, ...] = ()
    median_surgery_months: float | None = None
    median_control_months: float | None = None
    single_arm: bool | None = None
    equal_allocation: bool | None = None
    older_n: int | None = None
    newer_n: int | None = None
    older_cutoff: str | None = None
    newer_cutoff: str | None = None
    linked_notices: Sequence[str] = ()
    shares_control_with: Sequence[str] = ()
    overlap_group_used_by: Sequence[str] = ()
    same_source_used_by: Sequence[str] = ()
    interval_sided: str | None = None
    is_result: bool = True


def is_ratio(value: CheckInput) -> bool:
    """Tell whether the value lives on a ratio scale.

    Where intervals are symmetric after taking logarithms.
    """
    return value.measure in RATIO_MEASURES


def half_unit(*numbers: float) -> float:
    """Return half a unit of the last decimal printed in any of the numbers: the most that rounding can hide.

    ``0.70`` read as a number prints as ``0.7``; the finest of the numbers decides for all.
    """
    return 0.5 * 10.0 ** -max(map(_decimals, numbers), default=0)


#: Different numbers of which a fact is remembered; reports print a few thousand different ones.
_REMEMBERED: Final = 4096


@lru_cache(maxsize=_REMEMBERED)
def _decimals(number: float) -> int:
    """Return the decimals a number is printed with, trailing zeros left out."""
    return len(repr(float(number)).rstrip("0").partition(".")[2])


def normal_quantile(probability: float) -> float:
    """Return the standard normal quantile."""
    return NormalDist().inv_cdf(probability)


@lru_cache(maxsize=_REMEMBERED)
def z_of_level(level: float) -> float:
    """Return the two-sided critical value of a confidence level in percent (95 gives 1.96)."""
    return normal_quantile(0.5 + level / 200.0)


def upper_tail(z: float) -> float:
    """Return P(Z > z)."""
    return 0.5 * math.erfc(z / math.sqrt(2.0))


def complete_interval(value: CheckInput) -> tuple[float, float, float] | None:
    """Return estimate, low and high of a ratio if all three are printed and positive, else None."""
    if not is_ratio(value) or value.estimate is None or value.ci_low is None or value.ci_high is None:
        return None
    if value.estimate <= 0 or value.ci_low <= 0 or not value.ci_low < value.ci_high:
        return None
    return value.estimate, value.ci_low, value.ci_high
