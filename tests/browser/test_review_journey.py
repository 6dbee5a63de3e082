"""Two reviewers and an adjudicator take a record from the inbox to the published page, in a browser without scripts."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from flows.context import open_store
from flows.publisher import Publisher
from flows.serve import site_app
from flows.settings import Settings
from tests.extract.review.queue_server import PASSWORD, PROTOCOL, Clock, Queue, enqueue, listening, make_account
from tests.nights import NIGHTS, rehearsal, rehearse

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PMID = "990000901"
PROMISED_SECONDS = 60
"""From the approval to the page (DESIGN: an approval that completes a value triggers publish at once)."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Settings]]:
    """Serve site and queue of a rehearsed night with one record and one value more; give address and value."""
    settings = rehearsal(tmp_path_factory.mktemp("journey"))
    rehearse(settings, NIGHTS[0])
    store = open_store(settings)
    (candidate,) = enqueue(store, PMID, title="Surgery in stage IV, a cohort")
    for person in ("reviewer-a", "reviewer-b", "adjudicator"):
        make_account(Queue("", store, None, Clock(), []), person)  # type: ignore[arg-type]
    with Publisher(settings, settle_seconds=0.1) as publisher:
        with listening(site_app(settings, store, on_approved=publisher.request)) as port:
            yield f"http://127.0.0.1:{port}", candidate, settings
    store.close()


def sign_in(browser: Browser, address: str, person: str) -> Page:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{address}/review/")
    page.get_by_label("Person").fill(person)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    assert "for you" in page.get_by_role("heading", level=1).inner_text()
    return page


def test_from_the_inbox_to_the_published_page_without_scripts(
    browser: Browser, served: tuple[str, str, Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    address, candidate, _ = served
    a, b, lead = (sign_in(browser, address, person) for person in ("reviewer-a", "reviewer-b", "adjudicator"))
    record, value = f"{address}/review/item/record:{PMID}", f"{address}/review/item/value:{candidate}"

    # Screen: the two differ, the adjudicator settles.
    a.get_by_role("link", name="Surgery in stage IV, a cohort").click()
    assert a.url == record
    a.get_by_label("Design").select_option("retrospective_cohort")
    a.get_by_role("button", name="Include").click()
    assert "Saved: include" in a.get_by_role("status").first.inner_text()
    b.goto(record)
    b.get_by_role("button", name=PROTOCOL.eligibility.exclusion_reasons[0].label).click()
    lead.goto(record)
    assert PROTOCOL.eligibility.exclusion_reasons[0].code in lead.get_by_role("main").inner_text()
    lead.get_by_label("Design").select_option("retrospective_cohort")
    lead.get_by_role("button", name="Include").click()

    # Extract with a correction; a mistake is said at its field and nothing typed is lost.
    a.goto(value)
    a.get_by_label("Patients, surgery", exact=True).fill("15O")
    a.get_by_label("Reason, if you change").fill("first sentence of the abstract")
    a.get_by_role("button", name="Approve", exact=True).click()
    assert "not a whole number" in a.locator("#e-n_surgery").inner_text()
    a.get_by_label("Patients, surgery", exact=True).fill("150")
    a.get_by_role("button", name="Approve", exact=True).click()

    # The second reader is blind, and reads the same.
    b.goto(value)
    assert b.get_by_label("Estimate (as printed)").input_value() == ""
    for label, text in (
        ("Estimate (as printed)", "0.72"),
        ("Lower limit", "0.56"),
        ("Upper limit", "0.93"),
        ("Level of the interval (%)", "95"),
        ("Patients, surgery", "150"),
    ):
        b.get_by_label(label, exact=True).fill(text)
    b.get_by_role("button", name="Save my reading").click()
    approved = time.monotonic()
    assert "approved now" in b.get_by_role("status").first.inner_text()

    # The page of the study is there within the promised minute, with the correction beside what was read.
    reader = browser.new_context(java_script_enabled=False).new_page()
    while (answer := reader.goto(f"{address}/studies/pmid-{PMID}/")) is None or not answer.ok:
        assert time.monotonic() - approved < PROMISED_SECONDS
        time.sleep(0.2)
    seconds = time.monotonic() - approved
    text = reader.get_by_role("main").inner_text()
    assert "0.72" in text
    assert "first sentence of the abstract" in text
    reader.goto(f"{address}/subtype/all/")
    assert "Surgery in stage IV" in reader.content() or PMID in reader.content()
    with capsys.disabled():
        print(f"\nfrom the last approval to the published page: {seconds:.1f} s")
    for page in (a, b, lead, reader):
        page.context.close()
