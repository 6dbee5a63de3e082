"""Changes are computed from two snapshots."""

from __future__ import annotations

from reports.changes import compare
from tests.reports.conftest import Built
from tests.reports.snapshots import OLDER, PRINTED, TRIALS, snapshot


def test_the_first_version_says_so() -> None:
    assert compare(None, snapshot()).triggers == ("first version",)


def test_the_same_content_is_no_change() -> None:
    found = compare(snapshot(), snapshot(version="2026.2"))
    assert found.triggers == ("no change in data, method or result",)
    assert found.estimates == ()
    assert (found.values_added, found.values_removed, found.values_changed) == ((), (), ())


def test_a_new_trial_is_named_and_moves_the_result_from_old_to_new() -> None:
    found = compare(snapshot(TRIALS[:4]), snapshot(TRIALS))
    assert found.triggers == ("new study: JCOG1017",)
    assert found.values_added == ("jcog1017-2025-os-all-all",)
    change = next(c for c in found.estimates if c.synthesis_id == "os--all--all--randomised")
    assert (change.old_k, change.new_k) == (4, 5)
    assert change.new == "0.928 (0.690–1.249)"
    assert not change.conclusion_changed


def test_a_conclusion_changes_when_the_interval_comes_to_exclude_one() -> None:
    # MF07-01 alone excludes 1 (0.71, 0.59-0.86); with the Tata trial it does not.
    found = compare(snapshot(TRIALS[2:3]), snapshot((TRIALS[0], TRIALS[2])))
    change = next(c for c in found.estimates if c.synthesis_id == "os--all--all--randomised")
    assert change.conclusion_changed


def test_a_new_report_of_a_known_trial_is_a_new_report_not_a_new_study() -> None:
    found = compare(snapshot((TRIALS[0], OLDER)), snapshot((TRIALS[0], OLDER, TRIALS[2])))
    assert found.triggers == ("new report of MF07-01: MF07-01-2021",)


def test_a_retraction_notice_is_a_trigger() -> None:
    old = snapshot(PRINTED)
    retracted = tuple(
        r.model_copy(update={"alert": "Retracted Publication"}) if r.report_id == "TATA-2015" else r
        for r in old.reports
    )
    found = compare(old, old.model_copy(update={"reports": retracted}))
    assert found.triggers == ("retraction for TATA: Retracted Publication",)


def test_a_correction_is_a_trigger_and_its_value_is_listed() -> None:
    old = snapshot(PRINTED)
    corrected = tuple(
        v.model_copy(update={"correction": "ci_level: 95 -> 90 (as the report states)", "ci_level": 90.0})
        if v.value_id == "tata-2015-os-all-all"
        else v
        for v in old.values
    )
    found = compare(old, old.model_copy(update={"values": corrected}))
    assert found.values_changed == ("tata-2015-os-all-all",)
    assert found.triggers == ("correction of TATA: ci_level: 95 -> 90 (as the report states)",)


def test_a_value_that_comes_to_a_known_report_or_leaves_is_a_trigger() -> None:
    whole = snapshot(PRINTED)
    fewer = whole.model_copy(
        update={"values": tuple(v for v in whole.values if v.value_id != "mf07-01-2018-os-hr-positive-all")}
    )
    assert compare(fewer, whole).triggers == ("new value of MF07-01: report MF07-01-2018",)
    assert compare(whole, fewer).triggers == ("value withdrawn of MF07-01: report MF07-01-2018",)


def test_a_judgement_of_bias_and_a_certainty_are_triggers_with_old_and_new() -> None:
    old, judged = snapshot(PRINTED), snapshot(PRINTED, judged=True)
    triggers = compare(old, judged).triggers
    assert "risk of bias judged: MF07-01" in triggers
    assert "certainty of overall survival, all patients, randomised: not rated → low (decided)" in triggers
    assert compare(judged, judged).triggers == ("no change in data, method or result",)
    proposed = tuple(
        s.model_copy(update={"certainty": s.certainty.model_copy(update={"decided_by": None, "level": "very low"})})
        if s.certainty
        else s
        for s in judged.results
    )
    assert compare(judged, judged.model_copy(update={"results": proposed})).triggers == (
        "certainty of overall survival, all patients, randomised: low (decided) → very low (proposed by rule)",
    )


def test_a_registered_trial_that_people_listed_is_a_trigger_when_its_entry_changes() -> None:
    old = snapshot(PRINTED)
    trial = old.ongoing[0]
    changed = old.model_copy(update={"ongoing": (trial.model_copy(update={"status": "stopped"}), *old.ongoing[1:])})
    assert compare(old, changed).triggers == (
        f"registered trial: {trial.label} (entry changed: {trial.status} → stopped)",
    )
    gone = old.model_copy(update={"ongoing": old.ongoing[1:]})
    assert compare(old, gone).triggers == (f"registered trial: {trial.label} (no longer listed)",)
    assert compare(gone, old).triggers == (f"registered trial: {trial.label} (new in the list)",)
    unseen = old.model_copy(update={"ongoing": (trial.model_copy(update={"screened": "no"}), *old.ongoing[1:])})
    assert compare(gone, unseen).triggers == ("no change in data, method or result",)


def test_a_changed_analysis_plan_is_a_method_change() -> None:
    old = snapshot(PRINTED)
    plan = {**old.protocol, "analysis": {**old.protocol["analysis"], "method": "DL"}}
    assert compare(old, old.model_copy(update={"protocol": plan})).triggers == (
        "method change: analysis of the protocol",
    )


def test_the_list_of_changes_names_each_value_that_came_as_it_is_printed(built: Built) -> None:
    for folder in ("changes/", "subtype/all/changes/"):
        text = built.page(folder).text
        assert "JCOG1017, Overall survival, all patients not in the review HR 0.86 (0.69–1.07; 90 %)" in text
    assert "JCOG1017, Overall survival" not in built.page("subtype/hr-positive/changes/").text
