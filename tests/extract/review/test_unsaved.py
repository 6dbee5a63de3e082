"""What was typed for one action is not lost by another one, without scripts: asked about, or kept as a draft."""

from __future__ import annotations

import html
import re

import pytest

from extract.review.approval import approve_value
from extract.review.reopened import reopen_value
from extract.review.seeding import SeedPlan
from extract.store.decisions import all_decisions, decisions_on
from extract.store.seeds import seed_events
from tests.extract.review.judging import put_result, trial_form
from tests.extract.review.queue_server import PASSWORD, PROTOCOL, Queue, enqueue, serving
from tests.extract.review.test_queue_pages import filled, form_of, include, words
from tests.stores import AT, new_store

VALUE = "pmid-100--os--all--all--1"


def value_to_read(queue: Queue) -> str:
    (candidate,) = enqueue(queue.store, "100")
    include(queue, "100")
    return f"value:{candidate}"


def reopened(queue: Queue) -> str:
    candidate = value_to_read(queue).partition(":")[2]
    for by in ("reviewer-a", "reviewer-b"):
        approve_value(queue.store, PROTOCOL, candidate, by=by, at=AT, changes={}, reason=None)
    reopen_value(queue.store, PROTOCOL, VALUE, by="reviewer-a", at=AT, reason="a doubt")
    return f"reopened:{VALUE}"


def decided(queue: Queue) -> int:
    with queue.store.read() as tx:
        return len(all_decisions(tx))


@pytest.mark.parametrize(("action", "said"), [("withdraw", "withdraw"), ("confirm", "confirm")])
def test_numbers_typed_for_a_correction_are_not_lost_by_another_button(queue: Queue, action: str, said: str) -> None:
    item, before = reopened(queue), decided(queue)
    with queue.client("reviewer-a") as a:
        form = {**filled(a, item, "confirm"), "reason": "the erratum", "ci_low": "0.55"}
        refused = a.submit(f"item/{item}/{action}", form)
        assert refused.status_code == 422
        assert "you changed lower limit: save it as a correction, or put back what stood there" in words(refused.text)
        assert form_of(refused.text, "confirm")["ci_low"] == "0.55"
        assert f"Or tick here to {said} and let what you typed go" in words(refused.text)
        assert decided(queue) == before
        assert a.submit(f"item/{item}/{action}", {**form, "drop": "yes"}).status_code == 200
    assert decided(queue) == before + 1


def test_a_rejection_does_not_lose_numbers_and_an_approval_no_reason_to_reject(queue: Queue) -> None:
    item, before = value_to_read(queue), decided(queue)
    with queue.client("reviewer-a") as a:
        form = {**filled(a, item, "approve"), "n_surgery": "150", "reason": "first sentence"}
        refused = a.submit(f"item/{item}/reject", {**form, "rejection": "quoted"})
        assert refused.status_code == 422
        assert "you changed patients, surgery, reason: save it, or put back what stood there" in words(refused.text)
        # Enter in the field of the reason presses the form's first button, which approves.
        refused = a.submit(f"item/{item}/approve", {**form, "rejection": "quoted"})
        assert refused.status_code == 422
        assert "this says why to reject it: press reject, or empty the field" in words(refused.text).lower()
        assert form_of(refused.text, "approve")["n_surgery"] == "150"
        assert decided(queue) == before
        a.submit(f"item/{item}/reject", {**form, "rejection": "quoted", "drop": "yes"})
    assert decided(queue) == before + 1


def test_a_value_typed_beside_the_readings_counts_without_its_button(queue: Queue) -> None:
    item = value_to_read(queue)
    for by, low in (("reviewer-a", "0.56"), ("reviewer-b", "0.57")):
        reading = {"by": by, "at": AT, "changes": {"ci_low": low}, "reason": "as printed"}
        approve_value(queue.store, PROTOCOL, item.partition(":")[2], **reading)  # type: ignore[arg-type]
    with queue.client("adjudicator") as lead:
        form = {**filled(lead, item, "settle"), "reason": "table 2", "other-ci_low": "0.55"}
        lead.submit(f"item/{item}/settle", {**form, "check-interval-asymmetric": "it is printed so"})
    with queue.store.read() as tx:
        decision = decisions_on(tx, "candidate", item.partition(":")[2])[-1].decision
    assert decision.details["value"]["ci_low"] == 0.55


