"""How people decide: two who agree, conflicts to the adjudicator, reported and corrected values apart."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from extract.errors import DecisionError
from extract.review.approval import approve_value, reject_value
from extract.review.reopened import confirm_reopened, reopen_value, withdraw_value
from extract.review.reopened_undo import undo_reopened
from extract.review.screening import exclude_record, include_record
from extract.review.views import item_details, queue_items
from extract.schema.effect import Comparison, Effect, Span
from extract.schema.protocol import Protocol
from extract.schema.vocabulary import RecordState
from extract.store.candidates import SpanError, add_candidate, verify_span
from extract.store.curated import all_reports, curated_values, families
from extract.store.decisions import all_decisions, decisions_on, latest_votes, verify_chain
from extract.store.engine import Store
from extract.store.log import open_night, open_run
from extract.store.records import get_record, upsert_record
from tests.extract.store.records import record
from tests.stores import AT, BOTH_DATABASES, new_store, protocol

pytestmark = BOTH_DATABASES

ABSTRACT = "Surgery was associated with longer survival (HR 0.72; 95% CI 0.56-0.94)."
QUOTE = "HR 0.72; 95% CI 0.56-0.94"
PROTOCOL = protocol()


def effect(*, checks: tuple[str, ...] = (), numerator: str | None = "surgery") -> Effect:
    start = ABSTRACT.index(QUOTE)
    return Effect(
        measure="HR",
        estimate=0.72,
        ci_low=0.56,
        ci_high=0.94,
        ci_level=95.0,
        p_value=None,
        p_sided=None,
        outcome="OS",
        subtype="all",
        metastatic_pattern="all",
        population=None,
        comparison=Comparison(numerator, "no surgery"),
        adjusted=True,
        is_result=True,
        span=Span("abstract", start, start + len(QUOTE), QUOTE),
        checks=checks,
    )


def enqueue(store: Store, proposed: Effect) -> str:
    from extract.pubmed.parse import record_to_json

    parsed = record("100", title="Surgery in stage IV", abstract=ABSTRACT)
    with store.write() as tx:
        night_id = open_night(tx, night="2026-11-20", at=AT, rehearsal=True)
        run_id = open_run(
            tx, night_id, source="pubmed", query_hash="q", date_type="all", window_start="a", window_end="b", at=AT
        )
        upsert_record(tx, parsed, content=record_to_json(parsed), content_hash="h", night="2026-11-20", run_id=run_id)
        added = add_candidate(
            tx, pmid="100", revision=1, extractor_version="1", effect=proposed, state="proposed", night="2026-11-20"
        )
    assert added is not None
    return added


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with new_store(tmp_path) as opened:
        yield opened


def include(store: Store, *people: str, design: str = "retrospective_cohort") -> RecordState:
    state = RecordState.NEW
    for person in people:
        state = include_record(store, PROTOCOL, "100", by=person, at=AT, study={"design": design}, reason=None)
    return state


def approve(store: Store, candidate: str, person: str, **changes: str) -> str:
    reason = "read in table 2" if changes else None
    return approve_value(store, PROTOCOL, candidate, by=person, at=AT, changes=changes, reason=reason)


def test_two_people_who_agree_make_a_record_a_report_of_a_new_study(store: Store) -> None:
    enqueue(store, effect())
    assert include(store, "reviewer-a") is RecordState.SCREENING
    assert include(store, "reviewer-b") is RecordState.INCLUDED
    with store.read() as tx:
        assert [(f.study_id, f.design, f.origin) for f in families(tx)] == [
            ("pmid-100", "retrospective_cohort", "queue")
        ]
        assert [(r.report_id, r.pmid) for r in all_reports(tx)] == [("pmid-100", "100")]


def test_one_person_alone_decides_nothing_however_often_they_vote(store: Store) -> None:
    enqueue(store, effect())
    assert include(store, "reviewer-a") is RecordState.SCREENING
    for _ in range(2):
        with pytest.raises(DecisionError, match="your vote is in already; take it back to vote again"):
            include(store, "reviewer-a")
    with store.read() as tx:
        assert len(decisions_on(tx, "record", "100")) == 1


def test_votes_that_differ_are_a_conflict_that_only_the_adjudicator_settles(store: Store) -> None:
    enqueue(store, effect())
    include(store, "reviewer-a")
    state = exclude_record(store, PROTOCOL, "100", by="reviewer-b", at=AT, reason_code="no-comparison", reason=None)
    assert state is RecordState.CONFLICT
    with pytest.raises(DecisionError, match="adjudicator decides now"):
        include(store, "reviewer-a")
    settled = exclude_record(store, PROTOCOL, "100", by="adjudicator", at=AT, reason_code="no-comparison", reason=None)
    assert settled is RecordState.EXCLUDED
    with store.read() as tx:
        assert {p: v[0] for p, v in latest_votes(tx, "100").items()} == {
            "reviewer-a": "include",
            "reviewer-b": "exclude",
            "adjudicator": "exclude",
        }


def test_designs_that_differ_are_a_conflict_and_the_adjudicators_design_holds(store: Store) -> None:
    enqueue(store, effect())
    include(store, "reviewer-a", design="rct")
    assert include(store, "reviewer-b", design="retrospective_cohort") is RecordState.CONFLICT
    assert include(store, "adjudicator", design="retrospective_cohort") is RecordState.INCLUDED
    with store.read() as tx:
        assert families(tx)[0].design == "retrospective_cohort"


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda s: include(s, "nobody"), "nobody of this id is on the review team"),
        (lambda s: include(s, "reviewer-a", design="trial"), "is not one of rct"),
        (
            lambda s: include_record(s, PROTOCOL, "999", by="reviewer-a", at=AT, study={"design": "rct"}, reason=None),
            "record:999: no such record",
        ),
        (
            lambda s: include_record(s, PROTOCOL, "100", by="reviewer-a", at=AT, study={}, reason=None),
            "say what study it is",
        ),
        (
            lambda s: exclude_record(s, PROTOCOL, "100", by="reviewer-a", at=AT, reason_code="boring", reason=None),
            "not on the list; choose one of not-de-novo",
        ),
    ],
)
def test_a_vote_that_cannot_be_is_one_clear_line_and_leaves_no_trace(store: Store, act, message) -> None:
    enqueue(store, effect())
    with pytest.raises(DecisionError, match=message):
        act(store)
    with store.read() as tx:
        assert all_decisions(tx) == ()


def test_a_value_cannot_be_approved_before_its_record_is_included(store: Store) -> None:
    candidate = enqueue(store, effect())
    with pytest.raises(DecisionError, match="decide its record first"):
        approve(store, candidate, "reviewer-a")


def test_two_approvals_make_a_curated_value_with_its_place_in_the_source(store: Store) -> None:
    candidate = enqueue(store, effect())
    include(store, "reviewer-a", "reviewer-b")
    assert approve(store, candidate, "reviewer-a") == "needs_second"
    with store.read() as tx:
        assert curated_values(tx) == ()
    assert approve(store, candidate, "reviewer-b") == "approved"
    with store.read() as tx:
        (value,) = curated_values(tx)
        assert verify_chain(tx) == len(all_decisions(tx))
        history = [(d.decision.by, d.decision.action) for d in decisions_on(tx, "value", value.value_id)]
    assert history == [("reviewer-a", "approve"), ("reviewer-b", "approve")]
    assert value.value_id == "pmid-100--os--all--all--1"
    assert (value.reported.estimate, value.reported.ci_level) == (0.72, 95.0)
    assert value.approved_by == ("reviewer-a", "reviewer-b")
    assert value.span is not None
    assert ABSTRACT[value.span.start : value.span.end] == QUOTE


def test_a_correction_stands_beside_the_reported_value_with_its_reason(store: Store) -> None:
    candidate = enqueue(store, effect())
    include(store, "reviewer-a", "reviewer-b")
    approve(store, candidate, "reviewer-a", ci_level="90")
    assert approve(store, candidate, "reviewer-b", ci_level="90") == "approved"
    with store.read() as tx:
        (value,) = curated_values(tx)
    assert value.reported.ci_level == 95.0
    assert [(c.field, c.reported, c.corrected, c.reason) for c in value.corrections] == [
        ("ci_level", 95.0, 90.0, "read in table 2")
    ]


def test_approvals_of_different_numbers_are_a_conflict(store: Store) -> None:
    candidate = enqueue(store, effect())
    include(store, "reviewer-a", "reviewer-b")
    approve(store, candidate, "reviewer-a")
    assert approve(store, candidate, "reviewer-b", ci_low="0.55") == "conflict"
    with pytest.raises(DecisionError, match="adjudicator decides now"):
        approve(store, candidate, "reviewer-a", ci_low="0.55")
    assert approve(store, candidate, "adjudicator") == "approved"


def test_a_correction_needs_a_reason_and_a_fired_check_an_answer(store: Store) -> None:
    candidate = enqueue(store, effect(checks=("interval-asymmetric",)))
    include(store, "reviewer-a", "reviewer-b")
    with pytest.raises(DecisionError, match="needs --reason"):
        approve_value(store, PROTOCOL, candidate, by="reviewer-a", at=AT, changes={"ci_low": "0.55"}, reason=None)
    with pytest.raises(DecisionError, match="checks fired: interval-asymmetric"):
        approve(store, candidate, "reviewer-a")
    state = approve_value(
        store, PROTOCOL, candidate, by="reviewer-a", at=AT, changes={}, reason="misprint", clear_checks=True
    )
    assert state == "needs_second"


def test_a_direction_that_is_not_stated_must_be_decided_by_a_person(store: Store) -> None:
    candidate = enqueue(store, effect(numerator=None))
    include(store, "reviewer-a", "reviewer-b")
    with pytest.raises(DecisionError, match="the direction is not stated"):
        approve(store, candidate, "reviewer-a")
    approve(store, candidate, "reviewer-a", numerator_arm="no_surgery")
    assert approve(store, candidate, "reviewer-b", numerator_arm="no_surgery") == "approved"


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("estimate", "0,65", "write the decimal point as '.'"),
        ("estimate", "O.65", "is not a number"),
        ("estimate", "0", "a ratio is above 0"),
        ("estimate", "inf", "not a finite number"),
        ("ci_low", "1.2", "is not below ci_high|outside its interval"),
        ("ci_level", "9.5", "write the level in percent"),
        ("n_surgery", "-4", "not a whole number"),
        ("outcome", "survival", "is not one of OS"),
        ("subtype", "luminal-z", "is not one of all"),
        ("colour", "blue", "is not a field of a value"),
    ],
)
def test_what_a_person_types_is_checked_at_the_field(store: Store, field: str, typed: str, message: str) -> None:
    candidate = enqueue(store, effect())
    include(store, "reviewer-a", "reviewer-b")
    with pytest.raises(DecisionError, match=message):
        approve(store, candidate, "reviewer-a", **{field: typed})


def test_two_rejections_reject_and_nothing_is_left_to_decide(store: Store) -> None:
    candidate = enqueue(store, effect())
    include(store, "reviewer-a", "reviewer-b")
    reject_value(store, PROTOCOL, candidate, by="reviewer-a", at=AT, reason="not our comparison")
    assert reject_value(store, PROTOCOL, candidate, by="reviewer-b", at=AT, reason="same") == "rejected"
    with pytest.raises(DecisionError, match="is rejected already"):
        approve(store, candidate, "reviewer-a")
    with store.read() as tx:
        assert curated_values(tx) == ()


def test_a_reopened_value_is_confirmed_or_withdrawn_by_two_people(store: Store) -> None:
    candidate = enqueue(store, effect())
    include(store, "reviewer-a", "reviewer-b")
    approve(store, candidate, "reviewer-a")
    approve(store, candidate, "reviewer-b")
    value_id = "pmid-100--os--all--all--1"
    with pytest.raises(DecisionError, match="not re-opened"):
        confirm_reopened(store, PROTOCOL, value_id, by="reviewer-a", at=AT, reason="checked")
    for act, end in ((confirm_reopened, "approved"), (withdraw_value, "withdrawn")):
        reopen_value(store, PROTOCOL, value_id, by="reviewer-b", at=AT, reason="a doubt")
        assert act(store, PROTOCOL, value_id, by="reviewer-a", at=AT, reason="checked") == "reopened"
        with pytest.raises(DecisionError, match="your decision is in already; take it back to decide again"):
            act(store, PROTOCOL, value_id, by="reviewer-a", at=AT, reason="checked twice")
        assert act(store, PROTOCOL, value_id, by="reviewer-b", at=AT, reason="checked") == end


def test_the_queue_shows_what_waits_and_an_item_shows_its_words(store: Store) -> None:
    candidate = enqueue(store, effect())
    with store.read() as tx:
        assert [item.item for item in queue_items(tx)] == ["record:100"]
    include(store, "reviewer-a", "reviewer-b")
    with store.read() as tx:
        assert [item.item for item in queue_items(tx)] == [f"value:{candidate}"]
        details = item_details(tx, f"value:{candidate}", reader="reviewer-a")
        assert details["effect"]["span"]["text"] == QUOTE
        assert f">>{QUOTE}<<" in details["words_around"]
        assert details["as_reported"]["denominator_arm"] == "no_surgery"
        with pytest.raises(DecisionError, match="no such item"):
            item_details(tx, "value:none")


def test_a_span_that_is_not_in_its_source_is_refused_at_the_door() -> None:
    with pytest.raises(SpanError, match="is not"):
        verify_span(effect(), {"title": "", "abstract": "Another text altogether, long enough to hold the span." * 3})


def test_a_span_without_its_number_is_refused_at_the_door() -> None:
    words = "Surgery was associated"
    wrong = Effect(
        **{**{f: getattr(effect(), f) for f in Effect.__slots__}, "span": Span("abstract", 0, len(words), words)}
    )
    with pytest.raises(SpanError, match=r"do not contain the number 0\.72"):
        verify_span(wrong, {"abstract": ABSTRACT})


def test_the_record_keeps_its_state_in_the_store(store: Store) -> None:
    enqueue(store, effect())
    include(store, "reviewer-a", "reviewer-b")
    with store.read() as tx:
        stored = get_record(tx, "100")
    assert stored is not None
    assert (stored.state, stored.report_id) == (RecordState.INCLUDED, "pmid-100")


def test_the_number_of_people_needed_stands_in_the_protocol(store: Store) -> None:
    candidate = enqueue(store, effect())
    living = PROTOCOL.living.model_copy(update={"approvals_needed": 1, "votes_needed": 1})
    alone: Protocol = PROTOCOL.model_copy(update={"living": living})
    include_record(store, alone, "100", by="reviewer-a", at=AT, study={"design": "rct"}, reason=None)
    state = approve_value(store, alone, candidate, by="reviewer-a", at=AT, changes={}, reason=None)
    assert state == "approved"


def known_family(store: Store) -> None:
    from extract.schema.value import ReportedValue
    from extract.store.curated import CuratedValue, Report, TrialFamily, put_family, put_report, put_value

    with store.write() as tx:
        put_family(tx, TrialFamily("E2108", "rct", "GROUP", "baseline", {"label": "E2108"}))
        for report_id, year, supersedes in (("E2108-2020", 2020, None), ("E2108-2022", 2022, "E2108-2020")):
            put_report(tx, Report(report_id, "E2108", None, None, "baseline", {"year": year, "supersedes": supersedes}))
            value = ReportedValue("OS", "all", "all", None, "HR", 1.1, 0.8, 1.5, 90.0, None, None, "surgery")
            put_value(
                tx,
                CuratedValue(f"{report_id}--1", report_id, "baseline", "approved", value, (), ("x",), AT, None, None),
            )


def include_as(store: Store, person: str, **study: str) -> RecordState:
    return include_record(store, PROTOCOL, "100", by=person, at=AT, study=study, reason=None)


def test_a_new_report_of_a_known_study_replaces_its_latest_report(store: Store) -> None:
    enqueue(store, effect())
    known_family(store)
    include_as(store, "reviewer-a", study_id="E2108")
    assert include_as(store, "reviewer-b", study_id="E2108") is RecordState.INCLUDED
    with store.read() as tx:
        report = next(r for r in all_reports(tx) if r.report_id == "pmid-100")
    assert (report.study_id, report.facts["supersedes"]) == ("E2108", "E2108-2022")


def test_the_voters_may_say_that_a_report_replaces_none(store: Store) -> None:
    enqueue(store, effect())
    known_family(store)
    for person in ("reviewer-a", "reviewer-b"):
        include_as(store, person, study_id="E2108", supersedes="none")
    with store.read() as tx:
        assert next(r for r in all_reports(tx) if r.report_id == "pmid-100").facts["supersedes"] is None


@pytest.mark.parametrize(
    ("study", "message"),
    [
        ({"study_id": "E2109"}, "is not a known study"),
        ({"study_id": "E2108", "design": "retrospective_cohort"}, "E2108 is a rct"),
        ({"study_id": "E2108", "supersedes": "TATA-2015"}, "is no report of E2108"),
        ({"design": "rct", "overlap_group": "groop"}, "is not a known group .*write new:groop"),
    ],
)
def test_facts_that_contradict_what_is_known_are_refused(store: Store, study: dict[str, str], message: str) -> None:
    enqueue(store, effect())
    known_family(store)
    with pytest.raises(DecisionError, match=message):
        include_as(store, "reviewer-a", **study)


def test_an_overlap_group_is_found_whatever_its_case_and_founded_only_on_purpose(store: Store) -> None:
    enqueue(store, effect())
    known_family(store)
    for person in ("reviewer-a", "reviewer-b"):
        include_as(store, person, design="population_registry", overlap_group="group")
    with store.read() as tx:
        assert next(f for f in families(tx) if f.study_id == "pmid-100").overlap_group == "GROUP"


def test_voters_who_disagree_on_the_study_are_in_conflict_also_when_one_leaves_it_out(store: Store) -> None:
    enqueue(store, effect())
    known_family(store)
    include_as(store, "reviewer-a", design="retrospective_cohort")
    assert include_as(store, "reviewer-b", study_id="E2108") is RecordState.CONFLICT


@pytest.mark.parametrize("field", [{"poolable": "no", "not_poolable_reason": "margins"}, {"adjusted": "no"}])
def test_disagreement_on_anything_that_decides_the_pool_is_a_conflict(store: Store, field: dict[str, str]) -> None:
    candidate = enqueue(store, effect())
    include(store, "reviewer-a", "reviewer-b")
    approve(store, candidate, "reviewer-a")
    assert approve(store, candidate, "reviewer-b", **field) == "conflict"


def test_surgery_against_surgery_is_not_the_comparison_of_this_review(store: Store) -> None:
    proposed = dataclasses.replace(effect(), comparison=Comparison("breast-conserving surgery", "mastectomy"))
    candidate = enqueue(store, proposed)
    include(store, "reviewer-a", "reviewer-b")
    with pytest.raises(DecisionError, match="both arms are surgery"):
        approve(store, candidate, "reviewer-a")


def test_a_second_value_for_the_same_result_is_refused_until_the_first_is_withdrawn(store: Store) -> None:
    candidate = enqueue(store, effect())
    include(store, "reviewer-a", "reviewer-b")
    approve(store, candidate, "reviewer-a")
    approve(store, candidate, "reviewer-b")
    again = ABSTRACT.index("95% CI 0.56-0.94")
    other = dataclasses.replace(
        effect(), span=Span("abstract", again - 9, again + 16, QUOTE), estimate=0.72, ci_low=0.57
    )
    with store.write() as tx:
        second = add_candidate(
            tx, pmid="100", revision=1, extractor_version="1", effect=other, state="proposed", night="2026-11-20"
        )
    assert second is not None
    with pytest.raises(DecisionError, match="already stands for this result"):
        approve(store, second, "reviewer-a")
    value_id = "pmid-100--os--all--all--1"
    assert reopen_value(store, PROTOCOL, value_id, by="reviewer-a", at=AT, reason="misread") == "reopened"
    for person in ("reviewer-a", "reviewer-b"):
        withdraw_value(store, PROTOCOL, value_id, by=person, at=AT, reason="misread")
    for person in ("reviewer-a", "reviewer-b"):
        state = approve(store, second, person)
    assert state == "approved"


def test_an_adjudicator_alone_settles_only_what_others_disagree_on(store: Store) -> None:
    candidate = enqueue(store, effect())
    include(store, "reviewer-a", "reviewer-b")
    approve(store, candidate, "reviewer-a")
    approve(store, candidate, "reviewer-b")
    value_id = "pmid-100--os--all--all--1"
    reopen_value(store, PROTOCOL, value_id, by="reviewer-a", at=AT, reason="doubt")
    assert withdraw_value(store, PROTOCOL, value_id, by="adjudicator", at=AT, reason="no") == "reopened"
    assert confirm_reopened(store, PROTOCOL, value_id, by="reviewer-b", at=AT, reason="fine") == "reopened"
    with pytest.raises(DecisionError, match="its readers differ: an adjudicator settles it now"):
        confirm_reopened(store, PROTOCOL, value_id, by="reviewer-a", at=AT, reason="fine")
    undo_reopened(store, PROTOCOL, value_id, by="adjudicator", at=AT)
    undo_reopened(store, PROTOCOL, value_id, by="reviewer-b", at=AT)
    confirm_reopened(store, PROTOCOL, value_id, by="reviewer-a", at=AT, reason="fine")
    withdraw_value(store, PROTOCOL, value_id, by="reviewer-b", at=AT, reason="no")
    assert withdraw_value(store, PROTOCOL, value_id, by="adjudicator", at=AT, reason="no") == "withdrawn"


def test_whoever_is_part_of_a_conflict_does_not_settle_it(store: Store) -> None:
    candidate = enqueue(store, effect())
    include(store, "reviewer-a", "reviewer-b")
    approve(store, candidate, "reviewer-a")
    assert approve(store, candidate, "adjudicator", ci_low="0.55") == "conflict"
    with pytest.raises(DecisionError, match="you are part of this conflict"):
        approve(store, candidate, "adjudicator")


def test_the_second_reviewer_does_not_see_what_the_first_decided(store: Store) -> None:
    candidate = enqueue(store, effect())
    include(store, "reviewer-a", "reviewer-b")
    approve(store, candidate, "reviewer-a", ci_low="0.55")
    with store.read() as tx:
        (seen,) = item_details(tx, f"value:{candidate}")["decisions"]
    assert set(seen) == {"seq", "at", "by"}


def test_a_field_that_must_say_something_cannot_be_emptied(store: Store) -> None:
    candidate = enqueue(store, effect())
    include(store, "reviewer-a", "reviewer-b")
    with pytest.raises(DecisionError, match="adjusted: cannot be empty"):
        approve(store, candidate, "reviewer-a", adjusted="")
