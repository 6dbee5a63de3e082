"""Nobody is given an item that as many others as it needs have before them; nobody is left without one."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from extract.review.at_hand import AT_HAND_MINUTES, AtHand
from extract.review.coming import Ahead
from extract.store.queue import Worklist
from flows.settings import read_protocol
from tests.extract.review.api_client import program
from tests.extract.review.queue_server import Queue, enqueue
from tests.extract.review.test_queue_pages import filled
from tests.stores import ROOT

PROTOCOL = read_protocol(ROOT / "protocol.toml")[0]
PEOPLE = [f"person-{number}" for number in range(10)]


def work(state: str, kind: str = "record", *, items: int = 30) -> Worklist:
    names = [f"{kind}:{number}" for number in range(items)]
    return Worklist(tuple((name, False) for name in names), items, states=dict.fromkeys(names, state))


def ahead(at_hand: AtHand, person: str, waiting: Worklist, *, looked_up: int | None = None) -> Ahead:
    return Ahead(waiting, person, PROTOCOL, at_hand, at_hand.moment() if looked_up is None else looked_up)


def taken(at_hand: AtHand, people: list[str], waiting: Worklist) -> list[str | None]:
    """Let each person ask for the next item and open it."""
    return [ahead(at_hand, person, waiting).take() for person in people]


def test_two_people_are_given_each_new_record_in_the_order_of_the_queue() -> None:
    assert PROTOCOL.living.votes_needed == 2
    assert taken(AtHand(), PEOPLE, work("new")) == [f"record:{number // 2}" for number in range(10)]


def test_one_person_is_given_a_record_with_a_vote_a_conflict_or_a_value() -> None:
    one_each = list(range(10))
    assert taken(AtHand(), PEOPLE, work("screening")) == [f"record:{number}" for number in one_each]
    assert taken(AtHand(), PEOPLE, work("conflict")) == [f"record:{number}" for number in one_each]
    assert taken(AtHand(), PEOPLE, work("proposed", "value")) == [f"value:{number}" for number in one_each]


def test_people_of_different_speed_never_meet_a_third_at_a_record() -> None:
    at_hand, waiting = AtHand(), work("new")
    taken(at_hand, PEOPLE[:6], waiting)
    # Two were fast: their record is decided and gone, the others still read theirs.
    left = Worklist(waiting.items[1:], 29, states=waiting.states)
    assert taken(at_hand, PEOPLE[:2], left) == ["record:3", "record:3"]


def test_fifty_people_who_ask_in_the_same_moment_are_given_each_new_record_twice() -> None:
    at_hand, waiting, people = AtHand(), work("new", items=40), [f"person-{number}" for number in range(50)]
    # All looked before any of them took: choosing and noting are one step, whoever comes first.
    looks = [ahead(at_hand, person, waiting) for person in people]
    with ThreadPoolExecutor(max_workers=50) as pool:
        given = Counter(pool.map(lambda look: look.take(), looks))
    assert given == {f"record:{number}": 2 for number in range(25)}


def test_who_looked_before_another_was_done_is_not_given_what_the_other_decided() -> None:
    at_hand, waiting = AtHand(), work("proposed", "value")
    taken(at_hand, PEOPLE[:1], waiting)
    slow = ahead(at_hand, PEOPLE[1], waiting)
    # The first decides after the second looked: value:0 stands in the second's list and is open no more.
    at_hand.leave(PEOPLE[0], "value:0")
    assert slow.take() == "value:1"
    assert ahead(at_hand, PEOPLE[2], waiting).take() == "value:0"


def test_an_item_is_free_again_when_its_person_opened_another_or_went_away() -> None:
    now = 0.0
    at_hand, waiting = AtHand(lambda: now), work("proposed", "value")
    assert taken(at_hand, PEOPLE[:2], waiting) == ["value:0", "value:1"]
    at_hand.open(PEOPLE[0], "value:7")
    assert taken(at_hand, PEOPLE[2:3], waiting) == ["value:0"]
    now = AT_HAND_MINUTES * 60 + 1.0
    assert taken(at_hand, PEOPLE[3:4], waiting) == ["value:0"]


def test_who_asks_again_is_given_what_they_have_open() -> None:
    at_hand, waiting = AtHand(), work("new")
    assert taken(at_hand, [*PEOPLE[:2], PEOPLE[0]], waiting) == ["record:0", "record:0", "record:0"]


def test_whoever_finds_everything_taken_helps_with_the_first() -> None:
    assert taken(AtHand(), PEOPLE[:3], work("new", items=1)) == ["record:0"] * 3
    assert taken(AtHand(), PEOPLE[:1], work("new", items=0)) == [None]


def test_who_voted_and_found_nothing_more_keeps_nobody_from_the_record(queue: Queue) -> None:
    enqueue(queue.store, "100", "101")
    a, b = program(queue, "reviewer-a"), program(queue, "reviewer-b")
    for pmid in ("101", "100"):
        a.act(f"record:{pmid}", "vote", vote="maybe")
    assert b.show("/next")["item"] == "record:100"


def test_who_only_looks_keeps_nobody_from_a_record(queue: Queue) -> None:
    enqueue(queue.store, "100", "101")
    with (
        queue.client("adjudicator") as adjudicator,
        queue.client("admin") as administrator,
        queue.client("guest") as guest,
    ):
        for one in (administrator, guest):
            one.page("item/record:100")
        filled(adjudicator, "record:101", "vote")
        adjudicator.submit("item/record:101/leave")
    assert program(queue, "reviewer-a").show("/next")["item"] == "record:100"


def test_an_item_a_program_opened_by_its_name_counts_as_one_it_was_given(queue: Queue) -> None:
    enqueue(queue.store, "100", "101", "102")
    a, b = program(queue, "reviewer-a"), program(queue, "reviewer-b")
    a.show("/items/record:100")
    program(queue, "adjudicator").show("/items/record:100")
    assert b.show("/next")["item"] == "record:101"
