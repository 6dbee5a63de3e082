"""What a page says about a notice must be what the notice does to the result."""

from __future__ import annotations

import pytest

from flows.frozen import RETRACTIONS
from flows.registries import REGISTRY_RESULTS, REGISTRY_STATUS
from flows.surveillance import WATCHED
from reports.notices import KIND_WORDS, REMOVES, notice_consequence, notice_words


@pytest.mark.parametrize("kind", RETRACTIONS)
def test_a_retracted_report_is_said_to_have_left_the_pool(kind: str) -> None:
    words = notice_consequence(f"ErratumIn: PMID 1; {kind}: PMID 39999999")
    assert "have left every pool" in words
    assert "stands as it is" not in words


def test_a_studys_page_does_not_speak_of_results_it_does_not_show() -> None:
    assert notice_consequence("RetractionIn: PMID 1", results_here=False) == "Its values have left every pool."


def test_an_erratum_leaves_the_result_until_reviewers_have_decided() -> None:
    assert "until reviewers have decided, the result stands" in notice_consequence("ErratumIn: PMID 35427466")


def test_a_notice_tells_how_many_values_were_decided_since() -> None:
    alert = "ErratumIn: PMID 35427466"
    assert "until reviewers have decided" in notice_consequence(alert, reopened=(2, 0))
    assert notice_consequence(alert, reopened=(2, 1)) == (
        "Reviewers have decided on 1 of its 2 re-opened values; the others stand as they were."
    )
    assert notice_consequence(alert, reopened=(2, 2)) == (
        "Reviewers have looked at its values again, and what they decided is used here."
    )


def test_each_kind_of_notice_we_look_for_has_words() -> None:
    assert {*WATCHED, *RETRACTIONS, REGISTRY_STATUS, REGISTRY_RESULTS} <= KIND_WORDS.keys()
    assert notice_words("ErratumIn: PMID 1; RetractionIn: PMID 2") == "Erratum: PMID 1; Retraction: PMID 2"


def test_a_changed_registry_status_alone_affects_no_value() -> None:
    assert notice_consequence("RegistryStatus: NCT00557986 UNKNOWN -> COMPLETED") == "No value is affected."


def test_the_pages_and_the_pools_agree_on_what_removes_values() -> None:
    assert set(REMOVES) == set(RETRACTIONS)
