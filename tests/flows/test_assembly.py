"""From the approved rows to the syntheses: levels, directions, families, overlap, bodies of evidence."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from extract.baseline.load import load_baseline
from extract.store.curated import Alert
from extract.store.log import open_night
from flows.assembly import synthesise
from flows.baseline import import_baseline
from flows.context import NightContext
from flows.frozen import FrozenTable, read_table
from flows.grading import with_interactions
from reports.model import Synthesis
from tests import tolerances
from tests.extract.review.judging import put_result
from tests.nights import rehearsal
from tests.stores import AT, new_store, protocol

PROTOCOL = protocol()


@cache
def starting_table() -> FrozenTable:
    with TemporaryDirectory() as folder, new_store(Path(folder)) as store:
        settings = rehearsal(Path(folder))
        with store.write() as tx:
            night_id = open_night(tx, night="2026-11-20", at=AT, rehearsal=True)
        instant = dt.datetime(2026, 11, 20, 2, 30, tzinfo=dt.UTC)
        context = NightContext(settings, store, dt.date(2026, 11, 20), night_id, lambda: instant)
        assert import_baseline(context, load_baseline(PROTOCOL)) is True
        assert import_baseline(context, load_baseline(PROTOCOL)) is False
        with store.read() as tx:
            return read_table(tx)


def result(table: FrozenTable, key: str) -> Synthesis:
    return next(s for s in synthesise(table, PROTOCOL) if s.synthesis_id == key)


def rounded(synthesis: Synthesis) -> tuple[float, float, float]:
    assert synthesis.primary is not None
    ratio = synthesis.primary.ratio
    return round(ratio.estimate, 3), round(ratio.low, 3), round(ratio.high, 3)


def test_the_five_randomised_trials_give_the_reference_result() -> None:
    # ../shared/evidence/README.md: latest report of each trial, levels and direction handled, REML + Hartung-Knapp
    synthesis = result(starting_table(), "os--all--all--randomised")
    assert rounded(synthesis) == (0.928, 0.690, 1.249)
    assert [i.report_id for i in synthesis.inputs] == [
        "TATA-2015", "ABCSG28-2019", "MF07-01-2021", "E2108-2022", "JCOG1017-2025"
    ]  # fmt: skip
    dl = next(p for p in synthesis.sensitivity if p.method == "DL")
    assert (round(dl.ratio.estimate, 3), round(dl.ratio.low, 3), round(dl.ratio.high, 3)) == (0.930, 0.751, 1.153)
    assert synthesis.participants == 265 + 350 + 90 + 256 + 407
    assert sum(i.weight_percent for i in synthesis.inputs) == pytest.approx(100, abs=tolerances.PERCENT_AT_ZERO)


def test_the_probability_that_surgery_helps_is_given_beside_the_interval() -> None:
    # reference: quadrature of the normal-normal model, half-normal(0.5) prior for tau, the five trials: 0.72
    probability = result(starting_table(), "os--all--all--randomised").probability_below_1
    assert probability is not None
    assert round(probability, 2) == 0.72


def test_abcsg28_is_inverted_by_decision_and_its_reported_direction_is_kept() -> None:
    synthesis = result(starting_table(), "os--all--all--randomised")
    trial = next(i for i in synthesis.inputs if i.study_id == "ABCSG-28")
    assert (trial.reported_numerator_arm, trial.numerator_arm, trial.inverted) == ("not_stated", "no_surgery", True)
    # effects.csv: 1/0.691 = 1.447 (0.750-2.793)
    assert (round(trial.ratio.estimate, 3), round(trial.ratio.low, 3), round(trial.ratio.high, 3)) == (
        1.447, 0.750, 2.793
    )  # fmt: skip


def test_ninety_percent_intervals_are_read_as_such() -> None:
    synthesis = result(starting_table(), "os--all--all--randomised")
    levels = {i.study_id: i.reported_ci_level for i in synthesis.inputs}
    assert (levels["E2108"], levels["JCOG1017"], levels["MF07-01"]) == (90, 90, 95)


def test_older_reports_of_a_family_are_left_out_with_the_reason() -> None:
    synthesis = result(starting_table(), "os--all--all--randomised")
    left_out = {item.value_id: item.reason_code for item in synthesis.left_out}
    for older in ("mf07-01-2018", "mf07-01-sabcs-10y", "e2108-asco2020", "jcog1017-asco2023"):
        assert left_out[f"{older}--os--all--all--1"] == "superseded_report"
    assert all(item.reason for item in synthesis.left_out)


def test_one_cohort_per_overlap_group_and_united_groups_count_once() -> None:
    synthesis = result(starting_table(), "os--all--all--observational")
    groups = [
        f.overlap_group for f in starting_table().families if f.study_id in {i.study_id for i in synthesis.inputs}
    ]
    named = [group for group in groups if group]
    assert len(named) == len(set(named))
    # SEER and NCDB hold many of the same people: one study of the two together.
    assert len({"SEER", "NCDB"} & set(named)) == 1
    assert any(item.reason_code == "overlap" for item in synthesis.left_out)


def test_randomised_and_observational_evidence_never_share_a_pool() -> None:
    designs = {s.body: {i.design for i in s.inputs} for s in synthesise(starting_table(), PROTOCOL) if s.inputs}
    assert designs["randomised"] == {"rct"}
    assert "rct" not in designs["observational"]


def test_every_value_is_pooled_or_listed_with_a_reason_exactly_once() -> None:
    table = starting_table()
    seen: list[str] = []
    for synthesis in synthesise(table, PROTOCOL):
        seen += [i.value_id for i in synthesis.inputs] + [item.value_id for item in synthesis.left_out]
    assert sorted(seen) == sorted(frozen.value.value_id for frozen in table.values)


def test_every_subtype_and_pattern_has_a_synthesis_in_both_bodies_even_when_empty() -> None:
    ids = {s.synthesis_id for s in synthesise(starting_table(), PROTOCOL)}
    for body in ("randomised", "observational"):
        for subtype in PROTOCOL.subtypes:
            assert f"os--{subtype.slug}--all--{body}" in ids
        for pattern in PROTOCOL.patterns:
            assert f"os--all--{pattern.slug}--{body}" in ids


def test_a_retracted_report_leaves_every_pool_with_its_reason() -> None:
    table = starting_table()
    alert = Alert("MF07-01-2021", "RetractionIn", "a made-up notice of this test", "2026-11-22")
    retracted = FrozenTable(
        values=tuple(replace(v, alerts=(alert,)) if v.report.report_id == "MF07-01-2021" else v for v in table.values),
        families=table.families,
        reports=table.reports,
        alerts=(alert,),
    )
    synthesis = result(retracted, "os--all--all--randomised")
    assert "MF07-01-2021" not in {i.report_id for i in synthesis.inputs}
    assert {item.report_id: item.reason_code for item in synthesis.left_out}["MF07-01-2021"] == "retracted"


def test_without_mf07_the_result_is_the_published_one() -> None:
    # ../shared/evidence/README.md: without MF07-01 1.001 (0.855-1.172), I2 0
    table = starting_table()
    rest = replace(table, values=tuple(v for v in table.values if v.family.study_id != "MF07-01"))
    synthesis = result(rest, "os--all--all--randomised")
    wald = next(p for p in synthesis.sensitivity if (p.method, p.ci_method) == ("REML", "wald"))
    assert (round(wald.ratio.estimate, 3), round(wald.ratio.low, 3), round(wald.ratio.high, 3)) == (1.001, 0.855, 1.172)
    loo = next(row for row in result(table, "os--all--all--randomised").leave_one_out if row.study_id == "MF07-01")
    assert round(loo.ratio.estimate, 3) == 1.001


def test_absolute_survival_follows_from_the_stated_control_risk() -> None:
    synthesis = result(starting_table(), "os--all--all--randomised")
    assert synthesis.primary is not None
    # S1 = S0 ** HR with S0 = 67.9 % at 36 months as E2108 prints it, and 43.5 % at 60 months on a curve through it.
    assert [(row.months, row.control_survival_percent) for row in synthesis.absolute] == [(36.0, 67.9), (60.0, 43.5)]
    for row in synthesis.absolute:
        expected = 100 * (row.control_survival_percent / 100) ** synthesis.primary.ratio.estimate
        assert row.surgery_survival_percent == pytest.approx(expected, rel=tolerances.RELATIVE)
        assert row.surgery_survival_low_percent < row.surgery_survival_percent < row.surgery_survival_high_percent
        assert row.per_1000 == pytest.approx(10 * (expected - row.control_survival_percent), rel=tolerances.RELATIVE)
    # 10 * (100 * 0.679 ** 0.928 - 67.9), worked out by hand: 19 more of 1,000.
    assert round(synthesis.absolute[0].per_1000) == 19


def test_living_times_are_multiples_of_the_printed_median() -> None:
    # Kiely 2011 (doi 10.1200/JCO.2010.30.2174): 0.25, 0.5, 2 and 3 times the median of 53.1 months E2108 prints.
    times = result(starting_table(), "os--all--all--randomised").living_times
    assert times is not None
    assert (times.worst_months, times.usual_low_months) == (13.3, 26.6)
    assert (times.usual_high_months, times.best_months) == (106.2, 159.3)
    assert result(starting_table(), "os--all--all--observational").living_times is None


def test_what_each_trial_does_to_the_result_is_told() -> None:
    points = result(starting_table(), "os--all--all--randomised").influence
    assert max(points, key=lambda point: point.influence).study_id == "MF07-01"
    assert len(points) == 5


def test_medians_are_told_study_by_study_and_never_pooled() -> None:
    # effects.csv: 46 v 35, 19.2 v 20.5, 34.6 v 54.8, 54.9 v 53.1, 75 v 69 months (surgery v none)
    told = result(starting_table(), "os--all--all--randomised").median_difference
    assert told is not None
    for words in ("MF07-01 +11.0", "Tata Memorial -1.3", "ABCSG-28 POSYTIVE -20.2", "E2108 +1.8"):
        assert words in told
    assert "not pooled" in told


def test_certainty_is_proposed_with_reasons_and_decided_by_nobody_yet() -> None:
    certainty = result(starting_table(), "os--all--all--randomised").certainty
    assert certainty is not None
    assert certainty.decided_by is None
    assert any("a person must judge this" in reason for reason in certainty.reasons)
    observational = result(starting_table(), "os--all--all--observational").certainty
    assert observational is not None
    assert observational.level in ("low", "very low")


def test_subgroups_are_compared_only_where_two_of_them_hold_two_studies_each() -> None:
    table = starting_table()
    assert result(table, "os--all--all--randomised").interactions == ()
    syntheses = synthesise(table, PROTOCOL)
    pool = result(table, "os--all--all--observational")
    filled = tuple(
        s.model_copy(update={"k": 2, "inputs": pool.inputs[:2]})
        if s.synthesis_id in ("os--her2-positive--all--observational", "os--triple-negative--all--observational")
        else s
        for s in syntheses
    )
    whole = next(s for s in with_interactions(filled, PROTOCOL) if s.synthesis_id == pool.synthesis_id)
    (test,) = whole.interactions
    # The same two studies in both subgroups: no difference at all.
    assert (test.variable, test.df, test.prespecified) == ("subtype", 1, True)
    assert test.q == pytest.approx(0, abs=tolerances.ABSOLUTE_AT_ZERO)
    assert test.p == pytest.approx(1, abs=tolerances.PRINTED_3)


def test_two_results_that_do_not_differ_at_all_still_give_an_interval(tmp_path: Path) -> None:
    # Knapp-Hartung's variance is then 0; with Roever 2015's floor it is Wald's 0.148 / sqrt(2), on t(1) = 12.706.
    with new_store(tmp_path) as store:
        for study_id in ("Trial-A", "Trial-B"):
            put_result(store, study_id=study_id)
        with store.read() as tx:
            table = read_table(tx)
    primary = result(table, "os--all--all--randomised").primary
    assert primary is not None
    assert primary.ci_method == "hksj_adhoc"
    se = (math.log(1.07) - math.log(0.6)) / (2 * 1.959964) / math.sqrt(2)
    assert primary.log.high - primary.log.low == pytest.approx(2 * 12.7062 * se, rel=1e-5)


def test_a_value_pooled_by_a_chosen_way_says_way_inputs_and_assumption_in_the_studys_row() -> None:
    # JCOG1017 as if it printed no interval: HR 0.86, one-sided p 0.13; |ln 0.86| / 1.1264 = 0.1339
    table = starting_table()
    without = {"ci_low": None, "ci_high": None, "ci_level": None, "p_value": "0.13", "p_sided": "one"}
    values = tuple(
        replace(one, used=replace(one.used, **without, route="hr_and_p"))
        if one.report.report_id == "JCOG1017-2025" and (one.used.outcome, one.used.subtype) == ("OS", "all")
        else one
        for one in table.values
    )
    synthesis = result(replace(table, values=values), "os--all--all--randomised")
    trial = next(i for i in synthesis.inputs if i.study_id == "JCOG1017")
    assert trial.route == "hr_and_p"
    assert trial.se_log_hr == pytest.approx(0.1339, abs=0.0002)
    assert trial.approximation == "the p value is that of a Wald or log-rank test"
    assert trial.note is not None
    assert (
        "no interval printed; log hazard ratio from printed ratio and its exact p value (hr 0.86, p 0.13" in trial.note
    )
