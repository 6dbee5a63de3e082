"""Agreement and times from the log: only what two people said apart counts."""

from __future__ import annotations

import datetime as dt

import pytest

from extract.review.approval import approve_value, reject_value, undo_approval
from extract.review.bias import judge_result
from extract.review.measures import Line, measures, spread
from extract.review.screening import exclude_record, include_record, maybe_record, undo_vote
from tests.extract.review.judging import PROTOCOL, put_result, trial_judgement
from tests.extract.review.queue_server import Queue, enqueue
from tests.stores import AT

TODAY = dt.date(2026, 11, 23)


def lines(queue: Queue) -> dict[tuple[str, str], Line]:
    with queue.store.read() as tx:
        return {(one.stage, one.what): one for one in measures(tx, PROTOCOL, today=TODAY).lines}


def include(queue: Queue, pmid: str, by: str) -> None:
    study = {"design": "retrospective_cohort"}
    include_record(queue.store, PROTOCOL, pmid, by=by, at=AT, study=study, reason=None)


def exclude(queue: Queue, pmid: str, by: str) -> None:
    exclude_record(queue.store, PROTOCOL, pmid, by=by, at=AT, reason_code="review", reason=None)


def test_only_records_two_people_saw_count_and_the_adjudicators_vote_does_not(queue: Queue) -> None:
    enqueue(queue.store, "100", "101", "102", "103")
    for by in ("reviewer-a", "reviewer-b"):
        include(queue, "100", by)
    include(queue, "101", "reviewer-a")
    exclude(queue, "101", "reviewer-b")
    include(queue, "101", "adjudicator")
    exclude(queue, "102", "reviewer-a")
    found = lines(queue)["Screening", "include, exclude or maybe"].agreement
    assert (found.items, found.agreed) == (2, 1)


def test_a_vote_changed_after_seeing_the_other_is_no_agreement_but_one_changed_before_is(queue: Queue) -> None:
    enqueue(queue.store, "100", "101")
    maybe_record(queue.store, PROTOCOL, "100", by="reviewer-a", at=AT, reason=None)
    undo_vote(queue.store, PROTOCOL, "100", by="reviewer-a", at=AT)
    exclude(queue, "100", "reviewer-a")
    exclude(queue, "100", "reviewer-b")
    include(queue, "101", "reviewer-a")
    exclude(queue, "101", "reviewer-b")
    undo_vote(queue.store, PROTOCOL, "101", by="reviewer-a", at=AT)
    found = lines(queue)["Screening", "include, exclude or maybe"].agreement
    assert (found.items, found.agreed) == (2, 1)


def test_extraction_is_compared_field_by_field_and_numbers_get_no_kappa(queue: Queue) -> None:
    first, second, third = enqueue(queue.store, "100", "101", "102")
    for pmid in ("100", "101", "102"):
        for by in ("reviewer-a", "reviewer-b"):
            include(queue, pmid, by)
    same = {"at": AT, "changes": {}, "reason": None}
    for by in ("reviewer-a", "reviewer-b"):
        approve_value(queue.store, PROTOCOL, first, by=by, **same)  # type: ignore[arg-type]
    approve_value(queue.store, PROTOCOL, second, by="reviewer-a", **same)  # type: ignore[arg-type]
    changed = {"n_surgery": "150"}
    approve_value(queue.store, PROTOCOL, second, by="reviewer-b", at=AT, changes=changed, reason="first sentence")
    approve_value(queue.store, PROTOCOL, third, by="reviewer-a", **same)  # type: ignore[arg-type]
    undo_approval(queue.store, PROTOCOL, third, by="reviewer-a", at=AT)
    approve_value(queue.store, PROTOCOL, third, by="reviewer-b", **same)  # type: ignore[arg-type]
    reject_value(queue.store, PROTOCOL, third, by="adjudicator", at=AT, reason="another comparison")
    found = lines(queue)
    kept = found["Extraction", "a result for this review, or not"].agreement
    assert (kept.items, kept.agreed) == (3, 2)
    patients = found["Extraction", "Patients, surgery"]
    assert (patients.agreement.items, patients.agreement.agreed, patients.agreement.ac1) == (2, 1, None)
    assert patients.note.startswith("a number")
    assert found["Extraction", "Arm on top of the ratio"].agreement.agreed == 2
    # Nobody digitised a curve: two empty fields are no agreement.
    assert not [what for _, what in found if "curve" in what]


