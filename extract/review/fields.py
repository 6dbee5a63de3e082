"""The form of a value, built from the schema: fields with label, unit and closed list, and what a person typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from extract.errors import DecisionError
from extract.review.acceptance import with_route
from extract.review.routes import LABELS, ROUTE_FIELDS, chosen_route
from extract.schema.curve import CURVE_FIELDS
from extract.schema.protocol import Protocol
from extract.schema.value import CLOSED, FIELDS, INTEGERS, NUMBERS, RATIO_MEASURES, ReportedValue, value_with
from extract.schema.vocabulary import Arm, RouteName

BLIND = (
    "estimate",
    "ci_low",
    "ci_high",
    "ci_level",
    "n_surgery",
    "n_control",
    "events_surgery",
    "events_control",
)
"""Fields a second reader sees empty: n, events, HR, interval (the commonest and costliest errors)."""

BLIND_REASON = "read from the document without seeing the proposal"
"""Reason the log carries where a blind reader's numbers differ from the program's."""

_LABELS = {
    "estimate": "Estimate (as printed)",
    "ci_low": "Lower limit",
    "ci_high": "Upper limit",
    "ci_level": "Level of the interval (%)",
    "p_value": "p (as written)",
    "p_sided": "Sides of the p value",
    "numerator_arm": "Arm on top of the ratio",
    "n_surgery": "Patients, surgery",
    "n_control": "Patients, no surgery",
    "events_surgery": "Events, surgery",
    "events_control": "Events, no surgery",
    "median_surgery_months": "Median, surgery (months)",
    "median_control_months": "Median, no surgery (months)",
    "adjusted": "Adjusted for covariates",
    "adjustment": "Which covariates, which method",
    "immortal_time": "Immortal time handled by",
    "landmark_months": "Landmark (months)",
    "population": "Other subgroup, in the report's words",
    "poolable": "Can enter a synthesis",
    "not_poolable_reason": "If not, why",
    "comparison_group": "Shares its control group with (group)",
    "comparison_rank": "Rank in that group",
    "route": "Derive it from",
    "favours_arm": "Arm that did better (a p value has no direction)",
    "events_total": "Events, both arms together",
    "o_minus_e": "Observed minus expected events, surgery arm",
    "o_minus_e_variance": "Its variance (V)",
    "curve_surgery": "Points of the curve, surgery (time, survival)",
    "at_risk_surgery": "Numbers at risk, surgery (time, people)",
    "curve_control": "Points of the curve, no surgery (time, survival)",
    "at_risk_control": "Numbers at risk, no surgery (time, people)",
}

_OTHER_WAYS = tuple(name for name in ROUTE_FIELDS if name not in CURVE_FIELDS)

CURVE_GROUP = "Only if it is derived from a survival curve: what you digitised"
"""Heading of the fields for digitised curves."""

_GROUPS = (
    ("The result", ("estimate", "ci_low", "ci_high", "ci_level", "numerator_arm", "p_value", "p_sided")),
    ("Which result this is", ("outcome", "subtype", "pattern", "population", "measure")),
    (
        "Patients and events",
        (
            "n_surgery",
            "n_control",
            "events_surgery",
            "events_control",
            "median_surgery_months",
            "median_control_months",
        ),
    ),
    (
        "Only if no interval is printed: another way to a log hazard ratio",
        _OTHER_WAYS,
    ),
    (CURVE_GROUP, CURVE_FIELDS),
    ("How it was made", ("adjusted", "adjustment", "immortal_time", "landmark_months")),
    ("How it is used", ("poolable", "not_poolable_reason", "comparison_group", "comparison_rank", "note")),
)


@dataclass(frozen=True)
class FormField:
    """One field of the form; ``choices`` are ``(value, label)`` pairs, empty for text and numbers."""

    name: str
    label: str
    kind: str
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class FieldGroup:
    """Fields under one heading."""

    title: str
    fields: tuple[FormField, ...]


@dataclass(frozen=True)
class ValueForm:
    """What a person typed into the form of a value.

    Parameters
    ----------
    typed
        Text of every field, as typed.
    changes
        Fields whose text is not the proposal's, for :func:`extract.review.approval.approve_value`.
    errors
        What is wrong, by field: ``{"ci_low": "'0,65' is not a number ..."}``; ``reason`` and ``clear_checks`` too.
    value
        The value as typed; None while a field cannot be read.
    """

    typed: dict[str, str]
    changes: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    value: ReportedValue | None = None


def field_groups(protocol: Protocol) -> tuple[FieldGroup, ...]:
    """Return the form of a value for this protocol."""
    return tuple(FieldGroup(title, tuple(_field(name, protocol) for name in names)) for title, names in _GROUPS)


def label_of(name: str) -> str:
    """Return the label of a field."""
    return _LABELS.get(name, name.replace("_", " ").capitalize())


def text_of(value: Any) -> str:
    """Return a field's content as the form shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def texts_of(value: ReportedValue) -> dict[str, str]:
    """Return every field of a value as the form shows it."""
    return {name: text_of(content) for name, content in asdict(value).items()}


