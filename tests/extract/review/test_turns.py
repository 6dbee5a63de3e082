"""Pages take turns: few at a time, in line, and nobody waits for a page that is stuck."""

from __future__ import annotations

import datetime as dt
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from extract.review import desk
from extract.review.signing import Identity
from extract.review.turns import AT_ONCE, Turns
from tests.extract.review.queue_server import serving
from tests.stores import new_store

SOON = 10.0


def test_no_more_pages_than_places_are_made_at_once_and_all_are_made() -> None:
    turns, lock, now, most, made = Turns(2, patience=SOON), threading.Lock(), 0, 0, 0

    def page() -> None:
        nonlocal now, most, made
        with turns.turn():
            with lock:
                now += 1
                most = max(most, now)
            time.sleep(0.01)
            with lock:
                now -= 1
                made += 1

    with ThreadPoolExecutor(20) as pool:
        for done in [pool.submit(page) for _ in range(40)]:
            done.result()
    assert (most, made) == (2, 40)


def test_a_page_that_is_stuck_keeps_the_others_waiting_no_longer_than_their_patience() -> None:
    turns, stuck = Turns(1, patience=0.05), threading.Event()

    def waits() -> None:
        with turns.turn():
            stuck.wait(SOON)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(waits)
        while turns._places.acquire(blocking=False):
            turns._places.release()
        for _ in range(3):
            with turns.turn():
                pass
        stuck.set()
    # Those who went ahead gave back no place they never had.
    with turns.turn():
        assert not turns._places.acquire(blocking=False)


def test_a_page_that_fails_gives_its_place_back() -> None:
    turns = Turns(1, patience=SOON)
    with pytest.raises(ValueError, match="a page"), turns.turn():
        raise ValueError("a page")
    with turns.turn():
        pass


def test_people_who_sign_in_through_a_provider_that_does_not_answer_keep_nobody_from_the_queue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, asked = threading.Event(), threading.Semaphore(0)

    class Silent:
        """A provider that thinks until the test is over."""

        name = "silent"

        def way_there(self, token: str, *, after: str) -> str:
            asked.release()
            answers.wait(6 * SOON)
            return "/review/login"

        def who_came(self, token: str, *, state: str, code: str, now: dt.datetime) -> tuple[Identity, str]:
            raise NotImplementedError

    # Nobody goes ahead out of impatience here: the page is answered because it need not wait, or not at all.
    monkeypatch.setattr(desk, "Turns", lambda: Turns(patience=6 * SOON))
    with new_store(tmp_path) as store, serving(store, provider=Silent()) as queue:
        with queue.client("reviewer-a") as a, ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in range(AT_ONCE):
                pool.submit(queue.client().page, "oidc/start")
            try:
                assert all(asked.acquire(timeout=SOON) for _ in range(AT_ONCE))
                assert a.page("").status_code == 200
            finally:
                answers.set()
