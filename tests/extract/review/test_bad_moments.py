"""What goes wrong in mid-edit: two tabs, a lost account, a retraction. A clear message, and nothing typed is lost."""

from __future__ import annotations

import dataclasses

import pytest

from extract.pubmed.parse import record_to_json
from extract.review.accounts import disable_person
from extract.store.decisions import all_decisions, decisions_on, latest_votes
from extract.store.log import open_night, open_run
from extract.store.records import upsert_record
from tests.extract.review.queue_server import ABSTRACT, Queue, enqueue
from tests.extract.review.test_queue_pages import filled, form_of, include, words
from tests.extract.store.records import record
from tests.stores import AT


def retract(queue: Queue, pmid: str) -> None:
    """Let the night find that PubMed marks a record as retracted."""
    parsed = dataclasses.replace(
        record(pmid, title="Surgery in stage IV", abstract=ABSTRACT), publication_types=("Retracted Publication",)
    )
    with queue.store.write() as tx:
        night = open_night(tx, night="2026-11-21", at=AT, rehearsal=True)
        run = open_run(
            tx, night, source="pubmed", query_hash="q", date_type="all", window_start="a", window_end="b", at=AT
        )
        upsert_record(
            tx, parsed, content=record_to_json(parsed), content_hash="retracted", night="2026-11-21", run_id=run
        )


def test_the_second_of_two_tabs_is_told_what_the_first_saved_beside_what_it_typed(queue: Queue) -> None:
    (candidate,) = enqueue(queue.store, "100")
    include(queue, "100")
    with queue.client("reviewer-a") as a:
        form = filled(a, f"value:{candidate}", "approve")
        a.submit(f"item/value:{candidate}/approve", {**form, "n_surgery": "150", "reason": "first sentence"})
        late = a.submit(f"item/value:{candidate}/approve", {**form, "n_surgery": "151", "reason": "as I counted"})
    assert late.status_code == 409
    told = words(late.text)
    assert "What was saved meanwhile, where it differs" in told
    assert "Patients, surgery 151 150" in told
    assert "as I counted" in told
    assert "Decision not saved you: approve, " in told
    with queue.store.read() as tx:
        assert len(decisions_on(tx, "candidate", candidate)) == 1


def test_the_other_edit_shows_nothing_of_a_first_reading_to_who_may_still_read_blind(queue: Queue) -> None:
    (candidate,) = enqueue(queue.store, "100")
    include(queue, "100")
    with queue.client("reviewer-a") as a, queue.client("reviewer-b") as b:
        form = filled(a, f"value:{candidate}", "approve")
        a.submit(f"item/value:{candidate}/approve", {**form, "n_surgery": "150", "reason": "first sentence"})
        stale = b.submit(f"item/value:{candidate}/approve", {"seen": "proposed-0-1", "estimate": "0.7"})
    assert stale.status_code == 409
    assert "What was saved meanwhile" not in stale.text
    assert "first sentence" not in stale.text


@pytest.mark.parametrize("kind", ["record", "value"])
def test_a_retraction_found_while_an_item_is_open_is_shown_before_anything_is_saved(queue: Queue, kind: str) -> None:
    (candidate,) = enqueue(queue.store, "100")
    item, action = ("record:100", "vote") if kind == "record" else (f"value:{candidate}", "approve")
    if kind == "value":
        include(queue, "100")
    with queue.client("reviewer-a") as a:
        form = {**filled(a, item, action), "comment": "a long thought", "note": "a long thought"}
        retract(queue, "100")
        with queue.store.read() as tx:
            before = len(all_decisions(tx))
        late = a.submit(f"item/{item}/{action}", form)
    assert late.status_code == 409
    assert "PubMed marks this re" in words(late.text)
    assert "as retracted" in words(late.text)
    assert "a long thought" in late.text
    with queue.store.read() as tx:
        assert len(all_decisions(tx)) == before


def test_who_is_disabled_in_mid_edit_sees_what_they_typed_and_their_items_are_free(queue: Queue) -> None:
    (candidate,) = enqueue(queue.store, "100")
    enqueue(queue.store, "101")
    include(queue, "100")
    with queue.client("reviewer-a") as a, queue.client("reviewer-b") as b:
        a.submit("item/record:101/vote", filled(a, "record:101", "vote"))
        form = {**filled(a, f"value:{candidate}", "approve"), "note": "a long thought"}
        disable_person(queue.store, "reviewer-a", now=queue.clock())
        refused = a.submit(f"item/value:{candidate}/approve", form)
        assert refused.status_code == 401
        assert "a long thought" in refused.text
        assert "/approve" in b.page(f"item/value:{candidate}").text
    with queue.store.read() as tx:
        assert decisions_on(tx, "candidate", candidate) == ()
        # What they decided before stays.
        assert latest_votes(tx, "101")["reviewer-a"][0] == "include"


def test_a_comment_is_kept_as_a_draft_and_comes_with_whatever_vote_is_given(queue: Queue) -> None:
    enqueue(queue.store, "100")
    with queue.client("reviewer-a") as a:
        kept = a.submit("item/record:100/draft", {**filled(a, "record:100", "vote"), "comment": "look at table 2"})
        form = form_of(kept.text, "vote")
        assert form["comment"] == "look at table 2"
        a.submit("item/record:100/vote", {**form, "vote": "maybe"})
    with queue.store.read() as tx:
        (vote,) = decisions_on(tx, "record", "100")
    assert vote.decision.reason == "maybe: look at table 2"
