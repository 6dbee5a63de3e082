"""The queue's pages in a real browser: accessible in both themes, usable on a phone, driven by keys."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from extract.review.approval import approve_value
from extract.review.screening import include_record
from extract.store.candidates import get_candidate
from extract.store.curated import Alert, add_alert, set_value_state
from extract.store.decisions import Decision, decisions_on, latest_votes, record_decision
from extract.store.links import LinkEvidence, propose_link
from flows.preview import Previewer
from tests.extract.review.queue_server import PASSWORD, PROTOCOL, Queue, enqueue, make_account, proposed_effect, serving
from tests.extract.review.test_queue_pages import include
from tests.stores import AT, new_store

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Queue, dict[str, str]]]:
    """Serve a queue with something in every state; give the addresses of its pages by what they show."""
    folder = tmp_path_factory.mktemp("desk")
    with new_store(folder) as store, serving(store, preview=Previewer(store, PROTOCOL)) as queue:
        enqueue(store, "99", "98")
        first, second, conflict, reopened = enqueue(store, "100", "101", "102", "103")
        (doubtful,) = enqueue(store, "104", effect=proposed_effect(ci_high=1.3, checks=("interval-asymmetric",)))
        for pmid in ("100", "101", "102", "103", "104"):
            for person in ("reviewer-a", "reviewer-b"):
                study = {"design": "retrospective_cohort"}
                include_record(store, PROTOCOL, pmid, by=person, at=AT, study=study, reason=None)
        approve = {"by": "reviewer-b", "at": AT, "changes": {}, "reason": None}
        approve_value(store, PROTOCOL, second, **approve)
        approve_value(store, PROTOCOL, conflict, **approve)
        changes = {"ci_low": "0.57", "n_surgery": "150"}
        approve_value(store, PROTOCOL, conflict, by="reviewer-a", at=AT, changes=changes, reason="table 2")
        for person in ("reviewer-a", "reviewer-b"):
            approve_value(store, PROTOCOL, reopened, **{**approve, "by": person})
        with store.write() as tx:
            value_id = "pmid-103--os--all--all--1"
            set_value_state(tx, [value_id], "reopened")
            add_alert(tx, Alert("pmid-103", "ErratumIn", "PMID 200", "2026-11-22"))
            why = (LinkEvidence("registry_id", 0.9, "NCT00557986", "NCT00557986", "abstract"),)
            propose_link(tx, "report", "99", "pmid-103", score=0.9, evidence=why, night="2026-11-20")
            record_decision(tx, Decision(AT, "night", "reopen", "value", value_id, reason="ErratumIn"))
        for person in ("reviewer-a", "adjudicator", "admin", "guest"):
            make_account(queue, person)
        pages = {
            "inbox": "?show=all",
            "screen": "item/record:99",
            "extract": f"item/value:{first}",
            "doubt": f"item/value:{doubtful}",
            "second": f"item/value:{second}",
            "conflict": f"item/value:{conflict}",
            "reopened": f"item/reopened:{value_id}",
            "families": "families",
        }
        yield queue, pages


def open_page(browser: Browser, queue: Queue, person: str, **context: object) -> Page:
    page = browser.new_context(**context).new_page()  # type: ignore[arg-type]
    page.goto(queue.address)
    page.get_by_label("Person").fill(person)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


def violations(page: Page, name: str) -> list[str]:
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    return [
        f"{name}: {v['id']}: {v['nodes'][0]['html'][:160]} ({len(v['nodes'])} places)"
        for v in Axe().run(page).response["violations"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_on_any_page(
    browser: Browser, desk: tuple[Queue, dict[str, str]], scheme: Literal["light", "dark"]
) -> None:
    queue, pages = desk
    found = []
    lead = open_page(browser, queue, "adjudicator", color_scheme=scheme)
    for name in pages:
        lead.goto(queue.address + pages[name])
        found += violations(lead, name)
    admin = open_page(browser, queue, "admin", color_scheme=scheme)
    admin.goto(f"{queue.address}people")
    found += violations(admin, "people")
    stranger = browser.new_context(color_scheme=scheme).new_page()
    for path in ("login", "join/none"):
        stranger.goto(queue.address + path)
        found += violations(stranger, path)
    # A form that comes back with errors, as it looks.
    lead.goto(queue.address + pages["doubt"])
    lead.get_by_label("Lower limit").fill("0,5")
    lead.get_by_role("button", name="Approve", exact=True).click()
    lead.locator("#e-ci_low").wait_for()
    found += violations(lead, "errors")
    # What the pages will say, before the last approval.
    lead.goto(queue.address + pages["second"])
    for label, text in (("Estimate (as printed)", "0.72"), ("Lower limit", "0.56"), ("Upper limit", "0.93")):
        lead.get_by_label(label, exact=True).fill(text)
    lead.get_by_label("Level of the interval (%)").fill("95")
    lead.get_by_role("button", name="Save my reading").click()
    lead.get_by_role("heading", name="What the published pages will say").wait_for()
    found += violations(lead, "preview")
    for page in (lead, admin, stranger):
        page.context.close()
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("width", "scale"), [(390, 1), (640, 2)])
def test_no_page_is_wider_than_a_phone_or_than_the_window_at_200_percent(
    browser: Browser, desk: tuple[Queue, dict[str, str]], width: int, scale: int
) -> None:
    queue, pages = desk
    size = {"viewport": {"width": width, "height": 844}, "device_scale_factor": scale}
    page = open_page(browser, queue, "adjudicator", **size)
    wide = []
    for name, path in pages.items():
        page.goto(queue.address + path)
        if (found := page.evaluate("document.documentElement.scrollWidth")) > width:
            wide.append((name, found))
    page.context.close()
    assert wide == []


BARE_NUMBERS = """
[...document.querySelectorAll("table.stack tbody td")]
  .filter(td => /^[-+–0-9.%() to]+$/.test(td.innerText.trim()))
  .filter(td => getComputedStyle(td, "::before").content === "none" && !td.querySelector(".only-stacked"))
  .map(td => td.innerText)
