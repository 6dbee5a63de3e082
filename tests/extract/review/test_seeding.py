"""Deliberate errors: chosen by a secret, recorded before they are shown, and never approved by anybody."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from extract.errors import DecisionError, SeededNumber, SeedMissed
from extract.review.approval import approve_value
from extract.review.proposal import proposed_value
from extract.review.screening import include_record
from extract.review.seeded import refuse_seeded_table, refuse_typed_seed
from extract.review.seeding import SeedPlan, holds_wrong, numbers_in, seeded, with_wrong
from extract.schema.value import ValueCorrection
from extract.store.candidates import get_candidate, set_candidate
from extract.store.curated import curated_values, put_value
from extract.store.seeds import seed_events
from tests.extract.review.queue_server import ABSTRACT, PROTOCOL, Client, Queue, enqueue, proposed_effect, serving
from tests.extract.review.test_documents import in_table
from tests.stores import AT, new_store

ALWAYS = SeedPlan(b"a secret of the tests", 1)
VALUE = proposed_value(proposed_effect())


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    with new_store(tmp_path) as store, serving(store, seeds=ALWAYS) as served:
        yield served


def included(queue: Queue) -> str:
    """Put an included record with one proposed value into the queue; return the value's id."""
    (candidate_id,) = enqueue(queue.store, "100")
    for by in ("reviewer-a", "reviewer-b"):
        study = {"design": "retrospective_cohort"}
        include_record(queue.store, PROTOCOL, "100", by=by, at=AT, study=study, reason=None)
    return candidate_id


def form_of(page: str) -> dict[str, str]:
    """Return what the form of a value would send if nobody touched it."""
    form = dict(re.findall(r'<input id="f-\w+" name="(\w+)" value="([^"]*)"', page))
    form |= dict(re.findall(r'<input type="hidden" name="(seen|blind)" value="([^"]*)"', page))
    for name, inside in re.findall(r'<select id="f-\w+" name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', inside)
        form[name] = chosen.group(1) if chosen else ""
    return form


def events(queue: Queue) -> list[tuple[str, str]]:
    with queue.store.read() as tx:
        return [(event.person_id, event.event) for event in seed_events(tx)]


def wrong_of(queue: Queue, candidate_id: str) -> dict[str, float]:
    with queue.store.read() as tx:
        return seed_events(tx, candidate_id)[0].wrong


def approve(client: Client, candidate_id: str, **changes: str):  # type: ignore[no-untyped-def]
    page = client.page(f"item/value:{candidate_id}").text
    return client.submit(f"item/value:{candidate_id}/approve", form_of(page) | changes)


def test_one_in_twenty_is_chosen_and_only_who_knows_the_secret_knows_which() -> None:
    ids = [f"{n:016x}" for n in range(4000)]
    plan, other = SeedPlan(b"one", 20), SeedPlan(b"another", 20)
    chosen = {i for i in ids if seeded(plan, i, VALUE, text=ABSTRACT)}
    assert chosen == {i for i in ids if seeded(plan, i, VALUE, text=ABSTRACT)}
    # Binomial(4000, 1/20): mean 200, standard deviation 13.8; six of them either way.
    assert 117 < len(chosen) < 283
    assert len(chosen & {i for i in ids if seeded(other, i, VALUE, text=ABSTRACT)}) < 40


def test_each_kind_of_error_occurs_and_is_wrong_in_a_way_that_people_make() -> None:
    found = {tuple(sorted((seeded(ALWAYS, f"{n:x}", VALUE, text=ABSTRACT) or {}).items())) for n in range(60)}
    assert found == {
        (("ci_level", 90.0),),
        # 1/0.72, 1/0.93 and 1/0.56 to two decimals.
        (("ci_high", 1.79), ("ci_low", 1.08), ("estimate", 1.39)),
        (("ci_low", 0.55),),
    }


def test_a_number_the_record_prints_is_never_shown_as_a_wrong_one() -> None:
    text = f"{ABSTRACT} In all 90 centres. Adjusted 1·39; .55"
    assert {90.0, 1.39, 0.55} <= numbers_in(text)
    assert {seeded(ALWAYS, f"{n:x}", VALUE, text=text) for n in range(30)} == {None}  # type: ignore[comparison-overlap]


