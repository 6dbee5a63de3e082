"""The queue's pages as people use them, without scripts: screen, extract, read blind, settle, undo, nothing lost."""

from __future__ import annotations

import html
import re

import pytest

from extract.review.accounts import disable_person
from extract.review.approval import approve_value
from extract.review.screening import exclude_record, include_record
from extract.store.candidates import get_candidate
from extract.store.curated import Alert, add_alert, curated_values, set_value_state
from extract.store.decisions import Decision, all_decisions, decisions_on, latest_votes, record_decision, verify_chain
from extract.store.records import get_record
from tests.extract.review.queue_server import PROTOCOL, Client, Queue, enqueue, proposed_effect
from tests.stores import AT, BOTH_DATABASES

pytestmark = BOTH_DATABASES

STUDY = {"design": "retrospective_cohort"}


def include(queue: Queue, *pmids: str, people: tuple[str, ...] = ("reviewer-a", "reviewer-b")) -> None:
    for pmid in pmids:
        for person in people:
            include_record(queue.store, PROTOCOL, pmid, by=person, at=AT, study=STUDY, reason=None)


def form_of(page: str, action: str) -> dict[str, str]:
    """Return what a browser would send with the form of this action if nobody touched it."""
    forms = re.findall(r'<form method="post" action="[^"]*".*?</form>', page, re.DOTALL)
    # The form of this action, else the one with a button for it.
    named = [one for one in forms if re.search(rf'^<form method="post" action="[^"]*/{action}"', one)]
    form = next(iter([*named, *(one for one in forms if f'/{action}"' in one)]), "")
    assert form, f"no form {action!r}"
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("type") not in ("radio", "checkbox") and "name" in attributes:
            found[attributes["name"]] = html.unescape(attributes.get("value", ""))
    for name, options in re.findall(r'<select[^>]* name="([^"]+)".*?>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        found[name] = html.unescape(chosen.group(1)) if chosen else ""
    for name, text in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found[name] = html.unescape(text)
    found.pop("form_token", None)
    return found


def filled(client: Client, item: str, action: str, **typed: str) -> dict[str, str]:
    return {**form_of(client.page(f"item/{item}").text, action), **typed}


def words(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def test_a_vote_goes_on_to_the_next_item_and_says_what_was_saved(queue: Queue) -> None:
    enqueue(queue.store, "100", "101")
    with queue.client("reviewer-a") as client:
        assert "2 items for you" in words(client.page("").text)
        after = client.submit("item/record:100/vote", filled(client, "record:100", "vote"))
        assert "/item/record:101" in after.url
        assert "Saved: include record:100" in words(after.text)
        after = client.submit("item/record:101/vote", {"vote": "exclude:no-comparison", "seen": "1-open-0"})
        assert "0 items for you" in words(after.text)
    with queue.store.read() as tx:
        assert latest_votes(tx, "101")["reviewer-a"][:2] == ("exclude", "no-comparison")


def test_the_votes_of_others_are_hidden_until_ones_own_is_in(queue: Queue) -> None:
    enqueue(queue.store, "100")
    exclude_record(
        queue.store, PROTOCOL, "100", by="reviewer-b", at=AT, reason_code="no-comparison", reason="one arm only"
    )
    with queue.client("reviewer-a") as client, queue.client("guest") as guest:
        before = client.page("item/record:100").text
        assert "1 of 2 votes in" in before
        assert "one arm only" not in before
        assert "one arm only" not in guest.page("item/record:100").text
        client.submit("item/record:100/vote", filled(client, "record:100", "vote"))
        assert "one arm only" in client.page("item/record:100").text


def test_criteria_and_the_closed_list_of_reasons_stand_beside_the_record(queue: Queue) -> None:
    enqueue(queue.store, "100")
    with queue.client("reviewer-a") as client:
        page = html.unescape(client.page("item/record:100").text)
    for criterion in PROTOCOL.eligibility.criteria:
        assert criterion in page
    for reason in PROTOCOL.eligibility.exclusion_reasons:
        assert f'value="exclude:{reason.code}"' in page
    assert '<mark class="term">' in page


def test_two_maybes_are_a_conflict_that_the_adjudicator_settles_with_all_votes_open(queue: Queue) -> None:
    enqueue(queue.store, "100")
    for person in ("reviewer-a", "reviewer-b"):
        with queue.client(person) as client:
            client.submit("item/record:100/vote", {"vote": "maybe", "comment": f"unsure, {person}", "seen": "1-open-0"})
            assert "adjudicator settles" in client.page("item/record:100").text or person == "reviewer-a"
    with queue.client("adjudicator") as client:
        page = client.page("item/record:100").text
        assert "unsure, reviewer-a" in page
        assert 'value="maybe"' not in page
        client.submit("item/record:100/vote", filled(client, "record:100", "vote"))
    with queue.store.read() as tx:
        record = get_record(tx, "100")
    assert record is not None
    assert record.state == "included"


def test_undo_is_a_new_decision_and_the_record_waits_again(queue: Queue) -> None:
    enqueue(queue.store, "100")
    with queue.client("reviewer-a") as client:
        after = client.submit("item/record:100/vote", {"vote": "exclude:no-comparison", "seen": "1-open-0"})
        client.submit("item/record:100/undo", form_of(after.text, "undo"))
        assert "1 item for you" in words(client.page("").text)
    with queue.store.read() as tx:
        assert [d.decision.action for d in all_decisions(tx)] == ["vote", "undo"]
        assert latest_votes(tx, "100") == {}
        record = get_record(tx, "100")
        assert verify_chain(tx) == 2
    assert record is not None
    assert record.state == "new"


def test_a_clean_value_is_approved_as_proposed_with_nothing_typed(queue: Queue) -> None:
    (candidate,) = enqueue(queue.store, "100")
    include(queue, "100")
    with queue.client("reviewer-a") as client:
        page = client.page(f"item/value:{candidate}").text
        assert '<mark class="place" id="place" tabindex="-1">HR 0.72; 95% CI 0.56-0.93</mark>' in page
        assert "No check fired" in page
        client.submit(f"item/value:{candidate}/approve", form_of(page, "approve"))
    with queue.store.read() as tx:
        stored = get_candidate(tx, candidate)
    assert stored is not None
    assert stored.state == "needs_second"


def test_the_second_reader_sees_neither_the_proposal_nor_the_first_reading(queue: Queue) -> None:
    (candidate,) = enqueue(queue.store, "100")
    include(queue, "100")
    approve_value(
        queue.store, PROTOCOL, candidate, by="reviewer-a", at=AT, changes={"n_surgery": "150"}, reason="table 1"
    )
    with queue.client("reviewer-b") as client:
        page = client.page(f"item/value:{candidate}").text
        form = form_of(page, "approve")
        assert {form[name] for name in ("estimate", "ci_low", "ci_high", "ci_level", "n_surgery")} == {""}
        assert form["outcome"] == "OS"
        assert "table 1" not in page
        # Only words and fields: a random token may hold any three digits.
        assert "150" not in words(page.split("<article")[0] + page.split("</article>")[1])
        assert 'value="150"' not in page
        assert "Surgery was associated with longer survival (HR 0.72; 95% CI 0.56-0.93).</mark>" in page
        empty = client.submit(f"item/value:{candidate}/approve", form)
        assert empty.status_code == 422
        assert "type the estimate as the document prints it" in html.unescape(empty.text).lower()
        read = {"estimate": "0.72", "ci_low": "0.56", "ci_high": "0.93", "ci_level": "95", "n_surgery": "150"}
        client.submit(f"item/value:{candidate}/approve", {**form, **read})
    with queue.store.read() as tx:
        (value,) = curated_values(tx)
    assert value.approved_by == ("reviewer-a", "reviewer-b")
    assert [(c.field, c.reported, c.corrected) for c in value.corrections] == [("n_surgery", None, 150)]
    assert queue.approvals == ["asked"]


def test_the_adjudicator_sees_only_the_differences_and_settles_them_with_a_reason(queue: Queue) -> None:
    (candidate,) = enqueue(queue.store, "100")
    include(queue, "100")
    for person, low in (("reviewer-a", "0.56"), ("reviewer-b", "0.58")):
        approve_value(
            queue.store, PROTOCOL, candidate, by=person, at=AT, changes={"ci_low": low}, reason=f"seen by {person}"
        )
    with queue.client("reviewer-a") as reader:
        assert "/settle" not in reader.page(f"item/value:{candidate}").text
    with queue.client("adjudicator") as client:
        page = client.page(f"item/value:{candidate}").text
        assert re.findall(r'name="(pick-\w+)" value="=', page) == ["pick-ci_low", "pick-ci_low"]
        seen = form_of(page, "settle")["seen"]
        nothing = client.submit(f"item/value:{candidate}/settle", {"seen": seen})
        assert nothing.status_code == 422
        assert "Choose one of them" in nothing.text
        form = {"seen": seen, "pick-ci_low": "other", "other-ci_low": "0,57", "reason": "table 2 of the full text"}
        wrong = client.submit(f"item/value:{candidate}/settle", form)
        assert wrong.status_code == 422
        assert 'value="0,57"' in wrong.text
        client.submit(f"item/value:{candidate}/settle", {**form, "pick-ci_low": "=0.56"})
    with queue.store.read() as tx:
        (value,) = curated_values(tx)
    assert (value.reported.ci_low, value.corrections, value.approved_by) == (0.56, (), ("adjudicator",))


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("estimate", "0,65", "is not a number; write the decimal point as '.'"),
        ("estimate", "O.65", "'O.65' is not a number"),
        ("estimate", "0", "a ratio is above 0"),
        ("estimate", "2.5", "lies outside its interval 0.56 to 0.93"),
        ("ci_low", "0.99", "the lower limit 0.99 is not below the upper limit 0.93"),
        ("ci_high", "", "one limit is missing"),
        ("ci_level", "9.5", "write the level in percent"),
        ("n_surgery", "-4", "is not a whole number"),
        ("events_control", "1.5", "is not a whole number"),
        ("numerator_arm", "not_stated", "say whose hazard stands on top"),
        ("outcome", "survival", "is not one of OS"),
        ("measure", "<b>", "is not one of HR"),
        ("reason", "", "say why"),
    ],
)
def test_a_wrong_entry_is_said_at_its_field_and_everything_typed_is_still_there(
    queue: Queue, field: str, typed: str, message: str
) -> None:
    (candidate,) = enqueue(queue.store, "100")
    include(queue, "100")
    with queue.client("reviewer-a") as client:
        form = filled(
            client, f"value:{candidate}", "approve", note="a thought", reason="page 3", median_surgery_months="40"
        )
        answer = client.submit(f"item/value:{candidate}/approve", {**form, field: typed})
    page = answer.text
    assert answer.status_code == 422
    assert "a thought" in page
    at_field = re.search(rf'<span class="error" id="e-{field}">(.*?)</span>', page)
    assert at_field is not None, words(page)[:900]
    assert message.lower() in html.unescape(at_field.group(1)).lower()
    assert re.search(rf'id="f-{field}"[^>]*aria-invalid="true"', page)
    with queue.store.read() as tx:
        assert [d.decision.action for d in all_decisions(tx) if d.decision.subject_kind == "candidate"] == []