"""


def test_a_number_on_a_phone_says_what_it_is_where_its_column_has_no_head(
    browser: Browser, desk: tuple[Queue, dict[str, str]]
) -> None:
    queue, pages = desk
    page = open_page(browser, queue, "adjudicator", viewport={"width": 390, "height": 844})
    bare, labelled = {}, 0
    for name, path in pages.items():
        page.goto(queue.address + path)
        labelled += page.locator("table.stack td[data-label]").count()
        if found := page.evaluate(BARE_NUMBERS):
            bare[name] = found
    page.context.close()
    assert bare == {}
    assert labelled


def test_a_vote_is_one_key_and_so_is_a_clean_value_and_keys_are_dead_in_fields(browser: Browser) -> None:
    with tempfile.TemporaryDirectory() as folder, new_store(Path(folder)) as store, serving(store) as queue:
        (candidate,) = enqueue(store, "100")
        make_account(queue, "reviewer-a")
        page = open_page(browser, queue, "reviewer-a")
        page.goto(f"{queue.address}item/record:100")
        page.get_by_label("Comment").click()
        page.keyboard.type("i1x")
        assert page.url.endswith("record:100")
        page.get_by_text("Keys", exact=True).click()
        page.get_by_role("button", name="Keyboard shortcuts are on").click()
        page.keyboard.press("i")
        assert page.url.endswith("record:100")
        page.get_by_role("button", name="Keyboard shortcuts are off").click()
        page.get_by_role("heading", level=1).click()
        with page.expect_navigation():
            page.keyboard.press("i")
        with store.read() as tx:
            assert latest_votes(tx, "100")["reviewer-a"][0] == "include"
        with page.expect_navigation():
            page.keyboard.press("u")
        with page.expect_navigation():
            page.keyboard.press("1")
        with store.read() as tx:
            assert latest_votes(tx, "100")["reviewer-a"][0] == "exclude"
        with page.expect_navigation():
            page.keyboard.press("u")
        for person in ("reviewer-a", "reviewer-b"):
            study = {"design": "retrospective_cohort"}
            include_record(store, PROTOCOL, "100", by=person, at=AT, study=study, reason=None)
        page.goto(f"{queue.address}item/value:{candidate}")
        with page.expect_navigation():
            page.keyboard.press("a")
        with store.read() as tx:
            stored = get_candidate(tx, candidate)
        assert stored is not None
        assert stored.state == "needs_second"
        page.context.close()


def test_what_is_typed_is_saved_as_a_draft_and_survives_a_closed_tab(
    browser: Browser, desk: tuple[Queue, dict[str, str]]
) -> None:
    queue, pages = desk
    queue.clock.forward(minutes=31)  # whoever had the item open before has lost it
    page = open_page(browser, queue, "reviewer-a")
    page.goto(queue.address + pages["doubt"])
    page.get_by_label("Reason, if you change").fill("a long thought")
    page.get_by_text("Draft saved.").wait_for()
    page.close()
    again = page.context.new_page()
    again.goto(queue.address + pages["doubt"])
    assert again.get_by_label("Reason, if you change").input_value() == "a long thought"
    again.get_by_role("button", name="Leave it for later").click()
    again.context.close()


def test_a_network_that_is_cut_while_saving_loses_nothing_and_the_next_try_saves(browser: Browser) -> None:
    with tempfile.TemporaryDirectory() as folder, new_store(Path(folder)) as store, serving(store) as queue:
        (candidate,) = enqueue(store, "100")
        for person in ("reviewer-a", "reviewer-b"):
            study = {"design": "retrospective_cohort"}
            include_record(store, PROTOCOL, "100", by=person, at=AT, study=study, reason=None)
        make_account(queue, "reviewer-a")
        page = open_page(browser, queue, "reviewer-a")
        page.goto(f"{queue.address}item/value:{candidate}")
        page.get_by_label("Patients, surgery", exact=True).fill("150")
        page.get_by_label("Reason, if you change").fill("first sentence")
        page.context.set_offline(True)
        page.get_by_role("button", name="Approve", exact=True).click()
        page.locator("[data-saved]").get_by_text("No connection: nothing was saved").wait_for()
        assert page.get_by_label("Patients, surgery", exact=True).input_value() == "150"
        assert page.get_by_label("Reason, if you change").input_value() == "first sentence"
        page.context.set_offline(False)
        page.get_by_role("button", name="Approve", exact=True).click()
        expect(page.get_by_role("status").first).to_contain_text("needs second now")
        page.context.close()


def test_derived_numbers_follow_what_is_typed_and_are_there_without_scripts(
    browser: Browser, desk: tuple[Queue, dict[str, str]]
) -> None:
    queue, pages = desk
    queue.clock.forward(minutes=31)
    page = open_page(browser, queue, "reviewer-a")
    page.goto(queue.address + pages["extract"])
    derived = page.get_by_role("region", name="Derived from these fields")
    # ln 0.72 = -0.3285; 1/0.72 = 1.389.
    expect(derived).to_contain_text("-0.3285")
    expect(derived).to_contain_text("1.389")
    page.get_by_label("Level of the interval (%)").fill("90")
    # SE = ln(0.93/0.56) / (2 x 1.6449) = 0.1542; 0.72 exp(-+1.96 x 0.1542) = 0.532 to 0.974.
    expect(derived).to_contain_text("0.1542")
    expect(derived).to_contain_text("0.720 (0.532 to 0.974)")
    page.context.close()


def test_an_ended_session_loses_nothing_and_enter_beside_a_reason_to_reject_rejects(browser: Browser) -> None:
    with tempfile.TemporaryDirectory() as folder, new_store(Path(folder)) as store, serving(store) as queue:
        (candidate,) = enqueue(store, "100")
        include(queue, "100")
        make_account(queue, "reviewer-a")
        page = open_page(browser, queue, "reviewer-a")
        page.goto(f"{queue.address}item/value:{candidate}")
        queue.clock.forward(hours=13)
        page.get_by_label("Patients, surgery").fill("150")
        told = page.locator("[data-saved]")
        expect(told).to_have_text(re.compile("You are not signed in any more: the draft is not saved"))
        page.get_by_label("Reason, if you change a field").fill("first sentence")
        page.get_by_role("button", name="Approve", exact=True).click()
        page.get_by_label("Person").fill("reviewer-a")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in and go on").click()
        expect(page.get_by_label("Patients, surgery")).to_have_value("150")
        page.get_by_label("Patients, surgery").fill("")
        page.get_by_label("Reason, if you change a field").fill("")
        page.get_by_label("Why", exact=True).fill("quoted")
        page.get_by_label("Why", exact=True).press("Enter")
        expect(page.get_by_text("Saved:")).to_be_visible()
        with store.read() as tx:
            assert [d.decision.action for d in decisions_on(tx, "candidate", candidate)] == ["reject"]
        page.context.close()
