"""Risk of bias: two judges who do not see each other, an adjudicator, and judgements that end with their basis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from extract.appraisal.judgement import Judgement, judgement_from_json, proposals, read_judgement
from extract.appraisal.rob2 import ROB2
from extract.appraisal.robins import prefilled
from extract.errors import DecisionError, FieldErrors, StaleItem
from extract.review.bias import Assessment, assessment_of, assessments, judge_result, undo_judgement
from extract.store.curated import put_value, set_value_state
from extract.store.decisions import decisions_of_kind, verify_chain
from extract.store.engine import Store
from tests.extract.review.judging import (
    PROTOCOL,
    ROBINS,
    add_report,
    cohort_form,
    put_result,
    trial_form,
    trial_judgement,
    value_of,
)
from tests.stores import AT, new_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with new_store(tmp_path) as opened:
        yield opened


def judge(store: Store, item: str, by: str, judgement: Judgement | None = None, seen: str | None = None) -> str:
    return judge_result(store, PROTOCOL, item, judgement or trial_judgement(), by=by, at=AT, seen=seen)


def now(store: Store, item: str) -> Assessment:
    with store.read() as tx:
        return assessment_of(tx, item)


def test_two_judges_who_agree_on_every_domain_make_a_judgement(store: Store) -> None:
    item = put_result(store)
    assert now(store, item).state == "to_judge"
    assert judge(store, item, "reviewer-a") == "needs_second"
    assert now(store, item).agreed is None
    assert judge(store, item, "reviewer-b") == "agreed"
    agreed = now(store, item).agreed
    assert agreed is not None
    assert agreed.judgement.levels == dict.fromkeys(["D1", "D2", "D3", "D4", "D5", "overall"], "low")
    assert agreed.judges == ("reviewer-a", "reviewer-b")
    assert agreed.supports["D1"] == tuple((by, "what the report says on Randomisation") for by in agreed.judges)
    with store.read() as tx:
        assert verify_chain(tx) == 3


def test_one_person_alone_never_judges_twice(store: Store) -> None:
    item = put_result(store)
    judge(store, item, "reviewer-a")
    with pytest.raises(DecisionError, match="your judgement is in already"):
        judge(store, item, "reviewer-a")


def test_judges_who_differ_in_one_domain_are_a_conflict_that_the_adjudicator_settles(store: Store) -> None:
    item = put_result(store)
    judge(store, item, "reviewer-a")
    assert judge(store, item, "reviewer-b", trial_judgement(answer_1__2="N")) == "conflict"
    with pytest.raises(DecisionError, match="take it back to judge again"):
        judge(store, item, "reviewer-b", trial_judgement())
    assert judge(store, item, "adjudicator", trial_judgement(answer_1__2="NI")) == "agreed"
    agreed = now(store, item).agreed
    assert agreed is not None
    assert (agreed.settled_by, agreed.judges) == ("adjudicator", ("reviewer-a", "reviewer-b"))
    assert agreed.judgement.levels["D1"] == "some_concerns"
    assert undo_judgement(store, PROTOCOL, item, by="adjudicator", at=AT) == "conflict"


def test_an_adjudicator_judges_nothing_before_there_is_a_conflict(store: Store) -> None:
    item = put_result(store)
    with pytest.raises(DecisionError, match="judges nothing before"):
        judge(store, item, "adjudicator")


def test_undo_is_a_new_decision_and_ends_the_agreement_it_was_part_of(store: Store) -> None:
    item = put_result(store)
    judge(store, item, "reviewer-a")
    judge(store, item, "reviewer-b")
    assert undo_judgement(store, PROTOCOL, item, by="reviewer-b", at=AT) == "needs_second"
    assert now(store, item).agreed is None
    assert judge(store, item, "reviewer-b") == "agreed"
    with store.read() as tx:
        actions = [logged.decision.action for logged in decisions_of_kind(tx, "bias")]
    assert actions == ["judge", "judge", "agree", "undo", "judge", "agree"]
    with pytest.raises(DecisionError, match="no judgement of adjudicator to take back"):
        undo_judgement(store, PROTOCOL, item, by="adjudicator", at=AT)


@pytest.mark.parametrize("what", ["report", "value"])
def test_a_new_report_or_value_re_opens_the_judgement_and_keeps_the_old_one_in_sight(store: Store, what: str) -> None:
    item = put_result(store)
    judge(store, item, "reviewer-a")
    judge(store, item, "reviewer-b")
    with store.write() as tx:
        if what == "report":
            add_report(tx_store=tx, study_id="Trial-A", report_id="Trial-A-2024")
        else:
            put_value(tx, value_of("Trial-A-2020", number=2))
    assessment = now(store, item)
    assert (assessment.state, assessment.judgements) == ("to_confirm", {})
    assert assessment.agreed is not None
    assert judge(store, item, "reviewer-b") == "needs_second"
    assert judge(store, item, "reviewer-a") == "agreed"


def test_a_judge_is_not_disturbed_by_the_other_but_by_changed_evidence(store: Store) -> None:
    item = put_result(store)
    seen = now(store, item).mark
    judge(store, item, "reviewer-a")
    with store.write() as tx:
        put_value(tx, value_of("Trial-A-2020", number=2))
    with pytest.raises(StaleItem):
        judge(store, item, "reviewer-b", seen=seen)
    seen = now(store, item).mark
    judge(store, item, "reviewer-a")
    assert judge(store, item, "reviewer-b", seen=seen) == "agreed"


def test_an_adjudicator_does_not_settle_what_changed_meanwhile(store: Store) -> None:
    item = put_result(store)
    judge(store, item, "reviewer-a")
    judge(store, item, "reviewer-b", trial_judgement(answer_1__2="N"))
    seen = now(store, item).mark
    undo_judgement(store, PROTOCOL, item, by="reviewer-b", at=AT)
    judge(store, item, "reviewer-b", trial_judgement(answer_1__2="NI"))
    with pytest.raises(StaleItem):
        judge(store, item, "adjudicator", seen=seen)


def test_results_of_withdrawn_values_are_not_judged(store: Store) -> None:
    put_result(store)
    with store.write() as tx:
        set_value_state(tx, ["trial-a-2020--os--all--all--1"], "withdrawn")
        assert assessments(tx) == ()


def test_what_is_stored_is_read_back(store: Store) -> None:
    judgement = trial_judgement(answer_1__3="Y", level_D1="low", why_D1="the imbalance is one of chance")
    assert judgement_from_json(judgement.to_json()) == judgement


def test_the_design_decides_the_tool(store: Store) -> None:
    assert now(store, put_result(store)).result.tool == "rob2"
    assert now(store, put_result(store, design="population_registry", study_id="C")).result.tool == "robins-i"


def test_every_domain_needs_support_and_every_fault_stands_at_its_field() -> None:
    form = trial_form(support_D3="", answer_1__2="")
    with pytest.raises(FieldErrors) as refused:
        read_judgement(ROB2, form)
    assert set(refused.value.errors) == {"answer-1.2", "support-D3"}


def test_an_answer_or_level_outside_the_list_is_refused() -> None:
    with pytest.raises(FieldErrors) as refused:
        read_judgement(ROB2, trial_form(answer_4__5="perhaps", level_D5="medium"))
    assert set(refused.value.errors) == {"answer-4.5", "level-D5"}


def test_a_level_that_differs_from_the_proposal_needs_a_reason_and_keeps_both() -> None:
    with pytest.raises(FieldErrors, match="the answers give low: say why"):
        read_judgement(ROB2, trial_form(level_D2="high"))
    read = read_judgement(ROB2, trial_form(level_D2="high", why_D2="a third crossed over"))
    domain = read.domains["D2"]
    assert (domain.level, domain.proposed, domain.override) == ("high", "low", "a third crossed over")
    assert (read.domains["overall"].level, read.domains["overall"].proposed) == ("high", "high")


def test_several_concerns_become_high_only_by_a_persons_word() -> None:
    concerns = {"answer_1__2": "NI", "answer_5__2": "NI"}
    assert read_judgement(ROB2, trial_form(**concerns)).levels["overall"] == "some_concerns"
    raised = trial_form(**concerns, level_overall="high", why_overall="together they lower confidence much")
    assert read_judgement(ROB2, raised).domains["overall"].override != ""


def test_a_cohort_that_ignores_immortal_time_is_at_least_serious_unless_a_judge_says_why_not() -> None:
    read = read_judgement(ROBINS, cohort_form())
    assert {code: read.levels[code] for code in ("B1", "B2", "B3", "overall")} == {
        "B1": "moderate",
        "B2": "serious",
        "B3": "serious",
        "overall": "serious",
    }
    with pytest.raises(FieldErrors) as refused:
        read_judgement(ROBINS, cohort_form(level_B2="moderate"))
    assert set(refused.value.errors) == {"why-B2"}
    changed = cohort_form(level_B2="moderate", why_B2="all were operated on in the first month")
    assert read_judgement(ROBINS, changed).levels["B2"] == "moderate"


def test_a_cohort_that_deals_with_immortal_time_gets_no_proposal_there() -> None:
    made = proposals(ROBINS, cohort_form(dealt_with="Y"))
    assert (made["B2"].level, made["B3"].level) == (None, None)
    with pytest.raises(FieldErrors) as refused:
        read_judgement(ROBINS, cohort_form(dealt_with="Y"))
    assert set(refused.value.errors) == {"level-B2", "level-B3"}


def test_confounding_is_serious_with_one_confounder_left_out_and_never_low_by_rule() -> None:
    assert proposals(ROBINS, cohort_form())["B1"].level == "moderate"
    left_out = proposals(ROBINS, {**cohort_form(), "answer-c-access-to-care": "PN"})["B1"]
    assert (left_out.level, left_out.why) == ("serious", "not dealt with: access to care")
    assert proposals(ROBINS, {**cohort_form(), "answer-c-age": "NI"})["B1"].level == "no_information"


def test_the_stored_handling_of_immortal_time_fills_the_answers_in() -> None:
    assert prefilled(ROBINS, immortal_time="none", adjusted="yes") == {"T1": "Y", "T2": "Y", "T3": "N"}
    assert prefilled(ROBINS, immortal_time="landmark", adjusted="yes") == {"T3": "Y"}
    assert prefilled(ROBINS, immortal_time="not_checked", adjusted="unclear") == {}
    unadjusted = prefilled(ROBINS, immortal_time="not_checked", adjusted="no")
    assert set(unadjusted.values()) == {"N"}
    assert len(unadjusted) == len(PROTOCOL.appraisal.confounders) == 10
