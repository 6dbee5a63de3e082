"""What a person did last, shown on the next page with the way to take it back.

It is read from the decision log: the address only names the item.
"""

from __future__ import annotations

from dataclasses import dataclass

from extract.review.inbox import SUBJECTS
from extract.review.readings import latest_approvals, who_settled_value
from extract.review.reopened_standing import decided_since_reopening
from extract.review.screening import who_settled
from extract.review.seen import candidate_mark, record_mark, value_mark
from extract.schema.vocabulary import RecordState
from extract.store.candidates import get_candidate
from extract.store.curated import get_value
from extract.store.decisions import decisions_on, latest_votes
from extract.store.engine import Transaction
from extract.store.records import get_record

WORDS = {
    "approve": "approved",
    "reject": "rejected",
    "confirm": "confirmed",
    "correct": "corrected",
    "withdraw": "withdrawn",
    "undo": "taken back",
    "include": "include",
    "exclude": "exclude",
    "maybe": "maybe",
}

UNDOABLE = ("needs_second", "conflict", "rejected")
"""States of a proposed value in which its readers can take their decisions back."""


@dataclass(frozen=True)
class Done:
    """The person's latest decision on an item.

    Parameters
    ----------
    words
        "include", "approved", ...
    state
        Where the item stands now.
    undo
        The mark the undo form must carry; empty when it cannot be taken back.
    """

    item: str
    words: str
    state: str
    undo: str


def done_notice(tx: Transaction, item: str, person_id: str) -> Done | None:
    """Return a person's latest decision on an item, None where there is none."""
    kind, _, identifier = item.partition(":")
    if kind not in SUBJECTS:
        return None
    own = [d.decision for d in decisions_on(tx, SUBJECTS[kind], identifier) if d.decision.by == person_id]
    if not own:
        return None
    action = own[-1].action
    words = WORDS.get(own[-1].new or "" if action == "vote" else action, action)
    undone = action == "undo"
    if kind == "record" and (record := get_record(tx, identifier)) is not None:
        settled_by = who_settled(record, latest_votes(tx, identifier))
        open_still = record.state is not RecordState.INCLUDED and not undone and settled_by in (None, person_id)
        return Done(item, words, record.state.value, record_mark(tx, record, person_id) if open_still else "")
    if kind == "value" and (candidate := get_candidate(tx, identifier)) is not None:
        settled_by = who_settled_value(candidate, latest_approvals(tx, identifier))
        open_still = candidate.state in UNDOABLE and not undone and settled_by in (None, person_id)
        return Done(item, words, candidate.state, candidate_mark(tx, candidate) if open_still else "")
    value = get_value(tx, identifier)
    if value is None:
        return None
    open_still = value.state == "reopened" and person_id in decided_since_reopening(tx, identifier)
    return Done(item, words, value.state, value_mark(tx, value) if open_still else "")
