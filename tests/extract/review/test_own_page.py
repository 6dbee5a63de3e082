"""A person's own page: tokens are made, shown once and revoked; digests switched."""

from __future__ import annotations

import re

from extract.review.addresses import change_email
from extract.store.accounts import get_account
from tests.extract.review.api_client import Program, token_for
from tests.extract.review.queue_server import Queue


def test_a_token_is_shown_once_works_and_is_revoked_on_the_page(queue: Queue) -> None:
    with queue.client("reviewer-a") as client:
        form = {"name": "my script", "scope-read": "yes", "days": "30"}
        made = re.search(r"lr_[\w-]+", client.submit("you/tokens", form).text)
        assert made is not None
        page = client.page("you").text
        assert "my script" in page
        assert made.group() not in page
        with Program(queue, made.group()) as program:
            assert program.show("/me")["token"]["scopes"] == ["read"]
            revoke = re.search(r'action="/review/(you/tokens/\w+/revoke)"', page)
            assert revoke is not None
            assert client.submit(revoke.group(1)).status_code == 200
            assert program.ask("GET", "/me").status_code == 401
            assert client.submit(revoke.group(1)).status_code == 404


def test_a_form_that_makes_no_token_says_why_and_keeps_what_was_typed(queue: Queue) -> None:
    good = {"name": "my script", "scope-read": "yes", "days": "30"}
    with queue.client("reviewer-a") as client:
        for change, words in (
            ({"name": " "}, "write what the token is for"),
            ({"scope-read": ""}, "choose from read, decide, administer"),
            ({"days": "0"}, "1 to 366 days"),
            ({"days": "999"}, "1 to 366 days"),
            ({"days": "ten"}, "is no number of days"),
            ({"scope-administer": "yes"}, "is not reviewer-a"),
        ):
            answer = client.submit("you/tokens", {**good, **change})
            assert answer.status_code == 400
            assert words in answer.text.replace("&#39;", "'")
        assert 'value="my script"' in client.submit("you/tokens", {**good, "days": "0"}).text
        assert "You have none" in client.page("you").text


def test_nobody_revokes_anothers_token(queue: Queue) -> None:
    token = token_for(queue, "reviewer-a", "read")
    with Program(queue, token) as program, queue.client("reviewer-b") as other:
        token_id = program.show("/me")["token"]["token_id"]
        assert other.submit(f"you/tokens/{token_id}/revoke").status_code == 404
        assert program.ask("GET", "/me").status_code == 200


def test_digests_are_switched_off_and_on_by_the_person(queue: Queue) -> None:
    with queue.client("reviewer-a") as client:
        assert "No address is known" in client.page("you").text
        change_email(queue.store, "reviewer-a", "a@example.org")
        assert "They are on" in client.page("you").text
        assert "They are off" in client.submit("you/digest", {"wanted": "no"}).text
        with queue.store.read() as tx:
            account = get_account(tx, "reviewer-a")
        assert account is not None
        assert not account.digest
        assert "They are on" in client.submit("you/digest", {"wanted": "yes"}).text
