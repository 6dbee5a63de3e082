"""The pages of judges: blind to one another, nothing typed is lost, and the pages are published when they agree."""

from __future__ import annotations

import re
from dataclasses import replace

from extract.review.bias import assessment_of, judge_result
from extract.store.curated import put_value
from extract.store.decisions import all_decisions
from tests.extract.review.judging import PROTOCOL, put_result, trial_form, trial_judgement, value_of
from tests.extract.review.queue_server import Client, Queue
from tests.extract.review.test_queue_pages import words
from tests.stores import AT

SECRET = "words only judge A has written"


def mark(client: Client, path: str) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', client.page(path).text)
    assert found is not None
    return found.group(1)


def judge(client: Client, item: str, **changes: str) -> str:
    path = f"bias/{item}"
    answer = client.submit(f"{path}/judge", {**trial_form(**changes), "seen": mark(client, path)})
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_second_judge_sees_nothing_of_the_first_and_their_agreement_publishes(queue: Queue) -> None:
    item = put_result(queue.store)
    with queue.client("reviewer-a") as a, queue.client("reviewer-b") as b, queue.client("guest") as guest:
        assert "a second judge who does not see it is awaited" in judge(a, item, support_D1=SECRET)
        for page in (b.page(f"bias/{item}").text, b.page("appraisal").text, guest.page(f"bias/{item}").text):
            assert SECRET not in page
            assert "reviewer-a" not in page
        assert queue.approvals == []
        assert "the judgement is complete" in judge(b, item)
        assert queue.approvals == ["asked"]
        assert SECRET in guest.page(f"bias/{item}").text


def test_a_form_with_a_fault_comes_back_with_everything_and_a_message_at_the_field(queue: Queue) -> None:
    item = put_result(queue.store)
    with queue.client("reviewer-a") as a:
        form = {**trial_form(answer_1__2="", support_D3="", level_D2="high"), "seen": mark(a, f"bias/{item}")}
        answer = a.submit(f"bias/{item}/judge", form)
        assert answer.status_code == 422
        for field in ("answer-1.2", "support-D3", "why-D2"):
            assert f'id="e-{field}"' in answer.text
        assert "what the report says on Randomisation" in answer.text
    with queue.store.read() as tx:
        assert all_decisions(tx) == ()


def test_a_draft_is_kept_and_shows_what_the_answers_give(queue: Queue) -> None:
    item = put_result(queue.store)
    with queue.client("reviewer-a") as a, queue.client("reviewer-b") as b:
        shown = a.submit(f"bias/{item}/draft", {"answer-1.2": "N", "support-D1": SECRET})
        assert "as the answers give: High" in shown.text
        assert SECRET in shown.text
        assert SECRET not in b.page(f"bias/{item}").text


def test_a_conflict_shows_the_adjudicator_only_what_differs(queue: Queue) -> None:
    item = put_result(queue.store)
    for by, changes in (("reviewer-a", {"support_D1": SECRET}), ("reviewer-b", {"answer_1__2": "N"})):
        judge_result(queue.store, PROTOCOL, item, trial_judgement(**changes), by=by, at=AT)
    with queue.client("adjudicator") as lead, queue.client("reviewer-a") as a:
        page = lead.page(f"bias/{item}").text
        assert SECRET in page
        assert page.count("The judges agree: Low") == 4
        assert "The judges differ; an adjudicator settles it" in a.page(f"bias/{item}").text
        missing = lead.submit(f"bias/{item}/judge", {"seen": mark(lead, f"bias/{item}")})
        assert missing.status_code == 422
        judge(lead, item, answer_1__2="NI")
    with queue.store.read() as tx:
        agreed = assessment_of(tx, item).agreed
    assert agreed is not None
    assert agreed.settled_by == "adjudicator"


def test_a_judgement_can_be_taken_back_from_its_page(queue: Queue) -> None:
    item = put_result(queue.store)
    with queue.client("reviewer-a") as a:
        judge(a, item)
        a.submit(f"bias/{item}/undo", {"seen": mark(a, f"bias/{item}")})
        assert "Save my judgement" in a.page(f"bias/{item}").text


def test_an_unknown_result_or_synthesis_is_said_in_a_line(queue: Queue) -> None:
    with queue.client("reviewer-a") as a:
        for path in ("bias/nobody~OS", "certainty/os--all--all--nothing"):
            assert a.page(path).status_code == 404
            assert a.submit(f"{path}/judge", {"seen": "x"}).status_code == 404
            assert a.submit(f"{path}/undo", {"seen": "x"}).status_code == 404
        assert a.submit("bias/nobody~OS/draft", {}).status_code == 404


def test_two_people_rate_the_certainty_and_steps_must_lead_to_the_level(queue: Queue) -> None:
    for study in ("Trial-A", "Trial-B"):
        put_result(queue.store, study_id=study)
    path = "certainty/os--all--all--randomised"
    with queue.client("reviewer-a") as a, queue.client("reviewer-b") as b:
        form = {"level": "high", "reason": SECRET, "seen": mark(a, path)}
        refused = a.submit(f"{path}/judge", form)
        assert refused.status_code == 422
        given = re.search(r"[Tt]he steps give ([a-z ]+):", refused.text)
        assert given is not None
        assert SECRET in refused.text
        form["level"] = given.group(1)
        assert "a second judge" in a.submit(f"{path}/judge", form).text
        assert SECRET not in b.page(path).text
        done = b.submit(f"{path}/judge", {**form, "reason": "the same", "seen": mark(b, path)})
        assert "the judgement is complete" in done.text
        page = b.page(path).text
        assert f"{given.group(1).capitalize()}</strong>, decided by reviewer-a and reviewer-b" in page
        judge_both(queue, "Trial-A~OS")
        assert "on other inputs than today" in b.page(path).text


def judge_both(queue: Queue, item: str) -> None:
    for by in ("reviewer-a", "reviewer-b"):
        judge_result(queue.store, PROTOCOL, item, trial_judgement(answer_1__2="N"), by=by, at=AT)


def test_what_a_judge_types_is_inert_on_every_page(queue: Queue) -> None:
    item = put_result(queue.store, study_id="Trial-X")
    hostile = "<script>alert(1)</script>\"'>"
    judge_result(queue.store, PROTOCOL, item, trial_judgement(support_D1=hostile), by="reviewer-a", at=AT)
    judge_result(queue.store, PROTOCOL, item, trial_judgement(support_D1=hostile), by="reviewer-b", at=AT)
    with queue.client("reviewer-a") as a:
        assert "<script>alert" not in a.page(f"bias/{item}").text
        assert "<script>alert" not in a.submit(f"bias/{item}/draft", {"support-D1": hostile}).text
        assert "<script>alert" not in a.page(f"appraisal?done=agreed&of=bias/{hostile}").text


def test_a_judge_reads_a_value_with_its_level_and_its_direction(queue: Queue) -> None:
    item = put_result(queue.store)
    made = value_of("Trial-A-2020", number=2)
    turned = replace(
        made.reported, ci_level=90.0, numerator_arm="no_surgery", denominator_arm="surgery", pattern="bone-only"
    )
    with queue.store.write() as tx:
        put_value(tx, replace(made, reported=turned))
    with queue.client("reviewer-a") as a:
        page = words(a.page(f"bias/{item}").text)
        assert "HR 0.8 (0.6 to 1.07; 95 %), surgery over no surgery, all/all" in page
        assert "HR 0.8 (0.6 to 1.07; 90 %), no surgery over surgery, all/bone-only" in page
