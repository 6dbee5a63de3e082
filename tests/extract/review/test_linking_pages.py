"""The page of trial families: evidence for each link, confirm, reject, split, take back."""

from __future__ import annotations

import html
import re

import pytest

from extract.store.curated import Report, TrialFamily, all_reports, families, put_family, put_report
from extract.store.links import LinkEvidence, get_link, propose_link
from tests.extract.review.api_client import program
from tests.extract.review.queue_server import PROTOCOL, Client, Queue, enqueue
from tests.extract.review.test_queue_pages import form_of, words

EVIDENCE = (
    LinkEvidence("registry_id", 0.9, "NCT00557986", "NCT00557986", "abstract"),
    LinkEvidence("other_years", -0.4, "2001-2005", "2007-2012", "abstract"),
)


@pytest.fixture
def known(queue: Queue) -> Queue:
    """Two cohorts, a trial with two reports, a record that may report it, and one link of each kind."""
    enqueue(queue.store, "100", title="Ten-year follow-up of MF07-01")
    with queue.store.write() as tx:
        for study, design, group in (
            ("mf07-01", "rct", None),
            ("a", "population_registry", "SEER"),
            ("b", "rct", None),
        ):
            put_family(tx, TrialFamily(study, design, group, "baseline", {"label": study.upper()}))
        for year in (2018, 2021):
            report = f"mf07-01-{year}"
            put_report(
                tx, Report(report, "mf07-01", f"{year}", None, "baseline", {"year": year, "first_author": "Soran"})
            )
        propose_link(tx, "report", "100", "mf07-01", score=0.9, evidence=EVIDENCE, night="2026-11-20")
        propose_link(tx, "overlap", "a", "b", score=0.5, evidence=EVIDENCE[:1], night="2026-11-20")
    return queue


def form_for(client: Client, action: str, nth: int = 0) -> dict[str, str]:
    page = client.page("families").text
    forms = [m.start() for m in re.finditer(rf'<form method="post" action="/review/families/{action}"', page)]
    return form_of(page[forms[nth] :], action)


def state_of(queue: Queue, link: str) -> str:
    with queue.store.read() as tx:
        found = get_link(tx, link)
    assert found is not None
    return found.state


def test_every_link_stands_with_its_evidence_for_and_against(known: Queue) -> None:
    with known.client("guest") as guest:
        page = guest.page("families").text
    told = words(page)
    assert "2 links to confirm" in told
    assert "Ten-year follow-up of MF07-01 (PMID 100)" in told
    assert "registry id NCT00557986 NCT00557986 abstract" in told
    assert "against it (-0.40) other years 2001-2005 2007-2012" in told
    assert "families/confirm" not in page


def test_a_confirmed_link_is_what_the_screening_form_begins_with_and_publishes(known: Queue) -> None:
    with known.client("reviewer-a") as client:
        form = form_for(client, "confirm")
        client.submit("families/confirm", form)
        assert state_of(known, form["link"]) == "confirmed"
        assert known.approvals == ["asked"]
        page = client.page("item/record:100").text
        assert form_of(page, "vote")["study_id"] == "mf07-01"
        # A second tab that still shows it is told so, and nothing happens twice.
        assert client.submit("families/confirm", form).status_code == 422
        client.submit("families/again", form_for(client, "again"))
    assert state_of(known, form["link"]) == "proposed"


def test_a_record_that_may_report_a_known_study_says_why_beside_the_vote(known: Queue) -> None:
    with known.client("reviewer-a") as client:
        assert "It may report: mf07-01 : registry id NCT00557986; other years 2001-2005 (against)" in words(
            client.page("item/record:100").text
        )


def test_a_rejection_needs_its_reason(known: Queue) -> None:
    with known.client("reviewer-a") as client:
        form = form_for(client, "reject")
        refused = client.submit("families/reject", form)
        assert refused.status_code == 422
        assert "a rejection needs a reason" in html.unescape(refused.text)
        client.submit("families/reject", {**form, "reason": "another trial of the same registry number"})
    assert state_of(known, form["link"]) == "rejected"


def test_a_report_is_split_off_and_a_cohort_taken_out_of_its_group(known: Queue) -> None:
    with known.client("reviewer-a") as client:
        assert client.submit("families/split-report", form_for(client, "split-report", 1)).status_code == 422
        form = {**form_for(client, "split-report", 1), "reason": "a sub-study with its own patients"}
        client.submit("families/split-report", form)
        group = {**form_for(client, "split-group"), "reason": "another country"}
        client.submit("families/split-group", group)
    with known.store.read() as tx:
        assert {r.report_id: r.study_id for r in all_reports(tx)}["mf07-01-2021"] != "mf07-01"
        assert {f.study_id: f.overlap_group for f in families(tx)}["a"] is None
    assert PROTOCOL.person("reviewer-a") is not None


def test_an_included_study_is_put_into_a_group_with_its_reason_on_the_page(known: Queue) -> None:
    with known.client("reviewer-a") as client:
        refused = client.submit("families/group", {"study": "mf07-01", "beside": "group:SEER", "reason": ""})
        assert refused.status_code == 422
        assert "needs a reason" in words(refused.text)
        # What was chosen is still chosen.
        assert '<option value="group:SEER" selected' in refused.text
        done = client.submit("families/group", {"study": "b", "beside": "group:SEER", "reason": "drawn from SEER"})
        told = words(done.text)
        assert "SEER: 2 studies" in told
        assert "2026-11-23, reviewer-a: put into SEER, “drawn from SEER”" in told
        client.submit("families/split-group", {"study": "b", "reason": "another country"})
        assert "taken out of SEER, “another country”" in words(client.page("families").text)
    assert known.approvals == ["asked", "asked"]
    with known.client("guest") as guest:
        assert "families/group" not in guest.page("families").text


def test_what_a_program_ties_together_is_published_as_on_the_page(known: Queue) -> None:
    with program(known, "reviewer-a") as a:
        first, *_ = a.ask("GET", "/links").json()
        confirmed = a.ask("POST", f"/links/{first['proposal']}/confirm", {"seen": first["seen"]})
        assert confirmed.json()["state"] == "confirmed"
        grouped = a.ask("POST", "/studies/b/group", {"beside": "group:SEER", "reason": "drawn from SEER"})
        assert grouped.json() == {"item": "study:b", "state": "grouped"}
        wrong = a.ask("POST", "/studies/b/group", {"beside": "group:NCDB", "reason": "drawn from it"})
        assert wrong.status_code == 404
        assert "no such overlap group" in wrong.text
    assert known.approvals == ["asked", "asked"]
