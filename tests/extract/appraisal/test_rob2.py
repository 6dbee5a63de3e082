"""RoB 2: the algorithm against every combination of answers, and what a form may leave out."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from extract.appraisal.rob2 import ROB2, propose_domain, propose_overall

# Rows of methods/rob2_truth_table.csv: 5 answers to the power of the number of questions that were tabulated.
ROWS = {"D1": 125, "D2": 2187, "D3": 81, "D4": 243, "D5": 125}
CODES = {domain.code: [question.code for question in domain.questions] for domain in ROB2.domains}


@pytest.mark.parametrize("domain", list(ROWS))
def test_every_row_of_the_truth_table_gives_its_judgement(shared: Path, domain: str) -> None:
    with (shared / "methods" / "rob2_truth_table.csv").open(encoding="utf-8", newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["domain"] == domain]
    wrong = [
        row
        for row in rows
        if propose_domain(domain, dict(zip(CODES[domain], row["answers_in_question_order"].split(), strict=True))).level
        != row["judgement"]
    ]
    assert len(rows) == ROWS[domain]
    assert wrong == []


@pytest.mark.parametrize(
    ("domain", "answers", "level"),
    [
        ("D1", {"1.2": "N"}, "high"),
        ("D2", {"2.1": "N", "2.2": "PN", "2.6": "Y"}, "low"),
        ("D2", {"2.1": "Y", "2.2": "Y", "2.3": "N", "2.6": "N", "2.7": "N"}, "some_concerns"),
        ("D3", {"3.1": "PY"}, "low"),
        ("D4", {"4.1": "N", "4.2": "N", "4.3": "N"}, "low"),
        ("D5", {"5.2": "Y"}, "high"),
    ],
)
def test_a_question_the_rules_do_not_reach_may_stay_empty(domain: str, answers: dict[str, str], level: str) -> None:
    assert propose_domain(domain, answers).level == level


def test_the_first_answer_that_matters_and_is_missing_is_named() -> None:
    assert propose_domain("D1", {}).missing == ("1.2",)
    assert propose_domain("D2", {"2.1": "Y"}).missing == ("2.3",)
    assert propose_domain("D3", {"3.1": "N", "3.2": "N"}).missing == ("3.3",)


@pytest.mark.parametrize(
    ("levels", "overall"),
    [
        ("low low low low low", "low"),
        ("low low some_concerns low low", "some_concerns"),
        # Several concerns stay "some concerns" until a person says that together they are high.
        ("some_concerns some_concerns some_concerns some_concerns some_concerns", "some_concerns"),
        ("low some_concerns high low low", "high"),
    ],
)
def test_the_overall_level_is_the_worst_of_the_domains(levels: str, overall: str) -> None:
    given = dict(zip(CODES, levels.split(), strict=True))
    assert propose_overall(given).level == overall


def test_without_every_domain_there_is_no_overall_level() -> None:
    assert propose_overall({"D1": "high"}).level is None


def test_each_question_is_asked_in_our_words_and_the_form_links_to_the_official_ones() -> None:
    assert sum(len(codes) for codes in CODES.values()) == 22
    assert ROB2.url.startswith("https://www.riskofbias.info/")
    assert len({q.text for d in ROB2.domains for q in d.questions}) == 22
