"""An erratum that prints other numbers: how they get in, apart from what the report said first, read by two apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from extract.errors import DecisionError
from extract.review.approval import approve_value
from extract.review.reopened import confirm_reopened, correct_reopened, reopen_value, withdraw_value
from extract.review.screening import include_record
from extract.schema.value import apply_corrections
from extract.store.asker import Asker
from extract.store.curated import Alert, CuratedValue, add_alert, curated_values, get_value
from extract.store.decisions import decisions_on
from extract.store.engine import Store
from extract.store.queue import worklist
from extract.store.seeds import note_seed
from tests.extract.review.api_client import program
from tests.extract.review.queue_server import PROTOCOL, Queue, enqueue
from tests.extract.review.test_queue_pages import form_of, words
from tests.stores import AT, BOTH_DATABASES, new_store

VALUE = "pmid-100--os--all--all--1"
SAYS = "the erratum prints 0.62 in table 2"


def reopened(store: Store, *, pmid: str = "100", notice: bool = True) -> str:
    """Put an approved value into the table and re-open it; return the proposal it came from."""
    (candidate,) = enqueue(store, pmid)
    for by in ("reviewer-a", "reviewer-b"):
        study = {"design": "retrospective_cohort"}
        include_record(store, PROTOCOL, pmid, by=by, at=AT, study=study, reason=None)
    approve_value(store, PROTOCOL, candidate, by="reviewer-a", at=AT, changes={}, reason=None)
    approve_value(store, PROTOCOL, candidate, by="adjudicator", at=AT, changes={}, reason=None)
    if notice:
        with store.write() as tx:
            add_alert(tx, Alert(f"pmid-{pmid}", "ErratumIn", "PMID 200", "2026-11-22"))
    reopen_value(store, PROTOCOL, f"pmid-{pmid}--os--all--all--1", by="reviewer-a", at=AT, reason="an erratum")
    return candidate


def correct(store: Store, by: str, **changes: str) -> str:
    return correct_reopened(store, PROTOCOL, VALUE, by=by, at=AT, changes=changes, reason=SAYS)


def value_in(store: Store, value_id: str = VALUE) -> CuratedValue:
    with store.read() as tx:
        value = get_value(tx, value_id)
    assert value is not None
    return value


@BOTH_DATABASES
def test_two_who_read_the_same_correction_make_it_the_used_value_and_the_reported_one_stays(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:
        reopened(store)
        assert correct(store, "reviewer-a", ci_low="0.55") == "reopened"
        assert correct(store, "reviewer-b", ci_low="0.55") == "approved"
        value = value_in(store)
        (made,) = value.corrections
        assert (made.field, made.reported, made.corrected, made.reason, made.by) == (
            "ci_low", 0.56, 0.55, SAYS, "reviewer-a; reviewer-b",
        )  # fmt: skip
        assert value.reported.ci_low == 0.56
        assert apply_corrections(value.reported, value.corrections).ci_low == 0.55
        assert value.approved_by == ("reviewer-a", "reviewer-b")
        # A second erratum goes on from there, and one that takes the first back leaves no correction.
        reopen_value(store, PROTOCOL, VALUE, by="reviewer-a", at=AT, reason="another erratum")
        correct(store, "reviewer-a", ci_low="0.56")
        assert correct(store, "reviewer-b", ci_low="0.56") == "approved"
        assert value_in(store).corrections == ()


def test_different_corrections_are_settled_by_an_adjudicator_alone(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:
        reopened(store)
        correct(store, "reviewer-a", ci_low="0.55")
        assert correct(store, "reviewer-b", ci_low="0.57") == "reopened"
        assert correct(store, "adjudicator", ci_low="0.55") == "approved"
        assert apply_corrections(value_in(store).reported, value_in(store).corrections).ci_low == 0.55


def test_a_correction_beside_a_confirmation_is_a_disagreement(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:
        reopened(store)
        correct(store, "reviewer-a", ci_low="0.55")
        assert confirm_reopened(store, PROTOCOL, VALUE, by="reviewer-b", at=AT, reason="as before") == "reopened"
        assert withdraw_value(store, PROTOCOL, VALUE, by="adjudicator", at=AT, reason="unclear") == "withdrawn"


@pytest.mark.parametrize(
    ("changes", "reason", "told"),
    [
        ({"ci_low": "0.56"}, "why", "nothing was changed"),
        ({"ci_low": "0,5"}, "why", "is not a number; write the decimal point"),
        ({"ci_low": "0.99"}, "why", "is not below|lies outside"),
        ({"estimate": "0"}, "why", "a ratio is above 0"),
        ({"ci_level": "9.5"}, "why", "write the level in percent"),
        ({"ci_low": "0.55"}, " ", "needs --reason"),
        ({"ci_low": "0.1"}, "why", "checks fired: interval-asymmetric"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_and_nothing_is_saved(
    tmp_path: Path, changes: dict[str, str], reason: str, told: str
) -> None:
    with new_store(tmp_path) as store:
        reopened(store)
        with pytest.raises(DecisionError, match=told):
            correct_reopened(store, PROTOCOL, VALUE, by="reviewer-a", at=AT, changes=changes, reason=reason)
        with store.read() as tx:
            assert decisions_on(tx, "value", VALUE)[-1].decision.action == "reopen"


def test_a_number_once_shown_wrong_on_purpose_cannot_come_in_as_a_correction(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:
        candidate = reopened(store)
        with store.write() as tx:
            note_seed(tx, candidate, "reviewer-a", "shown", wrong={"ci_low": 0.55}, at=AT)
        with pytest.raises(DecisionError, match="shown wrong on purpose"):
            correct(store, "reviewer-a", ci_low="0.55")


def test_the_page_takes_the_corrected_number_and_the_second_reader_does_not_see_it(queue: Queue) -> None:
    reopened(queue.store)
    with queue.client("reviewer-a") as a, queue.client("reviewer-b") as b:
        form = form_of(a.page(f"item/reopened:{VALUE}").text, "confirm") | {"reason": SAYS}
        assert form["ci_low"] == "0.56"
        # Whoever changed a number and presses "it still holds" loses nothing and is told.
        slip = a.submit(f"item/reopened:{VALUE}/confirm", form | {"ci_low": "0.55"})
        assert slip.status_code == 422
        assert "save it as a correction" in words(slip.text)
        assert 'value="0.55"' in slip.text
        wrong = a.submit(f"item/reopened:{VALUE}/correct", form | {"ci_low": "O.55"})
        assert wrong.status_code == 422
        assert 'id="e-ci_low"' in wrong.text
        saved = a.submit(f"item/reopened:{VALUE}/correct", form | {"ci_low": "0.55"})
        assert "Saved: corrected" in words(saved.text)
        page = b.page(f"item/reopened:{VALUE}").text
        assert SAYS not in page
        assert form_of(page, "confirm")["ci_low"] == "0.56"
        other = form_of(page, "confirm") | {"reason": SAYS, "ci_low": "0.55"}
        b.submit(f"item/reopened:{VALUE}/correct", other)
        assert queue.approvals == ["asked"]
        told = words(a.page(f"item/reopened:{VALUE}").text)
        assert "CI, lower limit: 0.56 → 0.55" in told or "Lower limit: 0.56 → 0.55" in told


def test_a_doubt_that_the_correction_sets_off_is_answered_at_its_field(queue: Queue) -> None:
    reopened(queue.store)
    with queue.client("reviewer-a") as a:
        form = form_of(a.page(f"item/reopened:{VALUE}").text, "confirm") | {"reason": SAYS, "ci_low": "0.1"}
        asked = a.submit(f"item/reopened:{VALUE}/correct", form)
        assert asked.status_code == 422
        assert "check-interval-asymmetric" in asked.text
        saved = a.submit(f"item/reopened:{VALUE}/correct", form | {"check-interval-asymmetric": "so it is printed"})
        assert "Saved: corrected" in words(saved.text)


def test_the_adjudicator_sees_what_the_readers_of_the_notice_said(queue: Queue) -> None:
    reopened(queue.store)
    correct(queue.store, "reviewer-a", ci_low="0.55")
    with queue.client("adjudicator") as lead:
        assert "0.56 → 0.55" not in words(lead.page(f"item/reopened:{VALUE}").text)
        correct(queue.store, "reviewer-b", ci_low="0.57")
        told = words(lead.page(f"item/reopened:{VALUE}").text)
        assert "The readers of the notice differ" in told
        assert "0.56 → 0.55" in told
        assert "0.56 → 0.57" in told


def test_a_program_corrects_through_the_api(queue: Queue) -> None:
    reopened(queue.store)
    item = f"reopened:{VALUE}"
    with program(queue, "reviewer-a") as a:
        assert a.show(f"/items/{item}")["actions"] == ["confirm", "correct", "withdraw"]
        done = a.act(item, "correct", values={"ci_low": 0.55}, reason=SAYS)
        assert done.json()["state"] == "reopened"
    assert correct(queue.store, "reviewer-b", ci_low="0.55") == "approved"


def test_a_vote_on_one_re_opened_value_stands_when_another_is_re_opened_later(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:
        reopened(store, notice=False)
        confirm_reopened(store, PROTOCOL, VALUE, by="reviewer-a", at=AT, reason="fine")
        reopened(store, pmid="101", notice=False)
        asker = Asker("reviewer-a", decides=True, at=AT)
        with store.read() as tx:
            mine = [item for item, _ in worklist(tx, asker).items]
        assert mine == ["reopened:pmid-101--os--all--all--1"]
        assert len(values(store)) == 2


def values(store: Store) -> tuple[Any, ...]:
    with store.read() as tx:
        return curated_values(tx)
