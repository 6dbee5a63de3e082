"""Which documents call themselves randomised trials."""

from __future__ import annotations

import pytest

from extract.screening.design import calls_itself_randomised
from extract.screening.documents import ScreeningDocument


@pytest.mark.parametrize(
    ("title", "abstract"),
    [
        ("Early local therapy: results of a randomized clinical trial", ""),
        ("Outcomes of the prospective randomised phase III trial", ""),
        ("Locoregional treatment", "Women were randomly assigned (1:1) to surgery or none."),
        ("Locoregional treatment", "A total of 90 patients were randomized to two arms."),
        ("Surgery first", "Randomized, double-blind, placebo-controlled."),
    ],
)
def test_a_report_that_says_so_is_randomised(title, abstract):
    assert calls_itself_randomised(ScreeningDocument("1", title, abstract))


@pytest.mark.parametrize(
    ("title", "abstract"),
    [
        ("Surgery in stage IV disease: a cohort", "Charts were randomly selected for audit."),
        ("Surgery: a systematic review of randomized trials", "Three randomised controlled trials were pooled."),
        ("A Mendelian randomised study", ""),
        ("A nonrandomized comparison", ""),
        ("", ""),
    ],
)
def test_a_cohort_a_synthesis_and_a_random_sample_are_not(title, abstract):
    assert not calls_itself_randomised(ScreeningDocument("1", title, abstract))


def test_the_publication_type_settles_it():
    assert calls_itself_randomised(ScreeningDocument("1", "Surgery", "", ("Randomized Controlled Trial",)))
