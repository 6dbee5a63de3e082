"""Corrections as data: what a report prints and what is used instead stay two different things."""

from __future__ import annotations

import dataclasses

from extract.baseline.rows import BaselineValue, CorrectedValue, Correction
from extract.baseline.tables import VALUES
from extract.errors import BaselineError
from extract.schema.columns import read_cell
from extract.schema.vocabulary import Adjusted, Arm, ImmortalTime, Measure

_COLUMNS = {column.name: column for column in VALUES}
_ENUMS = {
    "measure": Measure,
    "numerator_arm": Arm,
    "denominator_arm": Arm,
    "adjusted": Adjusted,
    "immortal_time": ImmortalTime,
}


def apply_corrections(
    values: tuple[BaselineValue, ...], corrections: tuple[Correction, ...]
) -> tuple[CorrectedValue, ...]:
    """Return every value as reported beside the value to use.

    A ``correction`` replaces one field; a ``confirmation`` changes nothing but must still hold; an
    ``exclusion`` rests on one reported field and asks that the value is not poolable.

    Parameters
    ----------
    values
        Values as reported.
    corrections
        Decisions, at most one a field of a value.

    Raises
    ------
    BaselineError
        A decision about an unknown value or field, two decisions about one field, or a decision whose
        ``reported`` is no longer what the value says: it must be taken again, not carried on.
    """
    by_value: dict[str, list[Correction]] = {value.value_id: [] for value in values}
    taken: set[tuple[str, str]] = set()
    for decision in corrections:
        if decision.value_id not in by_value:
            raise BaselineError(
                f"corrections.csv: value {decision.value_id!r} is not in values.csv; remove the decision"
            )
        if (decision.value_id, decision.field) in taken:
            raise BaselineError(f"corrections.csv: {decision.value_id}, {decision.field}: decided twice; keep one")
        taken.add((decision.value_id, decision.field))
        by_value[decision.value_id].append(decision)
    return tuple(_corrected(value, tuple(by_value[value.value_id])) for value in values)


def _corrected(value: BaselineValue, decisions: tuple[Correction, ...]) -> CorrectedValue:
    """Apply the decisions about one value."""
    changes: dict[str, object] = {}
    for decision in decisions:
        _still_applies(value, decision)
        if decision.kind == "correction":
            changes[decision.field] = _cell(decision)
    used = dataclasses.replace(value, **changes) if changes else value  # type: ignore[arg-type]
    if used.numerator_arm == used.denominator_arm and used.numerator_arm is not Arm.NOT_STATED:
        raise BaselineError(f"corrections.csv: {value.value_id}: both arms are {used.numerator_arm}; correct both")
    return CorrectedValue(reported=value, value=used, decisions=decisions)


def _still_applies(value: BaselineValue, decision: Correction) -> None:
    """Refuse a decision that no longer fits the value it is about."""
    where = f"corrections.csv: {decision.value_id}, {decision.field}"
    if decision.field not in _COLUMNS:
        raise BaselineError(f"{where}: no such column of values.csv")
    now = as_text(getattr(value, decision.field))
    if now != _same_form(decision, where):
        raise BaselineError(
            f"{where}: the decision was about {decision.reported!r} but the value now says {now!r}; "
            "read the report again and decide anew"
        )
    if decision.kind == "correction" and decision.corrected in (None, decision.reported):
        raise BaselineError(f"{where}: a correction must change the value; use kind 'confirmation'")
    if decision.kind == "confirmation" and decision.corrected != decision.reported:
        raise BaselineError(f"{where}: a confirmation must repeat {decision.reported!r}, not {decision.corrected!r}")
    if decision.kind == "exclusion" and value.poolable:
        raise BaselineError(f"{where}: excluded here but poolable in values.csv; set poolable to no with its reason")


def as_text(cell: object) -> str | None:
    """Return a field as a table writes it (numbers without trailing zeros, truth as yes or no)."""
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def _same_form(decision: Correction, where: str) -> str | None:
    """Return what the decision calls reported, in the form of :func:`as_text`."""
    if decision.reported is None:
        return None
    try:
        return as_text(read_cell(_COLUMNS[decision.field], decision.reported))
    except ValueError as error:
        raise BaselineError(f"{where}: reported {decision.reported!r}: {error}") from error


def _cell(decision: Correction) -> object:
    """Return the corrected text in the type of the field."""
    column = _COLUMNS[decision.field]
    try:
        cell = read_cell(column, decision.corrected or "")
    except ValueError as error:
        raise BaselineError(
            f"corrections.csv: {decision.value_id}, {decision.field}: {decision.corrected!r}: {error}"
        ) from error
    if decision.field == "poolable":
        return cell == "yes"
    kind = _ENUMS.get(decision.field)
    return kind(str(cell)) if kind is not None else cell
