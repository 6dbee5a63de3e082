"""The inbox: what may move a published result most comes first, filters narrow, counts go down."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from extract.errors import DecisionError
from extract.review.accounts import disable_person
from extract.review.approval import approve_value
from extract.review.bias import judge_result
from extract.review.inbox import free_items
from extract.review.reopened import confirm_reopened, reopen_value
from extract.review.screening import exclude_record, include_record
from extract.store.asker import Asker
from extract.store.curated import Alert, add_alert, set_value_state
from extract.store.decisions import Decision, record_decision
from extract.store.engine import Store
from extract.store.links import propose_link
from extract.store.queue import Wanted, oldest_since, put_queue_facts, waiting_counts, waiting_items, worklist
from extract.store.sightings import note_sighting
from extract.store.work import take_lease
from tests.extract.review.judging import put_result, trial_judgement
from tests.extract.review.queue_server import PROTOCOL, Queue, enqueue, make_account, proposed_effect
from tests.extract.review.test_queue_pages import STUDY, words
from tests.stores import AT, BOTH_DATABASES, new_store

A = Asker("reviewer-a", decides=True, at=AT)


@pytest.fixture
def filled(queue: Queue) -> dict[str, str]:
    """Two records to screen, a whole-population value, and a bone-only value of a randomised trial with a notice."""
    store = queue.store
    enqueue(store, "98", title="A letter about surgery")
    enqueue(store, "99", title="Surgery in bone-only disease", effect=proposed_effect(metastatic_pattern="bone-only"))
    (whole,) = enqueue(store, "100", title="A cohort")
    (bone,) = enqueue(
        store,
        "101",
        title="A trial",
        effect=proposed_effect(metastatic_pattern="bone-only", checks=("interval-asymmetric",)),
    )
    for pmid, design in (("100", "retrospective_cohort"), ("101", "rct")):
        for person in ("reviewer-a", "reviewer-b"):
            include_record(store, PROTOCOL, pmid, by=person, at=AT, study={"design": design}, reason=None)
    make_account(queue, "reviewer-b")
    facts = [("record:98", "retrospective_cohort", None), (f"value:{whole}", None, 0.002), ("record:99", "rct", 0.31)]
    with store.write() as tx:
        add_alert(tx, Alert("pmid-101", "ErratumIn", "PMID 200", "2026-11-22"))
        take_lease(tx, f"value:{whole}", "reviewer-b", at=AT, until="2027-01-01T00:00:00Z")
        put_queue_facts(tx, facts, at=AT)
    return {"whole": f"value:{whole}", "bone": f"value:{bone}"}


def items(store: Store, wanted: Wanted, asker: Asker = A) -> list[str]:
    with store.read() as tx:
        rows, found = waiting_items(tx, asker, wanted)
    assert found == len(rows)
    return [row.item for row in rows]


def test_what_may_move_a_published_result_most_comes_first_then_what_waits_longest(
    queue: Queue, filled: dict[str, str]
) -> None:
    # 0.31 on the log scale before 0.002; where nothing is known, the night, then the stage of work.
    assert items(queue.store, Wanted()) == ["record:99", filled["whole"], filled["bone"], "record:98"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(kind="record"), ["record:99", "record:98"]),
        (Wanted(kind="value", subtype="all", pattern="all"), ["whole"]),
        (Wanted(pattern="bone-only"), ["record:99", "bone"]),
        (Wanted(pattern="visceral"), []),
        (Wanted(design="rct"), ["record:99", "bone"]),
        (Wanted(design="retrospective_cohort"), ["whole", "record:98"]),
        (Wanted(checks="open"), ["bone"]),
        (Wanted(kind="value", checks="none"), ["whole"]),
        (Wanted(assignee="reviewer-b"), ["whole"]),
        (Wanted(assignee="-"), ["record:99", "bone", "record:98"]),
        (Wanted(alert="any"), ["bone"]),
        (Wanted(alert="ErratumIn"), ["bone"]),
        (Wanted(alert="RetractionIn"), []),
        (Wanted(before="2026-11-20"), []),
        (Wanted(before="2026-11-21"), ["record:99", "whole", "bone", "record:98"]),
        (Wanted(words="LETTER"), ["record:98"]),
        (Wanted(words="98"), ["record:98"]),
        (Wanted(words="100%"), []),
        (Wanted(show="mine"), ["record:99", "whole", "bone", "record:98"]),
        (Wanted(show="proposed"), ["whole", "bone"]),
    ],
)
def test_each_filter_narrows_the_inbox(
    queue: Queue, filled: dict[str, str], wanted: Wanted, expected: list[str]
) -> None:
    assert items(queue.store, wanted) == [filled.get(name, name) for name in expected]


def test_the_counts_go_down_with_every_decision_and_differ_by_person(queue: Queue, filled: dict[str, str]) -> None:
    store = queue.store
    with store.read() as tx:
        assert waiting_counts(tx, A) == {"mine": 4, "all": 4, "proposed": 2, "new": 2}
    exclude_record(store, PROTOCOL, "98", by="reviewer-a", at=AT, reason_code="review", reason=None)
    with store.read() as tx:
        assert waiting_counts(tx, A) == {"mine": 3, "all": 4, "proposed": 2, "screening": 1, "new": 1}
        assert waiting_counts(tx, Asker("reviewer-b", decides=True, at=AT))["mine"] == 4
        assert waiting_counts(tx, Asker("guest", at=AT))["mine"] == 0
    exclude_record(store, PROTOCOL, "98", by="reviewer-b", at=AT, reason_code="review", reason=None)
    with store.read() as tx:
        assert waiting_counts(tx, A) == {"mine": 3, "all": 3, "proposed": 2, "new": 1}


def test_a_conflict_is_the_adjudicators_and_nobody_elses(queue: Queue, filled: dict[str, str]) -> None:
    store = queue.store
    exclude_record(store, PROTOCOL, "98", by="reviewer-a", at=AT, reason_code="review", reason=None)
    include_record(store, PROTOCOL, "98", by="reviewer-b", at=AT, study=STUDY, reason=None)
    with store.read() as tx:
        assert "record:98" not in [item for item, _ in worklist(tx, Asker("reviewer-c", decides=True, at=AT)).items]
        assert "record:98" in [item for item, _ in worklist(tx, Asker("lead", decides=True, settles=True, at=AT)).items]


def test_a_reopened_value_waits_for_everybody_again_and_leaves_with_each_vote(queue: Queue) -> None:
    store = queue.store
    (candidate,) = enqueue(store, "100")
    for person in ("reviewer-a", "reviewer-b"):
        include_record(store, PROTOCOL, "100", by=person, at=AT, study=STUDY, reason=None)
    for person in ("reviewer-a", "reviewer-b"):
        approve_value(store, PROTOCOL, candidate, by=person, at=AT, changes={}, reason=None)
    value_id = "pmid-100--os--all--all--1"
    reopen_value(store, PROTOCOL, value_id, by="reviewer-b", at=AT, reason="misprint")
    assert items(store, Wanted(show="mine")) == [f"reopened:{value_id}"]
    assert items(store, Wanted(subtype="all", pattern="all", show="reopened")) == [f"reopened:{value_id}"]
    confirm_reopened(store, PROTOCOL, value_id, by="reviewer-a", at=AT, reason="looked again")
    assert items(store, Wanted(show="mine")) == []
    with store.write() as tx:
        record_decision(tx, Decision(AT, "night", "reopen", "value", value_id))
    assert items(store, Wanted(show="mine")) == [f"reopened:{value_id}"]


def test_the_next_item_goes_round_and_passes_over_what_others_have_open() -> None:
    work = (("a", False), ("b", True), ("c", False))
    assert free_items(work)[0] == "a"
    assert free_items(work, after="a")[0] == "c"
    assert free_items(work, after="c")[0] == "a"
    assert free_items((("a", False), ("b", True)), after="a") == []


def test_the_page_shows_chips_filters_and_the_next_pages_of_a_long_list(queue: Queue) -> None:
    enqueue(queue.store, *(str(pmid) for pmid in range(1000, 1060)))
    queue.clock.now = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    with queue.client("reviewer-a") as client:
        first = client.page("").text
        assert "60 items for you" in words(first)
        assert first.count("data-row") == 50
        assert "Page 1 of 2, 60 items" in words(first)
        assert client.page("?page=2").text.count("data-row") == 10
        assert client.page("?page=nine&age=x").text.count("data-row") == 50
        assert client.page("?age=7").text.count("data-row") == 50
        assert client.page("?age=14").text.count("data-row") == 0
        assert 'rel="next" href="/review/item/record%3A1000"' in first


def test_an_adjudicator_with_readers_enough_is_offered_conflicts_and_no_first_reading(
    queue: Queue, filled: dict[str, str]
) -> None:
    with queue.client("adjudicator") as lead:
        assert "0 items for you" in words(lead.page("").text)
        exclude_record(queue.store, PROTOCOL, "98", by="reviewer-a", at=AT, reason_code="review", reason=None)
        include_record(queue.store, PROTOCOL, "98", by="reviewer-b", at=AT, study=STUDY, reason=None)
        assert lead.page("next").url.endswith("record:98")
        disable_person(queue.store, "reviewer-b", now=queue.clock())
        # One reader is left, and a value needs two: the adjudicator reads as well.
        assert "4 items for you" in words(lead.page("").text)


@BOTH_DATABASES
def test_the_queue_is_asked_alike_on_either_database(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:
        first, _ = enqueue(store, "100", "101", effect=proposed_effect(metastatic_pattern="bone-only"))
        enqueue(store, "102", title="A trial")
        for person in ("reviewer-a", "reviewer-b"):
            include_record(store, PROTOCOL, "100", by=person, at=AT, study=STUDY, reason=None)
        with store.write() as tx:
            put_queue_facts(tx, [("record:102", "rct", 0.4), (f"value:{first}", None, 0.02)], at=AT)
            note_sighting(tx, first, "reviewer-b", at=AT)
        every = ["record:102", f"value:{first}", "record:101"]
        barred = Asker("reviewer-b", decides=True, barred=(first,), at=AT)
        assert items(store, Wanted()) == every
        assert items(store, Wanted(pattern="bone-only")) == every[1:]
        assert items(store, Wanted(design="rct", words="trial", checks="none", assignee="-")) == ["record:102"]
        approve_value(store, PROTOCOL, first, by="reviewer-a", at=AT, changes={}, reason=None)
        with store.read() as tx:
            assert [item for item, _ in worklist(tx, barred).items] == ["record:102", "record:101"]
            assert waiting_counts(tx, barred) == {"mine": 2, "all": 3, "needs_second": 1, "new": 2}
            assert oldest_since(tx) == "2026-11-20"
        with pytest.raises(DecisionError, match="the second reader is one who has not"):
            approve_value(store, PROTOCOL, first, by="reviewer-b", at=AT, changes={}, reason=None, blind=True)
        approve_value(store, PROTOCOL, first, by="adjudicator", at=AT, changes={}, reason=None)
        with store.write() as tx:
            set_value_state(tx, ["pmid-100--os--all--bone-only--1"], "reopened")
        assert items(store, Wanted(kind="reopened", pattern="bone-only", design="retrospective_cohort")) == [
            "reopened:pmid-100--os--all--bone-only--1"
        ]


def test_the_inbox_says_what_waits_to_be_judged_and_which_links_wait(queue: Queue) -> None:
    item = put_result(queue.store)
    with queue.store.write() as tx:
        propose_link(tx, "overlap", "Trial-A", "Trial-B", score=0.5, evidence=(), night="2026-11-20")
    with queue.client("reviewer-a") as a, queue.client("adjudicator") as lead, queue.client("guest") as guest:
        assert "1 result to judge (risk of bias, certainty)" in words(a.page("").text)
        assert 'href="/review/appraisal"' in a.page("").text
        assert "1 link to confirm" in words(a.page("").text)
        # An adjudicator judges what judges see differently, and nothing before.
        assert "to judge" not in words(lead.page("").text)
        judge_result(queue.store, PROTOCOL, item, trial_judgement(), by="reviewer-a", at=AT)
        assert "to judge" not in words(a.page("").text)
        assert "1 result to judge" in words(guest.page("").text)


def test_a_new_administrator_is_told_to_add_people(queue: Queue) -> None:
    with queue.client("admin") as admin:
        assert "Add the people of the protocol" in words(admin.page("").text)
        make_account(queue, "reviewer-a")
        assert "Add the people of the protocol" in words(admin.page("").text)
        for person in ("reviewer-b", "adjudicator"):
            make_account(queue, person)
        assert "Add the people of the protocol" not in words(admin.page("").text)
