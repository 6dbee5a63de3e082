"""Overlap of registry cohorts: one source and common years."""

from __future__ import annotations

import pytest

from extract.baseline.load import load_baseline
from extract.linkage.overlap import Cohort, overlap_groups, propose_overlaps, sources_in
from tests.extract.protocol_file import own_protocol


@pytest.fixture(scope="module")
def cohorts():
    return [
        Cohort(study.study_id, sources_in(study.data_source), study.accrual_start, study.accrual_end)
        for study in load_baseline(own_protocol()).studies
        if study.data_source
    ]


def group_of(groups, study_id):
    return next((group for group in groups if study_id in group), frozenset())


def test_the_seer_cohorts_of_the_starting_table_are_one_group(cohorts):
    group = group_of(overlap_groups(cohorts), "Thomas-2016")

    assert {"Gnerlich-2007", "Tan-2016", "Warschkow-2016", "Wu-2017-SEER", "WangK-2019-SEER"} <= group


def test_khan_2002_stands_apart_from_the_later_ncdb_cohorts(cohorts):
    groups = overlap_groups(cohorts)

    assert group_of(groups, "Khan-2002") == frozenset()
    assert {"Lane-2019", "Arciero-2019", "Stahl-2021", "Mudgway-2020"} <= group_of(groups, "Lane-2019")


def test_seer_and_ncdb_share_people_and_are_proposed_but_not_grouped():
    seer, ncdb = Cohort("a", frozenset({"SEER"}), 2010, 2015), Cohort("b", frozenset({"NCDB"}), 2004, 2013)

    (proposal,) = propose_overlaps([seer, ncdb])

    assert [each.kind for each in proposal.evidence] == ["shared_source", "years_overlap"]
    assert overlap_groups([seer, ncdb]) == ()


def test_years_that_touch_in_one_year_overlap_and_years_that_do_not_meet_do_not():
    one = Cohort("a", frozenset({"SEER"}), 1988, 2003)
    touching = Cohort("b", frozenset({"SEER"}), 2003, 2010)
    later = Cohort("c", frozenset({"SEER"}), 2004, 2010)

    assert len(propose_overlaps([one, touching])) == 1
    assert propose_overlaps([one, later]) == ()


def test_a_chain_of_overlaps_is_one_group():
    chain = [
        Cohort("a", frozenset({"SEER"}), 1990, 1995),
        Cohort("b", frozenset({"SEER"}), 1995, 2005),
        Cohort("c", frozenset({"SEER"}), 2005, 2010),
    ]

    assert overlap_groups(chain) == (frozenset({"a", "b", "c"}),)


def test_unknown_years_are_proposed_with_a_low_score_and_not_grouped():
    known, unknown = Cohort("a", frozenset({"SEER"}), 2010, 2015), Cohort("b", frozenset({"SEER"}), None, None)
    (proposal,) = propose_overlaps([known, unknown])
    (sure,) = propose_overlaps([known, Cohort("c", frozenset({"SEER"}), 2010, 2015)])

    assert proposal.score < sure.score
    assert overlap_groups([known, unknown]) == ()


def test_other_sources_do_not_overlap():
    assert propose_overlaps([Cohort("a", frozenset({"SEER"}), 1, 2), Cohort("b", frozenset({"ESME"}), 1, 2)]) == ()


def test_sources_are_read_from_a_text():
    text = "We used the Surveillance, Epidemiology, and End Results programme and the National Cancer Database."

    assert sources_in(text) == {"SEER", "NCDB"}


def test_years_that_are_not_known_are_said_in_words():
    seer, ncdb = Cohort("a", frozenset({"SEER"}), None, None), Cohort("b", frozenset({"NCDB"}), 1990, 1993)

    (pair,) = propose_overlaps([seer, ncdb])

    assert [(each.kind, each.found, each.known) for each in pair.evidence[1:]] == [
        ("years_unknown", "not known", "1990-1993")
    ]
