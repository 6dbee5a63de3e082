"""Judges' programs: what a page can do, by token; blind to the other judge as the page is."""

from __future__ import annotations

from tests.extract.review.api_client import program
from tests.extract.review.judging import put_result, trial_form
from tests.extract.review.queue_server import Queue

SECRET = "words only judge A has written"


def test_two_programs_judge_a_result_and_see_each_other_only_then(queue: Queue) -> None:
    item = put_result(queue.store)
    with program(queue, "reviewer-a") as a, program(queue, "reviewer-b") as b:
        (line,) = a.show("/appraisal")  # type: ignore[misc]
        assert (line["item"], line["state"], line["mine"]) == (f"bias/{item}", "to_judge", True)  # type: ignore[index]
        shown = a.show(f"/bias/{item}")
        assert sum(len(domain["questions"]) for domain in shown["domains"]) == 22
        form = trial_form(support_D1=SECRET)
        assert a.ask("POST", f"/bias/{item}/judge", {"form": form, "seen": shown["seen"]}).json() == {
            "item": item,
            "state": "needs_second",
        }
        blind = b.show(f"/bias/{item}")
        assert (blind["said"], blind["agreed"], SECRET in str(blind)) == ([], None, False)
        done = b.ask("POST", f"/bias/{item}/judge", {"form": trial_form(), "seen": blind["seen"]})
        assert done.json()["state"] == "agreed"
        after = b.show(f"/bias/{item}")
        assert ([one["by"] for one in after["said"]], after["agreed"]) == (["reviewer-a", "reviewer-b"], "low")
        undone = b.ask("POST", f"/bias/{item}/undo", {"seen": after["seen"]})
        assert undone.json()["state"] == "undone"
    assert queue.approvals == ["asked", "asked"]


def test_a_form_with_faults_comes_back_field_by_field(queue: Queue) -> None:
    item = put_result(queue.store)
    with program(queue, "reviewer-a") as a:
        seen = a.show(f"/bias/{item}")["seen"]
        wrong = a.ask("POST", f"/bias/{item}/judge", {"form": trial_form(support_D3=""), "seen": seen})
        assert wrong.status_code == 422
        assert [one["where"] for one in wrong.json()["fields"]] == ["support-D3"]
        assert a.ask("GET", "/bias/nobody~OS").status_code == 404
        assert a.ask("POST", "/bias/nobody~OS/judge", {"form": {}, "seen": ""}).status_code == 404
        assert a.ask("GET", "/certainty/nothing").status_code == 404


def test_a_program_rates_the_certainty_with_steps_that_lead_to_it(queue: Queue) -> None:
    for study in ("Trial-A", "Trial-B"):
        put_result(queue.store, study_id=study)
    path = "/certainty/os--all--all--randomised"
    with program(queue, "reviewer-a") as a, program(queue, "guest", "read") as guest:
        shown = a.show(path)
        rating = {"level": "high", "reason": "two trials", "seen": shown["seen"]}
        assert a.ask("POST", f"{path}/judge", rating).status_code == 422
        rating["level"] = shown["proposed"]
        assert a.ask("POST", f"{path}/judge", rating).json()["state"] == "needs_second"
        assert guest.ask("POST", f"{path}/judge", rating).status_code == 403
        assert guest.show(path)["mine"] is False
        assert a.ask("POST", f"{path}/undo", {"seen": a.show(path)["seen"]}).json()["state"] == "undone"


def test_the_measures_of_single_people_are_for_the_lead(queue: Queue) -> None:
    with program(queue, "reviewer-a") as a, program(queue, "adjudicator") as lead:
        assert "seeded_errors" not in a.show("/measures")
        assert lead.show("/measures")["seeded_errors"]["settled"] == 0
