"""Many reviewers at work do not all open the same first item; a small team keeps the order of the queue."""

from __future__ import annotations

from pathlib import Path

from extract.review.accounts import Member, add_person
from extract.review.identities import open_session
from extract.review.spread import AT_WORK_MINUTES, SMALL_TEAM, people_at_work, taken_by
from extract.schema.protocol import Protocol
from extract.store.engine import Store
from flows.settings import read_protocol
from tests.extract.review.queue_server import Clock
from tests.load.prepared import team_protocol
from tests.stores import new_store

RECORDS = [(f"record:{number}", False) for number in range(30)]
VALUES = [(f"value:{number}", False) for number in range(30)]


def at_work(store: Store, folder: Path, clock: Clock, *, people: int) -> tuple[Protocol, list[Member]]:
    """Let so many people of a larger team sign in."""
    path, ids = team_protocol(folder, 12)
    protocol = read_protocol(path)[0]
    for one in ids[:people]:
        add_person(store, protocol, one, role=None, now=clock())
        open_session(store, one, now=clock())
    return protocol, [Member(one, one, "reviewer", decides=True) for one in ids[:people]]


def taken(
    store: Store, protocol: Protocol, people: list[Member], work: list[tuple[str, bool]], clock: Clock
) -> list[str | None]:
    with store.read() as tx:
        return [taken_by(one, people_at_work(tx, protocol, one, now=clock()), protocol, work) for one in people]


def test_ten_people_take_ten_values_and_two_of_them_each_record(tmp_path: Path) -> None:
    clock = Clock()
    with new_store(tmp_path) as store:
        protocol, people = at_work(store, tmp_path, clock, people=10)
        assert taken(store, protocol, people, VALUES, clock) == [f"value:{number}" for number in range(10)]
        assert taken(store, protocol, people, RECORDS, clock) == [f"record:{number // 2}" for number in range(10)]
        held = [(item, number < 25) for number, (item, _) in enumerate(VALUES)]
        assert set(taken(store, protocol, people, held, clock)) == {f"value:{number}" for number in range(25, 30)}
        assert taken(store, protocol, people, [("value:1", True)], clock) == [None] * 10


def test_a_small_team_and_whoever_is_alone_work_in_the_order_of_the_queue(tmp_path: Path) -> None:
    clock = Clock()
    with new_store(tmp_path) as store:
        protocol, people = at_work(store, tmp_path, clock, people=SMALL_TEAM)
        assert taken(store, protocol, people, VALUES, clock) == ["value:0"] * SMALL_TEAM
    with new_store(tmp_path / "large") as store:
        protocol, people = at_work(store, tmp_path, clock, people=10)
        clock.forward(minutes=AT_WORK_MINUTES + 1)
        assert taken(store, protocol, people[-1:], VALUES, clock) == ["value:0"]
