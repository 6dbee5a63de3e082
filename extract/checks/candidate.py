"""A proposed effect as the facts its checks need."""

from __future__ import annotations

from extract.checks.findings import CheckInput
from extract.schema.effect import Effect


def input_of(effect: Effect, *, arms: tuple[str, str] = ("surgery", "no_surgery")) -> CheckInput:
    """Return the facts of one candidate.

    Parameters
    ----------
    effect
        The candidate.
    arms
        Codes of intervention and comparator.
    """
    extras = dict(effect.extras)
    return CheckInput(
        measure=effect.measure,
        estimate=effect.estimate,
        ci_low=effect.ci_low,
        ci_high=effect.ci_high,
        ci_level=effect.ci_level,
        p_value=effect.p_value,
        p_sided=effect.p_sided,
        numerator=effect.comparison.numerator,
        denominator=effect.comparison.denominator,
        intervention=arms[0] or "surgery",
        comparator=arms[1] or "no_surgery",
        median_surgery_months=_number(extras.get("median_intervention_months")),
        median_control_months=_number(extras.get("median_comparator_months")),
        n_surgery=_count(extras.get("n_intervention")),
        n_control=_count(extras.get("n_comparator")),
        interval_sided=extras.get("interval_sided"),
        is_result=effect.is_result,
    )


def _count(text: str | None) -> int | None:
    """Return a count kept as printed ("1,087")."""
    return int(text.replace(",", "")) if text else None


def _number(text: str | None) -> float | None:
    """Return a number kept as text."""
    return float(text) if text else None
