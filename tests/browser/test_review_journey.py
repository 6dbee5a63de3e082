"""Two reviewers and an adjudicator take a record from the inbox to the published page, in a real browser.

The same way three times: with a mouse, by keyboard alone, and without scripts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from flows.context import open_store
from flows.publisher import Publisher
from flows.serve import site_app
from flows.settings import Settings
from tests.extract.review.queue_server import PASSWORD, PROTOCOL, Clock, Queue, enqueue, listening, make_account
from tests.nights import NIGHTS, rehearsal, rehearse

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PMIDS = {"mouse": "990000901", "keyboard": "990000902", "no scripts": "990000903"}
TITLES = {how: f"Surgery in stage IV, the cohort taken by {how}" for how in PMIDS}
PROMISED_SECONDS = 60
"""From the approval to the page (DESIGN: an approval that completes a value triggers publish at once)."""

READ = (
    ("Estimate (as printed)", "0.72"),
    ("Lower limit", "0.56"),
    ("Upper limit", "0.93"),
    ("Level of the interval (%)", "95"),
    ("Patients, surgery", "150"),
)
PREVIEW = "What the published pages will say"


@dataclass(frozen=True)
class Served:
    """Site and queue, and the values that wait in it by how they are taken."""

    address: str
    values: dict[str, str]
    settings: Settings


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve site and queue of a rehearsed night with three records and their values more."""
    settings = rehearsal(tmp_path_factory.mktemp("journey"))
    rehearse(settings, NIGHTS[0])
    store = open_store(settings)
    values = {how: enqueue(store, pmid, title=TITLES[how])[0] for how, pmid in PMIDS.items()}
    for person in ("reviewer-a", "reviewer-b", "adjudicator"):
        make_account(Queue("", store, None, Clock(), []), person)  # type: ignore[arg-type]
    with Publisher(settings, settle_seconds=0.1) as publisher:
        with listening(site_app(settings, store, on_approved=publisher.request)) as port:
            yield Served(f"http://127.0.0.1:{port}", values, settings)
    store.close()


def sign_in(browser: Browser, address: str, person: str, *, scripts: bool) -> Page:
    page = browser.new_context(java_script_enabled=scripts).new_page()
    page.goto(f"{address}/review/")
    page.get_by_label("Person").fill(person)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("for you")
    return page


def until_published(browser: Browser, served: Served, pmid: str, *, since: float, told: Callable[[str], None]) -> None:
    """Wait for the page of the study and look at it: the correction stands beside what was read."""
    reader = browser.new_context(java_script_enabled=False).new_page()
    while (answer := reader.goto(f"{served.address}/studies/pmid-{pmid}/")) is None or not answer.ok:
        assert time.monotonic() - since < PROMISED_SECONDS
        time.sleep(0.2)
    told(f"from the last approval to the published page: {time.monotonic() - since:.1f} s")
    text = reader.get_by_role("main").inner_text()
    assert "0.72" in text
    assert "first sentence of the abstract" in text
    reader.goto(f"{served.address}/subtype/all/")
    assert "Surgery in stage IV" in reader.content() or pmid in reader.content()
    reader.context.close()


