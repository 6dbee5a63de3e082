"""Taking a decision back, and items that nobody can act on: what the random team (``random_team.py``) found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from extract.errors import DecisionError
from extract.review.accounts import disable_person
from extract.review.approval import approve_value, reject_value, undo_approval
from extract.review.reopened import confirm_reopened, reopen_value, withdraw_value
from extract.review.reopened_undo import undo_reopened
from extract.review.screening import exclude_record, include_record, undo_vote
from extract.schema.vocabulary import RecordState
from extract.store.candidates import get_candidate
from extract.store.curated import get_value
from extract.store.decisions import decisions_on
from extract.store.engine import Store
from extract.store.records import get_record
from flows.extraction import enqueue as propose
from flows.extraction import in_record
from tests.extract.review.api_client import program
from tests.extract.review.queue_server import PROTOCOL, Queue, enqueue, make_account, proposed_effect
from tests.extract.review.test_queue_pages import STUDY, words
from tests.stores import AT, new_store

VALUE = "pmid-100--os--all--all--1"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with new_store(tmp_path) as made:
        yield made


def include(store: Store, *people: str) -> RecordState:
    for by in people:
        state = include_record(store, PROTOCOL, "100", by=by, at=AT, study=STUDY, reason=None)
    return state


def exclude(store: Store, by: str) -> RecordState:
    return exclude_record(store, PROTOCOL, "100", by=by, at=AT, reason_code="no-comparison", reason=None)


def value_included(store: Store) -> str:
    (candidate,) = enqueue(store, "100")
    include(store, "reviewer-a", "reviewer-b")
    return candidate


def approve(store: Store, candidate: str, by: str) -> str:
    return approve_value(store, PROTOCOL, candidate, by=by, at=AT, changes={}, reason=None)


def reopened(store: Store) -> None:
    candidate = value_included(store)
    approve(store, candidate, "reviewer-a")
    approve(store, candidate, "reviewer-b")
    reopen_value(store, PROTOCOL, VALUE, by="reviewer-a", at=AT, reason="a doubt")


def test_a_vote_an_adjudicator_settled_against_is_not_taken_back_but_the_settling_one_is(store: Store) -> None:
    enqueue(store, "100")
    include(store, "reviewer-a")
    exclude(store, "reviewer-b")
    assert exclude(store, "adjudicator") is RecordState.EXCLUDED
    for by in ("reviewer-a", "reviewer-b"):
        with pytest.raises(DecisionError, match="adjudicator settled it; only who settled takes that back"):
            undo_vote(store, PROTOCOL, "100", by=by, at=AT)
    assert undo_vote(store, PROTOCOL, "100", by="adjudicator", at=AT) is RecordState.CONFLICT


def test_a_reading_an_adjudicator_settled_against_is_not_taken_back_but_the_settling_one_is(store: Store) -> None:
    candidate = value_included(store)
    approve(store, candidate, "reviewer-a")
    reject_value(store, PROTOCOL, candidate, by="reviewer-b", at=AT, reason="quoted")
    assert reject_value(store, PROTOCOL, candidate, by="adjudicator", at=AT, reason="quoted") == "rejected"
    for by in ("reviewer-a", "reviewer-b"):
        with pytest.raises(DecisionError, match="adjudicator settled it; only who settled takes that back"):
            undo_approval(store, PROTOCOL, candidate, by=by, at=AT)
    assert undo_approval(store, PROTOCOL, candidate, by="adjudicator", at=AT) == "conflict"


def test_nobody_reads_a_value_twice(store: Store) -> None:
    candidate = value_included(store)
    approve(store, candidate, "reviewer-a")
    with pytest.raises(DecisionError, match="your decision is in already; take it back to decide again"):
        approve(store, candidate, "reviewer-a")
    assert undo_approval(store, PROTOCOL, candidate, by="reviewer-a", at=AT) == "proposed"
    assert approve(store, candidate, "reviewer-a") == "needs_second"


def test_no_value_is_rejected_before_its_record_is_included(store: Store) -> None:
    (candidate,) = enqueue(store, "100")
    with pytest.raises(DecisionError, match="decide its record first"):
        reject_value(store, PROTOCOL, candidate, by="reviewer-a", at=AT, reason="quoted")


def test_a_decision_on_a_reopened_value_is_taken_back_while_it_waits(store: Store) -> None:
    reopened(store)
    withdraw_value(store, PROTOCOL, VALUE, by="reviewer-a", at=AT, reason="a slip of the finger")
    assert undo_reopened(store, PROTOCOL, VALUE, by="reviewer-a", at=AT) == "reopened"
    with pytest.raises(DecisionError, match="no decision of reviewer-a to take back"):
        undo_reopened(store, PROTOCOL, VALUE, by="reviewer-a", at=AT)
    for by, state in (("reviewer-a", "reopened"), ("reviewer-b", "approved")):
        assert confirm_reopened(store, PROTOCOL, VALUE, by=by, at=AT, reason="it holds") == state
    with pytest.raises(DecisionError, match="is approved: re-open it again"):
        undo_reopened(store, PROTOCOL, VALUE, by="reviewer-a", at=AT)


def test_a_value_that_is_reopened_is_not_reopened_again_by_a_person_who_would_drop_what_others_said(
    store: Store,
) -> None:
    reopened(store)
    confirm_reopened(store, PROTOCOL, VALUE, by="reviewer-b", at=AT, reason="it holds")
    with pytest.raises(DecisionError, match="is re-opened already"):
        reopen_value(store, PROTOCOL, VALUE, by="reviewer-a", at=AT, reason="a doubt")


def test_an_adjudicator_is_offered_a_reopened_value_only_when_its_readers_differ(queue: Queue) -> None:
    reopened(queue.store)
    lead, a, b = (program(queue, one) for one in ("adjudicator", "reviewer-a", "reviewer-b"))
    item = f"reopened:{VALUE}"
    assert lead.show("/next")["item"] is None
    a.act(item, "confirm", reason="it holds")
    b.act(item, "withdraw", reason="it does not")
    assert lead.show("/next")["item"] == item
    assert lead.act(item, "confirm", reason="it holds").json()["state"] == "approved"


def test_a_conflict_whose_only_adjudicator_took_part_is_told_with_the_way_out(queue: Queue) -> None:
    reopened(queue.store)
    item = f"reopened:{VALUE}"
    lead, b = program(queue, "adjudicator"), program(queue, "reviewer-b")
    lead.act(item, "confirm", reason="it holds")
    b.act(item, "withdraw", reason="it does not")
    told = f"{item} waits, and every adjudicator took part in what it is about; one of them takes the own decision back"
    with queue.client("reviewer-a") as a, queue.client("adjudicator") as adjudicator:
        assert told in words(a.page("").text)
        page = adjudicator.page(f"item/{item}").text
        assert f"/review/item/{item}/undo" in page
        assert lead.act(item, "undo").json()["state"] == "undone"
        assert told not in words(a.page("").text)
    assert lead.act(item, "confirm", reason="it holds").status_code == 200


def test_a_conflict_without_any_adjudicator_is_told(queue: Queue) -> None:
    enqueue(queue.store, "100")
    include(queue.store, "reviewer-a")
    exclude(queue.store, "reviewer-b")
    make_account(queue, "adjudicator")
    with queue.client("reviewer-a") as a:
        assert "no adjudicator can settle it" not in words(a.page("").text)
        disable_person(queue.store, "adjudicator", now=queue.clock())
        assert "record:100 waits, and no adjudicator can settle it" in words(a.page("").text)


def test_a_proposal_whose_words_come_back_keeps_the_reading_it_had(store: Store) -> None:
    candidate = value_included(store)
    approve(store, candidate, "reviewer-a")
    night: Any = SimpleNamespace(now=lambda: AT, night=dt.date(2026, 11, 23), protocol=PROTOCOL)
    for effects, state in (((), "superseded"), ((proposed_effect(),), "needs_second")):
        with store.write() as tx:
            record = get_record(tx, "100")
            assert record is not None
            propose(tx, night, record, effects, covers=in_record)
            found = get_candidate(tx, candidate)
            assert found is not None
            assert found.state == state
    assert approve(store, candidate, "reviewer-b") == "approved"
    with store.read() as tx:
        assert len(decisions_on(tx, "candidate", candidate)) == 2
        assert get_value(tx, VALUE) is not None
