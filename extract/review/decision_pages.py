"""What the forms do: each calls one action (one transaction) and goes on to the next item.

A form that cannot be saved comes back with everything that was typed and a message at the field.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from extract.errors import DecisionError, FieldErrors, StaleItem
from extract.review.approval import approve_value, latest_approvals, reject_value, undo_approval
from extract.review.checked import findings_on
from extract.review.desk import ROOT, Access, Desk, Pages, Visit, shown
from extract.review.fields import ValueForm, placed, read_form, texts_of
from extract.review.item_pages import item_path, show_item
from extract.review.leases import claim
from extract.review.proposal import proposed_value
from extract.review.reopened import confirm_reopened, withdraw_value
from extract.review.screening import STUDY_FIELDS, exclude_record, include_record, maybe_record, undo_vote
from extract.review.value_view import differences_between, fired, is_blind
from extract.schema.value import ReportedValue
from extract.store.candidates import get_candidate
from extract.store.work import drop_draft, lease_on, release_lease, save_draft

BLIND_REASON = "read from the document without seeing the proposal"
"""Reason the log carries where a blind reader's numbers differ from the program's."""


def add_decision_pages(pages: Pages, desk: Desk) -> None:
    """Register the actions."""
    for name, act in ACTS.items():
        _decision(pages, desk, name, act)

    @pages.post("/item/{item}/draft", Access.DECIDE)
    def draft(visit: Visit) -> Response:
        item = visit.request.path_params["item"]
        if not claim(desk, visit, item).mine:
            return Response("somebody else has this item open", status_code=409, media_type="text/plain")
        with desk.store.write() as tx:
            save_draft(tx, item[:140], visit.person, shown(visit.form), at=visit.at)
        if visit.request.headers.get("sec-fetch-mode") == "navigate":
            return RedirectResponse(item_path(item), 303)
        return Response(status_code=204)

    @pages.post("/item/{item}/leave", Access.DECIDE)
    def leave(visit: Visit) -> Response:
        item = visit.request.path_params["item"]
        with desk.store.write() as tx:
            held = lease_on(tx, item, at=visit.at)
            if held is not None and held.person_id == visit.person:
                release_lease(tx, item)
        return RedirectResponse(f"{ROOT}next?after={quote(item, safe='')}", 303)


Act = Callable[[Desk, Visit, str], str]


def _decision(pages: Pages, desk: Desk, name: str, act: Act) -> None:
    @pages.post(f"/item/{{item}}/{name}", Access.DECIDE)
    def decide(visit: Visit) -> Response:
        item = visit.request.path_params["item"]
        typed = shown(visit.form)
        try:
            carry_out(desk, visit, item, act)
        except StaleItem as error:
            return show_item(desk, visit, status=409, typed=typed, stale=str(error))
        except FieldErrors as error:
            return show_item(desk, visit, status=422, typed=typed, errors=error.errors)
        except DecisionError as error:
            field, words = placed(error)
            return show_item(desk, visit, status=422, typed=typed, errors={field: words})
        if name == "undo":
            return RedirectResponse(f"{item_path(item)}?done={quote(item, safe='')}", 303)
        return RedirectResponse(f"{ROOT}next?done={quote(item, safe='')}", 303)


def carry_out(desk: Desk, visit: Visit, item: str, act: Act) -> str:
    """Do what a form (or a request to the API) asks of an item; return the item's state after it.

    Raises
    ------
    StaleItem
        Somebody else has the item open, or it changed since the person looked at it.
    DecisionError
        The decision cannot be taken; the message says why, field by field where it is about fields.
    """
    lease = claim(desk, visit, item)
    if not lease.mine:
        raise StaleItem(f"{lease.holder} took this item over and has it until {lease.until[11:16]} UTC")
    state = act(desk, visit, item.partition(":")[2])
    with desk.store.write() as tx:
        drop_draft(tx, item, visit.person)
        release_lease(tx, item)
    if state in ("approved", "withdrawn"):
        desk.on_approved()
    return state


def _vote(desk: Desk, visit: Visit, pmid: str) -> str:
    vote, comment = visit.form.get("vote", ""), visit.form.get("comment", "").strip() or None
    seen = visit.form.get("seen", "")
    store, protocol = desk.store, desk.protocol
    if vote == "include":
        facts = {name: visit.form[name].strip() for name in STUDY_FIELDS if visit.form.get(name, "").strip()}
        if "study_id" in facts:
            # The form always sends a suggested design; a known study has one already.
            facts.pop("design", None)
        return include_record(
            store, protocol, pmid, by=visit.person, at=visit.at, study=facts, reason=comment, seen=seen
        )
    if vote == "maybe":
        return maybe_record(store, protocol, pmid, by=visit.person, at=visit.at, reason=comment, seen=seen)
    code = vote.removeprefix("exclude:")
    return exclude_record(
        store, protocol, pmid, by=visit.person, at=visit.at, reason_code=code, reason=comment, seen=seen
    )


def _approve(desk: Desk, visit: Visit, candidate_id: str) -> str:
    proposed, blind = _proposed(desk, visit, candidate_id)
    return _approved(desk, visit, candidate_id, read_form(visit.form, proposed, blind=blind), blind=blind)


def _approved(desk: Desk, visit: Visit, candidate_id: str, form: ValueForm, *, blind: bool) -> str:
    errors = dict(form.errors)
    reason = visit.form.get("reason", "").strip()
    cleared = bool(visit.form.get("clear_checks"))
    if form.value is not None:
        with desk.store.read() as tx:
            candidate = get_candidate(tx, candidate_id)
        doubts = fired(candidate, form.value) if candidate is not None else ()
        if blind:
            # Doubts read off the text belong to the proposal, which a blind reader has not seen.
            doubts = tuple(doubt for doubt in doubts if doubt.message in _messages(form.value))
        if doubts and not cleared:
            errors["clear_checks"] = "; ".join(f"{doubt.code}: {doubt.message}" for doubt in doubts)
        elif doubts and not reason:
            errors["reason"] = "say what you found when you looked at the checks"
    if errors:
        raise FieldErrors(errors)
    return approve_value(
        desk.store,
        desk.protocol,
        candidate_id,
        by=visit.person,
        at=visit.at,
        changes=form.changes,
        reason=reason or (BLIND_REASON if blind else None),
        clear_checks=cleared or blind,
        seen=visit.form.get("seen", ""),
    )


def _messages(value: ReportedValue) -> set[str]:
    return {finding.message for finding in findings_on(value)}


def _settle(desk: Desk, visit: Visit, candidate_id: str) -> str:
    """Let the adjudicator choose field by field; fields on which the readers agree stay as they read them."""
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
        if picked is None:
            errors[difference.name] = "choose one of them"
        else:
            other = visit.form.get(f"other-{difference.name}", "").strip()
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
    if candidate is None or visit.member is None:
        raise DecisionError(f"value:{candidate_id}: no such proposed value")
    # Which form was filled in, not which would be shown now: the other's approval may have come in between.
    blind = is_blind(candidate, visit.member, approvals) and bool(visit.form.get("blind"))
    return proposed_value(candidate.effect), blind


def _reject(desk: Desk, visit: Visit, candidate_id: str) -> str:
    reason = visit.form.get("rejection", "").strip()
    if not reason:
        raise FieldErrors({"rejection": "say why it is no result for this review"})
    return reject_value(
        desk.store,
        desk.protocol,
        candidate_id,
        by=visit.person,
        at=visit.at,
        reason=reason,
        seen=visit.form.get("seen", ""),
    )


def _confirm(desk: Desk, visit: Visit, value_id: str) -> str:
    return _after_notice(confirm_reopened, desk, visit, value_id)


def _withdraw(desk: Desk, visit: Visit, value_id: str) -> str:
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
    )


def _undo(desk: Desk, visit: Visit, identifier: str) -> str:
    item, seen = visit.request.path_params["item"], visit.form.get("seen", "")
    kind = item.partition(":")[0]
    acts: dict[str, Callable[..., str]] = {"record": undo_vote, "value": undo_approval}
    if kind not in acts:
        raise DecisionError("a confirmation or withdrawal is taken back by deciding again when the value re-opens")
    acts[kind](desk.store, desk.protocol, identifier, by=visit.person, at=visit.at, seen=seen)
    return "undone"


ACTS: dict[str, Act] = {
    "vote": _vote,
    "approve": _approve,
    "reject": _reject,
    "settle": _settle,
    "confirm": _confirm,
    "withdraw": _withdraw,
    "undo": _undo,
}
"""Last part of the address -> what it does."""
