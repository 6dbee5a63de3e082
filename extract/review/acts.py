"""What each form of an item does: it reads the form and calls one action (one transaction)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from extract.errors import DecisionError, FieldErrors
from extract.review.approval import approve_value, reject_value, undo_approval
from extract.review.checked import NOTHING_KNOWN
from extract.review.desk import Desk, Visit
from extract.review.documents import is_placed
from extract.review.doubts import answers_to, doubts_about, unanswered
from extract.review.fields import BLIND_REASON, ValueForm, read_form, texts_of
from extract.review.forms import CHECK_FIELD, cleared_checks, seconds_on
from extract.review.inclusion import STUDY_FIELDS
from extract.review.preview import PageChange, reading_mark
from extract.review.proposal import proposed_value
from extract.review.readings import latest_approvals
from extract.review.reopened_acts import confirm_act, correct_act, withdraw_act
from extract.review.reopened_undo import undo_reopened
from extract.review.routes import chosen_route
from extract.review.screening import exclude_record, include_record, maybe_record, undo_vote
from extract.review.seeded import note_if_caught, refuse_typed_seed
from extract.review.seen import candidate_mark, refuse_stale
from extract.review.surroundings import surroundings
from extract.review.unsaved import DROP, changed_in_reading, refuse_unsaved
from extract.review.value_view import differences_between, is_blind, is_last
from extract.schema.value import ReportedValue
from extract.store.candidates import get_candidate
from extract.store.records import get_record

Act = Callable[[Desk, Visit, str], str]
"""Takes the identifier of an item; returns the state it has afterwards."""


class PreviewFirst(Exception):
    """The approval would complete a value, and its effect on the published pages was not looked at yet."""

    def __init__(self, value: ReportedValue, changes: Sequence[PageChange]) -> None:
        super().__init__()
        self.value, self.changes = value, changes


def _vote(desk: Desk, visit: Visit, pmid: str) -> str:
    vote, comment = visit.form.get("vote", ""), visit.form.get("comment", "").strip() or None
    seen = visit.form.get("seen", "")
    store, protocol, seconds = desk.store, desk.protocol, seconds_on(visit)
    if vote == "include":
        facts = {name: visit.form[name].strip() for name in STUDY_FIELDS if visit.form.get(name, "").strip()}
        if "study_id" in facts:
            # The form always sends a suggested design; a known study has one already.
            facts.pop("design", None)
        return include_record(
            store,
            protocol,
            pmid,
            by=visit.person,
            at=visit.at,
            study=facts,
            reason=comment,
            seen=seen,
            seconds=seconds,
        )
    if vote == "maybe":
        return maybe_record(
            store, protocol, pmid, by=visit.person, at=visit.at, reason=comment, seen=seen, seconds=seconds
        )
    code = vote.removeprefix("exclude:")
    return exclude_record(
        store,
        protocol,
        pmid,
        by=visit.person,
        at=visit.at,
        reason_code=code,
        reason=comment,
        seen=seen,
        seconds=seconds,
    )


def _approve(desk: Desk, visit: Visit, candidate_id: str) -> str:
    _refuse_rejected(visit)
    who = {"person_id": visit.person, "at": visit.at}
    refuse_typed_seed(desk.store, candidate_id, visit.form, **who)
    proposed, blind = _proposed(desk, visit, candidate_id)
    state = _approved(desk, visit, candidate_id, read_form(visit.form, proposed, blind=blind), blind=blind)
    note_if_caught(desk.store, candidate_id, visit.form, **who)
    return state


def _approved(desk: Desk, visit: Visit, candidate_id: str, form: ValueForm, *, blind: bool) -> str:
    errors, cleared = dict(form.errors), cleared_checks(visit.form)
    reason = visit.form.get("reason", "").strip()
    with desk.store.read() as tx:
        candidate = get_candidate(tx, candidate_id)
        placed = candidate is not None and is_placed(tx, desk.store.archive, candidate)
        readings = latest_approvals(tx, candidate_id)
        last = candidate is not None and is_last(desk.protocol, candidate, readings, by=visit.person)
        record = get_record(tx, candidate.pmid) if candidate is not None else None
        around = NOTHING_KNOWN
        if form.value is not None and record is not None:
            around = surroundings(tx, desk.protocol, record, form.value)
    if form.value is not None and candidate is not None:
        doubts = doubts_about(candidate, form.value, blind=blind, placed=placed, around=around)
        cleared = answers_to(doubts, form.value, cleared, for_all=reason if visit.form.get("clear_checks") else None)
        for doubt in unanswered(doubts, cleared):
            errors[f"{CHECK_FIELD}{doubt.code}"] = f"{doubt.message}: say why it stands, or correct it"
    if errors or form.value is None:
        raise FieldErrors(errors)
    chosen_route(form.value, desk.derive_curve)
    mark = reading_mark(form.value)
    # A program that sends no such field looks at the preview when it likes.
    if last and desk.preview is not None and visit.form.get("previewed", mark) != mark:
        raise PreviewFirst(form.value, desk.preview(candidate_id, form.value))
    return approve_value(
        desk.store,
        desk.protocol,
        candidate_id,
        by=visit.person,
        at=visit.at,
        changes=form.changes,
        reason=reason or (BLIND_REASON if blind else None),
        cleared=cleared,
        blind=blind,
        seen=visit.form.get("seen", ""),
        seconds=seconds_on(visit),
    )


def _settle(desk: Desk, visit: Visit, candidate_id: str) -> str:
    """Let the adjudicator choose field by field; fields on which the readers agree stay as they read them."""
    _refuse_rejected(visit)
    proposed, _ = _proposed(desk, visit, candidate_id)
    with desk.store.read() as tx:
        approvals = latest_approvals(tx, candidate_id)
    readings = [d.details["value"] for d in approvals.values() if d.action == "approve"]
    if not readings:
        raise DecisionError("nobody approved a value here: reject it")
    chosen = texts_of(ReportedValue(**readings[0]))
    errors = {}
    for difference in differences_between(proposed, approvals):
        picked = visit.form.get(f"pick-{difference.name}")
        other = visit.form.get(f"other-{difference.name}", "").strip()
        if picked is None and other:
            picked = "other"
        if picked is None:
            errors[difference.name] = "choose one of them"
        else:
            chosen[difference.name] = other if picked == "other" else picked.removeprefix("=")
    if not visit.form.get("reason", "").strip():
        errors["reason"] = "say why: both readers will want to know"
    if errors:
        raise FieldErrors(errors)
    form = read_form({**chosen, "reason": visit.form["reason"]}, proposed, blind=False)
    return _approved(desk, visit, candidate_id, form, blind=False)


def _proposed(desk: Desk, visit: Visit, candidate_id: str) -> tuple[ReportedValue, bool]:
    with desk.store.read() as tx:
        candidate = get_candidate(tx, candidate_id)
        approvals = latest_approvals(tx, candidate_id)
        if candidate is not None:
            # Before anything is said about fields: what was filled in may be another form than the one that stands.
            refuse_stale(candidate_mark(tx, candidate), visit.form.get("seen", ""))
    if candidate is None or visit.member is None:
        raise DecisionError(f"value:{candidate_id}: no such proposed value")
    # Which form was filled in, not which would be shown now: the other's approval may have come in between.
    blind = is_blind(candidate, visit.member, approvals) and bool(visit.form.get("blind"))
    return proposed_value(candidate.effect), blind


def _refuse_rejected(visit: Visit) -> None:
    """Refuse to approve beside a reason for rejecting: pressing Enter in its field must not approve."""
    if visit.form.get("rejection", "").strip() and not visit.form.get(DROP):
        raise FieldErrors(
            {
                "rejection": "this says why to reject it: press Reject, or empty the field",
                DROP: "or tick here to approve and let that reason go",
            }
        )


def _reject(desk: Desk, visit: Visit, candidate_id: str) -> str:
    reason = visit.form.get("rejection", "").strip()
    if not reason:
        raise FieldErrors({"rejection": "say why it is no result for this review"})
    with desk.store.read() as tx:
        candidate = get_candidate(tx, candidate_id)
        if candidate is not None:
            refuse_stale(candidate_mark(tx, candidate), visit.form.get("seen", ""))
            changed = changed_in_reading(tx, visit.form, candidate, person_id=visit.person)
            refuse_unsaved(visit.form, changed, instead="save it, or put back what stood there", act="reject")
    return reject_value(
        desk.store,
        desk.protocol,
        candidate_id,
        by=visit.person,
        at=visit.at,
        reason=reason,
        seen=visit.form.get("seen", ""),
        seconds=seconds_on(visit),
    )


def _undo(desk: Desk, visit: Visit, identifier: str) -> str:
    item, seen = visit.request.path_params["item"], visit.form.get("seen", "")
    kind = item.partition(":")[0]
    acts: dict[str, Callable[..., str]] = {"record": undo_vote, "value": undo_approval, "reopened": undo_reopened}
    if kind not in acts:
        raise DecisionError(f"{item!r}: no such item")
    acts[kind](desk.store, desk.protocol, identifier, by=visit.person, at=visit.at, seen=seen)
    return "undone"


ACTS: dict[str, Act] = {
    "vote": _vote,
    "approve": _approve,
    "reject": _reject,
    "settle": _settle,
    "confirm": confirm_act,
    "correct": correct_act,
    "withdraw": withdraw_act,
    "undo": _undo,
}
"""Last part of the address -> what it does."""
