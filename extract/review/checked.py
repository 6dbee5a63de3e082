"""The plausibility checks on a value of the curated table: what a person typed is checked like what a program read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extract.checks import CheckInput, Finding, run_checks
from extract.checks.findings import StrataSum
from extract.schema.value import ReportedValue
from extract.schema.vocabulary import Arm


@dataclass(frozen=True)
class Surroundings:
    """What stands around a value in the curated table, as far as its checks need it.

    Parameters
    ----------
    notices
        PubMed's words for notices linked to its report.
    shares_control_with
        Approved values of its report that share its control group.
    overlap_used_by
        Other studies of its overlap group with an approved value for the same outcome and stratum.
    same_source_used_by
        The same for studies drawn from a source its record names, while its own study stands in no group.
    older_n
        People in the same result of an earlier report of its study.
    whole_n
        People in its study, for a value of the whole population.
    strata
        What disjoint strata of its report add up to.
    """

    notices: Sequence[str] = ()
    shares_control_with: Sequence[str] = ()
    overlap_used_by: Sequence[str] = ()
    same_source_used_by: Sequence[str] = ()
    older_n: int | None = None
    whole_n: int | None = None
    strata: Sequence[StrataSum] = ()


NOTHING_KNOWN = Surroundings()


def findings_on(value: ReportedValue, around: Surroundings = NOTHING_KNOWN) -> tuple[Finding, ...]:
    """Return what the checks find on a value as it would be used, and on what stands around it."""
    return run_checks(check_input(value, around))


def people(value: ReportedValue) -> int | None:
    """Return the people in both arms of a value, None unless both are known."""
    if value.n_surgery is None or value.n_control is None:
        return None
    return value.n_surgery + value.n_control


def check_input(value: ReportedValue, around: Surroundings = NOTHING_KNOWN) -> CheckInput:
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
        n_total=around.whole_n,
        strata=tuple(around.strata),
        older_n=around.older_n,
        newer_n=None if around.older_n is None else people(value),
        linked_notices=tuple(around.notices),
        shares_control_with=tuple(around.shares_control_with),
        overlap_group_used_by=tuple(around.overlap_used_by),
        same_source_used_by=tuple(around.same_source_used_by),
    )
