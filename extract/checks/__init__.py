"""Plausibility checks: each a doubt that a reviewer clears with a reason.

They take plain facts (:class:`CheckInput`) and run alike on a candidate, on a curated row and on what a
person types.
One check a file; a code never changes its meaning, because decisions refer to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from extract.checks import (
    arms_comparison,
    counts,
    dependence,
    direction,
    interval_asymmetric,
    interval_impossible,
    interval_missing,
    level_identified_by_p,
    level_not_stated,
    linked_notice,
    magnitude,
    older_report,
    se_against_events,
    sidedness,
    strata,
)
from extract.checks.candidate import input_of
from extract.checks.findings import CheckInput, Finding, Severity

__all__ = ["CHECKS", "CheckInput", "Finding", "Severity", "codes_of", "input_of", "run_checks"]

Check = Callable[[CheckInput], Iterator[Finding]]

#: In the order a reviewer should read them: what cannot be true first.
CHECKS: Final[tuple[Check, ...]] = (
    interval_impossible.check,
    linked_notice.check,
    dependence.check,
    interval_missing.check,
    interval_asymmetric.check,
    level_identified_by_p.check,
    level_not_stated.check,
    direction.check,
    se_against_events.check,
    counts.check,
    strata.check,
    sidedness.check,
    older_report.check,
    arms_comparison.check,
    magnitude.check,
)


def run_checks(value: CheckInput, checks: tuple[Check, ...] = CHECKS) -> tuple[Finding, ...]:
    """Return every finding about a value, in a fixed order.

    Parameters
    ----------
    value
        The facts known so far; a check that needs a fact which is not there says nothing.
    checks
        Which checks to run; all of them unless told.
    """
    return tuple(finding for check in checks for finding in check(value))


def codes_of(value: CheckInput) -> tuple[str, ...]:
    """Return the codes of all findings, each once, in order.

    What :attr:`extract.schema.effect.Effect.checks` holds.
    """
    return tuple(dict.fromkeys(finding.code for finding in run_checks(value)))