def test_an_error_that_a_check_would_notice_is_not_used() -> None:
    # p 0.012 belongs to the 95 % interval; at 90 % the checks would say so.
    value = dataclasses.replace(VALUE, p_value="0.012", p_sided="two")
    found = {tuple(seeded(ALWAYS, f"{n:x}", value, text=ABSTRACT) or {}) for n in range(60)}
    assert ("ci_level",) not in found


def test_a_first_reader_who_approves_it_as_shown_is_told_and_sees_the_truth(queue: Queue) -> None:
    candidate_id = included(queue)
    with queue.client("reviewer-a") as a:
        shown = form_of(a.page(f"item/value:{candidate_id}").text)
        wrong = wrong_of(queue, candidate_id)
        assert all(float(shown[name]) == number for name, number in wrong.items())
        answer = approve(a, candidate_id)
        assert answer.status_code == 409
        assert "carried a deliberate error" in answer.text
        truth = form_of(answer.text)
        assert all(float(truth[name]) == getattr(VALUE, name) for name in wrong)
        assert events(queue) == [("reviewer-a", "shown"), ("reviewer-a", "missed")]
        with queue.store.read() as tx:
            candidate = get_candidate(tx, candidate_id)
        assert candidate is not None
        assert candidate.state == "proposed"
        assert approve(a, candidate_id).status_code == 200
    with queue.store.read() as tx:
        candidate = get_candidate(tx, candidate_id)
    assert candidate is not None
    assert candidate.state == "needs_second"


def test_a_first_reader_who_puts_it_right_needs_no_reason_and_is_counted(queue: Queue) -> None:
    candidate_id = included(queue)
    with queue.client("reviewer-a") as a:
        a.page(f"item/value:{candidate_id}")
        right = {name: str(getattr(VALUE, name)) for name in wrong_of(queue, candidate_id)}
        assert approve(a, candidate_id, **right).status_code == 200
    assert events(queue) == [("reviewer-a", "shown"), ("reviewer-a", "caught")]


def test_nobody_but_the_first_reader_sees_it(queue: Queue) -> None:
    candidate_id = included(queue)
    with queue.client("reviewer-a") as a, queue.client("guest") as guest, queue.client("reviewer-b") as b:
        right = {name: str(getattr(VALUE, name)) for name in _opened(a, queue, candidate_id)}
        approve(a, candidate_id, **right)
        assert form_of(b.page(f"item/value:{candidate_id}").text)["estimate"] == ""
        b.submit(
            f"item/value:{candidate_id}/approve",
            form_of(b.page(f"item/value:{candidate_id}").text)
            | {"estimate": "0.72", "ci_low": "0.56", "ci_high": "0.93", "ci_level": "95"},
        )
        assert "0.72" in guest.page(f"item/value:{candidate_id}").text
    assert {person for person, _ in events(queue)} == {"reviewer-a"}
    with queue.store.read() as tx:
        (value,) = curated_values(tx)
        refuse_seeded_table(tx)
    assert (value.reported.ci_level, value.corrections) == (95.0, ())


def _opened(client: Client, queue: Queue, candidate_id: str) -> dict[str, float]:
    client.page(f"item/value:{candidate_id}")
    return wrong_of(queue, candidate_id)


def test_a_draft_with_the_wrong_number_does_not_bring_it_back(queue: Queue) -> None:
    candidate_id = included(queue)
    with queue.client("reviewer-a") as a:
        form = form_of(a.page(f"item/value:{candidate_id}").text)
        a.submit(f"item/value:{candidate_id}/draft", form)
        assert approve(a, candidate_id).status_code == 409
        truth = form_of(a.page(f"item/value:{candidate_id}").text)
    assert all(float(truth[name]) == getattr(VALUE, name) for name in wrong_of(queue, candidate_id))


