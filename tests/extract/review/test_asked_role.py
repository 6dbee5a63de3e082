"""One of the readers of a value must hold the role the protocol asks for; until then the value stays open for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from extract.errors import DecisionError
from extract.review.accounts import disable_person, new_link
from extract.review.approval import approve_value, reject_value, undo_approval
from extract.review.blinding import role_waits
from extract.review.screening import include_record
from extract.review.views import queue_items
from extract.schema.protocol import Protocol
from tests.extract.review.api_client import program
from tests.extract.review.queue_server import PROTOCOL, Queue, enqueue, serving
from tests.extract.review.test_blinding import NUMBERS, READ, state_of
from tests.extract.review.test_queue_pages import STUDY, filled, words
from tests.stores import AT, new_store


def asking(role: str | None, *, needed: int = 2, **roles: str) -> Protocol:
    """Return the protocol with other roles of its three people, asking for one of them."""
    people = [p.model_copy(update={"role": roles.get(p.id.replace("-", "_"), p.role)}) for p in PROTOCOL.people]
    living = PROTOCOL.living.model_copy(update={"one_must_be": role, "approvals_needed": needed})
    return PROTOCOL.model_copy(update={"living": living, "people": tuple(people)})


def with_third_reviewer(protocol: Protocol) -> Protocol:
    """Return the protocol with one more reviewer, reviewer-c."""
    (second,) = (p for p in protocol.people if p.id == "reviewer-b")
    return protocol.model_copy(update={"people": (*protocol.people, second.model_copy(update={"id": "reviewer-c"}))})


TWO_REVIEWERS = asking("expert", reviewer_a="reviewer", adjudicator="expert")
"""reviewer-a and reviewer-b are reviewers; the third person is the one expert."""


@pytest.fixture
def reviewers(tmp_path: Path) -> Iterator[Queue]:
    with new_store(tmp_path) as store, serving(store, asked=TWO_REVIEWERS) as served:
        yield served


def waiting(queue: Queue, protocol: Protocol = TWO_REVIEWERS) -> str:
    """Put a value into the queue that two reviewers have read alike."""
    (candidate,) = enqueue(queue.store, "100")
    for person in ("reviewer-a", "reviewer-b"):
        include_record(queue.store, protocol, "100", by=person, at=AT, study=STUDY, reason=None)
    approve(queue, candidate, "reviewer-a", protocol)
    approve(queue, candidate, "reviewer-b", protocol, changes=READ, blind=True, reason="read")
    return candidate


def approve(queue: Queue, candidate: str, person: str, protocol: Protocol, **how: object) -> str:
    how = {"changes": {}, "reason": None, **how}
    return approve_value(queue.store, protocol, candidate, by=person, at=AT, **how)  # type: ignore[arg-type]


def test_two_readings_alike_settle_nothing_while_none_is_by_the_role_the_protocol_asks_for(reviewers: Queue) -> None:
    candidate = waiting(reviewers)
    assert state_of(reviewers, candidate) == "needs_second"
    assert approve(reviewers, candidate, "adjudicator", TWO_REVIEWERS, changes=READ, blind=True, reason="read") == (
        "approved"
    )


def test_without_a_role_asked_for_any_two_readers_settle_a_value(queue: Queue) -> None:
    candidate = waiting(queue, asking(None, reviewer_a="reviewer", adjudicator="expert"))
    assert state_of(queue, candidate) == "approved"


def test_two_rejections_wait_for_the_role_as_two_approvals_do(reviewers: Queue) -> None:
    (candidate,) = enqueue(reviewers.store, "100")
    for person in ("reviewer-a", "reviewer-b"):
        include_record(reviewers.store, TWO_REVIEWERS, "100", by=person, at=AT, study=STUDY, reason=None)
    for person, state in (("reviewer-a", "needs_second"), ("reviewer-b", "needs_second"), ("adjudicator", "rejected")):
        said = reject_value(reviewers.store, TWO_REVIEWERS, candidate, by=person, at=AT, reason="not our comparison")
        assert said == state


def test_where_one_reading_is_enough_it_must_be_by_the_role(queue: Queue) -> None:
    alone = asking("expert", needed=1)
    (candidate,) = enqueue(queue.store, "100")
    for person in ("reviewer-a", "reviewer-b"):
        include_record(queue.store, alone, "100", by=person, at=AT, study=STUDY, reason=None)
    assert approve(queue, candidate, "reviewer-b", alone) == "needs_second"
    assert approve(queue, candidate, "reviewer-a", alone, changes=READ, blind=True, reason="read") == "approved"


def test_an_expert_who_reads_otherwise_makes_a_conflict_which_the_role_does_not_decide(reviewers: Queue) -> None:
    candidate = waiting(reviewers)
    other = {**READ, "estimate": "0.73"}
    state = approve(reviewers, candidate, "adjudicator", TWO_REVIEWERS, changes=other, blind=True, reason="read")
    assert state == "conflict"


def test_the_adjudicator_stands_for_every_role_and_is_offered_what_waits_for_one(tmp_path: Path) -> None:
    no_expert = asking("expert", reviewer_a="reviewer")
    with new_store(tmp_path) as store, serving(store, asked=no_expert) as queue:
        candidate = waiting(queue, no_expert)
        with queue.client("adjudicator") as lead:
            assert lead.page("next").url.endswith(f"value:{candidate}")
            lead.submit(f"item/value:{candidate}/approve", {**filled(lead, f"value:{candidate}", "approve"), **READ})
        assert state_of(queue, candidate) == "approved"


def test_the_inbox_offers_what_waits_for_the_role_to_those_who_hold_it_and_to_nobody_else(tmp_path: Path) -> None:
    four = with_third_reviewer(TWO_REVIEWERS)
    with new_store(tmp_path) as store, serving(store, asked=four) as queue:
        candidate = waiting(queue, four)
        with queue.client("adjudicator") as expert, queue.client("reviewer-c") as c:
            page = words(expert.page("").text)
            assert "1 item for you" in page
            assert "Needs an expert" in page
            assert expert.page("next").url.endswith(f"value:{candidate}")
            assert "0 items for you" in words(c.page("").text)
            assert "Needs an expert" in words(c.page("?show=all").text)
            assert "/approve" not in c.page(f"item/value:{candidate}").text
        with pytest.raises(DecisionError, match=r"value:.*none of them an expert.*it waits for adjudicator"):
            approve(queue, candidate, "reviewer-c", four, changes=READ, blind=True, reason="read")


def test_an_expert_who_saw_the_proposal_reads_it_all_the_same_where_no_other_holds_the_role(tmp_path: Path) -> None:
    four = with_third_reviewer(TWO_REVIEWERS)
    with new_store(tmp_path) as store, serving(store, asked=four) as queue:
        (candidate,) = enqueue(store, "100")
        for person in ("reviewer-a", "reviewer-b"):
            include_record(store, four, "100", by=person, at=AT, study=STUDY, reason=None)
        with queue.client("adjudicator") as expert:
            expert.page(f"item/value:{candidate}")
            expert.submit(f"item/value:{candidate}/leave")
            approve(queue, candidate, "reviewer-a", four)
            assert "0 items for you" in words(expert.page("").text)
            approve(queue, candidate, "reviewer-b", four, changes=READ, blind=True, reason="read")
            assert "1 item for you" in words(expert.page("").text)
            expert.submit(
                f"item/value:{candidate}/approve", {**filled(expert, f"value:{candidate}", "approve"), **READ}
            )
        assert state_of(queue, candidate) == "approved"


def test_a_reading_taken_back_makes_room_for_any_reader_again(reviewers: Queue) -> None:
    candidate = waiting(reviewers)
    undo_approval(reviewers.store, TWO_REVIEWERS, candidate, by="reviewer-b", at=AT)
    with reviewers.store.read() as tx:
        assert role_waits(tx, TWO_REVIEWERS) == {}
    state = approve(reviewers, candidate, "adjudicator", TWO_REVIEWERS, changes=READ, blind=True, reason="read")
    assert state == "approved"


def test_the_page_tells_everybody_why_a_value_waits_and_for_whom_without_a_number(reviewers: Queue) -> None:
    candidate = waiting(reviewers)
    why = "none of them an expert, as the protocol asks of one: it waits for adjudicator."
    with reviewers.client("adjudicator") as expert, reviewers.client("viewer") as viewer:
        page = expert.page(f"item/value:{candidate}").text
        assert why in words(page)
        assert 'name="blind" value="yes"' in page
        form = page.split("<article")[0] + page.split("</article>")[1]
        assert not [number for number in NUMBERS if number in words(form)]
        assert why in words(viewer.page(f"item/value:{candidate}").text)
        expert.submit(f"item/value:{candidate}/approve", {**filled(expert, f"value:{candidate}", "approve"), **READ})
    assert state_of(reviewers, candidate) == "approved"
    assert reviewers.approvals == ["asked"]


def test_the_api_and_the_list_say_which_role_a_value_waits_for(reviewers: Queue) -> None:
    candidate = waiting(reviewers)
    with reviewers.store.read() as tx:
        (item,) = queue_items(tx, TWO_REVIEWERS)
    assert (item.item, item.waits_for) == (f"value:{candidate}", "expert")
    with program(reviewers, "reviewer-b") as b, program(reviewers, "adjudicator") as expert:
        (line,) = b.show("/items?show=all")["lines"]
        assert (line["waits_for"], line["mine"]) == ("expert", False)
        shown = b.show(f"/items/value:{candidate}")
        assert "it waits for adjudicator" in shown["value"]["waits_for_role"]
        assert shown["actions"] == ["undo"]
        assert expert.show("/next") == {"item": f"value:{candidate}", "left": 1}


def test_values_that_wait_for_an_expert_nobody_is_any_more_are_told_with_what_to_do(reviewers: Queue) -> None:
    candidate = waiting(reviewers)
    with reviewers.client("adjudicator"), reviewers.client("reviewer-b") as b:
        assert "nobody who may decide is one" not in words(b.page("").text)
        disable_person(reviewers.store, "adjudicator", now=reviewers.clock())
        told = "1 value waits for an expert, and nobody who may decide is one; give one an account again"
        assert told in words(b.page("").text)
        assert "nobody who may decide is one" in words(b.page(f"item/value:{candidate}").text)
        new_link(reviewers.store, "adjudicator", now=reviewers.clock())