def test_risk_of_bias_is_compared_by_domain_and_again_after_new_evidence(queue: Queue) -> None:
    item = put_result(queue.store)
    judge_result(queue.store, PROTOCOL, item, trial_judgement(), by="reviewer-a", at=AT)
    judge_result(queue.store, PROTOCOL, item, trial_judgement(answer_1__2="N"), by="reviewer-b", at=AT)
    judge_result(queue.store, PROTOCOL, item, trial_judgement(answer_1__2="NI"), by="adjudicator", at=AT)
    found = lines(queue)
    domains, overall = found["Risk of bias", "RoB 2, domains"].agreement, found["Risk of bias", "RoB 2, overall"]
    assert (domains.items, domains.agreed) == (5, 4)
    assert (overall.agreement.items, overall.agreement.agreed) == (1, 0)


def test_days_are_counted_from_the_entry_in_pubmed_and_only_for_decisions_of_the_team(queue: Queue) -> None:
    enqueue(queue.store, "100", "101")
    for by in ("reviewer-a", "reviewer-b"):
        include(queue, "100", by)
    with queue.store.read() as tx:
        found = measures(tx, PROTOCOL, today=TODAY)
        (created,) = {r.created for r in _records(tx)}
    assert created is not None
    days = (dt.date.fromisoformat(AT[:10]) - dt.date.fromisoformat(created)).days
    assert found.days_to_decision is not None
    assert (found.days_to_decision.count, found.days_to_decision.median) == (1, days)
    # Both records came on the night of the 20th; one record and one value wait, three days on the 23rd.
    assert {state: (one.count, one.median) for state, one in found.queue} == {"proposed": (1, 3.0), "new": (1, 3.0)}


def _records(tx):  # type: ignore[no-untyped-def]
    from extract.store.records import list_records

    return list_records(tx)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    # Quartiles of 1..5 by the inclusive method are 2, 3 and 4; of one number that number.
    [([1, 2, 3, 4, 5], (2, 3, 4, 5)), ([7], (7, 7, 7, 7))],
)
def test_quartiles_by_hand(numbers: list[float], expected: tuple[float, ...]) -> None:
    found = spread(numbers)
    assert found is not None
    assert (found.lower, found.median, found.upper, found.longest) == expected
    assert spread([]) is None


def test_the_page_and_its_json_say_the_same(queue: Queue) -> None:
    enqueue(queue.store, "100", "101")
    for by in ("reviewer-a", "reviewer-b"):
        exclude(queue, "100", by)
    with queue.client("guest") as guest:
        told = guest.page("measures.json").json()
        screening = next(one for one in told["agreement"] if one["stage"] == "Screening")
        assert screening["agreement"]["share"]["estimate"] == 1.0
        assert "100.0 %" in guest.page("measures").text
        assert "Deliberate errors" not in guest.page("measures").text


def test_time_on_task_is_what_the_pages_said(queue: Queue) -> None:
    enqueue(queue.store, "100")
    for by, seconds in (("reviewer-a", 10), ("reviewer-b", 20)):
        exclude_record(queue.store, PROTOCOL, "100", by=by, at=AT, reason_code="review", reason=None, seconds=seconds)
    with queue.store.read() as tx:
        ((what, found),) = measures(tx, PROTOCOL, today=TODAY).seconds_on_task
    assert (what, found.count, found.median) == ("a vote", 2, 15.0)
