"""Two judges and an adjudicator judge bias and certainty: by keys alone, without scripts, on a phone, with axe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from extract.review.bias import assessment_of, judge_result
from extract.review.certainty import ratings
from tests.browser.test_review_pages import open_page, violations
from tests.extract.review.judging import PROTOCOL, put_result, trial_form, trial_judgement
from tests.extract.review.queue_server import Queue, make_account, serving
from tests.stores import AT, new_store

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MAIN = "os--all--all--randomised"


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Queue]:
    """Serve two trials and a cohort to judge."""
    with new_store(tmp_path_factory.mktemp("judges")) as store, serving(store) as queue:
        for study in ("Trial-A", "Trial-B"):
            put_result(store, study_id=study)
        put_result(store, design="population_registry", study_id="Cohort-C")
        for person in ("reviewer-a", "reviewer-b", "adjudicator", "guest"):
            make_account(queue, person)
        yield queue


def fill_in(page: Page, form: dict[str, str]) -> None:
    """Answer as a person with a mouse would."""
    for name, text in form.items():
        if name.startswith("answer-"):
            page.locator(f'input[name="{name}"][value="{text}"]').check()
        elif text:
            page.locator(f'[name="{name}"]').fill(text)


def test_two_judges_differ_and_the_adjudicator_settles_without_scripts(browser: Browser, desk: Queue) -> None:
    item = "Trial-A~OS"
    a, b, lead = (
        open_page(browser, desk, person, java_script_enabled=False)
        for person in ("reviewer-a", "reviewer-b", "adjudicator")
    )
    a.get_by_role("link", name="Bias and certainty").click()
    a.get_by_role("link", name="Trial-A: Overall survival").click()
    fill_in(a, trial_form())
    a.get_by_role("button", name="Keep as draft").click()
    assert "as the answers give: Low" in a.get_by_label("Judgement").first.inner_text()
    a.get_by_role("button", name="Save my judgement").click()
    assert "a second judge who does not see it is awaited" in a.locator("div.good").inner_text()

    b.goto(f"{desk.address}bias/{item}")
    assert "what the report says" not in b.get_by_role("main").inner_text().replace("What the report says, and", "")
    fill_in(b, trial_form(answer_1__2="N"))
    b.get_by_role("button", name="Save my judgement").click()
    assert "an adjudicator settles it" in b.locator("div.good").inner_text()

    lead.goto(f"{desk.address}bias/{item}")
    assert lead.get_by_role("heading", level=1).inner_text().startswith("Settle")
    lead.locator('input[name="answer-1.2"][value="NI"]').check()
    lead.get_by_label("What the report says, and where").first.fill("Envelopes, not said to be opaque (p. 3)")
    lead.get_by_role("button", name="Settle").click()
    assert "the judgement is complete" in lead.locator("div.good").inner_text()
    with desk.store.read() as tx:
        agreed = assessment_of(tx, item).agreed
    assert agreed is not None
    assert (agreed.judgement.levels["overall"], agreed.settled_by) == ("some_concerns", "adjudicator")
    assert desk.approvals == ["asked"]
    for page in (a, b, lead):
        page.context.close()


def test_a_trial_is_judged_by_keyboard_alone(browser: Browser, desk: Queue) -> None:
    page = open_page(browser, desk, "reviewer-a")
    page.goto(f"{desk.address}bias/Trial-B~OS")
    form = trial_form()
    for name, text in form.items():
        if name.startswith("answer-"):
            # Each group of answers is one stop of the Tab key; Space picks, arrows move on from there.
            page.locator(f'input[name="{name}"][value="Y"]').focus()
            page.keyboard.press("Space")
            for _ in range(["Y", "PY", "PN", "N", "NI"].index(text)):
                page.keyboard.press("ArrowRight")
    page.evaluate("document.activeElement.blur()")
    for number in "12345":
        page.keyboard.press(number)
        page.keyboard.type(f"seen in part {number} of the report")
        page.evaluate("document.activeElement.blur()")
    page.keyboard.press("a")
    page.wait_for_url("**/appraisal?**")
    assert "your judgement is in" in page.locator("div.good").inner_text()
    with desk.store.read() as tx:
        judged = assessment_of(tx, "Trial-B~OS").judgements["reviewer-a"]
    assert judged.levels["overall"] == "low"
    assert judged.domains["D4"].support == "seen in part 4 of the report"
    page.context.close()


def test_what_a_judge_types_survives_a_closed_tab(browser: Browser, desk: Queue) -> None:
    page = open_page(browser, desk, "reviewer-a")
    page.goto(f"{desk.address}bias/Trial-A~OS")
    with page.expect_response(lambda answer: answer.url.endswith("/draft") and answer.status == 204):
        page.locator('[name="support-D2"]').fill("half a sentence")
    page.close()
    again = open_page(browser, desk, "reviewer-a")
    again.goto(f"{desk.address}bias/Trial-A~OS")
    assert again.locator('[name="support-D2"]').input_value() == "half a sentence"
    again.context.close()


def test_the_certainty_is_rated_by_two_and_asks_again_when_the_evidence_changes(browser: Browser, desk: Queue) -> None:
    for person in ("reviewer-a", "reviewer-b"):
        page = open_page(browser, desk, person)
        page.goto(f"{desk.address}certainty/{MAIN}")
        proposed = page.get_by_role("heading", name="What the rules propose").inner_text().split(": ")[1]
        page.keyboard.press(str(["high", "moderate", "low", "very low"].index(proposed) + 1))
        page.keyboard.press("Space")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("c")
        page.keyboard.type("two small trials")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("a")
        page.wait_for_url("**/appraisal?**")
        page.context.close()
    with desk.store.read() as tx:
        assert ratings(tx)[MAIN].agreed is not None
    for person in ("reviewer-a", "reviewer-b"):
        judge_result(desk.store, PROTOCOL, "Trial-A~OS", trial_judgement(answer_1__2="N"), by=person, at=AT)
    page = open_page(browser, desk, "reviewer-a")
    page.goto(f"{desk.address}certainty/{MAIN}")
    assert "it does not count until it is confirmed" in page.get_by_role("main").inner_text()
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_on_any_page_of_judges(
    browser: Browser, desk: Queue, scheme: Literal["light", "dark"]
) -> None:
    for by, changes in (("reviewer-a", {}), ("reviewer-b", {"answer_1__2": "N"})):
        judge_result(desk.store, PROTOCOL, "Trial-A~OS", trial_judgement(**changes), by=by, at=AT)
        judge_result(desk.store, PROTOCOL, "Trial-B~OS", trial_judgement(), by=by, at=AT)
    found = []
    for person in ("reviewer-a", "adjudicator"):
        page = open_page(browser, desk, person, color_scheme=scheme)
        judged = ("appraisal", "bias/Trial-A~OS", "bias/Trial-B~OS", "bias/Cohort-C~OS", f"certainty/{MAIN}")
        for path in (*judged, "measures"):
            page.goto(f"{desk.address}{path}")
            found += violations(page, f"{person} {path}")
        page.goto(f"{desk.address}bias/Cohort-C~OS")
        if person == "reviewer-a":
            page.get_by_role("button", name="Save my judgement").click()
            assert page.get_by_role("alert").count() == 1
            found += violations(page, "refused form")
        page.context.close()
    assert found == []


@pytest.mark.parametrize(("width", "height"), [(390, 844), (640, 900)])
def test_no_page_of_judges_scrolls_sideways_on_a_phone_or_at_twice_the_size(
    browser: Browser, desk: Queue, width: int, height: int
) -> None:
    page = open_page(browser, desk, "reviewer-a", viewport={"width": width, "height": height})
    for path in ("appraisal", "bias/Trial-A~OS", "bias/Cohort-C~OS", f"certainty/{MAIN}", "measures"):
        page.goto(f"{desk.address}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.context.close()