def test_a_value_with_an_open_check_is_approved_only_after_the_check_was_answered(queue: Queue) -> None:
    (candidate,) = enqueue(queue.store, "100", effect=proposed_effect(ci_high=1.3, checks=("interval-asymmetric",)))
    include(queue, "100")
    with queue.client("reviewer-a") as client:
        page = client.page(f"item/value:{candidate}").text
        assert "interval-asymmetric" in page
        form = form_of(page, "approve")
        refused = client.submit(f"item/value:{candidate}/approve", form)
        assert refused.status_code == 422
        assert "e-check-interval-asymmetric" in refused.text
        # A reason for something else clears nothing.
        again = client.submit(f"item/value:{candidate}/approve", {**form, "reason": "printed like this"})
        assert "e-check-interval-asymmetric" in again.text
        answer = {"check-interval-asymmetric": "printed like this, twice"}
        done = client.submit(f"item/value:{candidate}/approve", {**form, **answer})
        assert done.status_code == 200
        assert "needs second" in words(done.text)
    with queue.store.read() as tx:
        (logged,) = decisions_on(tx, "candidate", candidate)
    assert logged.decision.details["cleared"] == {"interval-asymmetric": "printed like this, twice"}


def test_a_rejection_needs_its_reason_and_can_be_taken_back(queue: Queue) -> None:
    (candidate,) = enqueue(queue.store, "100")
    include(queue, "100")
    with queue.client("reviewer-a") as client:
        form = filled(client, f"value:{candidate}", "reject")
        assert client.submit(f"item/value:{candidate}/reject", form).status_code == 422
        done = client.submit(f"item/value:{candidate}/reject", {**form, "rejection": "not our comparison"})
        client.submit(f"item/value:{candidate}/undo", form_of(done.text, "undo"))
    with queue.store.read() as tx:
        stored = get_candidate(tx, candidate)
    assert stored is not None
    assert stored.state == "proposed"


