import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.absolute import absolute_effect
from analysis.effect_size import (
    log_hr_from_medians,
    log_hr_from_oe,
    log_hr_from_p,
    log_hr_from_p_and_events,
)
from analysis.errors import InputError, NotEstimable
from analysis.reconstruction import reconstruct_arm
from analysis.survival import cox_two_arms, kaplan_meier, log_rank, restricted_mean, rmst_difference
from tests.tolerances import close


def test_a_one_sided_p_is_not_read_as_two_sided() -> None:
    # JCOG1017: HR 0.857, one-sided p 0.1283; the 90 % interval gives se 0.1357.
    one = log_hr_from_p(0.857, p=0.1283, sided=1)
    assert math.isclose(one.se_log_hr, 0.1357, abs_tol=0.001)
    assert log_hr_from_p(0.857, p=0.1283, sided=2).se_log_hr < 0.102


def test_the_best_variance_the_figures_allow_is_taken_and_named() -> None:
    arms = log_hr_from_p_and_events(p=0.03, sided=2, favours_treatment=True, events_treated=120, events_control=150)
    total = log_hr_from_p_and_events(p=0.03, sided=2, favours_treatment=True, events=270)
    assert arms.log_hr < 0.0
    assert "events of both arms" in (arms.approximation or "")
    assert "equal allocation assumed" in (total.approximation or "")


@pytest.mark.parametrize(
    ("p", "sided", "says"),
    [(0.0, 2, "p is 0"), (1.0, 2, "p is 1"), (0.05, 3, "sided is 3"), ("<0.05", 2, "p is '<0.05'")],
)
def test_a_p_value_that_is_no_exact_p_value_is_refused(p: float, sided: int, says: str) -> None:
    with pytest.raises(InputError, match=says):
        log_hr_from_p(0.8, p=p, sided=sided)


def test_a_p_value_without_events_gives_no_hazard_ratio() -> None:
    with pytest.raises(InputError, match="no numbers of events"):
        log_hr_from_p_and_events(p=0.03, sided=2, favours_treatment=True)


def test_medians_give_the_ratio_of_exponential_arms() -> None:
    # Tata 2015: medians 19.2 v 20.5 months; ln(20.5 / 19.2) = 0.06552.
    effect = log_hr_from_medians(19.2, 20.5, events_treated=100, events_control=100)
    assert math.isclose(effect.log_hr, 0.06552, abs_tol=1e-5)
    assert close(effect.se_log_hr, math.sqrt(0.02))


def test_a_variance_of_zero_is_refused() -> None:
    with pytest.raises(InputError, match="variance is 0"):
        log_hr_from_oe(3.0, variance=0.0)


def test_fewer_deaths_with_treatment_are_a_negative_difference_and_a_positive_nnt() -> None:
    # Altman & Andersen 1999: S_t = S_c ^ HR; 0.4 ^ 0.66 = 0.54621, so 146 fewer per 1,000 and NNT 6.84.
    effect = absolute_effect(0.66, ci_low=0.49, ci_high=0.88, control_risk=0.6)
    assert math.isclose(effect.per_1000, -146.2, abs_tol=0.05)
    assert math.isclose(effect.nnt or 0.0, 6.84, abs_tol=0.005)
    with pytest.raises(InputError, match="control_risk is 60"):
        absolute_effect(0.66, ci_low=0.49, ci_high=0.88, control_risk=60)


