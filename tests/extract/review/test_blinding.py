"""The second reader is blind: not by their word, but because the queue showed them no number of the proposal."""

from __future__ import annotations

import pytest

from extract.errors import DecisionError
from extract.review.accounts import disable_person
from extract.review.approval import approve_value, undo_approval
from extract.review.screening import include_record
from extract.review.views import item_details, queue_items
from extract.store.candidates import get_candidate, set_candidate
from extract.store.decisions import decisions_on
from extract.store.sightings import seen_by
from tests.extract.review.queue_server import PROTOCOL, Queue, enqueue, proposed_effect
from tests.extract.review.test_queue_pages import STUDY, filled, form_of, words
from tests.stores import AT

NUMBERS = ("0.72", "0.56", "0.93")
READ = {"estimate": "0.72", "ci_low": "0.56", "ci_high": "0.93", "ci_level": "95"}


def ready(queue: Queue, **how: str) -> str:
    (candidate,) = enqueue(queue.store, "100", **how)  # type: ignore[arg-type]
    for person in ("reviewer-a", "reviewer-b"):
        include_record(queue.store, PROTOCOL, "100", by=person, at=AT, study=STUDY, reason=None)
    return candidate


def approve(queue: Queue, candidate: str, person: str, **how: object) -> str:
    how = {"changes": {}, "reason": None, **how}
    return approve_value(queue.store, PROTOCOL, candidate, by=person, at=AT, **how)  # type: ignore[arg-type]


def state_of(queue: Queue, candidate: str) -> str:
    with queue.store.read() as tx:
        stored = get_candidate(tx, candidate)
    assert stored is not None
    return stored.state


def test_no_line_of_the_inbox_or_of_the_list_tells_a_number_of_a_value(queue: Queue) -> None:
    ready(queue)
    with queue.store.read() as tx:
        (item,) = queue_items(tx)
    assert item.title.startswith("HR for OS, all/all")
    with queue.client("reviewer-a") as client:
        page = words(client.page("?show=all").text)
    assert "HR for OS, all/all" in page
    for number in NUMBERS:
        assert number not in item.title
        assert number not in page


def test_the_details_of_a_value_tell_its_place_and_its_numbers_only_to_a_named_first_reader(queue: Queue) -> None:
    candidate = ready(queue)
    with queue.store.read() as tx:
        blind = item_details(tx, f"value:{candidate}")
        first = item_details(tx, f"value:{candidate}", reader="reviewer-a")
        record = item_details(tx, "record:100")
    assert "effect" not in blind
    assert blind["sentence"].startswith("Surgery was associated")
    assert first["as_reported"]["estimate"] == 0.72
    assert [sorted(one) for one in record["proposed_values"]] == [
        ["item", "measure", "outcome", "pattern", "sentence", "source", "state", "subtype"]
    ]
    approve(queue, candidate, "reviewer-a")
    with queue.store.read() as tx:
        assert "effect" not in item_details(tx, f"value:{candidate}", reader="reviewer-b")


def test_who_opened_a_proposal_and_left_it_cannot_be_its_second_reader(queue: Queue) -> None:
    candidate = ready(queue)
    with queue.client("reviewer-b") as b:
        assert 'value="0.72"' in b.page(f"item/value:{candidate}").text
        b.submit(f"item/value:{candidate}/leave")
        approve(queue, candidate, "reviewer-a")
        page = b.page(f"item/value:{candidate}").text
        assert "You have seen what was proposed here, so somebody else reads it second" in words(page)
        assert "/approve" not in page
        assert "0 items for you" in words(b.page("").text)
        assert b.page("next").url.endswith("/review/")
    with pytest.raises(DecisionError, match="the second reader is one who has not"):
        approve(queue, candidate, "reviewer-b", changes=READ, blind=True)
    with queue.client("adjudicator") as lead:
        # Nobody else is left to read it: it is offered to the adjudicator.
        assert lead.page("next").url.endswith(f"value:{candidate}")
        lead.submit(f"item/value:{candidate}/approve", {**filled(lead, f"value:{candidate}", "approve"), **READ})
    assert state_of(queue, candidate) == "approved"


def test_a_value_whose_first_reader_took_the_approval_back_is_offered_to_the_adjudicator(queue: Queue) -> None:
    # One has seen the proposal, the other rejected it: without this, nobody could read it and nothing said so.
    candidate = ready(queue)
    item = f"value:{candidate}"
    with queue.client("reviewer-a") as a, queue.client("reviewer-b") as b, queue.client("adjudicator") as lead:
        a.submit(f"item/{item}/approve", filled(a, item, "approve"))
        b.submit(f"item/{item}/reject", {**filled(b, item, "approve"), "rejection": "not our comparison"})
        assert state_of(queue, candidate) == "conflict"
        a.submit(f"item/{item}/undo", form_of(a.page(f"item/{item}").text, "undo"))
        assert state_of(queue, candidate) == "needs_second"
        assert lead.page("next").url.endswith(item)
        lead.submit(f"item/{item}/reject", {**filled(lead, item, "approve"), "rejection": "not our comparison"})
    assert state_of(queue, candidate) == "rejected"


