"""A value without an interval: ways to a log hazard ratio are shown, one is picked, only the choice is stored."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from extract.errors import DecisionError
from extract.review.proposal import proposed_value
from extract.review.routes import chosen_route, route_in_words, routes_of
from extract.schema.value import ReportedValue
from extract.store.candidates import get_candidate
from extract.store.curated import curated_values
from extract.store.decisions import decisions_on
from tests.extract.review.queue_server import Queue, enqueue, proposed_effect
from tests.extract.review.test_queue_pages import filled, include, words

# JCOG1017, PMID 40615712, as if it printed no interval: HR 0.86, one-sided p 0.13, 221 deaths, 202 and 205 patients.
WITHOUT = replace(
    proposed_value(proposed_effect()),
    estimate=0.86,
    ci_low=None,
    ci_high=None,
    ci_level=None,
    p_value="0.13",
    p_sided="one",
    numerator_arm="surgery",
    denominator_arm="no_surgery",
    events_total=221,
    n_surgery=202,
    n_control=205,
)


def test_the_ways_are_offered_only_where_no_interval_is_printed() -> None:
    assert [route.name for route in routes_of(WITHOUT)] == ["hr_and_p", "p_and_events"]
    printed = replace(WITHOUT, ci_low=0.69, ci_high=1.07, ci_level=90.0)
    assert routes_of(printed) == ()
    with pytest.raises(DecisionError, match="an interval is printed"):
        chosen_route(replace(printed, route="hr_and_p"))


def test_a_chosen_way_gives_its_number_and_names_inputs_and_assumption() -> None:
    route = chosen_route(replace(WITHOUT, route="hr_and_p"))
    assert route is not None
    # |ln 0.86| / 1.1264 = 0.1339 (z of a one-sided p of 0.13)
    assert route.se_log_hr == pytest.approx(0.1339, abs=0.0002)
    told = route_in_words(route)
    assert "hr 0.86, p 0.13, sided 1" in told
    assert "assumes: the p value is that of a Wald or log-rank test" in told


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"route": "hr_and_p", "p_value": "<0.05"}, "needs the estimate and an exact p value"),
        ({"route": "o_minus_e"}, "needs o_minus_e and o_minus_e_variance"),
        ({"route": "medians"}, "needs medians and events of both arms"),
        ({"route": "p_and_events", "events_total": None}, "needs an exact p value and events"),
        ({"route": "p_and_events", "estimate": None}, "say which arm did better"),
        ({"route": "hr_and_p", "estimate": 1.0}, "a ratio of 1"),
    ],
)
def test_a_way_whose_figures_are_missing_is_refused_with_what_is_missing(changes: dict[str, object], said: str) -> None:
    with pytest.raises(DecisionError, match=said):
        chosen_route(replace(WITHOUT, **changes))  # type: ignore[arg-type]


def test_a_way_from_p_alone_runs_surgery_over_no_surgery_whatever_is_printed() -> None:
    value = replace(WITHOUT, estimate=None, numerator_arm="no_surgery", favours_arm="surgery", route="p_and_events")
    route = chosen_route(value)
    assert route is not None
    assert (route.as_printed, route.log_hr is not None and route.log_hr < 0) == (False, True)
    # V = 221 x 202 x 205 / 407^2 = 55.25; z of one-sided 0.13 is 1.1264; exp(-1.1264 / sqrt(55.25)) = 0.859
    assert math.exp(route.log_hr or 0) == pytest.approx(0.859, abs=0.001)


def put_without_interval(queue: Queue) -> str:
    effect = replace(proposed_effect(), ci_low=None, ci_high=None, ci_level=None, p_value="P = .012", p_sided="two")
    (candidate,) = enqueue(queue.store, "100", effect=effect)
    include(queue, "100")
    return candidate


def approve(queue: Queue, candidate: str, person: str, **typed: str) -> str:
    item = f"value:{candidate}"
    typed = {"numerator_arm": "surgery", "reason": "p of the log-rank test, text", "clear_checks": "yes", **typed}
    with queue.client(person) as client:
        return words(client.submit(f"item/{item}/approve", filled(client, item, "approve", **typed)).text)


def test_two_people_choose_a_way_and_the_value_keeps_the_choice_beside_what_is_printed(queue: Queue) -> None:
    candidate = put_without_interval(queue)
    with queue.client("reviewer-a") as client:
        page = words(client.page(f"item/value:{candidate}").text)
    assert "No interval is printed." in page
    # |ln 0.72| / z(0.012 two-sided = 2.5121) = 0.131
    assert "log HR -0.329, SE 0.131" in page
    assert "Saved" in approve(queue, candidate, "reviewer-a", route="hr_and_p")
    with queue.client("reviewer-b") as client:
        blind = words(client.page(f"item/value:{candidate}").text)
    assert "log HR -0.329" not in blind
    assert "Saved" in approve(queue, candidate, "reviewer-b", route="hr_and_p", estimate="0.72")
    with queue.store.read() as tx:
        kept = get_candidate(tx, candidate)
        assert kept is not None
        (value,) = [one for one in curated_values(tx) if one.value_id == kept.value_id]
    assert kept.state == "approved"
    assert (value.reported.estimate, value.reported.ci_low, value.reported.route) == (0.72, None, None)
    chosen = {correction.field: correction.corrected for correction in value.corrections}
    assert (chosen["route"], chosen["poolable"], chosen["not_poolable_reason"]) == ("hr_and_p", True, None)


def cleared(queue: Queue, candidate: str) -> dict[str, str]:
    """Return the reasons the last reading gave for the checks that fired."""
    with queue.store.read() as tx:
        *_, last = decisions_on(tx, "candidate", candidate)
    given: dict[str, str] = last.decision.details["cleared"]
    return given


def test_a_ratio_without_an_interval_is_not_approved_without_a_way_or_a_reason_of_its_own(queue: Queue) -> None:
    candidate = put_without_interval(queue)
    refused = approve(queue, candidate, "reviewer-a", clear_checks="")
    assert "make sure that it compares the arms and is not a prognostic factor's" in refused
    with queue.store.read() as tx:
        kept = get_candidate(tx, candidate)
    assert kept is not None
    assert kept.state == "proposed"
    typed = {"check-interval-missing": "table 3 names the arms", "check-direction-not-stated": "table 3"}
    assert "Saved" in approve(queue, candidate, "reviewer-a", clear_checks="", **typed)
    assert cleared(queue, candidate)["interval-missing"] == "table 3 names the arms"


@pytest.mark.parametrize("all_looked_at", ["", "yes"])
def test_a_chosen_way_answers_the_missing_interval_and_is_the_reason_on_record(
    queue: Queue, all_looked_at: str
) -> None:
    candidate, way = (
        put_without_interval(queue),
        "way to a log hazard ratio chosen: printed ratio and its exact p value",
    )
    for person, read in (("reviewer-a", {}), ("reviewer-b", {"estimate": "0.72"})):
        assert "Saved" in approve(queue, candidate, person, route="hr_and_p", clear_checks=all_looked_at, **read)
        assert cleared(queue, candidate)["interval-missing"] == way


def test_different_ways_or_different_p_values_are_a_conflict(queue: Queue) -> None:
    candidate = put_without_interval(queue)
    approve(queue, candidate, "reviewer-a", route="hr_and_p")
    approve(queue, candidate, "reviewer-b", route="hr_and_p", estimate="0.72", p_value="P = .02")
    with queue.store.read() as tx:
        kept = get_candidate(tx, candidate)
    assert kept is not None
    assert kept.state == "conflict"


def test_a_value_stored_before_there_were_ways_still_reads() -> None:
    assert ReportedValue(**{"outcome": "OS", "subtype": "all", "pattern": "all", "population": None, "measure": "HR",
        "estimate": 0.7, "ci_low": 0.5, "ci_high": 0.9, "ci_level": 95.0, "p_value": None, "p_sided": None,
        "numerator_arm": "surgery"}).route is None  # fmt: skip
