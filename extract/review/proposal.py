"""From a proposed effect to the value a reviewer is asked to confirm; pure."""

from __future__ import annotations

import re

from extract.schema.effect import Effect
from extract.schema.value import RATIO_MEASURES, ReportedValue
from extract.schema.vocabulary import Adjusted, Arm

_NO_SURGERY = re.compile(
    r"\b(no|non|without|not)\b.*\b(surg|resect|operat|mastect|LRT|locoregional)"
    r"|systemic (therapy|treatment)( alone| only)?$|\b(ST|control|no[_-]surgery|untreated)\b",
    re.IGNORECASE,
)
_SURGERY = re.compile(r"surg|resect|operat|mastect|lumpect|excis|\bLRT\b|loco-?regional|\bPTR\b", re.IGNORECASE)


def arm_of(words: str | None) -> Arm:
    """Return which arm of the review's comparison these words name; ``not_stated`` when in doubt."""
    if not words:
        return Arm.NOT_STATED
    if words in list(Arm):
        return Arm(words)
    if _NO_SURGERY.search(words):
        return Arm.NO_SURGERY
    return Arm.SURGERY if _SURGERY.search(words) else Arm.NOT_STATED


def proposed_value(effect: Effect) -> ReportedValue:
    """Return the value as the program proposes it; whatever it does not know stays open for the reviewer."""
    reason = None
    if effect.measure not in list(RATIO_MEASURES):
        reason = f"{effect.measure} is not a hazard ratio"
    elif effect.ci_low is None or effect.ci_high is None:
        reason = "no interval printed"
    adjusted = Adjusted.UNCLEAR if effect.adjusted is None else Adjusted.YES if effect.adjusted else Adjusted.NO
    return ReportedValue(
        outcome=effect.outcome or "unclear",
        subtype=effect.subtype,
        pattern=effect.metastatic_pattern,
        population=effect.population,
        measure=effect.measure,
        estimate=effect.estimate,
        ci_low=effect.ci_low,
        ci_high=effect.ci_high,
        ci_level=effect.ci_level,
        p_value=effect.p_value,
        p_sided=effect.p_sided,
        numerator_arm=arm_of(effect.comparison.numerator).value,
        denominator_arm=arm_of(effect.comparison.denominator).value,
        numerator_label=effect.comparison.numerator,
        denominator_label=effect.comparison.denominator,
        adjusted=adjusted.value,
        where_reported=effect.span.source,
        quote=effect.span.text,
        poolable=reason is None,
        not_poolable_reason=reason,
    )