def test_a_blind_second_reader_cannot_type_the_wrong_number_either(queue: Queue) -> None:
    candidate_id = included(queue)
    with queue.client("reviewer-a") as a:
        wrong = _opened(a, queue, candidate_id)
        approve(a, candidate_id, **{name: str(getattr(VALUE, name)) for name in wrong})
    changes = {name: str(number) for name, number in wrong.items()}
    with pytest.raises(DecisionError, match="does not print"):
        approve_value(
            queue.store,
            PROTOCOL,
            candidate_id,
            by="reviewer-b",
            at=AT,
            changes=changes,
            reason="as I read it",
            clear_checks=True,
        )
    with pytest.raises(SeedMissed):
        refuse_typed_seed(queue.store, candidate_id, changes, person_id="reviewer-b", at=AT)
    assert events(queue) == [("reviewer-a", "shown"), ("reviewer-a", "caught")]


def test_a_wrong_number_that_got_into_the_table_all_the_same_is_never_frozen(queue: Queue) -> None:
    candidate_id = included(queue)
    with queue.client("reviewer-a") as a:
        wrong = _opened(a, queue, candidate_id)
        approve(a, candidate_id, **{name: str(getattr(VALUE, name)) for name in wrong})
    changed = {"by": "reviewer-b", "at": AT, "changes": {}, "reason": None}
    approve_value(queue.store, PROTOCOL, candidate_id, **changed)  # type: ignore[arg-type]
    with queue.store.write() as tx:
        (value,) = curated_values(tx)
        name, number = next(iter(wrong.items()))
        slip = ValueCorrection(name, getattr(value.reported, name), number, "by hand", "root", AT[:10], "correction")
        put_value(tx, dataclasses.replace(value, corrections=(slip,)))
        set_candidate(tx, candidate_id, state="approved", value_id=value.value_id)
        with pytest.raises(SeededNumber, match="nothing is frozen"):
            refuse_seeded_table(tx)


def test_without_a_plan_nothing_is_planted(tmp_path: Path) -> None:
    with new_store(tmp_path) as store, serving(store) as queue:
        candidate_id = included(queue)
        with queue.client("reviewer-a") as a:
            assert form_of(a.page(f"item/value:{candidate_id}").text)["ci_level"] == "95"
        assert events(queue) == []


def test_the_catch_rate_is_for_the_lead_and_the_administrator_only(queue: Queue) -> None:
    candidate_id = included(queue)
    with queue.client("reviewer-a") as a:
        a.page(f"item/value:{candidate_id}")
        approve(a, candidate_id)
        assert "Deliberate errors" not in a.page("measures").text
        assert "seeded_errors" not in a.page("measures.json").json()
    with queue.client("adjudicator") as lead, queue.client("admin") as admin:
        for client in (lead, admin):
            assert "0.0 %" in client.page("measures").text
            told = client.page("measures.json").json()["seeded_errors"]
            assert (told["settled"], told["share"]["estimate"]) == (1, 0.0)


def test_a_wrong_value_is_the_value_with_other_numbers_and_nothing_else() -> None:
    wrong = {"ci_level": 90.0}
    changed = with_wrong(VALUE, wrong)
    assert holds_wrong(changed, wrong)
    assert dataclasses.replace(changed, ci_level=95.0) == VALUE


def test_a_value_of_a_table_can_carry_one_where_the_whole_article_is_at_hand(queue: Queue) -> None:
    candidate_id = in_table(queue, stored=True)
    with queue.client("reviewer-a") as a:
        page = a.page(f"item/value:{candidate_id}").text
    assert events(queue) == [("reviewer-a", "shown")]
    wrong = wrong_of(queue, candidate_id)
    shown = form_of(page)
    assert {name: float(shown[name]) for name in wrong} == wrong
    # Nowhere in the article stands what is shown wrong: 1.00 to 1.04 are another row's, 0.61 the text's.
    assert not set(wrong.values()) & {1.0, 1.02, 1.04, 0.61, 0.72, 0.56, 0.93, 95.0}
    # The document beside it is the true one.
    assert "0.72 (0.56-0.93)</mark>" in page


def test_a_value_whose_article_is_not_at_hand_carries_none(queue: Queue) -> None:
    candidate_id = in_table(queue, stored=False)
    with queue.client("reviewer-a") as a:
        a.page(f"item/value:{candidate_id}")
    assert events(queue) == []
