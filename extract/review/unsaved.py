"""What a person typed for another action than the one they chose: asked about or kept, never lost in silence."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from extract.errors import FieldErrors
from extract.review.curves import curve_texts
from extract.review.fields import BLIND, label_of, problem_of, texts_of
from extract.review.forms import cleared_checks
from extract.review.inclusion import STUDY_FIELDS
from extract.review.proposal import proposed_value
from extract.review.readings import latest_approvals
from extract.review.seeded import as_shown
from extract.schema.value import FIELDS, ReportedValue, apply_corrections, value_with
from extract.store.candidates import Candidate, get_candidate
from extract.store.curated import get_value
from extract.store.engine import Transaction

DROP = "drop"
"""Name of the box that says: what I typed for something else may go."""

SUGGESTED = ("design", "data_source")
"""Facts of a study that the form fills in by itself."""


def refuse_unsaved(form: Mapping[str, str], changed: list[str], *, instead: str, act: str) -> None:
    """Refuse an action that would lose what was typed for another one, unless the person says that it may go.

    Raises
    ------
    FieldErrors
        At the first of the fields, and at the box to tick.
    """
    if changed and not form.get(DROP):
        named = ", ".join(label_of(name).lower() for name in changed)
        raise FieldErrors(
            {
                changed[0]: f"you changed {named}: {instead}",
                DROP: f"or tick here to {act} and let what you typed go",
            }
        )


def changed_in_reading(tx: Transaction, form: Mapping[str, str], candidate: Candidate, *, person_id: str) -> list[str]:
    """Return what somebody typed into the form of a proposed value: its fields, the reason, answers, choices."""
    blind = bool(form.get("blind"))
    # As it was shown to this person: a deliberate error in it is nothing they typed.
    proposed = proposed_value(as_shown(tx, candidate, person_id).effect)
    before = texts_of(proposed)
    if blind:
        before |= dict.fromkeys(BLIND, "") | curve_texts(latest_approvals(tx, candidate.candidate_id))
    changed = [name for name in FIELDS if name in form and form[name].strip() != before[name]]
    if not blind:
        changed = [name for name in changed if not _same(proposed, name, form[name])]
    changed += [name.partition("-")[2] for name, text in form.items() if name.startswith("pick-") and text]
    return changed + (["reason"] if form.get("reason", "").strip() or cleared_checks(form) else [])


def changed_in_correction(form: Mapping[str, str], used: ReportedValue) -> list[str]:
    """Return the fields of a re-opened value that somebody typed over."""
    before = texts_of(used)
    changed = [name for name in FIELDS if name in form and form[name].strip() != before[name]]
    return [name for name in changed if not _same(used, name, form[name])]


def facts_typed(form: Mapping[str, str]) -> bool:
    """Tell whether somebody filled in facts of a study."""
    return any(form.get(name, "").strip() for name in STUDY_FIELDS if name not in SUGGESTED)


def typed_something(tx: Transaction, item: str, form: Mapping[str, str], *, person_id: str) -> bool:
    """Tell whether a form holds anything that a person would have to type again."""
    kind, _, identifier = item.partition(":")
    if form.get("comment", "").strip() or form.get("rejection", "").strip():
        return True
    if kind == "record":
        return facts_typed(form)
    if form.get("reason", "").strip():
        return True
    if kind == "value" and (candidate := get_candidate(tx, identifier)) is not None:
        return bool(changed_in_reading(tx, form, candidate, person_id=person_id))
    if kind == "reopened" and (value := get_value(tx, identifier)) is not None:
        return bool(changed_in_correction(form, apply_corrections(value.reported, value.corrections)))
    return False


def _same(value: ReportedValue, name: str, text: str) -> bool:
    """Tell whether a text says what the value says in other words (0.720)."""
    changed: Callable[[], ReportedValue] = lambda: value_with(value, {name: text.strip()})  # noqa: E731
    return problem_of(changed) is None and changed() == value
