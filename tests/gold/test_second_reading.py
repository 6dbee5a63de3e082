"""The two readings of the hand labels can be compared, and what is reported of them holds."""

from __future__ import annotations

import math

import pytest

from tests.benchmarks.extraction_accuracy import GOLD, read_rows
from tests.benchmarks.extraction_agreement import (
    LEFT_OUT,
    LIMITS,
    QUESTIONS,
    answers,
    cell_key,
    kappa,
    meaning_key,
    paired,
)


def test_kappa_is_the_share_of_agreement_beyond_chance() -> None:
    # 20 both yes, 15 both no, 5 and 10 apart: observed 35/50; chance (25*30 + 25*20)/2500 = 1/2; (0.7-0.5)/0.5.
    pairs = [(1, 1)] * 20 + [(1, 0)] * 5 + [(0, 1)] * 10 + [(0, 0)] * 15
    assert kappa(pairs) == pytest.approx(0.4, abs=1e-12)


def test_kappa_is_not_a_number_where_chance_explains_everything() -> None:
    assert math.isnan(kappa([]))
    assert math.isnan(kappa([("OS", "OS")] * 3))


def test_a_result_read_twice_by_one_reader_is_refused() -> None:
    row: dict[str, object] = {"id": "pmid:1", "estimate": 0.5, "ci_low": None}
    with pytest.raises(ValueError, match="the first reading has 2 rows but 1 keys"):
        paired([row, row], [row], meaning_key)
    with pytest.raises(ValueError, match="the second reading has 2 rows but 1 keys"):
        paired([row], [row, row], meaning_key)


def test_a_key_left_out_is_an_answer_of_its_own() -> None:
    rows: list[tuple[dict[str, object], dict[str, object]]] = [({"outcome": None}, {}), ({}, {"outcome": None})]
    assert answers(rows, "outcome") == [(None, LEFT_OUT), (LEFT_OUT, None)]


def test_the_second_reader_answered_on_every_labelled_result() -> None:
    first = read_rows(GOLD / "extraction_meaning.jsonl")
    rows = paired(first, read_rows(GOLD / "extraction_meaning_second.jsonl"), meaning_key)
    assert len(rows) == len(first) >= 60
    assert all(kappa(answers(rows, question)) >= 0.8 for question in QUESTIONS)


def test_the_second_reader_found_the_same_effects_and_numbers_in_the_tables() -> None:
    first = read_rows(GOLD / "extraction_tables.jsonl")
    second = read_rows(GOLD / "extraction_tables_second.jsonl")
    assert {cell_key(row) for row in first} == {cell_key(row) for row in second}
    assert len({row["article"] for row in second}) >= 12
    assert all(one[key] == two[key] for one, two in paired(first, second, cell_key) for key in LIMITS)
