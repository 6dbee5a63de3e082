"""A Kaplan-Meier figure as a way to a log hazard ratio: what a person digitised, and who computes the number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from analysis.effect_size import LogHazardRatio
from analysis.errors import AnalysisError
from extract.candidates.routes import Route
from extract.errors import DecisionError
from extract.schema.curve import CURVE_FIELDS, Pairs, pairs_of, stored_pairs
from extract.schema.value import ReportedValue
from extract.schema.vocabulary import RouteName
from extract.store.decisions import Decision

APPROXIMATION = (
    "individual times reconstructed from the digitised figure (Guyot 2012), events where the curve falls, censoring "
    "even between the numbers at risk"
)
"""What the way assumes; the analysis adds how well its curves fit the digitised ones."""


@dataclass(frozen=True)
class CurveArm:
    """One arm of a figure: digitised points, numbers at risk below it, and its total of events if printed."""

    points: Pairs
    at_risk: Pairs
    events: int | None


@dataclass(frozen=True)
class Curves:
    """Both arms of a figure."""

    surgery: CurveArm
    control: CurveArm


DeriveCurve = Callable[[Curves], LogHazardRatio]
"""Computes surgery over no surgery; ``flows`` gives it, because reconstruction belongs to the analysis."""


def curves_of(value: ReportedValue) -> Curves:
    """Return what a person digitised.

    Raises
    ------
    DecisionError
        An arm has no points or no numbers at risk, or more events than people.
    """
    missing = [name for name in CURVE_FIELDS if getattr(value, name) is None]
    if missing:
        raise DecisionError(f"{missing[0]}: paste time and number, one pair a line; the curve needs both arms and both")
    return Curves(
        _arm("surgery", value.curve_surgery, value.at_risk_surgery, value.events_surgery),
        _arm("control", value.curve_control, value.at_risk_control, value.events_control),
    )


def typed_curves(texts: Mapping[str, str]) -> Curves | None:
    """Return the curves of a half-filled form; None while a field of them is empty.

    Raises
    ------
    DecisionError
        A field cannot be read; the message says which, and where in it.
    """
    typed = {name: texts.get(name, "").strip() for name in CURVE_FIELDS}
    if not all(typed.values()):
        return None
    stored = {name: stored_pairs(name, text) for name, text in typed.items()}
    counts = (texts.get(name, "").strip() for name in ("events_surgery", "events_control"))
    surgery, control = (int(count) if count.isdecimal() else None for count in counts)
    return Curves(
        _arm("surgery", stored["curve_surgery"], stored["at_risk_surgery"], surgery),
        _arm("control", stored["curve_control"], stored["at_risk_control"], control),
    )


def curve_route(value: ReportedValue, derive: DeriveCurve | None) -> Route:
    """Return the way of a value whose curves were digitised.

    Parameters
    ----------
    derive
        Who computes the number; None leaves it out, for those who only need to know that the inputs are whole.

    Raises
    ------
    DecisionError
        Points or numbers at risk are missing, or cannot be compared; the message says what.
    """
    curves = curves_of(value)
    effect = None if derive is None else _derived(curves, derive)
    return Route(
        RouteName.SURVIVAL_CURVE.value,
        _inputs(curves),
        (effect.approximation or APPROXIMATION) if effect else APPROXIMATION,
        effect.log_hr if effect else None,
        effect.se_log_hr if effect else None,
        as_printed=False,
    )


def refuse_without_number(changes: Mapping[str, str], derive: DeriveCurve) -> None:
    """Refuse to choose curves that give no number, before anything is saved.

    Raises
    ------
    DecisionError
        The curves are the chosen way, and the analysis cannot compare the arms; the message says why.
    """
    curves = typed_curves(changes) if changes.get("route") == RouteName.SURVIVAL_CURVE else None
    if curves is not None:
        _derived(curves, derive)


def curve_texts(approvals: Mapping[str, Decision]) -> dict[str, str]:
    """Return what an earlier reader digitised, by field; empty if nobody did.

    The second reader holds these points against the figure (DECISIONS 0049); everything else is read blind.
    """
    for decision in reversed(list(approvals.values())):
        value = decision.details.get("value") or {}
        if any(value.get(name) for name in CURVE_FIELDS):
            return {name: value.get(name) or "" for name in CURVE_FIELDS}
    return {}


def _derived(curves: Curves, derive: DeriveCurve) -> LogHazardRatio:
    try:
        return derive(curves)
    except AnalysisError as error:
        raise DecisionError(f"route: the curves give no number: {error}") from error


def _arm(name: str, points: str | None, at_risk: str | None, events: int | None) -> CurveArm:
    arm = CurveArm(pairs_of(points or ""), pairs_of(at_risk or ""), events)
    people = arm.at_risk[0][1]
    if events is not None and not 0 < events <= people:
        raise DecisionError(f"events_{name}: {events} events cannot be, {people:g} people are at risk at the start")
    return arm


def _inputs(curves: Curves) -> tuple[tuple[str, str], ...]:
    told: list[tuple[str, str]] = []
    for name, arm in (("surgery", curves.surgery), ("no surgery", curves.control)):
        told.append((f"points {name}", str(len(arm.points))))
        told.append((f"at risk {name}", " ".join(f"{people:g}" for _, people in arm.at_risk)))
        if arm.events is not None:
            told.append((f"events {name}", str(arm.events)))
    return tuple(told)
