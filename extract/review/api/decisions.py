"""Endpoints that decide: each calls the very action its page calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import Path as PathParameter

from extract.errors import DecisionError, FieldErrors, StaleItem
from extract.review.acts import ACTS
from extract.review.api.items import ItemName
from extract.review.api.models import Done, Item
from extract.review.api.present import item_for
from extract.review.api.problems import decision_problem
from extract.review.api.register import Endpoints
from extract.review.api.requests import Approval, Content, Doubted, Reasoned, TakenBack, Vote
from extract.review.coming import ahead_of
from extract.review.decision_pages import carry_out
from extract.review.desk import Access, Desk, Visit
from extract.review.fields import BLIND, text_of
from extract.review.leases import Claim
from extract.review.reopened import reopen_value
from extract.schema.curve import CURVE_FIELDS
from extract.store.work import lease_on, release_lease


def add_decision_endpoints(api: Endpoints, desk: Desk) -> None:
    """Register the endpoints."""
    _on_records(api, desk)
    _on_values(api, desk)
    _on_reopened(api, desk)
    decides = api.visit(Access.DECIDE)

    @api.post("/items/{item}/undo", Access.DECIDE, "Take back your own decision, as a new one")
    def undo(item: ItemName, asked: TakenBack, visit: Visit = decides) -> Done:
        return _decided(desk, visit, item, "undo", {"seen": asked.seen})

    @api.delete("/items/{item}/lease", Access.DECIDE, "Give an item back to the queue without a decision")
    def leave(item: ItemName, visit: Visit = decides) -> Done:
        with desk.store.write() as tx:
            held = lease_on(tx, item, at=visit.at)
            if held is not None and held.person_id == visit.person:
                release_lease(tx, item)
        desk.at_hand.leave(visit.person, item)
        return _after(desk, visit, item, "left")


def _on_records(api: Endpoints, desk: Desk) -> None:
    decides = api.visit(Access.DECIDE)

    @api.post("/items/{item}/vote", Access.DECIDE, "Vote on a record")
    def vote(item: ItemName, asked: Vote, visit: Visit = decides) -> Done:
        """Include (with facts of the study), exclude (with a reason of the closed list) or maybe."""
        _of_kind(item, "record")
        chosen = f"exclude:{asked.reason_code or ''}" if asked.vote == "exclude" else asked.vote
        return _decided(
            desk, visit, item, "vote", {**asked.study, "vote": chosen, "comment": asked.comment, "seen": asked.seen}
        )


def _on_values(api: Endpoints, desk: Desk) -> None:
    decides = api.visit(Access.DECIDE)

    @api.post("/items/{item}/approve", Access.DECIDE, "Approve a value, as proposed, corrected, or read blind")
    def approve(item: ItemName, asked: Approval, visit: Visit = decides) -> Done:
        """Send what differs from the proposal or, as the second and blind reader, what the document says."""
        _of_kind(item, "value")
        shown = _shown(desk, visit, item)
        form = _texts(desk, item, asked.values)
        # On another mark the form that was filled in is not the one that would be sent now: the action refuses it.
        if shown.value is not None and shown.value.blind and shown.seen == asked.seen:
            digitised = {name: shown.value.form[name] for name in CURVE_FIELDS}
            form = dict.fromkeys(BLIND, "") | digitised | form | {"blind": "yes"}
        return _decided(desk, visit, item, "approve", form | _answered(asked))

    @api.post("/items/{item}/settle", Access.DECIDE, "Settle a value on which two readers differ")
    def settle(item: ItemName, asked: Approval, visit: Visit = decides) -> Done:
        """For the adjudicator: `values` holds one choice for each difference, and `reason` says why."""
        _of_kind(item, "value")
        picks = {f"pick-{name}": f"={text}" for name, text in _texts(desk, item, asked.values).items()}
        return _decided(desk, visit, item, "settle", picks | _answered(asked))

    @api.post("/items/{item}/reject", Access.DECIDE, "Reject a proposed value: no result for this review")
    def reject(item: ItemName, asked: Reasoned, visit: Visit = decides) -> Done:
        _of_kind(item, "value")
        return _decided(desk, visit, item, "reject", {"rejection": asked.reason, "seen": asked.seen})


def _on_reopened(api: Endpoints, desk: Desk) -> None:
    decides = api.visit(Access.DECIDE)

    @api.post("/items/{item}/confirm", Access.DECIDE, "Confirm a re-opened value")
    def confirm(item: ItemName, asked: Reasoned, visit: Visit = decides) -> Done:
        _of_kind(item, "reopened")
        return _decided(desk, visit, item, "confirm", {"reason": asked.reason, "seen": asked.seen})

    @api.post("/items/{item}/correct", Access.DECIDE, "Correct a re-opened value as its erratum prints it")
    def correct(item: ItemName, asked: Approval, visit: Visit = decides) -> Done:
        """Send what differs from the value as it is used now; a second person who does not see it does the same."""
        _of_kind(item, "reopened")
        return _decided(desk, visit, item, "correct", _texts(desk, item, asked.values) | _answered(asked))

    @api.post("/items/{item}/withdraw", Access.DECIDE, "Withdraw a re-opened value from the pool")
    def withdraw(item: ItemName, asked: Reasoned, visit: Visit = decides) -> Done:
        _of_kind(item, "reopened")
        return _decided(desk, visit, item, "withdraw", {"reason": asked.reason, "seen": asked.seen})

    @api.post("/values/{value_id}/reopen", Access.DECIDE, "Re-open an approved value")
    def reopen(
        value_id: Annotated[str, PathParameter(max_length=120, description="As the table's export names it")],
        asked: Doubted,
        visit: Visit = decides,
    ) -> Done:
        """One person's doubt is enough; two then confirm, correct or withdraw it."""
        item = f"reopened:{value_id}"
        try:
            state = reopen_value(desk.store, desk.protocol, value_id, by=visit.person, at=visit.at, reason=asked.reason)
        except DecisionError as error:
            raise decision_problem(error, item=item, sent={"reason": asked.reason}, standing=None) from error
        return _after(desk, visit, item, state)


