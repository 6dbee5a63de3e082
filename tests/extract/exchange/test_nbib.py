"""NBIB, PubMed's own export."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.errors import DocumentError
from extract.exchange.nbib import read_nbib

TWO = """
PMID- 29777404
OWN - NLM
DP  - 2018 Oct
TI  - Randomized Trial Comparing Resection of Primary Tumor with No Surgery in Stage
      IV Breast Cancer at Presentation: Protocol MF07-01.
PG  - 3141-3149
LID - 10.1245/s10434-018-6494-6 [doi]
FAU - Soran, Atilla
AU  - Soran A
FAU - Ozmen, Vahit
AU  - Ozmen V
CN  - A Group
PT  - Journal Article
PT  - Randomized Controlled Trial
JT  - Annals of surgical oncology
TA  - Ann Surg Oncol
AID - 10.1245/s10434-018-6494-6 [doi]

PMID- 31082916
TI  - Impact of Breast Surgery.
"""


def test_records_are_read_with_continued_titles_and_full_names():
    first, second = read_nbib(TWO, name="x.nbib")

    assert first.title.endswith("in Stage IV Breast Cancer at Presentation: Protocol MF07-01.")
    assert first.authors == ("Soran, Atilla", "Ozmen, Vahit", "A Group")
    assert (first.pmid, first.year, first.journal) == ("29777404", 2018, "Annals of surgical oncology")
    assert first.doi == "10.1245/s10434-018-6494-6"
    assert first.kind == "Journal Article; Randomized Controlled Trial"
    assert (first.line, second.line) == (2, 20)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no record"),
        ("hello", "line 1: 'hello' begins no field"),
        ("TI  - A title\n", "line 1: the record begins with 'TI' and has no PMID"),
        ("PMID- 12\n", "line 1: PMID 12 has no title"),
        ("PMID- x1\nTI  - A\n", "line 1: PMID 'x1' is no PubMed id"),
        ("PMID- 12\nTI  - A\n\n      stray\n", "line 4: 'stray' begins no field"),
    ],
)
def test_what_is_cut_or_no_nbib_is_told_with_its_line(text, words):
    with pytest.raises(DocumentError) as told:
        read_nbib(text, name="x.nbib")

    assert words in str(told.value)


@given(st.text())
def test_any_text_is_read_or_refused_with_a_clear_error(text):
    try:
        assert read_nbib(text, name="x.nbib")
    except DocumentError as error:
        told = str(error)
    else:
        told = "x.nbib"
    assert told.startswith("x.nbib")
