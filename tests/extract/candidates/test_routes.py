"""Which ways to a log hazard ratio a report allows; figures of the trials as printed (../shared/evidence)."""

from __future__ import annotations

import math

import pytest

from extract.candidates.routes import ORDER, Facts, Route, routes_to_log_hr
from extract.checks import CheckInput

# JCOG1017, PMID 40615712: HR 0.86, 90 % CI 0.69-1.07, one-sided p 0.13, 221 deaths, 202 and 205 patients.
JCOG1017 = CheckInput(
    estimate=0.86,
    ci_low=0.69,
    ci_high=1.07,
    ci_level=90,
    p_value="0.13",
    p_sided="one",
    events_total=221,
    n_surgery=202,
    n_control=205,
)


def by_name(routes: tuple[Route, ...]) -> dict[str, Route]:
    return {route.name: route for route in routes}


def test_three_routes_of_jcog1017_agree_within_what_printing_allows() -> None:
    routes = by_name(routes_to_log_hr(JCOG1017))
    assert list(routes) == ["interval", "hr_and_p", "p_and_events"]
    # SE from the 90 % interval: ln(1.07/0.69) / (2 x 1.6449) = 0.1334
    assert routes["interval"].se_log_hr == pytest.approx(0.1334, abs=0.0002)
    # |ln 0.86| / 1.1264 = 0.1339
    assert routes["hr_and_p"].se_log_hr == pytest.approx(0.1339, abs=0.0002)
    # V = 221 x 202 x 205 / 407^2 = 55.25; -1.1264 / sqrt(55.25) = -0.1515, i.e. HR 0.859
    assert math.exp(routes["p_and_events"].log_hr or 0) == pytest.approx(0.859, abs=0.001)


def test_each_route_keeps_its_inputs_and_says_what_it_assumes() -> None:
    routes = by_name(routes_to_log_hr(JCOG1017))
    assert dict(routes["hr_and_p"].inputs) == {"hr": "0.86", "p": "0.13", "sided": "1"}
    assert routes["interval"].approximation == ""
    assert "allocation" in routes["p_and_events"].approximation


def test_an_interval_without_a_stated_level_is_no_route() -> None:
    value = CheckInput(estimate=0.86, ci_low=0.69, ci_high=1.07)
    assert routes_to_log_hr(value) == ()


def test_a_bound_is_not_an_exact_p() -> None:
    # Schmid and others print "p < 0.001": no standard error follows.
    assert routes_to_log_hr(CheckInput(estimate=0.6, p_value="P < 0.001", events_total=100)) == ()


def test_a_ratio_of_one_with_its_p_gives_no_error_and_says_so() -> None:
    (route,) = routes_to_log_hr(CheckInput(estimate=1.0, p_value="0.9"))
    assert route.log_hr is None
    assert "ratio of 1" in route.problem


def test_a_coarsely_printed_p_is_marked() -> None:
    (route,) = routes_to_log_hr(CheckInput(estimate=0.8, p_value="p=0.1"))
    assert "coarsely" in route.problem


def test_a_p_with_events_needs_to_know_who_did_better() -> None:
    (route,) = routes_to_log_hr(CheckInput(p_value="0.04", events_total=120))
    assert (route.name, route.log_hr) == ("p_and_events", None)
    assert "which arm" in route.problem
    (route,) = routes_to_log_hr(CheckInput(p_value="0.04", events_total=120), Facts(favours_intervention=True))
    assert route.log_hr is not None
    assert route.log_hr < 0


def test_observed_minus_expected_gives_the_peto_estimate() -> None:
    # (O - E) / V with variance 1 / V
    (route,) = routes_to_log_hr(CheckInput(), Facts(o_minus_e=-8.0, variance=20.0))
    assert (route.log_hr, route.se_log_hr) == (pytest.approx(-0.4), pytest.approx(1 / math.sqrt(20)))


def test_a_curve_is_offered_and_left_to_a_person() -> None:
    (route,) = routes_to_log_hr(CheckInput(), Facts(has_survival_curve=True))
    assert route.log_hr is None
    assert "unreliable" in route.problem


def test_the_order_runs_from_least_to_most_assumed() -> None:
    value = CheckInput(
        estimate=0.8,
        ci_low=0.6,
        ci_high=1.07,
        ci_level=95,
        p_value="0.13",
        events_surgery=50,
        events_control=60,
        median_surgery_months=30,
        median_control_months=25,
    )
    routes = routes_to_log_hr(value, Facts(o_minus_e=-4, variance=25, has_survival_curve=True))
    assert tuple(route.name for route in routes) == ORDER
