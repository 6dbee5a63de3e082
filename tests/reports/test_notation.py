"""How numbers are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.links import doi_url, pubmed_url, registry_url, root_of, slugs
from reports.model import Interval
from reports.notation import as_reported, count, day, decimal, hazard_change, p_value, ratio, ratio_number, typeset


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.9283, "0.93"), (1.0, "1.00"), (12.345, "12.3"), (123.4, "123"), (7200.0, "> 1000"), (0.0042, "0.004"),
        (0.0002, "< 0.001"),
    ],
)  # fmt: skip
def test_a_ratio_has_two_decimals_where_they_mean_something(value: float, text: str) -> None:
    assert ratio_number(value) == text


@given(st.floats(1e-9, 1e9))
def test_no_ratio_is_written_as_zero_or_infinite(value: float) -> None:
    text = ratio_number(value)
    assert "inf" not in text
    assert float(text.strip("<> ")) > 0


def test_a_pooled_result_in_a_table_has_three_decimals() -> None:
    assert ratio(Interval(estimate=0.92833, low=0.69004, high=1.24892, level=95), decimals=3) == "0.928 (0.690–1.249)"


def test_a_p_value_is_never_zero() -> None:
    assert p_value(0.00001) == "< 0.001"
    assert p_value(0.0344) == "0.034"
    assert p_value(0.52) == "0.52"


def test_a_hazard_is_lower_higher_or_no_different() -> None:
    assert [" ".join(hazard_change(x).split()) for x in (0.69, 1.25, 1.001)] == [
        "31 % lower",
        "25 % higher",
        "no different",
    ]


def test_what_is_missing_is_said_in_words() -> None:
    assert count(None) == "not reported"
    assert decimal(None, 2) == "not estimable"
    assert day(None) == "not yet"
    assert as_reported(0.6, None, None, None) == "0.6 (no interval printed)"
    assert "level not stated" in as_reported(0.6, 0.5, 0.7, None)


def test_a_stated_level_is_always_shown() -> None:
    assert " ".join(as_reported(0.86, 0.69, 1.07, 90.0).split()) == "0.86 (0.69–1.07; 90 %)"


def test_a_sentence_of_the_analysis_is_typeset_and_ids_and_dates_are_left_alone() -> None:
    said = "I2 62 %; the interval 0.70-1.26; 2010-2015, 2026-11-26, NCT01-2.5, doi 10.1200/JCO.21.02-3.4"
    assert typeset(said) == (
        "I² 62\u00a0%; the interval 0.70–1.26; 2010-2015, 2026-11-26, NCT01-2.5, doi 10.1200/JCO.21.02-3.4"
    )


def test_dates_are_written_out_and_other_text_stands_as_it_is() -> None:
    assert day("2026-11-23T02:30:00Z") == "23 November 2026"
    assert day("end of 2027") == "end of 2027"


@pytest.mark.parametrize("pmid", ["990000000", "990000123", "", None, "12a", "<script>"])
def test_no_rehearsal_id_and_no_text_is_linked_to_pubmed(pmid: str | None) -> None:
    assert pubmed_url(pmid) is None


def test_only_what_is_an_id_becomes_an_address() -> None:
    assert pubmed_url("29777404") == "https://pubmed.ncbi.nlm.nih.gov/29777404/"
    assert doi_url("10.1200/JCO.21.02006") == "https://doi.org/10.1200/JCO.21.02006"
    assert doi_url("javascript:alert(1)") is None
    assert registry_url("NCT01242800") == "https://clinicaltrials.gov/study/NCT01242800"
    assert registry_url("UMIN000005586") is None


def test_ids_that_look_alike_get_folders_of_their_own() -> None:
    found = slugs(["A b", "a-b", "A/B", "///"])
    assert len(set(found.values())) == 4
    assert all(part.replace("-", "").isalnum() for part in found.values())


def test_the_way_to_the_root_follows_the_depth() -> None:
    assert (root_of(""), root_of("status/"), root_of("subtype/all/v/2026.1/")) == ("./", "../", "../../../../")