def test_a_deliberate_error_nobody_touched_is_no_change_that_a_rejection_tells_of(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with new_store(tmp_path) as store, serving(store, seeds=SeedPlan(b"k", 1)) as queue:
        item = value_to_read(queue)
        with queue.client("reviewer-a") as a:
            form = {**filled(a, item, "approve"), "rejection": "quoted"}
            with store.read() as tx:
                assert seed_events(tx, item.partition(":")[2])
            assert a.submit(f"item/{item}/reject", form).status_code == 200


def test_an_emptied_field_stays_empty_when_the_page_comes_back_and_in_a_draft(queue: Queue) -> None:
    item = value_to_read(queue)
    with queue.client("reviewer-a") as a:
        form = {**filled(a, item, "approve"), "ci_low": "", "ci_high": ""}
        refused = a.submit(f"item/{item}/approve", form)
        assert refused.status_code == 422
        assert form_of(refused.text, "approve")["ci_low"] == ""
        a.submit(f"item/{item}/draft", form)
        assert filled(a, item, "approve")["ci_high"] == ""


def test_leaving_an_item_for_later_keeps_what_was_typed(queue: Queue) -> None:
    item = value_to_read(queue)
    enqueue(queue.store, "101")
    with queue.client("reviewer-a") as a:
        a.submit(f"item/{item}/leave", {**filled(a, item, "approve"), "n_control": "149"})
        assert filled(a, item, "approve")["n_control"] == "149"
        a.submit("item/record:101/leave", {**filled(a, "record:101", "vote"), "comment": "ask about table 2"})
        assert filled(a, "record:101", "vote")["comment"] == "ask about table 2"


def test_leaving_an_item_untouched_makes_no_draft(queue: Queue) -> None:
    item = value_to_read(queue)
    with queue.client("reviewer-a") as a:
        a.submit(f"item/{item}/leave", filled(a, item, "approve"))
        assert "Your draft" not in a.page(f"item/{item}").text


def test_facts_of_a_study_come_back_when_an_exclusion_is_taken_back(queue: Queue) -> None:
    enqueue(queue.store, "100")
    with queue.client("reviewer-a") as a:
        form = {**filled(a, "record:100", "vote"), "country": "Turkey", "vote": "exclude:no-comparison"}
        a.submit("item/record:100/vote", form)
        undo = form_of(a.page("item/record:100").text, "undo")
        a.submit("item/record:100/undo", undo)
        assert filled(a, "record:100", "vote")["country"] == "Turkey"


def test_what_a_judge_typed_is_kept_when_they_leave_for_later(queue: Queue) -> None:
    for study in ("Trial-A", "Trial-B"):
        item = put_result(queue.store, study_id=study)
    body = "certainty/os--all--all--randomised"
    with queue.client("reviewer-a") as a:
        typed = {**trial_form(support_D1="central office"), "seen": "x", "then": "next"}
        a.submit(f"bias/{item}/draft", typed)
        assert "central office" in a.page(f"bias/{item}").text
        a.submit(f"{body}/draft", {"reason": "two trials differ", "level": "low", "seen": "x", "then": "next"})
        page = a.page(body).text
        assert form_of(page, "judge")["reason"] == "two trials differ"
        assert "Your draft" in page


@pytest.mark.parametrize("wrong_first", [False, True])
def test_what_was_sent_after_the_session_ended_is_back_in_its_form_after_signing_in(
    queue: Queue, wrong_first: bool
) -> None:
    item = value_to_read(queue)
    with queue.client("reviewer-a") as a:
        form = {**filled(a, item, "approve"), "n_surgery": "150", "reason": "first sentence"}
        queue.clock.forward(hours=13)
        page = a.submit(f"item/{item}/approve", form)
        assert page.status_code == 401
        for password in (["not it"] if wrong_first else []) + [PASSWORD]:
            page = a.submit("login", {**form_of(page.text, "login"), "person": "reviewer-a", "password": password})
        assert page.url.endswith(f"/item/{item}")
        back = form_of(page.text, "approve")
        assert (back["n_surgery"], back["reason"]) == ("150", "first sentence")
        assert "Your draft" in page.text
        a.submit(f"item/{item}/approve", back)
    with queue.store.read() as tx:
        assert [d.decision.action for d in decisions_on(tx, "candidate", item.partition(":")[2])] == ["approve"]


def test_what_one_person_typed_is_nobody_elses_draft_when_another_signs_in_at_the_same_screen(queue: Queue) -> None:
    # The second reader reads blind: numbers of the first must not wait in their form.
    item = value_to_read(queue)
    queue.client("reviewer-b")
    with queue.client("reviewer-a") as a:
        form = {**filled(a, item, "approve"), "n_surgery": "150", "reason": "first sentence"}
        queue.clock.forward(hours=13)
        page = a.submit(f"item/{item}/approve", form)
        page = a.submit("login", {**form_of(page.text, "login"), "person": "reviewer-b", "password": PASSWORD})
        assert page.url.endswith(f"/item/{item}")
        assert "Your draft" not in page.text
        assert "150" not in str(form_of(page.text, "approve"))


def test_a_sign_in_form_carries_nothing_to_another_place(queue: Queue) -> None:
    item = value_to_read(queue)
    with queue.client() as stranger:
        form = {"person": "reviewer-a", "password": PASSWORD, "kept-reason": "x", "next": "/review/people"}
        queue.client("reviewer-a")
        assert stranger.submit("login", form).status_code == 403
        assert "Your draft" not in stranger.page(f"item/{item}").text
        assert "kept-" not in html.unescape(re.sub(r"\s", "", stranger.page("login").text))
