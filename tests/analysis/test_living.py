import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.anytime import anytime_sequence
from analysis.errors import InputError, NotEstimable
from analysis.models import meta_analysis
from analysis.multilevel import aggregate, three_level
from analysis.p_curve import fisher_exact, fragility_index, p_curve
from analysis.selection_models import step_selection
from analysis.spending import boundaries, crossing_probability
from analysis.subsets import all_subsets, bootstrap, sign_flip_test
from analysis.trial_sequential import required_information, trial_sequential_analysis
from tests.tolerances import close

YI = np.array([-0.4, 0.04, -0.34, 0.1, -0.15, 0.2])
VI = np.array([0.02, 0.016, 0.01, 0.035, 0.018, 0.05])


def test_one_look_at_full_information_is_the_ordinary_test() -> None:
    assert close(boundaries([1.0]).z[0], 1.959963984540054)


@settings(max_examples=20, deadline=None)
@given(looks=st.lists(st.floats(0.05, 0.95), min_size=1, max_size=6, unique_by=lambda t: round(t, 2)))
def test_the_chance_of_crossing_without_effect_is_the_alpha_spent(looks: list[float]) -> None:
    t = [*sorted(looks), 1.0]
    for spending in ("obrien_fleming", "pocock", "hwang_shih_decani"):
        assert crossing_probability(boundaries(t, spending=spending), 0.0) == pytest.approx(0.05, abs=1e-9)


@pytest.mark.parametrize("t", [[], [0.0, 1.0], [0.5, 0.5], [0.5, 0.3], [0.5, 1.2]])
def test_looks_that_do_not_ascend_within_0_and_1_are_refused(t: list[float]) -> None:
    with pytest.raises(InputError, match="look"):
        boundaries(t)


def test_a_ratio_of_1_needs_no_finite_information() -> None:
    with pytest.raises(InputError, match="hr is 1"):
        required_information(1.0)


def test_diversity_raises_the_required_information() -> None:
    plain, adjusted = required_information(0.8), required_information(0.8, diversity=0.5)
    assert close(adjusted.events_adjusted, 2 * plain.events)


def test_a_sequential_analysis_reads_one_look_a_study_and_concludes() -> None:
    analysis = trial_sequential_analysis(YI, VI, hr=0.8)
    assert [look.k for look in analysis.looks] == [1, 2, 3, 4, 5, 6]
    assert analysis.label.startswith("supplement")
    assert "required information" in analysis.conclusion or "boundary" in analysis.conclusion


def test_an_anytime_interval_is_wider_than_the_naive_one_and_holds_the_estimate() -> None:
    for look in anytime_sequence(YI, VI, hr_min=0.8):
        assert look.ci_low < look.estimate < look.ci_high
        naive = 1.96 / math.sqrt(float((1.0 / VI[: look.k]).sum()))
        assert look.ci_high - look.estimate > naive


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_an_e_value_exceeds_20_at_any_time_in_at_most_5_percent_without_effect(seed: int) -> None:
    rng = np.random.default_rng(seed)
    crossed = 0
    for _ in range(60):
        v = rng.uniform(0.01, 0.1, 15)
        looks = anytime_sequence(rng.normal(0.0, np.sqrt(v)), v, hr_min=0.8)
        crossed += any(look.log_e_mixture >= math.log(20.0) for look in looks)
    assert crossed <= 12  # 3 expected at most; 12 of 60 has a chance below 1e-4


def test_every_subset_holds_each_single_study_and_the_whole() -> None:
    full = meta_analysis(YI, VI)
    gosh = all_subsets(full)
    assert gosh.estimate.size == 63
    assert gosh.exact
    single = gosh.included.sum(axis=1) == 1
    assert np.allclose(np.sort(gosh.estimate[single]), np.sort(YI))
    assert close(float(gosh.estimate[gosh.included.all(axis=1)][0]), full.estimate)


def test_flipping_all_signs_gives_the_same_permutation_p() -> None:
    assert sign_flip_test(meta_analysis(YI, VI)).p == sign_flip_test(meta_analysis(-YI, VI)).p


def test_more_studies_than_can_be_enumerated_need_a_generator() -> None:
    many = meta_analysis(np.linspace(-1, 1, 25), np.full(25, 0.1))
    with pytest.raises(InputError, match="k = 25"):
        all_subsets(many)
    one, again = (sign_flip_test(many, draws=500, rng=np.random.default_rng(1)) for _ in range(2))
    assert one == again


def test_a_bootstrap_is_the_same_for_the_same_generator() -> None:
    full = meta_analysis(YI, VI)
    one, again = (bootstrap(full, rng=np.random.default_rng(3), draws=400) for _ in range(2))
    assert one == again
    assert one.estimate[0] < full.estimate < one.estimate[1]


def test_one_effect_a_study_cannot_be_split_into_two_levels() -> None:
    with pytest.raises(NotEstimable, match="use meta_analysis"):
        three_level(YI, VI, list("abcdef"))


def test_the_order_of_effects_does_not_change_a_three_level_model() -> None:
    studies = list("aabbcd")
    one, other = three_level(YI, VI, studies), three_level(YI[::-1], VI[::-1], studies[::-1])
    assert one.estimate == pytest.approx(other.estimate, abs=1e-9)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-9)
    assert one.n_studies == 4


def test_aggregating_perfectly_alike_effects_keeps_effect_and_gains_little() -> None:
    together = aggregate([0.3, 0.3], [0.04, 0.04], ["a", "a"], rho=0.99)
    assert close(together.yi[0], 0.3)
    assert together.vi[0] == pytest.approx(0.04 * 0.995)
    with pytest.raises(InputError, match=r"rho is 1\.0"):
        aggregate([0.3, 0.3], [0.04, 0.04], ["a", "a"], rho=1.0)


def test_an_interval_of_p_without_studies_is_not_estimable() -> None:
    with pytest.raises(NotEstimable, match="no study has a p value in interval 1"):
        step_selection([0.01, 0.02, -0.01], [0.1, 0.2, 0.1])


def test_selection_modes_come_best_first() -> None:
    rng = np.random.default_rng(2)
    v = rng.uniform(0.01, 0.2, 25)
    model = step_selection(0.1 + rng.normal(0, np.sqrt(v + 0.01)), v)
    likelihoods = [mode.log_likelihood for mode in model.modes]
    assert likelihoods == sorted(likelihoods, reverse=True)
    assert model.log_likelihood == likelihoods[0]


def test_fisher_on_the_lady_tasting_tea_is_17_over_35() -> None:
    # Fisher 1935: 3 of 4 against 1 of 4; two-sided p = 34/70.
    assert close(fisher_exact(3, 4, 1, 4), 34 / 70)
    assert fragility_index(3, 4, 1, 4).index == 0
    with pytest.raises(InputError, match="arm a: 5 events of 4"):
        fragility_index(5, 4, 1, 4)


def test_no_significant_study_leaves_no_p_curve() -> None:
    with pytest.raises(NotEstimable, match="no p-curve"):
        p_curve([0.1, 0.2], [0.5, 0.5])
