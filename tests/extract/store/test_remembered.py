"""A question asked twice in one transaction is asked of the database once, and never answered from before a change."""

from __future__ import annotations

import threading
from pathlib import Path

from sqlalchemy import event

from extract.store.candidates import get_candidate, set_candidate
from extract.store.decisions import Decision, decisions_on, record_decision
from extract.store.engine import MOST_ANSWERS, Store
from tests.extract.review.queue_server import enqueue
from tests.stores import AT, BOTH_DATABASES, new_store

pytestmark = BOTH_DATABASES


def statements(store: Store) -> list[str]:
    """Return a list that every statement from now on is added to."""
    told: list[str] = []
    event.listen(store._engine, "before_cursor_execute", lambda _c, _k, words, *_rest: told.append(words))
    return told


def test_the_same_question_is_asked_once_in_a_reading_transaction(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:
        (known,) = enqueue(store, "100")
        told = statements(store)
        with store.read() as tx:
            first = get_candidate(tx, known)
            assert get_candidate(tx, known) is first
            assert get_candidate(tx, "another") is None
        assert len([words for words in told if "candidates" in words]) == 2
        with store.read() as tx:
            assert get_candidate(tx, known) == first
        assert len([words for words in told if "candidates" in words]) == 3


def test_a_change_makes_a_writing_transaction_ask_again(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:
        (known,) = enqueue(store, "100")
        with store.write() as tx:
            before = get_candidate(tx, known)
            assert before is not None
            assert decisions_on(tx, "candidate", known) == ()
            set_candidate(tx, known, state="needs_second")
            after = get_candidate(tx, known)
            assert after is not None
            assert (before.state, after.state) == ("proposed", "needs_second")
            record_decision(tx, Decision(AT, "reviewer-a", "approve", "candidate", known))
            assert len(decisions_on(tx, "candidate", known)) == 1


def test_what_another_wrote_is_seen_by_the_next_transaction_on_the_same_connection(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:
        (known,) = enqueue(store, "100")
        with store.read() as tx:
            assert getattr(get_candidate(tx, known), "state", None) == "proposed"
        with store.write() as tx:
            set_candidate(tx, known, state="needs_second")
        with store.read() as tx:
            assert getattr(get_candidate(tx, known), "state", None) == "needs_second"


def test_writers_of_one_process_take_their_turns_and_lose_nothing(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:

        def decide(person: str) -> None:
            for number in range(5):
                with store.write() as tx:
                    record_decision(tx, Decision(AT, person, "approve", "candidate", f"c{number}"))

        people = [threading.Thread(target=decide, args=(f"reviewer-{number}",)) for number in range(8)]
        for one in people:
            one.start()
        for one in people:
            one.join()
        with store.read() as tx:
            logged = [len(decisions_on(tx, "candidate", f"c{number}")) for number in range(5)]
        assert logged == [8] * 5


def test_a_long_transaction_does_not_keep_everything_it_ever_asked(tmp_path: Path) -> None:
    with new_store(tmp_path) as store, store.read() as tx:
        for number in range(3 * MOST_ANSWERS):
            get_candidate(tx, f"c{number}")
            assert len(tx.connection.info["answers"]) <= MOST_ANSWERS