@pytest.mark.parametrize("closed", ["superseded", "rejected"])
def test_who_saw_a_proposal_while_it_was_closed_cannot_read_it_blind_once_it_is_open_again(
    queue: Queue, closed: str
) -> None:
    candidate = ready(queue)
    approve(queue, candidate, "reviewer-a")
    with queue.client("reviewer-b") as b:
        # A revision of the record drops the words and brings them back; or a decision is taken back.
        with queue.store.write() as tx:
            set_candidate(tx, candidate, state=closed)
        assert "0.72" in words(b.page(f"item/value:{candidate}").text)
        with queue.store.write() as tx:
            set_candidate(tx, candidate, state="needs_second")
        page = b.page(f"item/value:{candidate}").text
        assert "so somebody else reads it second" in words(page)
        assert "/approve" not in page


def test_looking_over_a_shoulder_shows_no_number_and_bars_nobody(queue: Queue) -> None:
    candidate = ready(queue)
    with queue.client("reviewer-a") as a, queue.client("reviewer-b") as b:
        a.page(f"item/value:{candidate}")
        looked = b.page(f"item/value:{candidate}").text
        assert "reviewer-a has this open" in looked
        outside = looked.split("<article")[0] + looked.split("</article>")[1]
        assert not [number for number in NUMBERS if number in words(outside)]
        ahead = b.page(f"item/value:{candidate}?ahead=1").text
        assert "/approve" not in ahead
    with queue.store.read() as tx:
        assert seen_by(tx, candidate) == {"reviewer-a"}


def test_an_approval_taken_back_leaves_its_reader_barred_from_the_second_reading(queue: Queue) -> None:
    candidate = ready(queue)
    with queue.client("reviewer-a") as a:
        a.submit(f"item/value:{candidate}/approve", form_of(a.page(f"item/value:{candidate}").text, "approve"))
    undo_approval(queue.store, PROTOCOL, candidate, by="reviewer-a", at=AT)
    approve(queue, candidate, "reviewer-b")
    with pytest.raises(DecisionError, match="the second reader is one who has not"):
        approve(queue, candidate, "reviewer-a", changes=READ, blind=True)


def test_where_nobody_blind_is_left_the_value_can_be_finished_and_the_log_says_so(queue: Queue) -> None:
    candidate = ready(queue)
    for person in ("reviewer-a", "reviewer-b"):
        with queue.client(person) as client:
            client.page(f"item/value:{candidate}")
            client.submit(f"item/value:{candidate}/leave")
    with queue.client("adjudicator"):
        disable_person(queue.store, "adjudicator", now=queue.clock())
    approve(queue, candidate, "reviewer-a")
    with queue.client("reviewer-b") as b:
        b.submit(f"item/value:{candidate}/approve", {**filled(b, f"value:{candidate}", "approve"), **READ})
    assert state_of(queue, candidate) == "approved"
    with queue.store.read() as tx:
        blind = [d.decision.details["blind"] for d in decisions_on(tx, "candidate", candidate)]
    assert blind == [False, False]


def test_the_log_says_that_a_second_reading_was_blind_and_how_long_it_took(queue: Queue) -> None:
    candidate = ready(queue)
    approve(queue, candidate, "reviewer-a")
    with queue.client("reviewer-b") as b:
        form = filled(b, f"value:{candidate}", "approve")
        queue.clock.forward(seconds=95)
        b.submit(f"item/value:{candidate}/approve", {**form, **READ})
    with queue.store.read() as tx:
        second = decisions_on(tx, "candidate", candidate)[-1].decision
    assert (second.by, second.details["blind"], second.details["seconds"]) == ("reviewer-b", True, 95)


def test_a_doubt_about_what_a_blind_reader_typed_is_theirs_to_answer(queue: Queue) -> None:
    candidate = ready(queue, effect=proposed_effect(ci_high=1.3, checks=("interval-asymmetric",)))  # type: ignore[arg-type]
    approve(queue, candidate, "reviewer-a", clear_checks=True, reason="printed like this")
    with queue.client("reviewer-b") as b:
        page = b.page(f"item/value:{candidate}").text
        assert "interval-asymmetric" not in page
        form = {**form_of(page, "approve"), **READ, "ci_high": "1.3"}
        refused = b.submit(f"item/value:{candidate}/approve", form)
        assert refused.status_code == 422
        assert 'id="f-check-interval-asymmetric"' in refused.text
        b.submit(f"item/value:{candidate}/approve", {**form, "check-interval-asymmetric": "the table says the same"})
    assert state_of(queue, candidate) == "approved"
