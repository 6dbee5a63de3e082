"""CSV in and out."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.errors import DocumentError
from extract.exchange.reference import Reference
from extract.exchange.table import COLUMNS, read_csv, write_csv
from tests.extract.exchange.test_ris import references


def test_columns_go_by_name_in_any_order_and_unknown_ones_are_kept():
    text = 'PubMed ID,Article Title,Authors,Publication Year,Notes\n12,"A, B","Soran, A; Khan, S",2018,mine\n'

    (reference,) = read_csv(text, name="x.csv")

    assert (reference.title, reference.pmid, reference.year) == ("A, B", "12", 2018)
    assert reference.authors == ("Soran, A", "Khan, S")
    assert ("notes", "mine") in reference.source_fields
    assert reference.line == 2


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_comma_semicolon_and_tab_separate(separator):
    text = separator.join(["title", "year"]) + "\n" + separator.join(["A", "2018"]) + "\n"

    assert read_csv(text, name="x.csv")[0].year == 2018


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column 'title'"),
        ("name,year\nA,2018\n", "line 1: no column 'title' among 'name, year'"),
        ("title,Article Title\nA,B\n", "line 1: two columns mean 'title'"),
        ("title,year\n", "a header and no row"),
        ("title,year\nA\n", "line 2: 1 cells under 2 columns"),
        ("title,year\n,2018\n", "line 2: the row has no title"),
        ("title,pmid\nA,PMC12\n", "line 2: PMID 'PMC12' is no PubMed id"),
        ('title,year\n"A,2018\n', "no CSV"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, words):
    with pytest.raises(DocumentError) as told:
        read_csv(text, name="x.csv")

    assert words in str(told.value)


def test_a_title_that_a_spreadsheet_would_run_is_guarded_and_read_back():
    written = write_csv([Reference(title='=HYPERLINK("http://x")')])

    assert next(csv.DictReader(io.StringIO(written)))["title"].startswith("'=")
    assert read_csv(written, name="x.csv")[0].title == '=HYPERLINK("http://x")'


@given(st.lists(references(), min_size=1, max_size=4))
def test_what_was_written_is_read_again(written):
    # A name or keyword with a semicolon is two in this format.
    whole = [each for each in written if not any(";" in part for part in (*each.authors, *each.keywords))]

    read = read_csv(write_csv([*whole, Reference(title="last")]), name="x.csv")

    assert [[getattr(each, column) for column in COLUMNS] for each in read[:-1]] == [
        [getattr(each, column) for column in COLUMNS] for each in whole
    ]


@given(st.text())
def test_any_text_is_read_or_refused_with_a_clear_error(text):
    try:
        assert read_csv(f"title,year\n{text}", name="x.csv")
    except DocumentError as error:
        told = str(error)
    else:
        told = "x.csv"
    assert told.startswith("x.csv")
