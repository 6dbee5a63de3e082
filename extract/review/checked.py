"""The plausibility checks on a value of the curated table: what a person typed is checked like what a program read."""

from __future__ import annotations

from collections.abc import Sequence

from extract.checks import CheckInput, Finding, run_checks
from extract.schema.value import ReportedValue
from extract.schema.vocabulary import Arm


def findings_on(value: ReportedValue, *, notices: Sequence[str] = ()) -> tuple[Finding, ...]:
    """Return what the checks find on a value.

    Parameters
    ----------
    value
        As it would be used.
    notices
        PubMed's words for notices linked to its report.
    """
    return run_checks(check_input(value, notices=notices))


def check_input(value: ReportedValue, *, notices: Sequence[str] = ()) -> CheckInput:
    """Return a value of the curated table as the facts its checks and its routes need."""
    stated = value.numerator_arm != Arm.NOT_STATED
    other = Arm.NO_SURGERY if value.numerator_arm == Arm.SURGERY else Arm.SURGERY
    denominator = other.value if value.denominator_arm == Arm.NOT_STATED else value.denominator_arm
    return CheckInput(
        measure=value.measure,
        estimate=value.estimate,
        ci_low=value.ci_low,
        ci_high=value.ci_high,
        ci_level=value.ci_level,
        p_value=value.p_value,
        p_sided=value.p_sided,
        numerator=value.numerator_arm if stated else None,
        denominator=denominator if stated else None,
        events_surgery=value.events_surgery,
        events_control=value.events_control,
        events_total=value.events_total,
        n_surgery=value.n_surgery,
        n_control=value.n_control,
        median_surgery_months=value.median_surgery_months,
        median_control_months=value.median_control_months,
        linked_notices=tuple(notices),
    )
