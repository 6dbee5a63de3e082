"""Judgements on their way to the page: weights, pools without high risk, decisions bound to their inputs."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from extract.baseline.load import load_baseline
from extract.errors import DecisionError, StaleItem
from extract.review.bias import judge_result
from extract.review.certainty import BodyOfEvidence, Ratings, rate_certainty, ratings, undo_rating
from extract.review.seeding import SeedPlan
from extract.store.engine import Store
from extract.store.log import open_night
from flows.assembly import synthesise
from flows.baseline import import_baseline
from flows.bodies import Bodies
from flows.context import NightContext
from flows.errors import SettingsError
from flows.frozen import FrozenTable, read_table
from flows.publish import publish
from flows.seeds import seed_plan
from flows.settings import Settings
from reports.model import Synthesis
from reports.snapshot import read_snapshot
from tests.extract.review.judging import PROTOCOL, add_report, trial_judgement
from tests.nights import rehearsal
from tests.stores import AT, new_store

MAIN = "os--all--all--randomised"
INSTANT = dt.datetime(2026, 11, 20, 2, 30, tzinfo=dt.UTC)
TRIALS = ("TATA", "ABCSG28", "MF07-01", "E2108", "JCOG1017")


@pytest.fixture
def review(tmp_path: Path) -> Iterator[tuple[Settings, Store]]:
    settings = rehearsal(tmp_path / "state")
    with new_store(tmp_path / "state") as store:
        with store.write() as tx:
            night_id = open_night(tx, night="2026-11-20", at=AT, rehearsal=True)
        import_baseline(
            NightContext(settings, store, dt.date(2026, 11, 20), night_id, lambda: INSTANT), load_baseline(PROTOCOL)
        )
        yield settings, store


def table_of(store: Store) -> FrozenTable:
    with store.read() as tx:
        return read_table(tx)


def main_of(store: Store) -> Synthesis:
    return next(s for s in synthesise(table_of(store), PROTOCOL) if s.synthesis_id == MAIN)


def body_of(store: Store) -> BodyOfEvidence:
    with store.read() as tx:
        return next(b for b in Bodies(PROTOCOL)(tx) if b.synthesis_id == MAIN)


def study_ids(store: Store) -> dict[str, str]:
    """Return the id of each of the five trials by its usual name."""
    return {i.report_id.rsplit("-", 1)[0]: i.study_id for i in main_of(store).inputs}


def judge(store: Store, study_id: str, **changes: str) -> None:
    for person in ("reviewer-a", "reviewer-b"):
        judge_result(store, PROTOCOL, f"{study_id}~OS", trial_judgement(**changes), by=person, at=AT)


def rate(store: Store, body: BodyOfEvidence, by: str, level: str = "low", seen: str | None = None) -> str:
    return rate_certainty(
        store, PROTOCOL, body, level=level, reason="few, inconsistent trials", steps={}, by=by, at=AT, seen=seen
    )


def test_an_agreed_judgement_stands_with_its_input_and_a_single_one_does_not(review: tuple[Settings, Store]) -> None:
    _, store = review
    tata = study_ids(store)["TATA"]
    judge_result(store, PROTOCOL, f"{tata}~OS", trial_judgement(), by="reviewer-a", at=AT)
    assert {i.risk_of_bias for i in main_of(store).inputs} == {None}
    judge_result(store, PROTOCOL, f"{tata}~OS", trial_judgement(), by="reviewer-b", at=AT)
    assert {i.study_id: i.risk_of_bias for i in main_of(store).inputs}[tata] == "low"


def test_risk_of_bias_by_weight_feeds_the_proposed_certainty(review: tuple[Settings, Store]) -> None:
    _, store = review
    ids = study_ids(store)
    assert "risk of bias: no study has been judged yet (a person must judge this)" in (_reasons(store))
    weights = {i.study_id: i.weight_percent for i in main_of(store).inputs}
    judge(store, ids["TATA"], answer_1__2="N")
    (told,) = [reason for reason in _reasons(store) if reason.startswith("risk of bias")]
    high, left = weights[ids["TATA"]], 100 - weights[ids["TATA"]]
    assert told == (
        f"risk of bias: {high:.0f} % of the weight is at high risk of bias; {left:.0f} % is not judged yet "
        "(a person must judge this)"
    )
    for study_id in ids.values():
        if study_id != ids["TATA"]:
            judge(store, study_id)
    certainty = main_of(store).certainty
    assert certainty is not None
    bias = certainty.domains[0]
    assert (bias.domain, bias.steps, bias.needs_person) == ("risk of bias", 0, False)
    assert bias.reason == f"{high:.0f} % of the weight is at high risk of bias"


def _reasons(store: Store) -> tuple[str, ...]:
    certainty = main_of(store).certainty
    assert certainty is not None
    return certainty.reasons


def test_the_pool_without_high_risk_is_a_sensitivity_analysis_where_the_protocol_asks(
    review: tuple[Settings, Store],
) -> None:
    _, store = review
    ids = study_ids(store)
    judge(store, ids["TATA"], answer_1__2="N")
    (row,) = [p for p in main_of(store).sensitivity if p.label == "Without high risk of bias"]
    without = next(one for one in main_of(store).leave_one_out if one.study_id == ids["TATA"])
    assert (row.k, row.ratio) == (4, without.ratio)
    silent = PROTOCOL.model_copy(
        update={"appraisal": PROTOCOL.appraisal.model_copy(update={"sensitivity_without_high_risk": False})}
    )
    main = next(s for s in synthesise(table_of(store), silent) if s.synthesis_id == MAIN)
    assert all(p.label != "Without high risk of bias" for p in main.sensitivity)


def test_a_judgement_made_before_a_new_report_does_not_count_until_it_is_confirmed(
    review: tuple[Settings, Store],
) -> None:
    settings, store = review
    tata = study_ids(store)["TATA"]
    judge(store, tata)
    with store.write() as tx:
        add_report(tx_store=tx, study_id=tata, report_id="TATA-2031")
    assert {i.study_id: i.risk_of_bias for i in main_of(store).inputs}[tata] is None
    rows = [row for row in _published(settings, store).risk_of_bias if row.study_id == tata]
    assert [row.to_confirm for row in rows] == [True] * 6


def _published(settings: Settings, store: Store):  # type: ignore[no-untyped-def]
    publish(settings, store, now=INSTANT, night=INSTANT.date())
    (folder,) = sorted(settings.snapshots_dir.iterdir())[-1:]
    return read_snapshot(folder)


def test_judges_dates_and_support_reach_the_snapshot_and_the_study_page(review: tuple[Settings, Store]) -> None:
    settings, store = review
    tata = study_ids(store)["TATA"]
    judge(store, tata, level_D2="some_concerns", why_D2="a few <crossed> over")
    rows = {row.domain: row for row in _published(settings, store).risk_of_bias}
    assert list(rows) == ["D1", "D2", "D3", "D4", "D5", "overall"]
    second = rows["D2"]
    assert (second.judgement, second.proposed, second.override) == ("some_concerns", "low", "a few <crossed> over")
    assert (second.judges, second.judged_on) == ("reviewer-a; reviewer-b", AT[:10])
    assert second.support == (
        "reviewer-a: what the report says on Deviations from the intended treatment; "
        "reviewer-b: what the report says on Deviations from the intended treatment"
    )
    page = next(settings.site_dir.glob(f"studies/{tata.lower()}/index.html")).read_text(encoding="utf-8")
    assert "judged independently by reviewer-a and reviewer-b" in page
    assert "a few &lt;crossed&gt; over" in page
    others = [path for path in settings.site_dir.glob("studies/*/index.html") if "not yet assessed" in path.read_text()]
    assert others


def test_two_people_decide_the_certainty_and_the_rules_proposal_stays_beside_it(
    review: tuple[Settings, Store],
) -> None:
    _, store = review
    body = body_of(store)
    assert (body.k, body.proposed) == (5, main_of(store).certainty.proposed)  # type: ignore[union-attr]
    assert rate(store, body, "reviewer-a") == "needs_second"
    assert main_of(store).certainty.decided_by is None  # type: ignore[union-attr]
    assert rate(store, body, "reviewer-b") == "agreed"
    certainty = main_of(store).certainty
    assert certainty is not None
    assert (certainty.level, certainty.decided_by, certainty.decided_on) == (
        "low",
        "reviewer-a; reviewer-b",
        AT[:10],
    )
    assert certainty.reasons[0] == "few, inconsistent trials"


def test_ratings_that_differ_go_to_the_adjudicator(review: tuple[Settings, Store]) -> None:
    _, store = review
    body = body_of(store)
    rate(store, body, "reviewer-a", "low")
    assert rate(store, body, "reviewer-b", "very low") == "conflict"
    assert main_of(store).certainty.decided_by is None  # type: ignore[union-attr]
    assert rate(store, body, "adjudicator", "very low") == "agreed"
    assert main_of(store).certainty.decided_by == "reviewer-a; reviewer-b; settled by adjudicator"  # type: ignore[union-attr]
    assert undo_rating(store, PROTOCOL, body, by="adjudicator", at=AT) == "conflict"


def test_a_settlement_on_other_inputs_stays_what_it_was_and_is_not_taken_back(review: tuple[Settings, Store]) -> None:
    _, store = review
    body = body_of(store)
    for by, level in (("reviewer-a", "low"), ("reviewer-b", "moderate"), ("adjudicator", "very low")):
        rate(store, body, by, level)
    judge(store, study_ids(store)["TATA"], answer_1__2="N")
    with pytest.raises(DecisionError, match="no rating of adjudicator to take back"):
        undo_rating(store, PROTOCOL, body_of(store), by="adjudicator", at=AT)


def test_a_decision_on_other_inputs_is_shown_as_to_be_confirmed_again_and_never_kept(
    review: tuple[Settings, Store],
) -> None:
    _, store = review
    body = body_of(store)
    rate(store, body, "reviewer-a")
    rate(store, body, "reviewer-b")
    judge(store, study_ids(store)["TATA"], answer_1__2="N")
    certainty = main_of(store).certainty
    assert certainty is not None
    assert (certainty.decided_by, certainty.level) == (None, certainty.proposed)
    assert (certainty.former_level, certainty.former_by, certainty.former_on) == (
        "low",
        "reviewer-a; reviewer-b",
        AT[:10],
    )
    with store.read() as tx:
        assert ratings(tx)[MAIN].state(body_of(store).fingerprint) == "to_confirm"


def test_a_rating_on_inputs_that_changed_meanwhile_is_refused(review: tuple[Settings, Store]) -> None:
    _, store = review
    seen = Ratings().mark(body_of(store).fingerprint)
    judge(store, study_ids(store)["TATA"])
    with pytest.raises(StaleItem):
        rate(store, body_of(store), "reviewer-a", seen=seen)


def test_a_rating_needs_a_level_of_the_list_and_a_reason(review: tuple[Settings, Store]) -> None:
    _, store = review
    body = body_of(store)
    with pytest.raises(DecisionError, match="'good' is not one of high, moderate, low, very low"):
        rate(store, body, "reviewer-a", "good")
    with pytest.raises(DecisionError, match="say why"):
        rate_certainty(store, PROTOCOL, body, level="low", reason=" ", steps={}, by="reviewer-a", at=AT)


def test_a_table_without_judgements_keeps_the_hash_it_had(review: tuple[Settings, Store]) -> None:
    _, store = review
    table = table_of(store)
    assert all(set(row) == {"value", "report", "family", "alerts"} for row in table.rows())
    judge(store, study_ids(store)["TATA"])
    judged = table_of(store)
    assert judged.rows() != table.rows()
    assert dataclasses.replace(judged, judged=()).rows() == table.rows()


def test_deliberate_errors_need_a_secret_and_never_happen_in_a_rehearsal(tmp_path: Path) -> None:
    settings = rehearsal(tmp_path)
    asked = settings.protocol.model_copy(
        update={"appraisal": settings.protocol.appraisal.model_copy(update={"seeded_errors_one_in": 20})}
    )
    assert settings.protocol.appraisal.seeded_errors_one_in == 0
    live = dataclasses.replace(settings, rehearsal=False)
    assert seed_plan(live) is None
    assert seed_plan(dataclasses.replace(settings, protocol=asked, secret_key="s" * 32)) is None
    with pytest.raises(SettingsError, match="LIVING_REVIEW_SECRET_KEY is not set"):
        seed_plan(dataclasses.replace(live, protocol=asked, secret_key=None))
    assert seed_plan(dataclasses.replace(live, protocol=asked, secret_key="s" * 32)) == SeedPlan(b"s" * 32, 20)