def read_form(form: Mapping[str, str], proposed: ReportedValue, *, blind: bool) -> ValueForm:
    """Read what a person typed; every field that cannot be read has its own message.

    Parameters
    ----------
    form
        Fields of the form by name; one that is missing stays as proposed.
    blind
        Whether the person read the report without seeing the proposal: then no reason is asked for.
    """
    before = texts_of(proposed)
    names = [f for _, group in _GROUPS for f in group]
    typed = {name: form[name].strip() for name in names if name in form}
    changes = with_route({name: text for name, text in typed.items() if text != before[name]})
    errors: dict[str, str] = {}
    value = proposed
    for name, text in changes.items():
        message = problem_of(lambda n=name, t=text: value_with(proposed, {n: t}))  # type: ignore[misc]
        if message is None:
            value = value_with(value, {name: text})
        else:
            errors[name] = message.removeprefix(f"{name}: ")
    if not errors:
        errors = _whole(value)
    if blind and not typed.get("estimate") and typed.get("route") != RouteName.SURVIVAL_CURVE:
        errors.setdefault("estimate", "type the estimate as the document prints it")
    changed = [name for name in changes if name in errors or getattr(value, name) != getattr(proposed, name)]
    if changed and not blind and not form.get("reason", "").strip():
        errors.setdefault(
            "reason", f"say why {', '.join(label_of(n).lower() for n in changed)} differ: what, and where"
        )
    return ValueForm(typed, changes, errors, value if not errors else None)


def blind_changes(changes: Mapping[str, str]) -> dict[str, str]:
    """Return what a blind reader typed, with every number they left out as empty: nothing is taken over unseen.

    Raises
    ------
    DecisionError
        The estimate is missing.
    """
    if not changes.get("estimate") and changes.get("route") != RouteName.SURVIVAL_CURVE:
        raise DecisionError(
            "estimate: the second reader reads blind; use --set estimate=... and so on for each number printed"
        )
    return {**dict.fromkeys(BLIND, ""), **changes}


def problem_of(act: Callable[[], Any]) -> str | None:
    """Return the message of a decision that cannot be taken, None when it can."""
    try:
        act()
    except DecisionError as error:
        return str(error)
    return None


def placed(error: DecisionError) -> tuple[str, str]:
    """Return the field a message is about ("" for the whole form) and the message without the command line's hints."""
    words = re.split(r"; (?:use|look, then answer with) --", str(error))[0].replace("--reason", "a reason")
    match = re.match(r"(\w+):? ", words)
    if match is not None and match.group(1) in FIELDS:
        return match.group(1), words.removeprefix(f"{match.group(1)}: ")
    return "", words


def _whole(value: ReportedValue) -> dict[str, str]:
    """Return what is wrong with fields that can be read, but not stand together."""
    errors: dict[str, str] = {}
    low, high, estimate = value.ci_low, value.ci_high, value.estimate
    if low is not None and high is not None and low >= high:
        errors["ci_low"] = f"the lower limit {low:g} is not below the upper limit {high:g}"
    elif estimate is not None and low is not None and high is not None and not low <= estimate <= high:
        errors["estimate"] = f"{estimate:g} lies outside its interval {low:g} to {high:g}"
    if (low is None) != (high is None):
        errors["ci_high" if high is None else "ci_low"] = "one limit is missing"
    if value.poolable and value.measure in list(RATIO_MEASURES):
        if value.numerator_arm == Arm.NOT_STATED:
            errors["numerator_arm"] = "say whose hazard stands on top, or that the value cannot enter a synthesis"
        if value.ci_level is None and low is not None and value.route is None:
            errors["ci_level"] = "the level is not stated: give the one that must be meant, with the reason"
    message = problem_of(lambda: chosen_route(value))
    if message is not None:
        name, said = placed(DecisionError(message))
        errors.setdefault(name or "route", said)
    if not value.poolable and not value.not_poolable_reason:
        errors["not_poolable_reason"] = "say why it cannot be pooled"
    return errors


def _field(name: str, protocol: Protocol) -> FormField:
    choices: tuple[tuple[str, str], ...] = ()
    if name == "outcome":
        choices = tuple((o.code, o.label) for o in protocol.outcomes)
    elif name in ("subtype", "pattern"):
        entries = protocol.subtypes if name == "subtype" else protocol.patterns
        choices = tuple((entry.slug, entry.label) for entry in entries)
    elif name == "route":
        choices = (("", "nothing: an interval is printed, or it is not pooled"), *LABELS.items())
    elif name in CLOSED:
        choices = tuple((str(entry), str(entry).replace("_", " ")) for entry in CLOSED[name])
    elif name == "p_sided":
        choices = (("", "not stated"), ("two", "two-sided"), ("one", "one-sided"))
    elif name == "poolable":
        choices = (("yes", "yes"), ("no", "no"))
    if name in CURVE_FIELDS:
        return FormField(name, label_of(name), "pairs")
    kind = "choice" if choices else "integer" if name in INTEGERS else "number" if name in NUMBERS else "text"
    return FormField(name, label_of(name), kind, choices)