def test_a_value_open_at_one_reader_is_left_alone_by_others_for_half_an_hour(queue: Queue) -> None:
    (candidate,) = enqueue(queue.store, "100")
    include(queue, "100")
    with queue.client("reviewer-a") as a, queue.client("reviewer-b") as b:
        form = filled(a, f"value:{candidate}", "approve", note="mine")
        assert "reviewer-a has this open until 09:30 UTC" in b.page(f"item/value:{candidate}").text
        assert "Nothing waits for you now" in b.page("").text
        refused = b.submit(f"item/value:{candidate}/approve", form)
        assert refused.status_code == 409
        assert "mine" in refused.text
        queue.clock.forward(minutes=29)
        a.page(f"item/value:{candidate}")
        queue.clock.forward(minutes=29)
        assert "reviewer-a has this open" in b.page(f"item/value:{candidate}").text
        queue.clock.forward(minutes=2)
        assert "/approve" in b.page(f"item/value:{candidate}").text
        late = a.submit(f"item/value:{candidate}/approve", form)
        assert late.status_code == 409
        assert "took this item over" in late.text
        assert "mine" in late.text


def test_leaving_an_item_or_losing_the_account_gives_it_back_to_the_queue(queue: Queue) -> None:
    (candidate,) = enqueue(queue.store, "100")
    include(queue, "100")
    with queue.client("reviewer-a") as a, queue.client("reviewer-b") as b:
        a.page(f"item/value:{candidate}")
        a.submit(f"item/value:{candidate}/leave")
        assert "/approve" in b.page(f"item/value:{candidate}").text
        disable_person(queue.store, "reviewer-b", now=queue.clock())
        assert "/approve" in a.page(f"item/value:{candidate}").text


