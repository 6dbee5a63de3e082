"""Checks: the direction of a ratio is stated, and agrees with the medians (REVIEW_METHODS 3, check 4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from extract.checks.findings import CheckInput, Finding, is_ratio

AGAINST: Final = "direction-against-medians"
NOT_STATED: Final = "direction-not-stated"


def check(value: CheckInput) -> Iterator[Finding]:
    """Fire when the arm with the lower hazard has the shorter median.

    Or when the order of the arms is not said.

    Always a warning: crossing curves trip it too (E2108). Nothing is ever turned round automatically;
    ABCSG-28 shows
    why the software must ask.
    """
    if not is_ratio(value) or value.estimate is None or not value.is_result:
        return
    numerator = _side(value)
    if numerator is None:
        yield Finding(
            NOT_STATED,
            "warning",
            "the report does not say which arm is the numerator; find it before pooling",
        )
    surgery, control = value.median_surgery_months, value.median_control_months
    if surgery is None or control is None or surgery == control or value.estimate == 1:
        return
    favours_surgery = (value.estimate < 1) == (numerator != "control")
    if favours_surgery != (surgery > control):
        reading = "read as surgery over control" if numerator is None else f"numerator {value.numerator}"
        yield Finding(
            AGAINST,
            "warning",
            f"the ratio {value.estimate:g} ({reading}) and the medians {surgery:g} v {control:g} months "
            f"point in opposite "
            "directions: the ratio may be printed the other way round, or the curves cross; decide, do "
            "not flip",
        )


def _side(value: CheckInput) -> str | None:
    """Return "surgery" or "control" for the numerator, None if not stated."""
    if value.numerator in (None, "", "not_stated", "unclear"):
        return None
    return "control" if value.numerator in (value.comparator, "none", "no surgery") else "surgery"
