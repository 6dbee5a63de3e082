"""What a hazard ratio means for people: events per 1,000 at a time, numbers needed to treat.

A ratio is the same for everyone, its absolute effect is not: the control risk is always named with it.
References: Altman & Andersen 1999, BMJ 319:1492; Cochrane Handbook 14.1.5.2.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.effect_size import positive
from analysis.errors import InputError


@dataclass(frozen=True)
class AbsoluteEffect:
    """Risk with treatment, and the difference per 1,000 people with its limits, from a stated control risk.

    ``per_1000`` below 0: fewer events with treatment. ``nnt`` above 0: people to treat for one more event-free;
    below 0: for one more event; None where the risks are equal.
    """

    control_risk: float
    treated_risk: float
    per_1000: float
    per_1000_low: float
    per_1000_high: float
    nnt: float | None


def absolute_effect(hr: float, *, ci_low: float, ci_high: float, control_risk: float) -> AbsoluteEffect:
    """Return the absolute effect of a hazard ratio at a time: ``S_t = S_c ^ HR``.

    Parameters
    ----------
    hr, ci_low, ci_high
        Ratio and limits, above 0; the control risk is taken as known.
    control_risk
        Share of controls with the event by the time in question, above 0 and below 1.
    """
    if not 0.0 < control_risk < 1.0:
        raise InputError(f"control_risk is {control_risk!r}: give the share with the event, between 0 and 1")
    survival = 1.0 - control_risk
    risks = [
        1.0 - survival ** positive(value, name)
        for value, name in ((hr, "hr"), (ci_low, "ci_low"), (ci_high, "ci_high"))
    ]
    middle, low, high = (1000.0 * (risk - control_risk) for risk in risks)
    gain = control_risk - risks[0]
    return AbsoluteEffect(control_risk, risks[0], middle, low, high, 1.0 / gain if gain != 0.0 else None)
