"""The figures issue 4 asks for hold on the labelled material.

The benchmark prints them with every difference.
"""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.extraction_accuracy import (
    GOLD,
    Score,
    own_texts,
    read_rows,
    score_forms,
    score_meaning,
    score_negatives,
)


def precision(score: Score) -> float:
    return score.right / (score.right + score.extra)


def recall(score: Score) -> float:
    return score.right / (score.right + score.missed)


def f1(score: Score) -> float:
    return 2 * score.right / (2 * score.right + score.extra + score.missed)


def test_printed_numbers_levels_and_standing_of_the_targeted_set(shared: Path) -> None:
    scores = score_forms(read_rows(shared / "corpus" / "hr_gold_targeted.jsonl"), own_texts())
    assert precision(scores["triples"]) >= 0.99
    assert recall(scores["triples"]) >= 0.97
    assert f1(scores["bare"]) >= 0.97
    assert f1(scores["medians"]) >= 0.97
    assert precision(scores["level"]) >= 0.97
    assert scores["result or design"].extra == 0


def test_no_ratio_and_no_interval_where_there_is_none(shared: Path) -> None:
    assert score_negatives(read_rows(shared / "corpus" / "hr_gold_negative.jsonl"), own_texts()) == []


def test_outcome_subtype_pattern_and_direction_of_the_labelled_results(shared: Path) -> None:
    rows = read_rows(GOLD / "extraction_meaning.jsonl")
    assert len(rows) >= 60
    scores = score_meaning(rows, own_texts())
    assert f1(scores["outcome"]) >= 0.90
    assert f1(scores["subtype"]) >= 0.90
    assert f1(scores["metastatic_pattern"]) >= 0.90
    assert f1(scores["numerator"]) >= 0.85
