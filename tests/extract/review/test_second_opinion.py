"""What the second extractor says stands beside a proposed value, and never before a blind reader."""

from __future__ import annotations

from dataclasses import replace

from extract.schema.effect import Effect
from extract.store.candidates import get_candidate
from extract.store.second_readings import KeptReading, put_second_reading
from tests.extract.review.queue_server import Queue, enqueue, proposed_effect
from tests.extract.review.test_queue_pages import filled, include, words
from tests.stores import AT


def read_again(queue: Queue, *effects: Effect, failure: str | None = None) -> None:
    reading = KeptReading("100", 1, "model m, prompt 1", AT, failure, effects, (("HR 9", "it stands nowhere"),), ())
    with queue.store.write() as tx:
        put_second_reading(tx, reading)


def page_of(queue: Queue, candidate: str) -> str:
    with queue.client("reviewer-a") as client:
        return words(client.page(f"item/value:{candidate}").text)


def test_agreement_differences_and_absence_are_said_in_words(queue: Queue) -> None:
    effect = proposed_effect()
    (candidate,) = enqueue(queue.store, "100", effect=effect)
    assert "econd extractor" not in page_of(queue, candidate)
    read_again(queue, effect)
    assert "reads it the same way" in page_of(queue, candidate)
    read_again(queue, replace(effect, ci_high=0.99, outcome="PFS"))
    page = page_of(queue, candidate)
    assert "reads it otherwise" in page
    assert "ci high 0.93 0.99" in page
    other = replace(effect, estimate=0.5, span=replace(effect.span, start=0, end=1, text="O"))
    read_again(queue, other)
    page = page_of(queue, candidate)
    assert "did not find this result" in page
    assert "found 1 more" in page
    assert "it stands nowhere" in page
    read_again(queue, failure="second extractor: no answer within 120 seconds")
    assert "No second reading: second extractor: no answer within 120 seconds" in page_of(queue, candidate)


def test_a_blind_second_reader_sees_nothing_of_it(queue: Queue) -> None:
    (candidate,) = enqueue(queue.store, "100", effect=proposed_effect())
    include(queue, "100")
    read_again(queue, replace(proposed_effect(), ci_high=0.99))
    item = f"value:{candidate}"
    with queue.client("reviewer-a") as client:
        assert "reads it otherwise" in words(client.page(f"item/{item}").text)
        client.submit(
            f"item/{item}/approve", filled(client, item, "approve", numerator_arm="surgery", reason="as it says")
        )
    with queue.store.read() as tx:
        first = get_candidate(tx, candidate)
    assert first is not None
    assert first.state == "needs_second"
    with queue.client("reviewer-b") as client:
        page = client.page(f"item/{item}").text
    assert "Second reading" in page
    assert "econd extractor" not in page
    assert "0.99" not in page
