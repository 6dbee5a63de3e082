"""What the forms of a re-opened value do: confirm it, correct it as its erratum prints it, or withdraw it."""

from __future__ import annotations

from collections.abc import Callable

from extract.errors import DecisionError, FieldErrors
from extract.review.desk import Desk, Visit
from extract.review.doubts import answers_to, unanswered
from extract.review.fields import ValueForm, read_form
from extract.review.forms import CHECK_FIELD, cleared_checks, seconds_on
from extract.review.reopened import confirm_reopened, correct_reopened, corrected_value, new_doubts, withdraw_value
from extract.review.seen import refuse_stale, value_mark
from extract.review.unsaved import changed_in_correction, refuse_unsaved
from extract.schema.value import apply_corrections
from extract.store.curated import CuratedValue, get_value


def correct_act(desk: Desk, visit: Visit, value_id: str) -> str:
    """Take over what an erratum prints, as a reading of its own; the fields begin with the value as it is used."""
    value, form = _typed_over(desk, visit, value_id)
    errors, cleared = dict(form.errors), cleared_checks(visit.form)
    reason = visit.form.get("reason", "").strip()
    if not errors:
        corrected = corrected_value(value, form.changes, desk.protocol)
        with desk.store.read() as tx:
            doubts = new_doubts(tx, desk.protocol, value, corrected)
        cleared = answers_to(doubts, corrected, cleared, for_all=reason if visit.form.get("clear_checks") else None)
        for doubt in unanswered(doubts, cleared):
            errors[f"{CHECK_FIELD}{doubt.code}"] = f"{doubt.message}: say why it stands, or correct it"
    if errors:
        raise FieldErrors(errors)
    return correct_reopened(
        desk.store,
        desk.protocol,
        value_id,
        by=visit.person,
        at=visit.at,
        changes=form.changes,
        reason=reason,
        cleared=cleared,
        seen=visit.form.get("seen", ""),
        seconds=seconds_on(visit),
    )


def _typed_over(desk: Desk, visit: Visit, value_id: str) -> tuple[CuratedValue, ValueForm]:
    """Return a re-opened value, and what was typed over the fields it is used with."""
    with desk.store.read() as tx:
        value = get_value(tx, value_id)
        if value is None:
            raise DecisionError(f"reopened:{value_id}: no such value")
        refuse_stale(value_mark(tx, value), visit.form.get("seen", ""))
    return value, read_form(visit.form, apply_corrections(value.reported, value.corrections), blind=False)


def _refuse_unsaved_correction(desk: Desk, visit: Visit, value_id: str, *, act: str) -> None:
    """Refuse to confirm or withdraw a value whose fields the person changed: what they typed would be lost."""
    value, _ = _typed_over(desk, visit, value_id)
    changed = changed_in_correction(visit.form, apply_corrections(value.reported, value.corrections))
    refuse_unsaved(visit.form, changed, instead="save it as a correction, or put back what stood there", act=act)


def confirm_act(desk: Desk, visit: Visit, value_id: str) -> str:
    """Confirm the value as it is used."""
    _refuse_unsaved_correction(desk, visit, value_id, act="confirm")
    return _after_notice(confirm_reopened, desk, visit, value_id)


def withdraw_act(desk: Desk, visit: Visit, value_id: str) -> str:
    """Withdraw the value from the pool."""
    _refuse_unsaved_correction(desk, visit, value_id, act="withdraw")
    return _after_notice(withdraw_value, desk, visit, value_id)


def _after_notice(act: Callable[..., str], desk: Desk, visit: Visit, value_id: str) -> str:
    reason = visit.form.get("reason", "").strip()
    if not reason:
        raise FieldErrors({"reason": "say what the notice says about this value"})
    return act(
        desk.store,
        desk.protocol,
        value_id,
        by=visit.person,
        at=visit.at,
        reason=reason,
        seen=visit.form.get("seen", ""),
        seconds=seconds_on(visit),
    )
