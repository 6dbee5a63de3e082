"""How a cell is read from its declaration."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.schema.columns import Column, Constraint, read_cell

RATIO = Column("estimate", "decimal", "ratio", "", Constraint(required=True, above=0))
LEVEL = Column("ci_level", "decimal", "percent", "", Constraint(above=0, below=100))
COUNT = Column("n", "integer", "participants", "", Constraint(above=-1))


@given(st.decimals(min_value="0.001", max_value="999", places=3))
def test_a_printed_decimal_is_read_as_the_same_number(number):
    assert read_cell(RATIO, str(number)) == float(number)


@given(st.integers(min_value=0, max_value=10**9))
def test_a_printed_count_is_read_as_the_same_number(number):
    assert read_cell(COUNT, f" {number} ") == number


@given(st.text(max_size=12))
def test_any_text_gives_a_finite_number_above_its_limit_or_a_value_error(text):
    try:
        number = read_cell(RATIO, text)
    except ValueError:
        return
    assert isinstance(number, float)
    assert math.isfinite(number)
    assert number > 0


@pytest.mark.parametrize("text", ["0", "-0.5", "nan", "inf", "1,04", "0.69-1.07", "1e3", "", "HR 0.7"])
def test_what_is_no_ratio_is_refused(text):
    with pytest.raises(ValueError, match=r"expected|required"):
        read_cell(RATIO, text)


@pytest.mark.parametrize("text", ["0", "100", "950"])
def test_a_level_of_0_or_100_percent_is_refused(text):
    with pytest.raises(ValueError, match="expected a number"):
        read_cell(LEVEL, text)


def test_a_level_below_one_is_read_as_printed_never_scaled():
    assert read_cell(LEVEL, "0.95") == 0.95


def test_an_empty_optional_cell_is_none_and_an_empty_list_is_empty():
    assert read_cell(LEVEL, " ") is None
    assert read_cell(Column("ids", "list", "", ""), "") == ()


def test_a_list_is_split_at_semicolons_and_holes_are_refused():
    ids = Column("ids", "list", "", "")
    assert read_cell(ids, "NCT01392586; BOOG 2010-05") == ("NCT01392586", "BOOG 2010-05")
    with pytest.raises(ValueError, match="joined by"):
        read_cell(ids, "NCT01392586;; X")


def test_dates_are_iso_dates():
    column = Column("decided_on", "date", "", "")
    assert read_cell(column, "2026-11-23") == dt.date(2026, 11, 23)
    with pytest.raises(ValueError, match="expected a date"):
        read_cell(column, "23.11.2026")


def test_a_constraint_says_itself_in_words():
    assert Constraint(required=True, above=0, below=100).sentence() == "required; > 0; < 100"
    assert Constraint().sentence() == "none"