def test_a_form_that_is_out_of_date_is_not_saved_and_shows_the_other_edit_and_what_was_typed(queue: Queue) -> None:
    (candidate,) = enqueue(queue.store, "100")
    include(queue, "100")
    with queue.client("adjudicator") as first_tab:
        form = filled(first_tab, f"value:{candidate}", "approve", note="typed in the first tab", reason="page 2")
        for person in ("reviewer-a", "reviewer-b"):
            low = {"ci_low": "0.57"} if person == "reviewer-b" else {}
            approve_value(
                queue.store, PROTOCOL, candidate, by=person, at=AT, changes=low, reason=f"the reading of {person}"
            )
        answer = first_tab.submit(f"item/value:{candidate}/approve", form)
    assert answer.status_code == 409
    assert "This item changed since you opened it" in answer.text
    assert "the reading of reviewer-b" in answer.text
    assert "typed in the first tab" in answer.text


def test_two_people_who_screen_the_same_record_do_not_disturb_each_other_but_two_tabs_do(queue: Queue) -> None:
    enqueue(queue.store, "100")
    with queue.client("reviewer-a") as a, queue.client("reviewer-b") as b:
        form_a, form_b = (filled(client, "record:100", "vote", vote="maybe") for client in (a, b))
        assert a.submit("item/record:100/vote", form_a).status_code == 200
        assert b.submit("item/record:100/vote", form_b).status_code == 200
        assert a.submit("item/record:100/vote", form_a).status_code == 409


