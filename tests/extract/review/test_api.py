"""The API does what the pages do, by the same actions, and hides what they hide."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from starlette.requests import Request

from extract.errors import AccessError
from extract.review.accounts import disable_person, new_link
from extract.review.api.problems import on_refused, too_many
from extract.review.api.register import BURST, BURST_SECONDS, WRONG, WRONG_SECONDS
from extract.review.budget import Budget
from extract.review.tokens import PREFIX, make_token
from extract.store.curated import curated_values, families, put_family
from extract.store.decisions import all_decisions, verify_chain
from tests.extract.review.api_client import Program, program, token_for
from tests.extract.review.judging import put_result
from tests.extract.review.queue_server import PROTOCOL, QUOTE, Clock, Queue, enqueue, make_account

READ = {"estimate": "0.72", "ci_low": 0.56, "ci_high": 0.93, "ci_level": 95}
COHORT = {"design": "retrospective_cohort"}


def included(queue: Queue, pmid: str = "100") -> str:
    """Include a record by two votes through the API; return the item of its value."""
    (value,) = enqueue(queue.store, pmid)
    for person in ("reviewer-a", "reviewer-b"):
        with program(queue, person) as one:
            assert one.act(f"record:{pmid}", "vote", vote="include", study=COHORT).status_code == 200
    return f"value:{value}"


def test_two_programs_take_a_record_from_the_inbox_to_an_approved_value(queue: Queue) -> None:
    value = included(queue)
    with program(queue, "reviewer-a") as a, program(queue, "reviewer-b") as b:
        assert a.show("/next")["item"] == value
        assert a.act(value, "approve").json()["state"] == "needs_second"
        assert b.act(value, "approve", values=READ).json()["state"] == "approved"
        assert b.show("/items?show=all")["total"] == 0
    with queue.store.read() as tx:
        (curated,) = curated_values(tx)
        assert (curated.reported.estimate, curated.approved_by) == (0.72, ("reviewer-a", "reviewer-b"))
        assert verify_chain(tx) == len(all_decisions(tx))
    assert queue.approvals == ["asked"]


def test_the_second_reader_is_sent_neither_the_proposal_nor_the_first_reading(queue: Queue) -> None:
    value = included(queue)
    with program(queue, "reviewer-a") as a, program(queue, "reviewer-b") as b:
        a.act(value, "approve")
        shown = b.show(f"/items/{value}")
        assert shown["value"]["blind"] is True
        shown["value"].pop("document")
        assert "0.72" not in json.dumps(shown)
        assert QUOTE not in json.dumps(shown)
        assert shown["decisions"] == []
        refused = b.act(value, "approve", values={"ci_low": 0.56})
        assert refused.status_code == 422
        assert "estimate" in [fault["where"] for fault in refused.json()["fields"]]


def test_what_a_blind_reader_leaves_out_counts_as_not_in_the_document(queue: Queue) -> None:
    value = included(queue)
    with program(queue, "reviewer-a") as a, program(queue, "reviewer-b") as b, program(queue, "adjudicator") as third:
        a.act(value, "approve")
        assert b.act(value, "approve", values={**READ, "ci_level": None}).status_code == 422
        assert b.act(value, "approve", values={**READ, "ci_high": 0.98}).json()["state"] == "conflict"
        differences = third.show(f"/items/{value}")["value"]["differences"]
        assert [(d["name"], [r["text"] for r in d["read"]]) for d in differences] == [("ci_high", ["0.93", "0.98"])]
        assert third.act(value, "settle", values={"ci_high": 0.93}).json()["where"] == "reason"
        settled = third.act(value, "settle", values={"ci_high": 0.93}, reason="page 4, table 2")
        assert settled.json()["state"] == "approved"


def test_a_correction_needs_its_reason_and_keeps_the_printed_value_apart(queue: Queue) -> None:
    value = included(queue)
    with program(queue, "reviewer-a") as a:
        assert a.act(value, "approve", values={"ci_high": 0.95}).json()["where"] == "reason"
        said = a.act(value, "approve", values={"ci_high": 0.95}, reason="erratum of 2024", clear_checks=True)
        assert said.json()["state"] == "needs_second"


@pytest.mark.parametrize(
    ("typed", "words"),
    [("0,65", "write the decimal point"), ("O.65", "is not a number"), (0, "a ratio is above 0"), (-1.5, "above 0")],
)
def test_a_number_that_is_none_is_named_with_its_field_and_value(queue: Queue, typed: object, words: str) -> None:
    value = included(queue)
    with program(queue, "reviewer-a") as a:
        answer = a.act(value, "approve", values={"estimate": typed}, reason="x")
        problem = answer.json()
        assert answer.status_code == 422
        assert (problem["where"], problem["value"]) == ("estimate", str(typed))
        assert words in problem["what"]
        unknown = a.act(value, "approve", values={"hazard": 1})
        told = unknown.json()["what"]
        assert "no such field; known: estimate" in told  # the form begins with the result
        assert "outcome" in told


def test_a_decision_on_what_changed_meanwhile_is_refused_with_what_stands_now(queue: Queue) -> None:
    (value,) = enqueue(queue.store, "100")
    with program(queue, "reviewer-a") as a, program(queue, "reviewer-b") as b, program(queue, "adjudicator") as third:
        a.act("record:100", "vote", vote="include", study=COHORT)
        b.act("record:100", "vote", vote="exclude", reason_code="no-comparison", comment="one arm only")
        third_saw = third.show("/items/record:100")["seen"]
        b.act("record:100", "undo")
        answer = third.act("record:100", "vote", vote="include", study=COHORT, seen=third_saw)
        assert answer.status_code == 409
        assert answer.json()["standing"]["state"] == "screening"
        assert third.ask("POST", "/items/record:100/vote", {"vote": "maybe"}).status_code == 422
        b.act("record:100", "vote", vote="include", study=COHORT)
        first = a.show(f"/items/value:{value}")
        taken = b.act(f"value:{value}", "approve", seen=first["seen"])
        assert taken.status_code == 409
        assert "reviewer-a took this item over" in taken.json()["what"]
        assert a.ask("DELETE", f"/items/value:{value}/lease").status_code == 200
        assert b.act(f"value:{value}", "approve").status_code == 200
        late = a.act(f"value:{value}", "approve", seen=first["seen"])
        assert late.status_code == 409
        assert late.json()["standing"]["value"]["blind"] is True


def test_votes_of_others_stay_hidden_until_ones_own(queue: Queue) -> None:
    enqueue(queue.store, "100")
    with program(queue, "reviewer-a") as a, program(queue, "reviewer-b") as b:
        a.act("record:100", "vote", vote="exclude", reason_code="no-comparison", comment="one arm only")
        shown = b.show("/items/record:100")
        assert (shown["decisions"], shown["record"]["votes_hidden"]) == ([], 1)
        b.act("record:100", "vote", vote="maybe")
        assert [d["new"] for d in b.show("/items/record:100")["decisions"]] == ["exclude", "maybe"]


def test_a_reopened_value_is_confirmed_or_withdrawn_by_two(queue: Queue) -> None:
    value = included(queue)
    with program(queue, "reviewer-a") as a, program(queue, "reviewer-b") as b:
        a.act(value, "approve")
        b.act(value, "approve", values=READ)
        with queue.store.read() as tx:
            (curated,) = curated_values(tx)
        assert a.ask("POST", f"/values/{curated.value_id}/reopen", {"reason": "an erratum"}).status_code == 200
        item = f"reopened:{curated.value_id}"
        assert a.show(f"/items/{item}")["actions"] == ["confirm", "correct", "withdraw"]
        assert a.act(item, "withdraw", reason="the erratum says 0.98").json()["state"] == "reopened"
        assert b.act(item, "withdraw", reason="so it does").json()["state"] == "withdrawn"
        assert a.ask("POST", "/values/nothing--1/reopen", {"reason": "x"}).status_code == 404


def test_filters_and_pages_of_the_inbox_are_those_of_the_page(queue: Queue) -> None:
    enqueue(queue.store, *(str(number) for number in range(100, 107)))
    with program(queue, "reviewer-a") as a:
        first = a.show("/items?limit=5")
        rest = a.show("/items?limit=5&offset=5")
        assert (first["total"], len(first["lines"]), len(rest["lines"])) == (7, 5, 2)
        assert a.show("/items?kind=value")["total"] == 0
        assert a.ask("GET", "/items?limit=1000").json()["where"] == "query.limit"
        assert a.show("/status")["counts"] == {"all": 7, "new": 7}


def test_a_token_does_only_what_its_scopes_and_its_person_may_do(queue: Queue) -> None:
    enqueue(queue.store, "100")
    with program(queue, "reviewer-a", "read") as reader, program(queue, "reviewer-a", "decide") as blind_writer:
        assert reader.act("record:100", "vote", vote="maybe").json()["do"] == "make a token with the scope decide"
        assert blind_writer.ask("GET", "/items").status_code == 403
    make_account(queue, "guest")
    for person, scope in (("guest", "decide"), ("reviewer-a", "administer")):
        with pytest.raises(AccessError, match="is not"):
            make_token(queue.store, PROTOCOL, person, name="x", scopes=[scope], now=queue.clock())


def test_a_token_ends_when_it_is_revoked_expires_or_its_person_leaves(queue: Queue) -> None:
    token, other = token_for(queue, "reviewer-a", "read", days=2), token_for(queue, "reviewer-a", "read")
    with Program(queue, token) as one, Program(queue, other) as two:
        line = min(two.ask("GET", "/me/tokens").json(), key=lambda token: token["expires_at"])
        assert two.ask("DELETE", f"/me/tokens/{line['token_id']}").status_code == 200
        assert one.ask("GET", "/me").status_code == 401
        assert two.ask("DELETE", f"/me/tokens/{line['token_id']}").status_code == 404
        new_link(queue.store, "reviewer-a", now=queue.clock())
        assert two.ask("GET", "/me").status_code == 401
    short = token_for(queue, "reviewer-b", "read", days=2)
    with Program(queue, short) as one:
        queue.clock.forward(days=3)
        assert one.ask("GET", "/me").status_code == 401
    with program(queue, "reviewer-b") as one:
        disable_person(queue.store, "reviewer-b", now=queue.clock())
        assert one.ask("GET", "/me").status_code == 401


def test_the_store_keeps_no_token_that_could_be_used(queue: Queue, tmp_path: Path) -> None:
    token = token_for(queue, "reviewer-a")
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("review.db*"))
    assert token.startswith(PREFIX)
    assert token.encode() not in files
    assert token.removeprefix(PREFIX).encode() not in files


def test_a_browsers_session_is_no_way_into_the_api(queue: Queue) -> None:
    enqueue(queue.store, "100")
    with queue.client("reviewer-a") as browser:
        assert browser.page("api/v1/me").status_code == 401
        origin = queue.address.removesuffix("/review/")
        headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
        body = {"vote": "maybe", "seen": "1-open-0", "form_token": browser.token()}
        for sent in ({"json": body}, {"data": body}):
            where = f"{queue.address}api/v1/items/record:100/vote"
            assert browser.post(where, headers=headers, timeout=10, **sent).status_code == 401
    with queue.store.read() as tx:
        assert all_decisions(tx) == ()


def test_no_other_site_may_read_the_api_from_a_browser(queue: Queue) -> None:
    with program(queue, "reviewer-a") as a:
        answer = a.ask("GET", "/me", headers={"Origin": "https://elsewhere.example"})
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
        assert a.ask("OPTIONS", "/me").status_code == 405


def test_who_asks_too_often_is_told_when_to_come_back() -> None:
    clock, budget = Clock(), Budget(burst=BURST, seconds=BURST_SECONDS)
    assert [budget.wait("token", now=clock()) for _ in range(BURST)] == [0.0] * BURST
    wait = budget.wait("token", now=clock())
    assert wait == pytest.approx(BURST_SECONDS / BURST)
    assert budget.wait("another token", now=clock()) == 0
    clock.forward(seconds=wait + 0.001)  # the clock counts whole microseconds
    assert budget.wait("token", now=clock()) == 0
    assert budget.wait("token", now=clock()) > 0
    clock.forward(days=1)
    assert [budget.wait("token", now=clock()) for _ in range(BURST + 1)].count(0.0) == BURST
    answered = on_refused(Request({"type": "http"}), too_many(wait, where="token"))
    assert (answered.status_code, answered.headers["Retry-After"]) == (429, "1")


def test_guessing_tokens_is_slowed_down_and_a_right_one_still_works(queue: Queue) -> None:
    with Program(queue, PREFIX + "guess") as guesser, program(queue, "reviewer-a") as a:
        statuses = [guesser.ask("GET", "/me").status_code for _ in range(WRONG + 1)]
        assert statuses == [401] * WRONG + [429]
        assert int(guesser.ask("GET", "/me").headers["Retry-After"]) <= WRONG_SECONDS / WRONG
        assert a.ask("GET", "/me").status_code == 200


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 422),
        (b"[" * 100_000, "application/json", 400),
        (b"\xff\xfe", "application/json", 422),
        (b"vote=maybe", "application/x-www-form-urlencoded", 415),
        (b'{"vote": "maybe", "seen": "' + b"x" * 300_000 + b'"}', "application/json", 413),
        (b'{"vote": "maybe", "seen": "a\\u0000"}', "application/json", 422),
        (b'{"vote": "maybe", "seen": "\\ud800"}', "application/json", 422),
        (b'{"vote": "maybe", "seen": "x", "more": 1}', "application/json", 422),
        (b"", "application/json", 422),
        (b"null", "application/json", 422),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_in_the_one_form(
    queue: Queue, body: bytes, kind: str, status: int
) -> None:
    enqueue(queue.store, "100")
    headers = {"Authorization": f"Bearer {token_for(queue, 'reviewer-a')}", "Content-Type": kind}
    answer = requests.post(f"{queue.address}api/v1/items/record:100/vote", data=body, headers=headers, timeout=10)
    assert answer.status_code == status
    assert answer.json()["status"] == status
    assert answer.json()["what"]


def test_an_administrators_program_adds_people_and_closes_accounts(queue: Queue) -> None:
    with program(queue, "admin", "administer", "read") as admin, queue.client() as newcomer:
        made = admin.ask("POST", "/people", {"person": "reviewer-b"})
        path = made.json()["link"].partition("/review/")[2]
        words = "three quiet words here"
        newcomer.submit(path, {"password": words, "password_again": words})
        assert "Reviewer B" in newcomer.page("").text
        assert admin.ask("POST", "/people", {"person": "Not An Id"}).status_code == 422
        states = {line["person"]: line["state"] for line in admin.ask("POST", "/people/reviewer-b/disable").json()}
        assert states["reviewer-b"] == "disabled"
        assert admin.ask("POST", "/people/admin/disable").status_code == 422
        assert admin.ask("POST", "/people/nobody/link").status_code == 404


def test_the_document_describes_every_endpoint_with_its_scope_and_refusals(queue: Queue) -> None:
    with Program(queue, None) as stranger:
        document = stranger.ask("GET", "/openapi.json").json()
    described = {
        (method.upper(), f"/api/v1{path}"): operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    registered = {key for key in queue.app.access if key[1].startswith("/api/v1/") and "openapi" not in key[1]}
    assert set(described) == registered
    for operation in described.values():
        assert "Scope: `" in operation["description"]
        assert operation["summary"]
        assert {"401", "403", "422", "429"} <= set(operation["responses"])
        assert operation["security"] == [{"HTTPBearer": []}]


def test_a_study_is_taken_out_of_its_overlap_group_and_a_wrong_name_is_not_found(queue: Queue) -> None:
    put_result(queue.store, design="population_registry", study_id="Cohort-A")
    with queue.store.write() as tx:
        (study,) = families(tx)
        put_family(tx, replace(study, overlap_group="SEER"))
    with program(queue, "reviewer-a") as a:
        assert a.ask("GET", "/links").json() == []
        assert a.ask("POST", "/studies/Cohort-A/split", {"reason": ""}).status_code == 422
        assert a.ask("POST", "/studies/Cohort-A/split", {"reason": "other registry years"}).status_code == 200
        for path in ("/studies/nobody/split", "/reports/nobody/split", "/links/nothing/undo"):
            assert a.ask("POST", path, {"reason": "x"}).status_code in (404, 422)
    with queue.store.read() as tx:
        assert families(tx)[0].overlap_group is None
