"""Registry ids are found in every way authors write them, and only there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.registries.ids import Registry, registry_ids, usual_form

# Ids of this review's trials: ../shared/evidence/README.md, "Other facts to test against".
OURS = ["NCT00193778", "NCT01242800", "NCT01015625", "NCT00557986", "UMIN000005586", "NCT01392586", "NCT05285332"]

WRITTEN = {
    "NCT00193778": ["NCT00193778", "NCT 00193778", "nct00193778", "NCT-00193778", "NCT No. 00193778"],
    "ISRCTN12345678": ["ISRCTN12345678", "ISRCTN 12345678", "isrctn:12345678"],
    "EUCTR2006-001234-42": [
        "EUCTR2006-001234-42",
        "EudraCT 2006-001234-42",
        "EudraCT number 2006-001234-42",
        "EudraCT No. 2006\u2013001234\u201342",
        "EUCTR2006-001234-42-AT",
    ],
    "UMIN000005586": [
        "UMIN000005586",
        "JPRN-UMIN000005586",
        "UMIN-CTR 000005586",
        "UMIN 000005586",
        "UMIN-CTR ID: UMIN000005586",
        "JPRN UMIN000005586",
        "UMIN ID 000005586",
        "UMIN-CTR C000005586",
    ],
    "jRCT1031180123": ["jRCT1031180123", "JPRN-jRCT1031180123", "JRCT 1031180123"],
    "jRCTs031180123": ["jRCTs031180123", "JPRN-jRCTs031180123"],
    "CTRI/2010/091/000123": ["CTRI/2010/091/000123", "CTRI 2010/091/000123"],
    "CTRI/2019/05/019123": ["CTRI/2019/05/019123"],
    "ChiCTR1900012345": ["ChiCTR1900012345", "CHICTR 1900012345", "chictr-1900012345"],
    "ChiCTR-TRC-10000123": ["ChiCTR-TRC-10000123", "CHICTR-TRC-10000123"],
}


@pytest.mark.parametrize(("number", "text"), [(number, text) for number, forms in WRITTEN.items() for text in forms])
def test_every_way_of_writing_an_id_has_one_usual_form(number: str, text: str) -> None:
    sentence = f"This trial is registered ({text}), and was funded."
    numbers = {one.number for one in registry_ids(sentence)}
    assert numbers == {number}


@pytest.mark.parametrize("number", OURS)
def test_the_trials_of_this_review_are_recognised(number: str) -> None:
    assert usual_form(number) == number


def test_a_mention_carries_its_place_and_its_words() -> None:
    text = "Registered as JPRN-UMIN000005586; see also NCT 01242800."
    first, second = registry_ids(text)
    assert (first.registry, second.registry) == (Registry.UMIN, Registry.CLINICALTRIALS_GOV)
    assert text[first.start : first.end] == first.text == "JPRN-UMIN000005586"
    assert text[second.start : second.end] == second.text == "NCT 01242800"


@pytest.mark.parametrize(
    "text",
    [
        "NCT0019377",
        "NCT001937789",
        "XNCT00193778",
        "DNCT 00193778",
        "registered under 00193778",
        "UMIN00000558",
        "ISRCTN1234567",
        "2006-001234-42",
        "CTRI/10/091/000123",
        "ChiCTR123",
        "the NCT was 12 months; 00193778 patients",
        "",
    ],
)
def test_what_only_looks_like_an_id_is_none(text: str) -> None:
    assert registry_ids(text) == ()
    assert usual_form(text) is None


@given(st.text(max_size=80))
def test_any_text_is_read_and_every_mention_lies_in_it(text: str) -> None:
    for one in registry_ids(text):
        assert text[one.start : one.end] == one.text


@given(st.integers(0, 99_999_999), st.text("abc .;()\n", max_size=10), st.text("abc .;()\n", max_size=10))
def test_an_id_is_found_whatever_stands_around_it(number: int, before: str, after: str) -> None:
    text = f"{before} NCT{number:08d} {after}"
    assert [one.number for one in registry_ids(text)] == [f"NCT{number:08d}"]