@pytest.mark.parametrize("how", ["mouse", "no scripts"])
def test_from_the_inbox_to_the_published_page(
    browser: Browser, served: Served, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    scripts, pmid = how == "mouse", PMIDS[how]
    people = ("reviewer-a", "reviewer-b", "adjudicator")
    a, b, lead = (sign_in(browser, served.address, person, scripts=scripts) for person in people)
    record = f"{served.address}/review/item/record:{pmid}"
    value = f"{served.address}/review/item/value:{served.values[how]}"

    # Screen: the two differ, the adjudicator settles.
    a.goto(f"{served.address}/review/?show=all&words=taken+by+{how.replace(' ', '+')}")
    a.get_by_role("link", name=TITLES[how]).click()
    assert a.url == record
    a.get_by_label("Design").select_option("retrospective_cohort")
    a.get_by_role("button", name="Include").click()
    expect(a.get_by_role("status").first).to_contain_text("Saved: include")
    b.goto(record)
    b.get_by_role("button", name=PROTOCOL.eligibility.exclusion_reasons[0].label).click()
    expect(b.get_by_role("status").first).to_contain_text("Saved: exclude")
    lead.goto(record)
    expect(lead.get_by_role("main")).to_contain_text(PROTOCOL.eligibility.exclusion_reasons[0].code)
    lead.get_by_label("Design").select_option("retrospective_cohort")
    lead.get_by_role("button", name="Include").click()
    expect(lead.get_by_role("status").first).to_contain_text("Saved: include")

    # Extract with a correction; a mistake is said at its field and nothing typed is lost.
    a.goto(value)
    a.get_by_label("Patients, surgery", exact=True).fill("15O")
    a.get_by_label("Reason, if you change").fill("first sentence of the abstract")
    a.get_by_role("button", name="Approve", exact=True).click()
    expect(a.locator("#e-n_surgery")).to_contain_text("not a whole number")
    a.get_by_label("Patients, surgery", exact=True).fill("150")
    a.get_by_role("button", name="Approve", exact=True).click()
    expect(a.get_by_role("status").first).to_contain_text("needs second now")

    # The second reader is blind, reads the same, and sees what the page will say before it does.
    b.goto(value)
    assert b.get_by_label("Estimate (as printed)").input_value() == ""
    for label, text in READ:
        b.get_by_label(label, exact=True).fill(text)
    b.get_by_role("button", name="Save my reading").click()
    expect(b.get_by_role("heading", name=PREVIEW)).to_be_visible()
    assert b.get_by_label("Estimate (as printed)").input_value() == "0.72"
    preview = b.get_by_role("region", name=PREVIEW).inner_text()
    assert "Overall survival: All subtypes, All metastatic patterns, observational studies" in preview, preview
    b.get_by_role("button", name="Save, and publish").click()
    approved = time.monotonic()
    expect(b.get_by_role("status").first).to_contain_text("approved now")

    with capsys.disabled():
        until_published(browser, served, pmid, since=approved, told=lambda words: print(f"\n{how}: {words}"))
    for page in (a, b, lead):
        page.context.close()


class Hands:
    """A person without a mouse: presses keys and counts them."""

    def __init__(self, browser: Browser, served: Served, person: str) -> None:
        self.page = browser.new_context().new_page()
        self.pressed = 0
        self.page.goto(f"{served.address}/review/")
        for label, text in (("Person", person), ("Password", PASSWORD)):
            self.tab_to(label)
            self.page.keyboard.type(text)
        self.press("Enter")
        expect(self.page.get_by_role("heading", level=1)).to_contain_text("for you")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1

    def tab_to(self, label: str) -> None:
        wanted = self.page.get_by_label(label, exact=True)
        for _ in range(80):
            if wanted.evaluate("one => one === document.activeElement"):
                return
            self.press("Tab")
        raise AssertionError(f"{label!r} cannot be reached with the tab key")

    def find(self, words: str) -> None:
        """Search from any page and open the one item found."""
        expect(self.page.locator("#keys")).to_be_visible()
        self.press("/")
        self.page.keyboard.type(words)
        self.press("Enter")
        expect(self.page.get_by_role("link", name="Surgery in stage IV, the cohort taken by keyboard")).to_have_count(1)
        expect(self.page.locator("#keys")).to_be_visible()
        self.press("j", "Enter")
        expect(self.page.get_by_role("article")).to_be_visible()
        expect(self.page.locator("#keys")).to_be_visible()

    def says(self, words: str) -> None:
        expect(self.page.get_by_role("status").first).to_contain_text(words)


def test_the_whole_way_by_keyboard_alone(browser: Browser, served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    pmid = PMIDS["keyboard"]
    a, b, lead = (Hands(browser, served, person) for person in ("reviewer-a", "reviewer-b", "adjudicator"))
    a.find("taken by keyboard")
    before = a.pressed
    a.press("i")
    a.says("Saved: include")
    assert a.pressed - before == 1
    b.find("taken by keyboard")
    b.press("e", "1")
    b.says("Saved: exclude")
    lead.press("n")
    expect(lead.page.get_by_role("heading", level=2).first).to_contain_text("taken by keyboard")
    lead.press("i")
    lead.says("Saved: include")

    a.find("taken by keyboard")
    a.press("v")
    assert a.page.evaluate("document.activeElement.id") == "place"
    a.press("v")
    assert a.page.evaluate("document.activeElement.id") == "f-estimate"
    a.tab_to("Patients, surgery")
    a.page.keyboard.type("15O")
    a.press("Escape", "c")
    a.page.keyboard.type("first sentence of the abstract")
    a.press("Escape", "a")
    expect(a.page.locator("#e-n_surgery")).to_contain_text("not a whole number")
    expect(a.page.get_by_label("Reason, if you change")).to_have_value("first sentence of the abstract")
    a.tab_to("Patients, surgery")
    a.press("Control+a")
    a.page.keyboard.type("150")
    a.press("Escape", "a")
    a.says("needs second now")

    b.find("taken by keyboard")
    for label, text in READ:
        b.tab_to(label)
        b.page.keyboard.type(text)
    b.press("Escape", "a")
    expect(b.page.get_by_role("heading", name=PREVIEW)).to_be_focused()
    b.press("a")
    approved = time.monotonic()
    b.says("approved now")
    with capsys.disabled():
        until_published(browser, served, pmid, since=approved, told=lambda words: print(f"\nkeyboard: {words}"))
    for one in (a, b, lead):
        one.page.context.close()