def _decided(desk: Desk, visit: Visit, item: str, name: str, form: dict[str, str]) -> Done:
    """Carry out what the page's form would, and answer in JSON."""
    try:
        state = carry_out(desk, replace(visit, form=form), item, ACTS[name])
    except DecisionError as error:
        standing = _standing(desk, visit, item) if isinstance(error, StaleItem) else None
        raise decision_problem(error, item=item, sent=form, standing=standing) from error
    return _after(desk, visit, item, str(state))


def _after(desk: Desk, visit: Visit, item: str, state: str) -> Done:
    if visit.member is None:
        raise RuntimeError("an endpoint was reached without a person")
    looked_up = desk.at_hand.moment()
    with desk.store.read() as tx:
        ahead = ahead_of(tx, desk.protocol, visit.member, desk.at_hand, looked_up=looked_up, now=visit.now)
    return Done(item=item, state=state, next=ahead.item(after=item))


def _shown(desk: Desk, visit: Visit, item: str) -> Item:
    try:
        return item_for(desk, visit, item)
    except DecisionError as error:
        raise decision_problem(error, item=item, sent={}, standing=None) from error


def _standing(desk: Desk, visit: Visit, item: str) -> Item | None:
    """Return what stands now for the person whose decision was refused; the look takes no lease."""
    with desk.store.read() as tx:
        held = lease_on(tx, item, at=visit.at)
    others = held is not None and held.person_id != visit.person
    lease = Claim(False, held.person_id, held.expires_at) if held is not None and others else Claim(mine=True)
    try:
        return item_for(desk, visit, item, lease=lease)
    except DecisionError:
        # The item itself is gone: that is the conflict, and the message says so.
        return None


def _of_kind(item: str, kind: str) -> None:
    if item.partition(":")[0] != kind:
        error = DecisionError(f"{item!r}: no such {kind}; this action is for {kind}:...")
        raise decision_problem(error, item=item, sent={}, standing=None)


def _texts(desk: Desk, item: str, values: dict[str, Content]) -> dict[str, str]:
    """Return a value's fields as a form would hold them; a name that is no field of it is refused."""
    known = [field.name for group in desk.forms for field in group.fields]
    strange = {name: f"no such field; known: {', '.join(known)}" for name in values if name not in known}
    texts = {name: text_of(content) for name, content in values.items()}
    if strange:
        raise decision_problem(FieldErrors(strange), item=item, sent=texts, standing=None)
    return texts


def _answered(asked: Approval) -> dict[str, str]:
    return {"reason": asked.reason, "seen": asked.seen} | ({"clear_checks": "yes"} if asked.clear_checks else {})
