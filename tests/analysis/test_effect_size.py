import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.effect_size import interval, invert, log_hr_from_interval
from analysis.errors import InputError
from tests.tolerances import PRINTED_3, close


def test_an_interval_is_read_at_its_stated_level() -> None:
    # JCOG1017, ASCO 2023 abstract 523: HR 0.857, 90 % CI 0.686-1.072.
    at_90 = log_hr_from_interval(0.857, ci_low=0.686, ci_high=1.072, ci_level=90.0)
    at_95 = log_hr_from_interval(0.857, ci_low=0.686, ci_high=1.072, ci_level=95.0)
    # ln(1.072/0.686) / (2 * 1.6448536) = 0.13570, and 1.9599640 / 1.6448536 = 1.1916.
    assert math.isclose(at_90.se_log_hr, 0.1357, abs_tol=PRINTED_3)
    assert close(at_90.se_log_hr / at_95.se_log_hr, 1.959963984540054 / 1.6448536269514722)


def test_inverting_abcsg28_gives_the_ratio_of_surgery_over_none() -> None:
    # ABCSG-28 POSYTIVE prints no surgery over surgery: 0.691 (0.358-1.333); 1/0.691 = 1.447.
    printed = log_hr_from_interval(0.691, ci_low=0.358, ci_high=1.333, ci_level=95.0)
    hr, _, _ = interval(invert(printed).log_hr, printed.se_log_hr, level=95.0)
    assert math.isclose(hr, 1.447, abs_tol=PRINTED_3)


@given(
    log_hr=st.floats(-3, 3),
    se=st.floats(0.01, 2),
    level=st.floats(1, 99.9),
)
def test_an_interval_made_from_an_effect_gives_the_effect_back(log_hr: float, se: float, level: float) -> None:
    hr, low, high = interval(log_hr, se, level=level)
    effect = log_hr_from_interval(hr, ci_low=low, ci_high=high, ci_level=level)
    assert close(effect.log_hr, log_hr)
    assert close(effect.se_log_hr, se)


@given(low=st.floats(0.05, 0.9), ratio=st.floats(1.1, 9), level=st.sampled_from([90.0, 95.0, 99.0]))
def test_inverting_twice_changes_nothing(low: float, ratio: float, level: float) -> None:
    effect = log_hr_from_interval(low * math.sqrt(ratio), ci_low=low, ci_high=low * ratio, ci_level=level)
    assert invert(invert(effect)) == effect


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        ({"hr": 0.0, "ci_low": 0.5, "ci_high": 1.2, "ci_level": 95}, "hr is 0: it must be above 0"),
        ({"hr": -1.0, "ci_low": 0.5, "ci_high": 1.2, "ci_level": 95}, "hr is -1"),
        ({"hr": math.nan, "ci_low": 0.5, "ci_high": 1.2, "ci_level": 95}, "hr is nan"),
        ({"hr": 0.8, "ci_low": 1.2, "ci_high": 0.5, "ci_level": 95}, "the lower limit comes first"),
        ({"hr": 1.4, "ci_low": 0.5, "ci_high": 1.2, "ci_level": 95}, "outside its interval 0.5-1.2"),
        ({"hr": 0.8, "ci_low": 0.5, "ci_high": 1.2, "ci_level": 0.95}, "give it in percent, 95"),
        ({"hr": 0.8, "ci_low": 0.5, "ci_high": 1.2, "ci_level": 0}, "between 0 and 100"),
        ({"hr": 0.8, "ci_low": 0.5, "ci_high": 1.2, "ci_level": 100}, "between 0 and 100"),
        ({"hr": "0,8", "ci_low": 0.5, "ci_high": 1.2, "ci_level": 95}, "hr is '0,8': give a number"),
    ],
)
def test_figures_that_cannot_be_a_ratio_with_its_interval_are_refused(figures: dict[str, float], says: str) -> None:
    with pytest.raises(InputError, match=says):
        log_hr_from_interval(figures.pop("hr"), **figures)
