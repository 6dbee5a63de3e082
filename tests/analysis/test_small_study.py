import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.bayes import bayesian_meta_analysis
from analysis.errors import InputError, NotEstimable
from analysis.missing_studies import excess_significance, fail_safe, trim_and_fill
from analysis.models import meta_analysis
from analysis.sensitivity import cumulative, influence, leave_one_out
from analysis.small_study import kendall, pet_peese, rank_test, regression_test
from tests.tolerances import close

YI = np.array([-0.05, -0.12, -0.2, -0.3, -0.42, -0.6, -0.75])
VI = np.array([0.01, 0.015, 0.02, 0.04, 0.06, 0.1, 0.16])


def test_a_funnel_whose_small_studies_all_favour_treatment_is_asymmetric() -> None:
    assert regression_test(YI, VI).p < 0.01
    assert rank_test(YI, VI).p < 0.05
    assert pet_peese(YI, VI).chosen in ("PET", "PEESE")
    assert trim_and_fill(YI, VI).side == "right"


def test_studies_of_one_size_have_no_funnel_and_say_so() -> None:
    with pytest.raises(NotEstimable, match="one height only"):
        regression_test(YI, np.full(7, 0.04))
    with pytest.raises(NotEstimable, match="at least three"):
        regression_test(YI[:2], VI[:2])


def test_four_untied_ranks_in_perfect_order_have_p_one_twelfth() -> None:
    # 2 / 4! = 1/12 (Kendall 1970, table of S).
    ascending = np.arange(4.0)
    assert close(kendall(ascending, ascending).p, 1 / 12)
    assert kendall(ascending, ascending).tau == 1.0


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_mirroring_the_funnel_moves_the_missing_studies_to_the_other_side(seed: int) -> None:
    rng = np.random.default_rng(seed)
    v = rng.uniform(0.01, 0.3, 9)
    y = rng.normal(-0.2, np.sqrt(v))
    left = trim_and_fill(y, v, method="EE", estimator="R0", side="left")
    right = trim_and_fill(-y, v, method="EE", estimator="R0", side="right")
    assert left.k0 == right.k0
    assert close(left.result.estimate, -right.result.estimate)


def test_removing_each_study_in_turn_is_what_leave_one_out_does() -> None:
    full = meta_analysis(YI, VI)
    out = leave_one_out(full)
    for i in range(7):
        without = meta_analysis(np.delete(YI, i), np.delete(VI, i))
        assert close(float(out.estimate[i]), without.estimate)
        assert close(float(out.ci_low[i]), without.ci_low or 0.0)


def test_the_last_row_of_a_cumulative_analysis_is_the_analysis_of_all() -> None:
    full = meta_analysis(YI, VI)
    rows = cumulative(full, [6, 2, 4, 0, 1, 5, 3])
    assert close(float(rows.estimate[-1]), full.estimate)
    assert close(float(rows.estimate[0]), -0.75)


@pytest.mark.parametrize("order", [[0, 1], [0, 0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6, 7]])
def test_an_order_that_is_no_permutation_is_refused(order: list[int]) -> None:
    with pytest.raises(InputError, match="name each row from 0 to 6 once"):
        cumulative(meta_analysis(YI, VI), order)


def test_one_study_cannot_be_left_out() -> None:
    with pytest.raises(NotEstimable, match="k = 1"):
        leave_one_out(meta_analysis([0.1], [0.1]))


def test_a_study_a_thousand_times_larger_is_flagged_as_influential() -> None:
    y, v = np.append(YI, 0.4), np.append(VI, 1e-5)
    assert influence(meta_analysis(y, v, method="EE", ci_method="wald")).influential[-1]


def test_counts_of_missing_studies_and_of_significance_are_whole_and_within_range() -> None:
    safe = fail_safe(YI, VI)
    assert min(safe.rosenthal, safe.rosenberg, safe.orwin) >= 0
    excess = excess_significance(YI, VI)
    assert 0 <= excess.observed <= 7
    assert 0.0 <= excess.p <= 1.0


def test_bayes_on_the_five_trials_gives_the_probability_of_benefit() -> None:
    # Issue: P(HR < 1) 0.72 with half-normal(0.5); inputs as in reference/mbc_surgery_os_5rct.
    yi = [0.0392207131532813, 0.369615455214467, -0.342490308946776, 0.104360015324243, -0.154317360151018]
    vi = [0.01649127021672, 0.112477843574086, 0.009239, 0.035195, 0.018409]
    posterior = bayesian_meta_analysis(yi, vi)
    assert posterior.mu.p_below_0 == pytest.approx(0.72, abs=0.005)


def test_a_posterior_has_no_standard_deviation_where_its_tail_is_too_heavy() -> None:
    two = bayesian_meta_analysis([0.1, 0.3], [0.02, 0.03], tau_prior="halfcauchy")
    assert two.mu.sd is None
    assert two.mu.low < two.mu.median < two.mu.high


def test_data_far_beyond_the_prior_are_integrated_where_the_posterior_is() -> None:
    # tau would be about 700 from the data, the prior says 0.5: the posterior is a needle between the two.
    y, v = np.array([0.0, 1.0, -1.0, 2000.0]), np.full(4, 0.5)
    posterior = bayesian_meta_analysis(y, v)
    # Far from 0 it is nearly normal: mean and median agree, the interval is 3.92 standard deviations wide.
    assert posterior.tau.low < posterior.tau.median < posterior.tau.high
    assert posterior.tau.mean == pytest.approx(posterior.tau.median, rel=1e-3)
    assert posterior.tau.sd is not None
    assert posterior.tau.high - posterior.tau.low == pytest.approx(3.92 * posterior.tau.sd, rel=0.02)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"tau_prior": "flat"}, "tau_prior is 'flat'"),
        ({"tau_scale": 0.0}, "tau_scale is 0.0"),
        ({"tau_prior": "uniform"}, "improper: with k = 2"),
        ({"mu_prior": (0.0, -1.0)}, "mu_prior is"),
    ],
)
def test_a_prior_that_is_none_is_refused(options: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        bayesian_meta_analysis([0.1, 0.3], [0.02, 0.03], **options)  # type: ignore[arg-type]


@settings(max_examples=25, deadline=None)
@given(shift=st.floats(-2, 2))
def test_moving_every_estimate_moves_the_posterior_and_flipping_flips_it(shift: float) -> None:
    one, moved = bayesian_meta_analysis(YI, VI), bayesian_meta_analysis(YI + shift, VI)
    assert np.isclose(moved.mu.median, one.mu.median + shift, atol=1e-9)
    assert np.isclose(moved.tau.median, one.tau.median, atol=1e-9)
    flipped = bayesian_meta_analysis(-YI, VI)
    assert np.isclose(flipped.mu.p_below_0 or 0.0, 1.0 - (one.mu.p_below_0 or 0.0), atol=1e-9)
