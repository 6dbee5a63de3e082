"""Digests reach a real mail server and a real webhook, once a day, and never tell an address or a password."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from extract.errors import AccessError
from extract.review.accounts import add_person, disable_person, join
from extract.review.addresses import change_email, change_notify_url, switch_digest
from extract.review.bias import judge_result
from extract.review.digest import Waiting, digest_line
from extract.review.screening import exclude_record, maybe_record
from extract.store.accounts import get_account
from extract.store.engine import Store
from extract.store.links import propose_link
from flows.digest import Sent, send_digests
from flows.settings import Settings
from tests.extract.review.judging import put_result, trial_judgement
from tests.extract.review.queue_server import CHEAP, PASSWORD, PROTOCOL, Clock, enqueue
from tests.nights import rehearsal
from tests.smtp_server import Mailbox, mail_server
from tests.stores import AT, ROOT, new_store

SECRET = "s3cret-of-the-server"


@dataclass
class Team:
    """A queue with two reviewers, and where they are told."""

    settings: Settings
    store: Store
    clock: Clock
    mailbox: Mailbox

    def send(self) -> dict[str, str]:
        """Send digests; return the state of each."""
        return {one.recipient: one.state for one in self.sent()}

    def sent(self) -> tuple[Sent, ...]:
        return send_digests(self.settings, self.store, clock=self.clock)


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    with new_store(tmp_path / "db") as store, mail_server() as mailbox:
        clock = Clock()
        for person in ("reviewer-a", "reviewer-b"):
            token = add_person(store, PROTOCOL, person, role=None, now=clock())
            join(store, PROTOCOL, CHEAP, token, person_id=person, password=PASSWORD, now=clock())
        relay = f"mailto://127.0.0.1:{mailbox.port}?from=review@example.org&to=operator@example.org&mode=insecure"
        yield Team(replace(rehearsal(tmp_path), notify_urls=(relay,)), store, clock, mailbox)


def test_a_person_is_mailed_what_waits_for_them_and_the_team_what_waits_for_all(team: Team) -> None:
    enqueue(team.store, "100", "200", "300")
    change_email(team.store, "reviewer-a", "A.Surgeon@Example.org")
    exclude_record(team.store, PROTOCOL, "100", by="reviewer-a", at=AT, reason_code="no-comparison", reason=None)
    maybe_record(team.store, PROTOCOL, "100", by="reviewer-b", at=AT, reason=None)
    assert team.send() == {"reviewer-a": "sent", "team": "sent"}
    ((subject, text),) = team.mailbox.texts_to("a.surgeon@example.org")
    assert "Waiting for you: 2 to screen, oldest 3 days" in text
    assert subject == "Review queue: 2 to screen, oldest 3 days"
    assert "/review/you" in text
    ((_, for_all),) = team.mailbox.texts_to("operator@example.org")
    assert "Waiting for the reviewers: 2 to screen, 1 conflict, oldest 3 days" in for_all
    assert len(team.mailbox.taken) == 2


def test_the_command_mails_from_a_process_that_may_ask_configured_hosts_only(team: Team, tmp_path: Path) -> None:
    enqueue(team.store, "100")
    change_email(team.store, "reviewer-a", "a@example.org")
    told = {"STATE_DIR": str(tmp_path / "db"), "NOTIFY_URLS": team.settings.notify_urls[0]}
    environment = os.environ | {f"LIVING_REVIEW_{name}": text for name, text in told.items()}
    command = [sys.executable, "-m", "flows.cli", "digest"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, len(team.mailbox.taken)) == (0, 2), done.stderr


def test_a_result_to_judge_is_told_like_an_item_until_the_person_judged_it(team: Team) -> None:
    item = put_result(team.store)
    change_email(team.store, "reviewer-a", "a@example.org")
    assert [(one.recipient, one.line) for one in team.sent()] == [("reviewer-a", "1 to judge"), ("team", "1 to judge")]
    judge_result(team.store, PROTOCOL, item, trial_judgement(), by="reviewer-a", at=AT)
    team.clock.forward(hours=24)
    assert [(one.recipient, one.line) for one in team.sent()] == [("team", "1 to judge")]


def test_links_to_confirm_are_told_beside_the_items(team: Team) -> None:
    enqueue(team.store, "100")
    change_email(team.store, "reviewer-a", "a@example.org")
    with team.store.write() as tx:
        propose_link(tx, "report", "100", "Trial-A", score=0.5, evidence=(), night="2026-11-20")
    line = "1 to screen, 1 link to confirm, oldest 3 days"
    assert [(one.recipient, one.line) for one in team.sent()] == [("reviewer-a", line), ("team", line)]
    with team.store.write() as tx:
        propose_link(tx, "duplicate", "100", "101", score=0.5, evidence=(), night="2026-11-20")
    team.clock.forward(hours=24)
    assert {one.line for one in team.sent()} == {"1 to screen, 2 links to confirm, oldest 4 days"}


def test_nobody_is_told_twice_on_one_day_and_again_on_the_next(team: Team) -> None:
    enqueue(team.store, "100")
    change_email(team.store, "reviewer-a", "a@example.org")
    assert team.send() == {"reviewer-a": "sent", "team": "sent"}
    team.clock.forward(hours=14)  # 23:00 of the same day, in the protocol's time zone (UTC)
    assert team.send() == {"reviewer-a": "told today", "team": "told today"}
    team.clock.forward(hours=2)
    assert team.send() == {"reviewer-a": "sent", "team": "sent"}
    assert len(team.mailbox.texts_to("a@example.org")) == 2


def test_who_switched_them_off_left_or_has_nothing_to_do_is_not_told(team: Team) -> None:
    change_email(team.store, "reviewer-a", "a@example.org")
    change_email(team.store, "reviewer-b", "b@example.org")
    assert team.send() == {}
    enqueue(team.store, "100")
    switch_digest(team.store, "reviewer-a", wanted=False)
    disable_person(team.store, "reviewer-b", now=team.clock())
    assert team.send() == {"team": "sent"}
    switch_digest(team.store, "reviewer-a", wanted=True)
    assert team.send() == {"reviewer-a": "sent", "team": "told today"}


def test_a_message_that_is_not_taken_is_tried_again_and_holds_no_other_up(team: Team, httpserver: HTTPServer) -> None:
    enqueue(team.store, "100")
    httpserver.expect_request("/hook", method="POST").respond_with_data("ok")
    change_email(team.store, "reviewer-a", "a@example.org")
    change_notify_url(team.store, "reviewer-b", f"json://user:{SECRET}@127.0.0.1:{httpserver.port}/hook")
    team.mailbox.refuses = True
    assert team.send() == {"reviewer-a": "failed", "reviewer-b": "sent", "team": "failed"}
    (request, _) = httpserver.log[0]
    assert request.get_json()["title"] == "Review queue: 1 to screen, oldest 3 days"
    team.mailbox.refuses = False
    assert team.send() == {"reviewer-a": "sent", "reviewer-b": "told today", "team": "sent"}


def test_a_password_in_an_address_is_never_shown(
    team: Team, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    enqueue(team.store, "100")
    caplog.set_level("DEBUG")
    change_notify_url(team.store, "reviewer-a", f"json://user:{SECRET}@127.0.0.1:9/hook")  # nobody listens there
    change_notify_url(team.store, "reviewer-b", f"nosuch://user:{SECRET}@host/")
    team.settings = replace(team.settings, notify_urls=(f"jsons://{SECRET}:{SECRET}@127.0.0.1:9/",))
    sent = team.sent()
    assert {one.state for one in sent} == {"failed"}
    with team.store.read() as tx:
        shown = repr([get_account(tx, person) for person in ("reviewer-a", "reviewer-b")])
    captured = capfd.readouterr()
    for text in (repr(sent), shown, captured.out, captured.err, repr(team.settings)):
        assert SECRET not in text
    assert SECRET not in "\n".join(r.getMessage() for r in caplog.records if r.levelname != "DEBUG")
    with pytest.raises(AccessError) as caught:
        change_notify_url(team.store, "reviewer-a", f"no url with {SECRET}")
    assert SECRET not in str(caught.value)


def test_an_address_without_a_mail_server_is_said_to_have_no_sender(team: Team, httpserver: HTTPServer) -> None:
    enqueue(team.store, "100")
    httpserver.expect_request("/team", method="POST").respond_with_data("ok")
    change_email(team.store, "reviewer-a", "a@example.org")
    team.settings = replace(team.settings, notify_urls=(f"json://127.0.0.1:{httpserver.port}/team",))
    assert team.send() == {"reviewer-a": "no sender", "team": "sent"}
    team.settings = replace(team.settings, notify_urls=())
    assert team.send() == {"reviewer-a": "no sender"}


@pytest.mark.parametrize(
    ("states", "line"),
    [
        ({"new": 5, "screening": 2, "conflict": 3}, "7 to screen, 3 conflicts, oldest 12 days"),
        ({"conflict": 1}, "1 conflict, oldest 12 days"),
        ({"proposed": 1, "needs_second": 2}, "1 to extract, 2 to read as second, oldest 12 days"),
        ({"reopened": 1}, "1 re-opened, oldest 12 days"),
        ({"new": 1, "judge": 24}, "1 to screen, 24 to judge, oldest 12 days"),
    ],
)
def test_the_line_counts_what_waits_and_says_for_how_long(states: dict[str, int], line: str) -> None:
    assert digest_line(Waiting(states, "2026-11-11"), today=dt.date(2026, 11, 23)) == line


@pytest.mark.parametrize(
    "wrong", ["a@b", "a b@example.org", "a@example.org\nBcc: x@example.org", "a" * 250 + "@x.org", "@"]
)
def test_an_address_that_is_none_is_refused(team: Team, wrong: str) -> None:
    with pytest.raises(AccessError, match="is no address"):
        change_email(team.store, "reviewer-a", wrong)


def test_one_address_belongs_to_one_person(team: Team) -> None:
    change_email(team.store, "reviewer-a", "a@example.org")
    with pytest.raises(AccessError, match="reviewer-a's address"):
        change_email(team.store, "reviewer-b", "A@example.org")
    change_email(team.store, "reviewer-a", "")
    change_email(team.store, "reviewer-b", "A@example.org")
    with pytest.raises(AccessError, match="has no account"):
        change_email(team.store, "nobody", "n@example.org")
