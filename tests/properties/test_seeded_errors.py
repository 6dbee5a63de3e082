"""Whatever people do, killed at whatever statement: no deliberate error reaches the curated table."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from extract.errors import DecisionError
from extract.review.approval import approve_value, latest_approvals, reject_value, undo_approval
from extract.review.fields import text_of, texts_of
from extract.review.proposal import proposed_value
from extract.review.screening import include_record
from extract.review.seeded import as_shown, note_if_caught, refuse_seeded_table, refuse_typed_seed, show_seed
from extract.review.seeding import SeedPlan, holds_wrong
from extract.schema.value import apply_corrections
from extract.store.candidates import get_candidate
from extract.store.curated import curated_values
from extract.store.decisions import verify_chain
from extract.store.engine import Store
from extract.store.seeds import seed_events
from flows.frozen import read_table
from tests.extract.review.queue_server import PROTOCOL, enqueue
from tests.stores import AT, new_store

PLAN = SeedPlan(b"a secret of the tests", 1)
PEOPLE = ("reviewer-a", "reviewer-b", "adjudicator")
ACTIONS = ("open", "approve as shown", "approve the truth", "type the wrong number", "reject", "undo")


class Killed(Exception):
    """The process ended here."""


def act(store: Store, candidate_id: str, action: str, person: str) -> None:
    """Do one thing as a page or a program would."""
    with store.read() as tx:
        candidate = get_candidate(tx, candidate_id)
        assert candidate is not None
        truth = proposed_value(candidate.effect)
        seen = proposed_value(as_shown(tx, candidate, person).effect)
        wrong = {name: text_of(n) for one in seed_events(tx, candidate_id) for name, n in one.wrong.items()}
    common = {"by": person, "at": AT, "reason": "as the report says", "clear_checks": True}
    if action == "open":
        show_seed(store, PLAN, candidate_id, person_id=person, at=AT)
    elif action == "approve as shown":
        typed = texts_of(seen)
        refuse_typed_seed(store, candidate_id, typed, person_id=person, at=AT)
        changes = {name: text for name, text in typed.items() if text != texts_of(truth)[name]}
        approve_value(store, PROTOCOL, candidate_id, changes=changes, **common)  # type: ignore[arg-type]
        note_if_caught(store, candidate_id, typed, person_id=person, at=AT)
    elif action == "approve the truth":
        approve_value(store, PROTOCOL, candidate_id, changes={}, **common)  # type: ignore[arg-type]
    elif action == "type the wrong number":
        approve_value(store, PROTOCOL, candidate_id, changes=wrong, **common)  # type: ignore[arg-type]
    elif action == "reject":
        reject_value(store, PROTOCOL, candidate_id, by=person, at=AT, reason="another comparison")
    else:
        undo_approval(store, PROTOCOL, candidate_id, by=person, at=AT)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(ACTIONS), st.sampled_from(PEOPLE), st.one_of(st.none(), st.integers(1, 25))),
        min_size=4,
        max_size=14,
    )
)
def test_no_deliberate_error_reaches_the_curated_table(done: list[tuple[str, str, int | None]]) -> None:
    with tempfile.TemporaryDirectory() as folder, new_store(Path(folder)) as store:
        (candidate_id,) = enqueue(store, "100")
        for by in ("reviewer-a", "reviewer-b"):
            study = {"design": "retrospective_cohort"}
            include_record(store, PROTOCOL, "100", by=by, at=AT, study=study, reason=None)
        for action, person, killed_at in (("open", "reviewer-a", None), *done):
            left = [killed_at or 0]

            def kill(*_: object, left: list[int] = left, killed_at: int | None = killed_at) -> None:
                left[0] -= 1
                if killed_at is not None and left[0] == 0:
                    raise Killed

            event.listen(store._engine, "before_cursor_execute", kill)
            try:
                act(store, candidate_id, action, person)
            except (DecisionError, Killed):
                pass
            finally:
                event.remove(store._engine, "before_cursor_execute", kill)
            nothing_wrong(store, candidate_id)


def nothing_wrong(store: Store, candidate_id: str) -> None:
    """Look at everything that could be published or read as a decision."""
    with store.read() as tx:
        shown = [one.wrong for one in seed_events(tx, candidate_id)]
        assert shown
        for value in curated_values(tx):
            used = apply_corrections(value.reported, value.corrections)
            assert not any(holds_wrong(used, wrong) for wrong in shown)
        for decision in latest_approvals(tx, candidate_id).values():
            approved = decision.details.get("value")
            assert approved is None or not any(approved[n] == w for wrong in shown for n, w in wrong.items())
        refuse_seeded_table(tx)
        rows = [row["value"] for row in read_table(tx).rows()]
        assert not any(row["reported"][n] == w for row in rows for wrong in shown for n, w in wrong.items())
        assert all(asdict(one)["wrong"] for one in seed_events(tx, candidate_id))
        verify_chain(tx)
