"""Survival curves as a way to a log hazard ratio: pasted points, refused points, two readers, the pooled result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from analysis.survival import cox_two_arms, kaplan_meier
from extract.errors import DecisionError
from extract.review.proposal import proposed_value
from extract.review.routes import chosen_route, route_in_words
from extract.schema.curve import CURVE_FIELDS, stored_pairs
from extract.schema.value import apply_corrections, value_with
from extract.store.candidates import get_candidate
from extract.store.curated import CuratedValue, curated_values
from flows.assembly import synthesise
from flows.curves import log_hr_of_curves
from flows.frozen import read_table
from flows.preview import Previewer
from tests.extract.review.api_client import program
from tests.extract.review.queue_server import PROTOCOL, Queue, enqueue, proposed_effect, serving
from tests.extract.review.test_queue_pages import filled, form_of, include, words
from tests.stores import new_store


@cache
def figure() -> tuple[dict[str, str], float, float]:
    """Return what a person pastes of a simulated trial (200 an arm, ratio 0.7), its Cox log HR and standard error."""
    rng = np.random.default_rng(20261126)
    arm = np.repeat([0.0, 1.0], 200)
    death, leaving = rng.exponential(20.0 / np.where(arm == 1.0, 0.7, 1.0)), rng.uniform(12.0, 48.0, 400)
    time, event = np.minimum(death, leaving), (death <= leaving).astype(float)
    pasted = {}
    for name, one in (("surgery", 1.0), ("control", 0.0)):
        curve, lives = kaplan_meier(time[arm == one], event[arm == one]), time[arm == one]
        points = [(month, curve.at(month)[0]) for month in np.arange(0.0, 42.01, 0.5)]
        pasted[f"curve_{name}"] = "time,survival\n" + "\n".join(f"{t:g},{s:.3f}" for t, s in points)
        pasted[f"at_risk_{name}"] = "\r\n".join(f"{t},{(lives >= t).sum()}" for t in range(0, 43, 6))
        pasted[f"events_{name}"] = str(int(event[arm == one].sum()))
    true = cox_two_arms(time, event, arm)
    return pasted, true.log_hr, true.se_log_hr


def without_interval() -> dict[str, object]:
    return {"ci_low": None, "ci_high": None, "ci_level": None, "p_value": None, "p_sided": None}


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    with (
        new_store(tmp_path) as store,
        serving(store, derive_curve=log_hr_of_curves, preview=Previewer(store, PROTOCOL)) as served,
    ):
        yield served


def put(queue: Queue) -> str:
    (candidate,) = enqueue(queue.store, "100", effect=replace(proposed_effect(), **without_interval()))  # type: ignore[arg-type]
    include(queue, "100")
    return candidate


def approve(queue: Queue, candidate: str, person: str, **typed: str) -> tuple[int, str]:
    item = f"value:{candidate}"
    chosen = {"route": "survival_curve", "numerator_arm": "surgery"}
    typed = {"reason": "figure 2", "clear_checks": "yes", **chosen, **typed}
    with queue.client(person) as client:
        answer = client.submit(f"item/{item}/approve", filled(client, item, "approve", **typed))
        if "What the published pages will say" in answer.text:
            preview = words(answer.text)
            answer = client.submit(f"item/{item}/approve", form_of(answer.text, "approve"))
            return answer.status_code, preview + answer.text
        return answer.status_code, answer.text


def state_of(queue: Queue, candidate: str) -> str:
    with queue.store.read() as tx:
        kept = get_candidate(tx, candidate)
    assert kept is not None
    return kept.state


def stored(queue: Queue) -> CuratedValue:
    with queue.store.read() as tx:
        (value,) = curated_values(tx)
    return value


def test_curves_give_the_cox_ratio_of_the_people_behind_them_and_name_what_they_assume() -> None:
    pasted, log_hr, se = figure()
    value = value_with(
        replace(proposed_value(proposed_effect()), ci_low=None, ci_high=None, ci_level=None),
        {**pasted, "route": "survival_curve"},
    )
    route = chosen_route(value, log_hr_of_curves)
    assert route is not None
    # tests/reference/sections_survival.py: at most 0.03 off on published kinds of curves
    assert route.log_hr == pytest.approx(log_hr, abs=0.03)
    assert route.se_log_hr == pytest.approx(se, rel=0.01)
    told = route_in_words(route)
    assert "digitised survival curves and numbers at risk (points surgery 85, at risk surgery 200 " in told
    assert "Guyot 2012" in told
    assert not route.as_printed


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("curve_surgery", "0,1\n6,0.8\n12,0.9", "row 3: survival rises from 0.8 to 0.9"),
        ("curve_surgery", "0,100\n6,80", "row 1: survival 100 is not between 0 and 1; give shares, not percent"),
        ("curve_surgery", "0,1\n12,0.8\n6,0.7", "row 3: time 6 does not come after 12"),
        ("curve_control", "0,1\n6,o.8", "row 2: '6,o.8' is not a time and a number"),
        ("curve_control", "0,1\n6;5,0;8", "row 2: '6' is not a time and a number"),
        ("curve_control", "0,1\n6,nan", "row 2: '6,nan' is not a time and a number"),
        ("curve_control", "0,1\n6,1", "the curve never falls"),
        ("curve_control", "0,0.9\n6,0.8", "survival at time 0 is 1, not 0.9"),
        ("at_risk_surgery", "0,100\n6,110", "row 2: the number at risk rises from 100 to 110"),
        ("at_risk_surgery", "0,100\n6,9.5", "row 2: 9.5 at risk is not a whole number of people"),
        ("at_risk_control", "6,90\n12,80", "row 1: the first number at risk stands at time 0"),
        ("at_risk_control", "\n".join(f"{t},9" for t in range(501)), "501 pairs; give at most 500"),
    ],
)
def test_pairs_that_cannot_be_are_said_with_their_row(field: str, typed: str, said: str) -> None:
    with pytest.raises(DecisionError, match=f"^{field}: ") as refused:
        stored_pairs(field, typed)
    assert said in str(refused.value)


def test_a_figure_that_asks_for_too_much_arithmetic_is_refused_and_says_what_to_give() -> None:
    pasted, _, _ = figure()
    value = value_with(
        replace(proposed_value(proposed_effect()), ci_low=None, ci_high=None, ci_level=None),
        {**pasted, "route": "survival_curve", "events_surgery": "", "at_risk_surgery": "0,90000"},
    )
    with pytest.raises(DecisionError, match="give numbers at risk to the end of the curve, or fewer points"):
        chosen_route(value, log_hr_of_curves)


def test_a_wrong_point_is_said_at_its_field_and_every_pasted_point_is_still_there(queue: Queue) -> None:
    candidate, (pasted, _, _) = put(queue), figure()
    status, page = approve(queue, candidate, "reviewer-a", **{**pasted, "curve_control": "0,1\n6,0.8\n12,0.9"})
    assert status == 422
    assert 'id="e-curve_control"' in page
    assert "row 3: survival rises from 0.8 to 0.9" in words(page)
    assert "0,1\n6,0.8\n12,0.9</textarea>" in page.replace("\r", "")
    assert pasted["curve_surgery"] in page.replace("\r", "")
    status, page = approve(queue, candidate, "reviewer-a", **{**pasted, "at_risk_control": ""})
    assert status == 422
    assert "paste time and number, one pair a line" in words(page).lower()
    status, page = approve(queue, candidate, "reviewer-a", **{**pasted, "events_surgery": "201"})
    assert status == 422
    assert "201 events cannot be, 200 people are at risk at the start" in words(page)
    assert state_of(queue, candidate) == "proposed"


def test_the_derived_number_is_shown_without_scripts_before_anything_is_decided(queue: Queue) -> None:
    candidate, (pasted, _, _) = put(queue), figure()
    item = f"value:{candidate}"
    with queue.client("reviewer-a") as client:
        assert "digitise the figure and paste the points" in words(client.page(f"item/{item}").text)
        page = words(client.submit(f"item/{item}/draft", filled(client, item, "approve", **pasted)).text)
        wrong = filled(client, item, "approve", **{**pasted, "curve_control": "0,1\n6,1"})
        refused = words(client.submit(f"item/{item}/draft", wrong).text)
    value = value_with(proposed_value(proposed_effect()), pasted)
    route = chosen_route(replace(value, ci_low=None, ci_high=None, route="survival_curve"), log_hr_of_curves)
    assert route is not None
    assert route.log_hr is not None
    assert f"{route.log_hr:.4f} from the survival curves, surgery over no surgery" in page
    assert "assumes: individual times reconstructed from the digitised figure (Guyot 2012)" in page
    assert "no number yet" in refused
    assert "the curve never falls" in refused


def test_a_second_reader_confirms_the_points_reads_the_rest_blind_and_the_synthesis_pools_them(queue: Queue) -> None:
    candidate, (pasted, log_hr, se) = put(queue), figure()
    assert approve(queue, candidate, "reviewer-a", **pasted)[0] == 200
    with queue.client("reviewer-b") as client:
        form = filled(client, f"value:{candidate}", "approve")
    shown, first = (stored_pairs("curve_control", one["curve_control"]) for one in (form, pasted))
    assert shown == first
    assert (form["estimate"], form["events_surgery"], form["route"]) == ("", "", "")
    counts = {name: pasted[name] for name in ("events_surgery", "events_control")}
    status, page = approve(queue, candidate, "reviewer-b", estimate="0.72", **counts)
    assert status == 200, words(page)
    assert "Estimates 0 1" in page
    value = stored(queue)
    used = apply_corrections(value.reported, value.corrections)
    assert used.route == "survival_curve"
    assert {name: getattr(used, name) for name in CURVE_FIELDS} == {
        name: stored_pairs(name, pasted[name]) for name in CURVE_FIELDS
    }
    assert value.reported.curve_surgery is None
    with queue.store.read() as tx:
        (synthesis,) = [s for s in synthesise(read_table(tx), PROTOCOL) if s.inputs]
    (pooled,) = synthesis.inputs
    assert (pooled.log_hr, pooled.se_log_hr) == (pytest.approx(log_hr, abs=0.03), pytest.approx(se, rel=0.01))
    assert pooled.route == "survival_curve"
    assert pooled.approximation is not None
    assert "fits the digitised curves within 0.0" in pooled.approximation
    assert pooled.note is not None
    assert "log hazard ratio from digitised survival curves and numbers at risk" in pooled.note


def test_a_second_reader_who_corrects_a_point_makes_a_conflict_that_an_adjudicator_settles(queue: Queue) -> None:
    candidate, (pasted, _, _) = put(queue), figure()
    approve(queue, candidate, "reviewer-a", **pasted)
    theirs = pasted | {"at_risk_surgery": pasted["at_risk_surgery"].replace("0,200", "0,201", 1), "estimate": "0.72"}
    approve(queue, candidate, "reviewer-b", **theirs)
    assert state_of(queue, candidate) == "conflict"
    with queue.client("adjudicator") as client:
        item = f"value:{candidate}"
        seen = filled(client, item, "settle")["seen"]
        pick = "=" + stored_pairs("at_risk_surgery", pasted["at_risk_surgery"])
        chosen = {"seen": seen, "pick-at_risk_surgery": pick, "reason": "printed 200", "clear_checks": "yes"}
        client.submit(f"item/{item}/settle", chosen)
    assert apply_corrections(stored(queue).reported, stored(queue).corrections).at_risk_surgery == pick[1:]


def test_a_figure_gives_no_other_number_whatever_arm_the_report_puts_on_top() -> None:
    pasted, _, _ = figure()
    value = replace(proposed_value(proposed_effect()), ci_low=None, ci_high=None, ci_level=None)
    ways = [
        chosen_route(value_with(value, {**pasted, "route": "survival_curve", "numerator_arm": arm}), log_hr_of_curves)
        for arm in ("surgery", "no_surgery")
    ]
    assert ways[0] == ways[1]


def test_a_program_sends_points_like_a_page_and_the_blind_one_is_sent_them_and_nothing_else(queue: Queue) -> None:
    candidate, (pasted, _, _) = put(queue), figure()
    item, way = f"value:{candidate}", {"route": "survival_curve", "numerator_arm": "surgery"}
    with program(queue, "reviewer-a") as a, program(queue, "reviewer-b") as b:
        wrong = a.act(item, "approve", values={**pasted, **way, "curve_control": "0,1; 6,2"}, reason="figure 2")
        assert [fault["where"] for fault in wrong.json()["fields"]] == ["curve_control"]
        first = a.act(item, "approve", values={**pasted, **way}, reason="figure 2", clear_checks=True)
        assert first.json()["state"] == "needs_second"
        form = b.show(f"/items/{item}")["value"]["form"]
        assert form["at_risk_surgery"] == stored_pairs("at_risk_surgery", pasted["at_risk_surgery"])
        assert (form["route"], form["events_surgery"], form["estimate"]) == ("", "", "")
        counts = {name: pasted[name] for name in ("events_surgery", "events_control")}
        read = {"estimate": "0.72", **counts, **way}
        second = b.act(item, "approve", values=read, reason="figure 2", clear_checks=True)
        assert second.json()["state"] == "approved"
