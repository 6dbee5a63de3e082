"""The eight checks of REVIEW_METHODS 3 on what a person types: each fires in the queue and asks for a reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extract.errors import DecisionError
from extract.review.approval import approve_value
from extract.review.checked import findings_on
from extract.review.linking import reject_link
from extract.review.proposal import proposed_value
from extract.review.screening import include_record
from extract.review.surroundings import surroundings
from extract.schema.value import ReportedValue
from extract.store.curated import (
    Alert,
    CuratedValue,
    Report,
    TrialFamily,
    add_alert,
    all_reports,
    families,
    put_family,
    put_report,
    put_value,
)
from extract.store.engine import Store
from extract.store.links import list_links, propose_link
from extract.store.records import StoredRecord, get_record
from tests.extract.review.queue_server import PROTOCOL, enqueue, proposed_effect
from tests.extract.review.test_queue_pages import STUDY
from tests.stores import AT, new_store

PLAIN = replace(proposed_value(proposed_effect()), numerator_arm="surgery", denominator_arm="no_surgery")


@pytest.mark.parametrize(
    ("number", "typed", "code"),
    [
        # Tan 2016, as in tests/extract/checks: 0.59 (0.41-0.68) is not symmetric on the log scale
        (1, {"estimate": 0.59, "ci_low": 0.41, "ci_high": 0.68}, "interval-asymmetric"),
        # JCOG1017, PMID 40615712: one-sided p 0.13 says that the interval is one of 90 %
        (2, {"estimate": 0.86, "ci_low": 0.69, "ci_high": 1.07, "p_value": "0.13", "p_sided": "one"}, "level"),
        # its 221 deaths, halved: the standard error no longer fits
        (3, {"estimate": 0.86, "ci_low": 0.69, "ci_high": 1.07, "events_surgery": 25, "events_control": 25}, "events"),
        # ABCSG-28, PMID 31082916: medians 34.6 and 54.8 months beside a ratio below 1 for surgery
        (
            4,
            {"estimate": 0.691, "ci_low": 0.358, "ci_high": 1.333, "median_surgery_months": 34.6,
             "median_control_months": 54.8},
            "direction",
        ),
        (5, {"n_surgery": 20, "n_control": 40, "events_surgery": 25, "events_control": 30}, "events-exceed-n"),
    ],
)  # fmt: skip
def test_a_typed_value_is_doubted_by_what_it_says(number: int, typed: dict[str, Any], code: str) -> None:
    assert 1 <= number <= 5
    codes = [finding.code for finding in findings_on(replace(PLAIN, **typed))]
    assert any(code in one for one in codes), codes


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with new_store(tmp_path) as opened:
        enqueue(opened, "100")
        for person in ("reviewer-a", "reviewer-b"):
            include_record(opened, PROTOCOL, "100", by=person, at=AT, study=STUDY, reason=None)
        yield opened


def own_report(store: Store) -> Report:
    with store.read() as tx:
        record = get_record(tx, "100")
        assert record is not None
        return next(report for report in all_reports(tx) if report.report_id == record.report_id)


def put_approved(store: Store, report: Report, value: ReportedValue, value_id: str) -> None:
    with store.write() as tx:
        put_value(
            tx, CuratedValue(value_id, report.report_id, "queue", "approved", value, (), ("a", "b"), AT, None, None)
        )


def fired(store: Store, **changes: str) -> str:
    """Return the refusal of an approval whose doubts nobody answered."""
    from extract.store.candidates import list_candidates

    with store.read() as tx:
        (candidate,) = list_candidates(tx, pmid="100")
    with pytest.raises(DecisionError) as caught:
        approve_value(
            store, PROTOCOL, candidate.candidate_id, by="reviewer-a", at=AT, changes=changes, reason="as printed"
        )
    return str(caught.value)


def test_fewer_people_than_in_an_earlier_report_of_the_study_ask_which_counts(store: Store) -> None:
    # MF07-01: 274 people in 2018, 265 in 2021
    own = own_report(store)
    older = Report("older", own.study_id, None, None, "queue", {"year": 2018})
    with store.write() as tx:
        put_report(tx, replace(own, facts=own.facts | {"year": 2021}))
        put_report(tx, older)
    put_approved(store, older, replace(PLAIN, n_surgery=138, n_control=136), "older-value")
    assert "older-report-not-smaller" in fired(store, n_surgery="134", n_control="131")


def test_a_notice_linked_to_the_report_is_a_doubt_about_its_values(store: Store) -> None:
    # E2108's erratum, PMID 35427466
    with store.write() as tx:
        add_alert(tx, Alert(own_report(store).report_id, "ErratumIn", "J Clin Oncol 2022", "2026-11-20"))
    assert "linked-notice" in fired(store)


def test_a_second_result_against_one_control_group_is_a_doubt(store: Store) -> None:
    own = own_report(store)
    put_approved(store, own, replace(PLAIN, comparison_group="systemic", comparison_rank=1), "first-comparison")
    told = fired(store, comparison_group="systemic", comparison_rank="2")
    assert "shared-control-group" in told
    assert "first-comparison" in told


def test_a_cohort_of_a_used_overlap_group_is_a_doubt(store: Store) -> None:
    own = own_report(store)
    with store.write() as tx:
        study = next(one for one in families(tx) if one.study_id == own.study_id)
        put_family(tx, replace(study, overlap_group="SEER"))
        put_family(tx, TrialFamily("other-cohort", "population_registry", "SEER", "queue", {}))
        put_report(tx, Report("other", "other-cohort", None, None, "queue", {"year": 2019}))
    put_approved(store, Report("other", "other-cohort", None, None, "queue", {}), PLAIN, "other-value")
    told = fired(store)
    assert "overlap-group-used" in told
    assert "other-cohort" in told


def seer_cohort(store: Store, **facts: object) -> None:
    """Put a cohort of SEER with an approved value, and say that the study of record 100 is one of SEER too."""
    own = own_report(store)
    with store.write() as tx:
        study = next(one for one in families(tx) if one.study_id == own.study_id)
        put_family(tx, replace(study, facts=study.facts | {"data_source": "SEER"} | facts))
        years = {"accrual_start": 2010, "accrual_end": 2015}
        put_family(tx, TrialFamily("other", "population_registry", "SEER", "queue", {"data_source": "SEER", **years}))
        put_report(tx, Report("other-2021", "other", None, None, "queue", {"year": 2021}))
    put_approved(store, Report("other-2021", "other", None, None, "queue", {}), PLAIN, "other-value")


def test_a_cohort_of_a_used_source_in_no_overlap_group_is_a_doubt(store: Store) -> None:
    # Two SEER cohorts of bone-only disease, 2010-2015 and 2010-2017 (PMID 42057318), came into one pool without a word.
    seer_cohort(store)
    told = fired(store)
    assert "same-source-used" in told
    assert "other" in told


def test_cohorts_of_one_source_without_a_common_year_or_set_apart_by_a_person_are_no_doubt(store: Store) -> None:
    # Khan 2002 (NCDB 1990-1993) stands apart from the later cohorts of its source.
    seer_cohort(store, accrual_start=1990, accrual_end=1993)
    record = own_record(store)
    with store.read() as tx:
        assert surroundings(tx, PROTOCOL, record, PLAIN).same_source_used_by == []
    seer_cohort(store, accrual_start=2012, accrual_end=2018)
    with store.read() as tx:
        assert surroundings(tx, PROTOCOL, record, PLAIN).same_source_used_by == ["other"]
    with store.write() as tx:
        propose_link(tx, "overlap", "other", own_report(store).study_id, score=1.0, evidence=(), night="2026-11-20")
    with store.read() as tx:
        (link,) = list_links(tx)
    reject_link(store, PROTOCOL, link.proposal_id, by="reviewer-a", at=AT, reason="one is a linked sample")
    with store.read() as tx:
        assert surroundings(tx, PROTOCOL, record, PLAIN).same_source_used_by == []


def own_record(store: Store) -> StoredRecord:
    with store.read() as tx:
        record = get_record(tx, "100")
    assert record is not None
    return record


def test_arms_that_do_not_make_the_studys_total_are_a_doubt(store: Store) -> None:
    own = own_report(store)
    with store.write() as tx:
        study = next(one for one in families(tx) if one.study_id == own.study_id)
        put_family(tx, replace(study, facts=study.facts | {"n_total": 300}))
    assert "counts-do-not-sum" in fired(store, n_surgery="150", n_control="140")


@pytest.mark.parametrize(
    ("approved", "typed", "said"),
    [
        # Bone-only and visceral exclude each other: 120 + 100 operated of 200.
        (
            [{"n_surgery": 200}, {"pattern": "bone-only", "n_surgery": 120}],
            {"pattern": "visceral", "n_surgery": "100"},
            "patients with surgery: 120 (Bone-only) + 100 (Visceral) = 220, more than the 200 of All metastatic",
        ),
        # The same told in the other order: the whole comes last.
        (
            [{"pattern": "visceral", "n_surgery": 100}, {"pattern": "bone-only", "n_surgery": 120}],
            {"n_surgery": "200"},
            "= 220, more than the 200",
        ),
        # One stratum larger than what it lies within: solitary bone metastases are bone-only.
        (
            [{"pattern": "bone-only", "n_control": 40}],
            {"pattern": "solitary-bone", "n_control": "50"},
            "patients without surgery: 50 (Solitary bone metastasis), more than the 40 of Bone-only",
        ),
        # HER2-positive and triple-negative exclude each other through HER2-negative.
        (
            [{"events_surgery": 60}, {"subtype": "her2-positive", "events_surgery": 35}],
            {"subtype": "triple-negative", "events_surgery": "30"},
            "events with surgery: 35 (HER2-positive) + 30 (Triple-negative) = 65, more than the 60 of All subtypes",
        ),
    ],
)
def test_strata_that_share_nobody_and_exceed_their_whole_are_a_doubt(
    store: Store, approved: list[dict[str, Any]], typed: dict[str, str], said: str
) -> None:
    for number, one in enumerate(approved):
        put_approved(store, own_report(store), replace(PLAIN, **one), f"value-{number}")
    told = fired(store, **typed)
    assert "strata-exceed-whole" in told
    assert said in told


def test_the_reports_own_arms_are_the_whole_where_no_value_says_it(store: Store) -> None:
    own = own_report(store)
    with store.write() as tx:
        put_report(tx, replace(own, facts=own.facts | {"n_surgery": 90}))
    assert "more than the 90 of All subtypes" in fired(store, subtype="her2-positive", n_surgery="91")


@pytest.mark.parametrize(
    ("approved", "typed"),
    [
        # Exactly the whole, and strata that may share people (hormone-receptor- and HER2-positive), exceed nothing.
        ([{"n_surgery": 200}, {"pattern": "bone-only", "n_surgery": 100}], {"pattern": "visceral", "n_surgery": 100}),
        (
            [{"n_surgery": 200}, {"subtype": "hr-positive", "n_surgery": 150}],
            {"subtype": "her2-positive", "n_surgery": 90},
        ),
        # Another outcome, a crossed stratum and another subgroup are other people.
        ([{"n_surgery": 50, "outcome": "PFS"}], {"pattern": "visceral", "n_surgery": 60}),
        ([{"n_surgery": 50, "subtype": "her2-positive"}], {"pattern": "visceral", "n_surgery": 60}),
        ([{"n_surgery": 50}], {"pattern": "visceral", "n_surgery": 60, "population": "aged under 50"}),
    ],
)
def test_strata_that_may_share_people_or_fit_in_the_whole_are_quiet(
    store: Store, approved: list[dict[str, Any]], typed: dict[str, Any]
) -> None:
    own = own_report(store)
    for number, one in enumerate(approved):
        put_approved(store, own, replace(PLAIN, **one), f"value-{number}")
    value = replace(PLAIN, **typed)
    with store.read() as tx:
        record = get_record(tx, "100")
        assert record is not None
        found = findings_on(value, surroundings(tx, PROTOCOL, record, value))
    assert "strata-exceed-whole" not in [finding.code for finding in found]
