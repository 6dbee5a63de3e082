"""Taking back what one said about a re-opened value, while it waits."""

from __future__ import annotations

from extract.errors import DecisionError
from extract.review.people import reviewer
from extract.review.reopened import known_value
from extract.review.reopened_standing import decided_since_reopening
from extract.review.seen import refuse_stale, value_mark
from extract.schema.protocol import Protocol
from extract.store.decisions import Decision, record_decision
from extract.store.engine import Store


def undo_reopened(store: Store, protocol: Protocol, value_id: str, *, by: str, at: str, seen: str | None = None) -> str:
    """Take back one's own decision on a value that is still re-opened, as a new decision; return its state.

    Raises
    ------
    StaleItem
        The value changed since the person looked at it (``seen``); nothing was saved.
    DecisionError
        Unknown value or person, nothing of theirs to take back, or the value is settled by now.
    """
    person = reviewer(protocol, by)
    with store.write() as tx:
        value = known_value(tx, value_id)
        refuse_stale(value_mark(tx, value), seen)
        if value.state != "reopened":
            raise DecisionError(f"value:{value_id} is {value.state}: re-open it again instead")
        if person.person_id not in decided_since_reopening(tx, value_id):
            raise DecisionError(f"value:{value_id}: there is no decision of {by} to take back")
        record_decision(tx, Decision(at, person.person_id, "undo", "value", value_id))
    return "reopened"
