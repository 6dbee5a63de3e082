import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.design_matrix import design_matrix
from analysis.errors import InputError
from analysis.models import meta_analysis
from analysis.regression import meta_regression
from analysis.robust import robust_tests
from analysis.subgroups import subgroup_analysis
from tests.tolerances import ABSOLUTE_AT_ZERO, RELATIVE, close

YI = np.array([-0.9, -0.4, -0.1, 0.3, 0.1, -0.6, 0.2, 0.5])
VI = np.array([0.05, 0.02, 0.04, 0.08, 0.03, 0.02, 0.06, 0.09])
DOSE = np.array([1.0, 2.0, 3.0, 5.0, 4.0, 2.0, 3.0, 6.0])


def test_a_regression_on_the_intercept_alone_is_the_meta_analysis() -> None:
    for method in ("DL", "REML", "ML", "PM", "HE", "HS", "SJ", "EE"):
        fit = meta_regression(YI, VI, design_matrix({}, 8), method=method)
        pooled = meta_analysis(YI, VI, method=method)
        assert close(fit.b[0], pooled.estimate)
        assert close(fit.se[0], pooled.se or 0.0)
        assert close(fit.tau2, pooled.tau2 or 0.0)


@settings(max_examples=30, deadline=None)
@given(shift=st.floats(-3000, 3000), factor=st.floats(0.001, 1000))
def test_moving_or_scaling_a_moderator_changes_neither_tau2_nor_the_test(shift: float, factor: float) -> None:
    one = meta_regression(YI, VI, {"dose": DOSE})
    other = meta_regression(YI, VI, {"dose": factor * (DOSE + shift)})
    assert np.isclose(one.tau2, other.tau2, rtol=1e-6, atol=1e-9)
    assert np.isclose(one.p[1], other.p[1], rtol=1e-6)
    assert np.isclose(one.b[1], other.b[1] * factor, rtol=1e-6)


@pytest.mark.parametrize(
    ("moderators", "says"),
    [
        ({"dose": [1.0] * 8}, "'dose' is constant or a combination of intercept"),
        ({"dose": DOSE, "twice": 2 * DOSE + 1}, "'twice' is constant or a combination of intercept, dose"),
        ({"dose": [*DOSE[:7], np.nan]}, "row 8: moderator 'dose' is nan"),
        ({"dose": DOSE[:7]}, "'dose' has 7 values for 8 studies"),
        ({"site": ["bone"] * 8}, "'site' is 'bone' for every study"),
        ({"site": ["bone", 3, *["visceral"] * 6]}, "row 2: moderator 'site' is 3 among text"),
        ({"site": [str(i) for i in range(8)]}, "8 coefficients .* and only 8 studies"),
    ],
)
def test_a_moderator_that_cannot_be_used_is_named_with_its_remedy(moderators: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        meta_regression(YI, VI, moderators)  # type: ignore[arg-type]


def test_robust_tests_need_more_clusters_than_coefficients() -> None:
    with pytest.raises(InputError, match="1 clusters and 1 coefficients"):
        robust_tests(YI, np.ones((8, 1)), np.diag(VI), ["one"] * 8)


def test_strata_pooled_with_a_common_tau2_are_the_meta_regression_on_the_strata() -> None:
    strata = ["bone", "bone", "visceral", "bone", "visceral", "visceral", "bone", "visceral"]
    common = subgroup_analysis(YI, VI, strata, common_tau2=True)
    fit = meta_regression(YI, VI, {"stratum": strata})
    assert close(common.q_between or 0.0, fit.qm or 0.0)
    assert common.df2 == 6
    assert close(common.p or 0.0, fit.qm_p or 0.0)


def test_one_stratum_has_no_interaction_test_and_says_so() -> None:
    alone = subgroup_analysis(YI, VI, ["all"] * 8)
    assert alone.q_between is None
    assert alone.reason == "one stratum only: nothing to compare"


def test_a_stratum_without_a_name_is_refused() -> None:
    with pytest.raises(InputError, match="row 3: the stratum is ''"):
        subgroup_analysis(YI, VI, ["a", "a", "", *["b"] * 5])


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_studies_does_not_change_a_regression(seed: int) -> None:
    order = np.random.default_rng(seed).permutation(8)
    one = meta_regression(YI, VI, {"dose": DOSE})
    other = meta_regression(YI[order], VI[order], {"dose": DOSE[order]})
    assert np.allclose(one.b, other.b, rtol=RELATIVE, atol=ABSOLUTE_AT_ZERO)
    assert np.allclose(one.se, other.se, rtol=RELATIVE, atol=ABSOLUTE_AT_ZERO)
