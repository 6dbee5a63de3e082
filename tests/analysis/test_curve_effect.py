import numpy as np
import pytest

from analysis.curve_effect import log_hr_from_curves, log_hr_from_curves_and_follow_up
from analysis.errors import InputError, NotEstimable
from analysis.survival import cox_two_arms, kaplan_meier

TIMES = np.arange(0.0, 37.0, 6.0)


def simulated_trial(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return times, events and arms of 600 patients, ratio 0.7, followed 12 to 48 months."""
    rng = np.random.default_rng(seed)
    arm = np.repeat([0.0, 1.0], 300)
    death = rng.exponential(20.0 / np.where(arm == 1.0, 0.7, 1.0))
    leaving = rng.uniform(12.0, 48.0, 600)
    return np.minimum(death, leaving), (death <= leaving).astype(float), arm


def read_off(time: np.ndarray, event: np.ndarray) -> tuple[list[float], list[int]]:
    curve = kaplan_meier(time, event)
    return [curve.at(t)[0] for t in TIMES], [int((time >= t).sum()) for t in TIMES]


def test_curves_with_numbers_at_risk_come_close_to_the_cox_model() -> None:
    errors = []
    for seed in range(12):
        time, event, arm = simulated_trial(seed)
        treated, control = (read_off(time[arm == a], event[arm == a]) for a in (1.0, 0.0))
        ours = log_hr_from_curves(treated[0], control[0], at_risk_treated=treated[1], at_risk_control=control[1])
        cox = cox_two_arms(time, event, arm)
        errors.append(ours.log_hr - cox.log_hr)
        assert ours.se_log_hr == pytest.approx(cox.se_log_hr, rel=0.15)
    # Williamson 2002, Table III: within a few hundredths of the individual-data estimate.
    assert np.abs(errors).max() < 0.08
    assert np.median(np.abs(errors)) < 0.03


def test_curves_with_follow_up_only_come_near_the_cox_model() -> None:
    errors = []
    for seed in range(12):
        time, event, arm = simulated_trial(seed)
        treated, control = (read_off(time[arm == a], event[arm == a])[0] for a in (1.0, 0.0))
        ours = log_hr_from_curves_and_follow_up(
            TIMES, treated, control, n_treated=300, n_control=300, follow_up_min=12.0, follow_up_max=48.0
        )
        errors.append(ours.log_hr - cox_two_arms(time, event, arm).log_hr)
    assert np.median(np.abs(errors)) < 0.04


def test_exchanging_the_arms_changes_the_sign() -> None:
    one, other = [1.0, 0.8, 0.6], [1.0, 0.7, 0.5]
    a = log_hr_from_curves(one, other, at_risk_treated=[50, 40, 30], at_risk_control=[50, 35, 25])
    b = log_hr_from_curves(other, one, at_risk_treated=[50, 35, 25], at_risk_control=[50, 40, 30])
    assert a.log_hr == pytest.approx(-b.log_hr)
    assert a.log_hr < 0.0


def test_curves_without_an_event_in_one_arm_are_not_estimable() -> None:
    with pytest.raises(NotEstimable, match="no interval has events in both arms"):
        log_hr_from_curves([1.0, 1.0], [1.0, 0.9], at_risk_treated=[10, 9], at_risk_control=[10, 9])


@pytest.mark.parametrize(
    ("survival", "at_risk", "says"),
    [
        ([1.0, 80.0], [10, 9], "survival_treated is 80"),
        ([0.9, 0.8], [10, 9], "must start at 1"),
        ([1.0, 0.8], [10, 12], "never rise"),
        ([1.0, 0.8], [10], "1 values for 2"),
    ],
)
def test_a_table_that_cannot_be_is_refused(survival: list[float], at_risk: list[int], says: str) -> None:
    with pytest.raises(InputError, match=says):
        log_hr_from_curves(survival, [1.0, 0.9], at_risk_treated=at_risk, at_risk_control=[10, 9])
