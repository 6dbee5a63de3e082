"""What a page says about a notice must be what the notice does to the result."""

from __future__ import annotations

import pytest

from flows.frozen import RETRACTIONS
from reports.notices import REMOVES, notice_consequence


@pytest.mark.parametrize("kind", RETRACTIONS)
def test_a_retracted_report_is_said_to_have_left_the_pool(kind: str) -> None:
    words = notice_consequence(f"ErratumIn: PMID 1; {kind}: PMID 39999999")
    assert "have left every pool" in words
    assert "stands as it is" not in words


def test_a_studys_page_does_not_speak_of_results_it_does_not_show() -> None:
    assert notice_consequence("RetractionIn: PMID 1", results_here=False) == "Its values have left every pool."


def test_an_erratum_leaves_the_result_until_reviewers_have_decided() -> None:
    assert "until reviewers have decided, the result stands" in notice_consequence("ErratumIn: PMID 35427466")


def test_a_changed_registry_status_alone_affects_no_value() -> None:
    assert notice_consequence("RegistryStatus: NCT00557986 UNKNOWN -> COMPLETED") == "No value is affected."


def test_the_pages_and_the_pools_agree_on_what_removes_values() -> None:
    assert set(REMOVES) == set(RETRACTIONS)
