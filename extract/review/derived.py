"""What follows from a value as typed, shown beside it and never stored: direction, level, log scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.effect_size import LogHazardRatio, interval, invert, log_hr_from_interval
from analysis.errors import AnalysisError
from extract.errors import DecisionError
from extract.review.curves import DeriveCurve, typed_curves
from extract.schema.value import RATIO_MEASURES
from extract.schema.vocabulary import Arm

STANDARD_LEVEL = 95.0
"""Level at which the published pages show every interval."""


@dataclass(frozen=True)
class DerivedLine:
    """One derived number: what it is, the number, and from what it follows."""

    label: str
    text: str
    source: str


def derived_lines(texts: Mapping[str, str], derive: DeriveCurve | None = None) -> tuple[DerivedLine, ...]:
    """Return what follows from the fields of a form; empty while a number is missing or cannot be read.

    Parameters
    ----------
    texts
        Fields as typed; only what can be read counts.
    derive
        Computes the number of digitised survival curves; None where curves cannot be used.
    """
    if derive is not None and not texts.get("ci_low") and (known := _from_curves(texts, derive)):
        return known
    if texts.get("measure") not in list(RATIO_MEASURES):
        return ()
    try:
        hr, low, high, level = (float(texts.get(name, "")) for name in ("estimate", "ci_low", "ci_high", "ci_level"))
        effect = log_hr_from_interval(hr, ci_low=low, ci_high=high, ci_level=level)
    except (ValueError, AnalysisError):
        return ()
    printed = f"from {hr:g} ({low:g} to {high:g}) at {level:g} %"
    turned = texts.get("numerator_arm") == Arm.NO_SURGERY.value
    review = invert(effect) if turned else effect
    lines = [
        DerivedLine("log hazard ratio", f"{effect.log_hr:.4f}", f"ln {hr:g}"),
        DerivedLine("standard error of the log", f"{effect.se_log_hr:.4f}", printed),
    ]
    if level != STANDARD_LEVEL:
        lines.append(DerivedLine("95 % interval", _ratio(effect), printed))
    lines.append(DerivedLine("the other direction", _ratio(invert(effect)), "inverted, 95 %"))
    if texts.get("numerator_arm") in (Arm.SURGERY.value, Arm.NO_SURGERY.value):
        lines.append(DerivedLine("as it enters the pool", _ratio(review), "surgery over no surgery, 95 %"))
    return tuple(lines)


def _from_curves(texts: Mapping[str, str], derive: DeriveCurve) -> tuple[DerivedLine, ...]:
    try:
        curves = typed_curves(texts)
        if curves is None:
            return ()
        effect = derive(curves)
    except (DecisionError, AnalysisError) as error:
        return (DerivedLine("from the survival curves", "no number yet", str(error)),)
    return (
        DerivedLine("log hazard ratio", f"{effect.log_hr:.4f}", "from the survival curves, surgery over no surgery"),
        DerivedLine("standard error of the log", f"{effect.se_log_hr:.4f}", f"assumes: {effect.approximation}"),
        DerivedLine("as it enters the pool", _ratio(effect), "once you choose to derive it from the curves, 95 %"),
    )


def _ratio(effect: LogHazardRatio) -> str:
    hr, low, high = interval(effect.log_hr, effect.se_log_hr, level=STANDARD_LEVEL)
    return f"{hr:.3f} ({low:.3f} to {high:.3f})"