def test_a_draft_is_kept_over_a_closed_tab_and_a_new_session(queue: Queue) -> None:
    (candidate,) = enqueue(queue.store, "100")
    include(queue, "100")
    with queue.client("reviewer-a") as client:
        form = filled(client, f"value:{candidate}", "approve", ci_low="0.5", reason="half-way")
        client.submit(f"item/value:{candidate}/draft", form)
    with queue.client("reviewer-a") as client:
        again = form_of(client.page(f"item/value:{candidate}").text, "approve")
        assert (again["ci_low"], again["reason"]) == ("0.5", "half-way")
        client.submit(f"item/value:{candidate}/approve", again)
        assert "half-way" not in client.page("").text
    with queue.client("reviewer-b") as other:
        assert "half-way" not in other.page(f"item/value:{candidate}").text


def test_a_reopened_value_is_confirmed_by_two_who_say_what_the_notice_says(queue: Queue) -> None:
    (candidate,) = enqueue(queue.store, "100")
    include(queue, "100")
    for person in ("reviewer-a", "reviewer-b"):
        approve_value(queue.store, PROTOCOL, candidate, by=person, at=AT, changes={}, reason=None)
    item = "pmid-100--os--all--all--1"
    with queue.store.write() as tx:
        set_value_state(tx, [item], "reopened")
        add_alert(tx, Alert("pmid-100", "ErratumIn", "PMID 200", "2026-11-22"))
        record_decision(tx, Decision(AT, "night", "reopen", "value", item, reason="ErratumIn PMID 200"))
    for person in ("reviewer-a", "reviewer-b"):
        with queue.client(person) as client:
            page = client.page(f"item/reopened:{item}").text
            assert "ErratumIn" in page
            # Who must say what the notice says has a way to it.
            assert 'href="https://pubmed.ncbi.nlm.nih.gov/200/"' in page
            assert 'href="https://pubmed.ncbi.nlm.nih.gov/100/"' in page
            assert "HR for OS, all/all" in words(client.page("?show=reopened").text)
            assert "corrects an affiliation" not in page
            form = form_of(page, "confirm")
            assert client.submit(f"item/reopened:{item}/confirm", form).status_code == 422
            client.submit(f"item/reopened:{item}/confirm", {**form, "reason": "corrects an affiliation"})
    with queue.store.read() as tx:
        assert [value.state for value in curated_values(tx)] == ["approved"]


def test_a_record_that_names_a_registry_opens_with_its_source_filled_in(queue: Queue) -> None:
    enqueue(queue.store, "100", title="Surgery in stage IV: a SEER analysis")
    enqueue(queue.store, "101")
    with queue.client("reviewer-a") as client:
        assert form_of(client.page("item/record:100").text, "vote")["data_source"] == "SEER"
        assert "one of them enters a pool" in words(client.page("item/record:100").text)
        assert form_of(client.page("item/record:101").text, "vote")["data_source"] == ""


def test_filters_and_chips_show_what_waits_where(queue: Queue) -> None:
    enqueue(queue.store, "100", "101", "102")
    include(queue, "100", "101")
    with queue.client("reviewer-a") as client:
        page = words(client.page("?show=all").text)
        assert "Everything 3" in page
        assert "To extract 2" in page
        assert "New 1" in page
        assert client.page("?show=all&kind=record").text.count("/review/item/record:") == 1
        assert client.page("?show=all&subtype=triple-negative").text.count("/review/item/value:") == 0
        assert client.page("?show=proposed&pattern=all").text.count("/review/item/value:") == 2


def test_an_item_that_is_none_is_a_clear_page(queue: Queue) -> None:
    with queue.client("reviewer-a") as client:
        for item in ("record:1", "value:none", "reopened:x", "nonsense", "a:b"):
            answer = client.page(f"item/{item}")
            assert answer.status_code == 404
            assert "There is no such item" in answer.text


def test_a_page_fetched_ahead_shows_the_document_and_takes_nothing(queue: Queue) -> None:
    (candidate,) = enqueue(queue.store, "100")
    with queue.client("reviewer-a") as a, queue.client("reviewer-b") as b:
        record = a.page("item/record:100?ahead=1").text
        assert "Surgery was associated with longer survival" in html.unescape(re.sub(r"<[^>]+>", "", record))
        assert "/vote" not in record
        assert "Your vote is in" not in record
        include(queue, "100")
        assert "/approve" not in a.page(f"item/value:{candidate}?ahead=1").text
        assert "/approve" in b.page(f"item/value:{candidate}").text