def test_the_curve_of_six_patients_is_what_one_computes_by_hand() -> None:
    # Events at 1, 3, 3; censored at 2, 4, 5: 5/6, then of 4 at risk 2 die: 5/6 * 2/4.
    curve = kaplan_meier([1, 2, 3, 3, 4, 5], [1, 0, 1, 1, 0, 0])
    assert curve.at(0.5) == (1.0, 0.0)
    assert close(curve.at(2.9)[0], 5 / 6)
    assert close(curve.at(3)[0], 5 / 12)
    # Area up to 4: 1 + 2 * 5/6 + 1 * 5/12.
    assert close(restricted_mean([1, 2, 3, 3, 4, 5], [1, 0, 1, 1, 0, 0], horizon=4).mean, 1 + 10 / 6 + 5 / 12)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_exchanging_the_arms_changes_the_sign_of_every_comparison(seed: int) -> None:
    rng = np.random.default_rng(seed)
    time, event = rng.exponential(10, 60).round(1) + 0.1, rng.integers(0, 2, 60)
    arm = np.arange(60) % 2
    event[:4] = 1
    horizon = float(min(time[arm == 0].max(), time[arm == 1].max()))
    assert close(cox_two_arms(time, event, arm).log_hr, -cox_two_arms(time, event, 1 - arm).log_hr)
    assert close(log_rank(time, event, arm).o_minus_e, -log_rank(time, event, 1 - arm).o_minus_e)
    one, other = (rmst_difference(time, event, a, horizon=horizon) for a in (arm, 1 - arm))
    assert close(one.estimate, -other.estimate)


def test_an_arm_without_events_has_no_cox_estimate_and_says_so() -> None:
    with pytest.raises(NotEstimable, match="an arm has no event"):
        cox_two_arms([1, 2, 3, 4], [1, 1, 0, 0], [1, 1, 0, 0])


def test_a_horizon_beyond_follow_up_is_refused() -> None:
    with pytest.raises(InputError, match="follow-up ends at 5"):
        restricted_mean([1, 5], [1, 0], horizon=6)


def test_a_curve_without_censoring_is_reconstructed_exactly() -> None:
    # Ten patients, one death a month, the curve read just after each: 0.9, 0.8, ...
    arm = reconstruct_arm(range(11), [1 - i / 10 for i in range(11)], risk_times=[0, 5], at_risk=[10, 5])
    assert sum(arm.event) == 10
    assert len(arm.time) == 10
    assert arm.largest_misfit < 1e-12


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(20, 120))
def test_a_reconstruction_keeps_the_number_of_people_and_fits_the_curve(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    death, leaving = rng.exponential(15, n), rng.uniform(0, 36, n)
    time, event = np.minimum(death, leaving), (death <= leaving).astype(float)
    grid = np.arange(0, 36.01, 0.25)
    curve = kaplan_meier(time, event) if event.any() else None
    heights = [curve.at(t)[0] if curve else 1.0 for t in grid]
    table = [0, 6, 12, 18, 24, 30]
    at_risk = [int((time >= t).sum()) for t in table]
    arm = reconstruct_arm(grid, heights, risk_times=table, at_risk=at_risk, total_events=int(event.sum()))
    assert len(arm.time) == n
    # On 1,500 such arms the events were off by 0.5 in the mean, 3 in one arm of a hundred, 6 at most.
    assert abs(sum(arm.event) - event.sum()) <= 10


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"survival": [1.0, 90.0]}, "row 2: survival is 90: give a share"),
        ({"time": [0.0, 0.0]}, "row 2: time 0 does not come after"),
        ({"at_risk": [10, 12]}, "row 2: at_risk rises to 12"),
        ({"risk_times": [1, 2]}, "the first at time 0"),
        ({"survival": [1.0]}, "time has 2 values and survival 1"),
    ],
)
def test_a_digitised_curve_that_cannot_be_is_refused(change: dict[str, list[float]], says: str) -> None:
    arguments: dict[str, list[float]] = {
        "time": [0.0, 4.0],
        "survival": [1.0, 0.9],
        "risk_times": [0, 2],
        "at_risk": [10, 9],
    }
    arguments |= change
    with pytest.raises(InputError, match=says):
        reconstruct_arm(
            arguments["time"],
            arguments["survival"],
            risk_times=arguments["risk_times"],
            at_risk=arguments["at_risk"],
        )
