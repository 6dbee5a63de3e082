import math
from dataclasses import replace

import pytest

from analysis.certainty import EvidenceFacts, propose_certainty
from analysis.errors import InputError
from analysis.models import meta_analysis
from analysis.scenarios import sensitivity_set, without_study
from analysis.select import Estimate

# The five randomised trials (see test_models): HR 0.928 (0.690-1.249), I2 about 60 %.
TRIALS = meta_analysis([0.039, 0.370, -0.342, 0.104, -0.151], [0.0165, 0.1125, 0.0092, 0.0352, 0.0178])
PRECISE = meta_analysis([-0.3, -0.31, -0.29], [0.001, 0.001, 0.001])


def steps(facts: EvidenceFacts) -> dict[str, int]:
    return {d.domain: d.steps for d in propose_certainty(facts).domains}


def test_precise_consistent_randomised_evidence_at_low_risk_is_proposed_as_high() -> None:
    facts = EvidenceFacts(PRECISE, randomised=True, weight_high_risk=0.0, direct=True)
    assert propose_certainty(facts).proposed == "high"


def test_the_five_trials_lose_a_level_for_heterogeneity_and_one_for_imprecision() -> None:
    facts = EvidenceFacts(TRIALS, randomised=True, weight_high_risk=10.0, direct=True)
    found = steps(facts)
    assert found["inconsistency"] == -1
    assert found["imprecision"] == -1
    assert propose_certainty(facts).proposed == "low"


def test_cohorts_that_do_not_handle_immortal_time_are_very_low_however_precise() -> None:
    facts = EvidenceFacts(PRECISE, randomised=False, weight_high_risk=0.0, direct=True, immortal_time_weight=80.0)
    proposal = propose_certainty(facts)
    assert proposal.proposed == "very low"
    assert "immortal time" in proposal.domains[0].reason


def test_a_large_effect_upgrades_only_what_was_not_downgraded() -> None:
    large = meta_analysis([-0.9, -0.91, -0.89], [0.001, 0.001, 0.001])
    clean = EvidenceFacts(large, randomised=False, weight_high_risk=0.0, direct=True)
    assert propose_certainty(clean).proposed == "moderate"
    assert propose_certainty(replace(clean, weight_high_risk=95.0)).proposed == "very low"


def test_what_the_figures_cannot_tell_is_left_to_a_person() -> None:
    facts = EvidenceFacts(TRIALS, randomised=True, weight_high_risk=None)
    asked = {d.domain for d in propose_certainty(facts).domains if d.needs_person}
    assert asked == {"risk of bias", "indirectness", "publication bias"}


def test_too_few_events_for_the_effect_sought_lower_the_certainty() -> None:
    facts = EvidenceFacts(PRECISE, randomised=True, weight_high_risk=0.0, required_information=1e5)
    assert steps(facts)["imprecision"] == -1


@pytest.mark.parametrize(
    ("change", "says"), [({"weight_high_risk": 120.0}, "120"), ({"important_hr": 1.2}, "important_hr is 1.2")]
)
def test_facts_outside_their_range_are_refused(change: dict[str, float], says: str) -> None:
    facts = replace(EvidenceFacts(TRIALS, randomised=True, weight_high_risk=0.0), **change)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=says):
        propose_certainty(facts)


def estimate(value_id: str, log_hr: float, **changes: object) -> Estimate:
    base = Estimate(value_id, f"study-{value_id}", f"report-{value_id}", log_hr, 0.1, n_total=100)
    return replace(base, **changes)  # type: ignore[arg-type]


COHORTS = (
    estimate("a", -0.5, design="registry", overlap_group="SEER", n_total=900),
    estimate("b", -0.3, design="registry", overlap_group="SEER", adjusted=True),
    estimate("c", -0.1, design="cohort", immortal_time_handled=True),
)


def test_the_sensitivity_set_asks_every_choice_that_could_have_been_otherwise() -> None:
    scenarios = {s.name: s for s in sensitivity_set(COHORTS, low_risk={"study-c": True})}
    assert scenarios["main"].value_ids == ("b", "c")
    assert scenarios["study-a instead of study-b (group SEER)"].value_ids == ("a", "c")
    assert scenarios["without overlap group SEER"].value_ids == ("c",)
    assert scenarios["design registry only"].value_ids == ("b",)
    assert scenarios["low risk of bias only"].value_ids == ("c",)
    assert scenarios["immortal time handled only"].value_ids == ("c",)


def test_a_scenario_without_studies_says_so() -> None:
    nobody = sensitivity_set([estimate("a", -0.5)])
    assert [s.reason for s in nobody if s.name == "adjusted estimates only"] == ["no study is left"]


def test_leaving_a_study_out_marks_it_with_the_reason() -> None:
    rows = without_study(COHORTS, "study-c")
    assert rows[2].not_poolable_reason == "left out to see the result without study-c"
    assert rows[0].not_poolable_reason is None
    assert math.isclose(rows[0].log_hr or 0.0, -0.5)


def test_a_standard_error_of_0_is_refused_with_its_value_id() -> None:
    with pytest.raises(InputError, match="a: se_log_hr is 0"):
        sensitivity_set([estimate("a", -0.5, se_log_hr=0.0)])
