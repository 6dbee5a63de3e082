"""What a value must say before people can approve it."""

from __future__ import annotations

from extract.errors import DecisionError
from extract.review.routes import chosen_route
from extract.schema.protocol import Protocol
from extract.schema.value import RATIO_MEASURES, ReportedValue, apply_corrections, check_order
from extract.schema.vocabulary import Arm
from extract.store.curated import curated_values
from extract.store.engine import Transaction

PLACE = ("outcome", "subtype", "pattern", "population", "measure", "comparison_group", "comparison_rank")
"""Two poolable values of one report that agree on these are one result told twice."""


def complete(value: ReportedValue, protocol: Protocol) -> ReportedValue:
    """Return the value if it says all that pooling needs.

    Raises
    ------
    DecisionError
        An unknown outcome or stratum, limits in the wrong order, a direction or level nobody stated, or surgery
        compared with surgery; the message says what to set.
    """
    for name, allowed in (
        ("outcome", [outcome.code for outcome in protocol.outcomes]),
        ("subtype", [entry.slug for entry in protocol.subtypes]),
        ("pattern", [entry.slug for entry in protocol.patterns]),
    ):
        if getattr(value, name) not in allowed:
            raise DecisionError(
                f"{name}: {getattr(value, name)!r} is not one of {', '.join(allowed)}; use --set {name}=..."
            )
    check_order(value)
    if value.poolable and value.measure in list(RATIO_MEASURES) and value.numerator_arm == Arm.NOT_STATED:
        raise DecisionError(
            "numerator_arm: the direction is not stated; use --set numerator_arm=surgery or no_surgery with --reason, "
            "or --set poolable=no --set not_poolable_reason=..."
        )
    stated = {value.numerator_arm, value.denominator_arm} - {Arm.NOT_STATED.value}
    if value.poolable and value.numerator_arm == value.denominator_arm and stated:
        raise DecisionError(
            f"both arms are {value.numerator_arm}: this is not surgery against no surgery; use "
            "--set denominator_arm=... with --reason, or --set poolable=no --set not_poolable_reason=..."
        )
    chosen_route(value)
    if value.poolable and value.ci_level is None and value.ci_low is not None and value.route is None:
        raise DecisionError("ci_level: the level is never stated; use --set ci_level=95 (or 90 ...) with --reason")
    return value


def with_route(changes: dict[str, str]) -> dict[str, str]:
    """Return the changes with what choosing a route means: the value can enter a synthesis."""
    if not changes.get("route") or "poolable" in changes:
        return changes
    return {**changes, "poolable": "yes", "not_poolable_reason": ""}


def with_other_arm(changes: dict[str, str]) -> dict[str, str]:
    """Return the changes with the denominator that follows from a corrected numerator."""
    other = {Arm.SURGERY.value: Arm.NO_SURGERY.value, Arm.NO_SURGERY.value: Arm.SURGERY.value}
    if "denominator_arm" in changes or changes.get("numerator_arm") not in other:
        return changes
    return {**changes, "denominator_arm": other[changes["numerator_arm"]]}


def refuse_second_value(
    tx: Transaction, report_id: str | None, approved: ReportedValue, *, besides: str | None = None
) -> None:
    """Refuse a second value for the same place: the first would stay in the pool beside its own correction.

    Parameters
    ----------
    besides
        The value that is being decided on, where it stands in the table already.
    """
    if report_id is None or not approved.poolable:
        return
    for known in curated_values(tx, report_id=report_id):
        used = apply_corrections(known.reported, known.corrections)
        same = all(
            getattr(used, name) == getattr(approved, name)
            for name in (
                "outcome",
                "subtype",
                "pattern",
                "population",
                "measure",
                "comparison_group",
                "comparison_rank",
            )
        )
        if same and used.poolable and known.state != "withdrawn" and known.value_id != besides:
            raise DecisionError(
                f"{known.value_id} already stands for this result of this report; re-open and withdraw it first "
                f"(queue reopen value:{known.value_id}), or tell the two apart with --set comparison_group=... "
                "and comparison_rank=2"
            )
