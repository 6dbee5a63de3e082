"""The next piece of work: values, links, risk of bias, certainty, records; each kind is left for later as a whole."""

from __future__ import annotations

from extract.review.bias import judge_result
from extract.review.screening import exclude_record, include_record
from extract.store.links import propose_link
from extract.store.queue import put_queue_facts
from tests.extract.review.judging import put_result, trial_judgement
from tests.extract.review.queue_server import PROTOCOL, Client, Queue, enqueue
from tests.extract.review.test_queue_pages import form_of, words
from tests.stores import AT


def led_to(client: Client, path: str = "next") -> str:
    """Return where "next" leads, below the queue's root."""
    return client.page(path).url.partition("/review/")[2].replace("%3A", ":")


def everything(queue: Queue) -> tuple[str, str]:
    """Let a value, a link, a result to judge and a record wait; return the value and the result."""
    value, _ = enqueue(queue.store, "100", "200")
    for by in ("reviewer-a", "reviewer-b"):
        study = {"design": "retrospective_cohort"}
        include_record(queue.store, PROTOCOL, "100", by=by, at=AT, study=study, reason=None)
    result = put_result(queue.store)
    put_result(queue.store, study_id="Trial-B")
    with queue.store.write() as tx:
        propose_link(tx, "overlap", "Trial-A", "pmid-100", score=0.5, evidence=(), night="2026-11-20")
    return f"value:{value}", result


def test_next_leads_through_every_kind_of_work_in_order_and_back_to_the_queue(queue: Queue) -> None:
    value, result = everything(queue)
    with queue.client("reviewer-a") as a:
        assert led_to(a) == f"item/{value}"
        a.submit(f"item/{value}/approve", form_of(a.page(f"item/{value}").text, "approve"))
        # Nothing of a value waits for this person any more.
        assert led_to(a) == "families"
        assert led_to(a, "next?after=families") == f"bias/{result}"
        assert led_to(a, f"next?after=bias/{result}") == "bias/Trial-B~OS"
        # Two studies make a body of evidence; its certainty rests on their risk of bias.
        certainty = led_to(a, "next?after=bias/Trial-B~OS")
        assert certainty.startswith("certainty/")
        assert led_to(a, f"next?after={certainty}") == "item/record:200"
        judge_result(queue.store, PROTOCOL, result, trial_judgement(), by="reviewer-a", at=AT)
        assert led_to(a, "next?after=families") == "bias/Trial-B~OS"


def test_whoever_screens_goes_on_screening_until_nothing_is_left_to_screen(queue: Queue) -> None:
    enqueue(queue.store, "100", "200")
    result = put_result(queue.store)
    with queue.client("reviewer-a") as a:
        assert led_to(a) == f"bias/{result}"
        form = form_of(a.page("item/record:100").text, "vote") | {"vote": "exclude:no-comparison"}
        on = a.submit("item/record:100/vote", form)
        assert "record%3A200" in on.url or "record:200" in on.url
        form = form_of(a.page("item/record:200").text, "vote") | {"vote": "exclude:no-comparison"}
        on = a.submit("item/record:200/vote", form)
        # The last vote is told, and can be taken back, on the page of another kind of work too.
        assert f"/bias/{result}" in on.url.replace("%7E", "~")
        assert "Saved: exclude record:200" in words(on.text)
        assert 'action="/review/item/record:200/undo"' in on.text


def test_whoever_may_not_judge_or_confirm_is_led_to_neither(queue: Queue) -> None:
    _, _ = everything(queue)
    with queue.client("adjudicator") as lead, queue.client("guest") as guest:
        # An adjudicator settles what judges see differently, and confirms links.
        assert led_to(lead) == "families"
        assert led_to(lead, "next?after=families") == ""
        assert led_to(guest) == ""
        include_record(queue.store, PROTOCOL, "200", by="reviewer-a", at=AT, study={"design": "rct"}, reason=None)
        exclude_record(queue.store, PROTOCOL, "200", by="reviewer-b", at=AT, reason_code="review", reason=None)
        # A conflict about a record waits for nobody else, and stands before the links.
        assert led_to(lead) == "item/record:200"


def test_what_next_looked_up_serves_its_own_page_once_and_no_other(queue: Queue) -> None:
    enqueue(queue.store, "100", "200", "300")
    with queue.client("reviewer-a") as a:
        page = a.page("next").text
        assert "3 left for you" in words(page)
        assert 'rel="next" href="/review/item/record%3A200"' in page
        form = form_of(page, "vote") | {"vote": "exclude:no-comparison"}
        a.submit("item/record:100/vote", form, allow_redirects=False)
        # Looked up before the vote, asked for after it: the page of another item counts again.
        assert "2 left for you" in words(a.page("item/record:200").text)
        (value,) = enqueue(queue.store, "400")
        assert value
        assert "3 left for you" in words(a.page("item/record:300").text)


def test_a_record_that_may_move_a_published_result_stands_before_what_is_to_be_judged(queue: Queue) -> None:
    enqueue(queue.store, "100", "200")
    result = put_result(queue.store)
    with queue.store.write() as tx:
        put_queue_facts(tx, [("record:200", "rct", 0.12), ("record:100", None, 0.0001)], at=AT)
    with queue.client("reviewer-a") as a:
        assert led_to(a) == "item/record:200"
        form = form_of(a.page("item/record:200").text, "vote") | {"vote": "exclude:no-comparison"}
        a.submit("item/record:200/vote", form)
        assert led_to(a) == f"bias/{result}"
