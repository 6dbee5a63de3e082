"""Values that a notice re-opened: confirm them after reading it, or withdraw them from the pool."""

from __future__ import annotations

from dataclasses import replace

from extract.errors import DecisionError
from extract.review.people import reviewer
from extract.review.seen import refuse_stale, value_mark
from extract.schema.protocol import Protocol
from extract.store.curated import get_value, put_value
from extract.store.decisions import Decision, decisions_on, record_decision
from extract.store.engine import Store, Transaction


def reopen_value(store: Store, protocol: Protocol, value_id: str, *, by: str, at: str, reason: str) -> str:
    """Re-open an approved value: one person's doubt is enough, two decide what becomes of it.

    Raises
    ------
    DecisionError
        Unknown value or person, no reason, or a value that was withdrawn.
    """
    person = reviewer(protocol, by)
    if not reason.strip():
        raise DecisionError("to re-open a value needs --reason: what is wrong with it")
    with store.write() as tx:
        value = get_value(tx, value_id)
        if value is None:
            raise DecisionError(f"value:{value_id}: no such approved value; see `living-review table export`")
        if value.state == "withdrawn":
            raise DecisionError(f"value:{value_id} was withdrawn; approve its words in the queue again instead")
        record_decision(
            tx,
            Decision(at, person.person_id, "reopen", "value", value_id, old=value.state, new="reopened", reason=reason),
        )
        put_value(tx, replace(value, state="reopened"))
    return "reopened"


def confirm_reopened(
    store: Store,
    protocol: Protocol,
    value_id: str,
    *,
    by: str,
    at: str,
    reason: str,
    seen: str | None = None,
    seconds: int | None = None,
) -> str:
    """Confirm a re-opened value after reading the notice that re-opened it; return its state after it.

    Raises
    ------
    StaleItem
        The value changed since the person looked at it (``seen``); nothing was saved.
    DecisionError
        Unknown value or person, no reason, or a value that is not re-opened.
    """
    return _settle_reopened(
        store, protocol, value_id, by=by, at=at, reason=reason, action="confirm", seen=seen, seconds=seconds
    )


def withdraw_value(
    store: Store,
    protocol: Protocol,
    value_id: str,
    *,
    by: str,
    at: str,
    reason: str,
    seen: str | None = None,
    seconds: int | None = None,
) -> str:
    """Withdraw a re-opened value from the pool; return its state after it.

    Raises
    ------
    StaleItem
        The value changed since the person looked at it (``seen``); nothing was saved.
    DecisionError
        Unknown value or person, no reason, or a value that is not re-opened.
    """
    return _settle_reopened(
        store, protocol, value_id, by=by, at=at, reason=reason, action="withdraw", seen=seen, seconds=seconds
    )


def votes_since_reopening(tx: Transaction, value_id: str) -> dict[str, str]:
    """Return each person's latest action on a value since it was last re-opened."""
    since = [d.decision for d in decisions_on(tx, "value", value_id)]
    last_reopen = max((i for i, d in enumerate(since) if d.action == "reopen"), default=-1)
    return {d.by: d.action for d in since[last_reopen + 1 :]}


def _settle_reopened(
    store: Store,
    protocol: Protocol,
    value_id: str,
    *,
    by: str,
    at: str,
    reason: str,
    action: str,
    seen: str | None,
    seconds: int | None,
) -> str:
    person = reviewer(protocol, by)
    details = {"seconds": seconds} if seconds is not None else {}
    if not reason.strip():
        raise DecisionError(f"to {action} a re-opened value needs --reason: what does the notice say about it")
    with store.write() as tx:
        value = get_value(tx, value_id)
        if value is None:
            raise DecisionError(f"value:{value_id}: no such value")
        refuse_stale(value_mark(tx, value), seen)
        if value.state != "reopened":
            raise DecisionError(f"value:{value_id} is {value.state}, not re-opened: nothing to decide")
        record_decision(tx, Decision(at, person.person_id, action, "value", value_id, reason=reason, details=details))
        latest = votes_since_reopening(tx, value_id)
        others = {a for p, a in latest.items() if p != person.person_id}
        # An adjudicator settles a disagreement of others alone; without one the adjudicator is one voice of two.
        settles = person.role == "adjudicator" and len(others) > 1
        agreeing = [p for p, a in latest.items() if a == action]
        if not settles and (len(agreeing) < protocol.living.approvals_needed or len(set(latest.values())) > 1):
            return "reopened"
        state = "approved" if action == "confirm" else "withdrawn"
        put_value(tx, replace(value, state=state))
        return state
