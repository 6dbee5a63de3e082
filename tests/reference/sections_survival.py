"""Effect sizes, absolute effects, survival estimates and curve reconstruction against the reference."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.absolute import absolute_effect
from analysis.effect_size import (
    LogHazardRatio,
    interval,
    log_hr_from_interval,
    log_hr_from_observed_expected,
    log_hr_from_oe,
    log_hr_from_p,
    log_hr_from_p_and_events,
)
from analysis.reconstruction import reconstruct_arm
from analysis.survival import cox_two_arms, kaplan_meier, log_rank, restricted_mean
from tests.reference.comparison import Row, Rows, pairs

SIX_DIGITS = 2e-6
"""The file prints its individual times with six significant digits; the results it holds come from the exact ones."""


def from_ci(document: dict[str, Any]) -> Rows:
    for i, case in enumerate(document["from_ci"]):
        ours = log_hr_from_interval(case["hr"], ci_low=case["lb"], ci_high=case["ub"], ci_level=100 * case["level"])
        yield from pairs(f"from_ci[{i}].loghr", ours.log_hr, case["loghr"])
        yield from pairs(f"from_ci[{i}].se", ours.se_log_hr, case["se"])
        yield from pairs(f"from_ci[{i}].vi", ours.se_log_hr**2, case["vi"])


def from_p(document: dict[str, Any]) -> Rows:
    for i, case in enumerate(document["from_p"]):
        yield from pairs(f"from_p[{i}].se", log_hr_from_p(case["hr"], p=case["p"], sided=2).se_log_hr, case["se"])


def _effect(where: str, ours: LogHazardRatio, theirs: dict[str, float]) -> Rows:
    yield from pairs(f"{where}.loghr", ours.log_hr, theirs["loghr"])
    yield from pairs(f"{where}.se", ours.se_log_hr, theirs["se"])


def tierney(document: dict[str, Any]) -> Rows:
    for i, case in enumerate(document["tierney"]):
        common = {"p": case["p"], "sided": 2, "favours_treatment": case["direction"] < 0}
        total = case["events_t"] + case["events_c"]
        forms: dict[str, dict[str, Any]] = {
            "V_total_over_4_equal_alloc": {"events": total},
            "V_total_alloc_ratio": {"events": total, "n_treated": case["n_t"], "n_control": case["n_c"]},
            "V_events_product": {"events_treated": case["events_t"], "events_control": case["events_c"]},
        }
        for name, figures in forms.items():
            yield from _effect(f"tierney[{i}].{name}", log_hr_from_p_and_events(**common, **figures), case[name])


def oe_v(document: dict[str, Any]) -> Rows:
    for i, case in enumerate(document["oe_v"]):
        ours = log_hr_from_oe(case["OmE"], variance=case["V"])
        yield from _effect(f"oe_v[{i}]", ours, case)
        limits = interval(ours.log_hr, ours.se_log_hr, level=95.0)
        yield from pairs(f"oe_v[{i}].limits", list(limits), [case["hr"], case["lb"], case["ub"]])


def oe_both(document: dict[str, Any]) -> Rows:
    for i, case in enumerate(document["oe_both"]):
        ours = log_hr_from_observed_expected(case["O_t"], case["E_t"], case["O_c"], case["E_c"])
        yield from _effect(f"oe_both[{i}]", ours, case)


def abs_cases(document: dict[str, Any]) -> Rows:
    for i, case in enumerate(document["cases"]):
        ours = absolute_effect(
            case["hr"], ci_low=case["lb"], ci_high=case["ub"], control_risk=case["baseline_event_risk"]
        )
        for name, value in (
            ("risk_treat", ours.treated_risk),
            ("per1000_diff", ours.per_1000),
            ("per1000_lb", ours.per_1000_low),
            ("per1000_ub", ours.per_1000_high),
            ("nnt", ours.nnt),
        ):
            yield from pairs(f"cases[{i}].{name}", value, case[name])


def ipd(document: dict[str, Any]) -> Rows:
    for i, case in enumerate(document["ipd"]):
        x = [1.0 if group == "T" else 0.0 for group in case["group"]]
        loose = {"relative": SIX_DIGITS}
        cox = cox_two_arms(case["time"], case["status"], x)
        yield from pairs(f"ipd[{i}].cox.logHR", cox.log_hr, case["cox"]["logHR"])
        yield from pairs(f"ipd[{i}].cox.se", cox.se_log_hr, case["cox"]["se"])
        test = log_rank(case["time"], case["status"], x)
        for name, value in (
            ("OmE", test.o_minus_e),
            ("V", test.variance),
            ("chisq", test.chi2),
            ("peto_logHR", test.effect.log_hr),
            ("peto_se", test.effect.se_log_hr),
        ):
            yield from pairs(f"ipd[{i}].logrank.{name}", value, case["logrank"][name])
        arms = {name: [row for row, group in enumerate(case["group"]) if group == name] for name in ("C", "T")}
        columns = {
            name: ([case["time"][r] for r in rows], [case["status"][r] for r in rows]) for name, rows in arms.items()
        }
        for one in case["rmst"]:
            for name, mean, se in zip(("C", "T"), one["rmst"], one["se"], strict=True):
                ours = restricted_mean(*columns[name], horizon=one["tau"])
                yield from pairs(f"ipd[{i}].rmst{one['tau']}.{name}", [ours.mean, ours.se], [mean, se], **loose)
        for name in ("C", "T"):
            curve = kaplan_meier(*columns[name])
            at = [curve.at(time) for time in case["km_at"]["times"]]
            yield from pairs(f"ipd[{i}].km.{name}", [s for s, _ in at], case["km_at"][name])
            if f"se_{name}" in case["km_at"]:
                yield from pairs(f"ipd[{i}].km.se_{name}", [e for _, e in at], case["km_at"][f"se_{name}"])


RECONSTRUCTION_WORST = 0.026
RECONSTRUCTION_MEDIAN = 0.008
"""What the project promises for |error of the log hazard ratio| (the best published program: 0.015 and 0.015)."""


def km_cases(document: dict[str, Any]) -> Rows:
    for known in (True, False):
        label = "with totals" if known else "without totals"
        errors = []
        for i, case in enumerate(document["cases"]):
            times: list[float] = []
            events: list[int] = []
            arms: list[float] = []
            for arm_number, arm in enumerate(case["arms"]):
                ours = reconstruct_arm(
                    arm["time"],
                    arm["surv"],
                    risk_times=arm["trisk"],
                    at_risk=arm["nrisk"],
                    total_events=arm["events"] if known else None,
                )
                where = f"cases[{i}].{label}[{arm_number}]"
                assert len(ours.time) == arm["n"]
                yield Row(f"{where}.events", float(sum(ours.event)), arm["events"], 0.0, 1.0)
                rmst = restricted_mean(ours.time, ours.event, horizon=24.0).mean
                yield Row(f"{where}.rmst24", rmst, arm["true"]["rmst24"], relative=0.003)
                times += ours.time
                events += ours.event
                arms += [float(arm_number)] * len(ours.time)
            effect = cox_two_arms(times, events, arms)
            errors.append(abs(effect.log_hr - case["true"]["logHR"]))
            yield Row(f"cases[{i}].{label}.logHR", effect.log_hr, case["true"]["logHR"], 0.0, RECONSTRUCTION_WORST)
            yield Row(f"cases[{i}].{label}.se", effect.se_log_hr, case["true"]["se"], relative=0.01)
        yield Row(f"{label} median |error|", float(np.median(errors)), 0.0, 0.0, RECONSTRUCTION_MEDIAN)
