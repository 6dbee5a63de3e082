"""RIS in and out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.errors import DocumentError
from extract.exchange.reference import Reference, reference_of
from extract.exchange.ris import read_ris, write_ris
from tests.extract.linkage.samples import record

EMBASE = """
TY  - JOUR
T1  - Impact of Breast Surgery in Primary Metastasized
Breast Cancer
A1  - Fitzal, F.
A1  - Bjelic-Radisic, V.
Y1  - 2019//
JO  - Annals of Surgery
VL  - 269
IS  - 6
SP  - 1163
EP  - 1169
N2  - First paragraph.

Second paragraph.
DO  - https://doi.org/10.1097/SLA.0000000000002771
UR  - https://pubmed.ncbi.nlm.nih.gov/31082916/
XX  - kept
ER  -

TY  - CONF
TI  - Second
ER  -
"""


def test_a_reference_is_read_with_its_line_and_every_field():
    first, second = read_ris(EMBASE, name="embase.ris")

    assert first.title == "Impact of Breast Surgery in Primary Metastasized Breast Cancer"
    assert first.authors == ("Fitzal, F.", "Bjelic-Radisic, V.")
    assert (first.year, first.journal, first.volume, first.pages) == (2019, "Annals of Surgery", "269", "1163-1169")
    assert first.doi == "10.1097/sla.0000000000002771"
    assert first.pmid == "31082916"
    assert first.abstract == "First paragraph. Second paragraph."
    assert ("XX", "kept") in first.source_fields
    assert (first.line, second.line, second.kind) == (2, 21, "CONF")


def test_an_accession_number_is_a_pmid_only_where_pubmed_gave_it():
    text = "TY  - JOUR\nTI  - A\nAN  - 123\nDB  - {}\nER  - \n"

    assert read_ris(text.format("PubMed"), name="x.ris")[0].pmid == "123"
    assert read_ris(text.format("Embase"), name="x.ris")[0].pmid is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "x.ris: no reference"),
        ("<html>", "x.ris, line 1: '<html>' begins no field"),
        ("TI  - A\n", "line 1: 'TI' stands outside"),
        ("TY  - JOUR\nTI  - A\n", "line 1: the reference has no end"),
        ("TY  - JOUR\nTI  - A\nTY  - JOUR\n", "line 3: a reference begins before that of line 1 ended"),
        ("TY  - JOUR\nAU  - A\nER  - \n", "line 1: the reference has no title"),
        ("TY  - JOUR\nTI  - A\nER  - \nstray\n", "line 4: 'stray' begins no field"),
    ],
)
def test_a_file_that_is_cut_or_no_ris_is_told_with_its_line(text, words):
    with pytest.raises(DocumentError) as told:
        read_ris(text, name="x.ris")

    assert words in str(told.value)


WORDS = (
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=30)
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)


@st.composite
def references(draw):
    return Reference(
        title=draw(WORDS),
        authors=tuple(draw(st.lists(WORDS, max_size=3))),
        year=draw(st.none() | st.integers(1800, 2099)),
        journal=draw(WORDS | st.just("")),
        volume=draw(st.from_regex(r"[0-9]{0,3}", fullmatch=True)),
        pages=draw(st.sampled_from(["", "5", "1163-1169", "e5-e9"])),
        doi=draw(st.none() | st.just("10.1000/x.1")),
        pmid=draw(st.none() | st.integers(1, 10**8).map(str)),
        abstract=draw(WORDS | st.just("")),
        keywords=tuple(draw(st.lists(WORDS, max_size=2))),
    )


@given(st.lists(references(), min_size=1, max_size=4))
def test_what_was_written_is_read_again(written):
    read = read_ris(write_ris(written), name="x.ris")

    fields = ("title", "authors", "year", "journal", "volume", "pages", "doi", "pmid", "abstract", "keywords")
    assert [[getattr(each, field) for field in fields] for each in read] == [
        [getattr(each, field) for field in fields] for each in written
    ]


@given(st.text())
def test_any_text_is_read_or_refused_with_a_clear_error(text):
    try:
        assert read_ris(text, name="x.ris")
    except DocumentError as error:
        told = str(error)
    else:
        told = "x.ris"
    assert told.startswith("x.ris")


def test_a_record_of_ours_is_written_with_its_pmid_and_on_single_lines():
    ours = reference_of(record("29777404", "Protocol MF07-01", abstract="One.\nTwo.", authors=["Soran A"], year=2018))

    lines = write_ris([ours]).split("\r\n")

    assert lines[0] == "TY  - JOUR"
    assert "AN  - 29777404" in lines
    assert "AB  - One. Two." in lines
    assert lines[-2:] == ["ER  - ", ""]
