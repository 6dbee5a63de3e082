"""The log hazard ratio of two digitised survival curves, computed by the analysis for the queue and the pages."""

from __future__ import annotations

from functools import lru_cache

from analysis.effect_size import LogHazardRatio
from analysis.errors import InputError
from analysis.reconstruction import ReconstructedArm, reconstruct_arm
from analysis.survival import cox_two_arms
from extract.review.curves import APPROXIMATION, CurveArm, Curves
from extract.schema.vocabulary import RouteName

MOST_TRIALS = 300_000
"""People after the last number at risk times points there: every number censored is tried, this is about a second."""

MOST_CELLS = 10_000_000
"""People times points in the partial likelihood: 80 MB."""

REMEMBERED = 64
"""Figures whose number is kept: a form, its preview and its publication ask for the same one."""


@lru_cache(maxsize=REMEMBERED)
def log_hr_of_curves(curves: Curves) -> LogHazardRatio:
    """Return the Cox log hazard ratio, surgery over no surgery, of individual times reconstructed after Guyot 2012.

    Raises
    ------
    InputError
        Points or numbers at risk that cannot be, or too many people left after the last number at risk.
    NotEstimable
        An arm without events.
    """
    arms = (_reconstructed(curves.surgery, "surgery"), _reconstructed(curves.control, "control"))
    time = [t for arm in arms for t in arm.time]
    event = [d for arm in arms for d in arm.event]
    treated = [1] * len(arms[0].time) + [0] * len(arms[1].time)
    points = len(curves.surgery.points) + len(curves.control.points)
    if len(time) * points > MOST_CELLS:
        raise InputError(f"{points} points for {len(time)} people: give at most {MOST_CELLS // len(time)} points")
    effect = cox_two_arms(time, event, treated)
    misfit = max(arm.largest_misfit for arm in arms)
    approximation = f"{APPROXIMATION}; fits the digitised curves within {misfit:.3f}"
    return LogHazardRatio(effect.log_hr, effect.se_log_hr, RouteName.SURVIVAL_CURVE.value, approximation)


def _reconstructed(arm: CurveArm, name: str) -> ReconstructedArm:
    end = arm.points[-1][0]
    inside = [(time, people) for time, people in arm.at_risk if time < end]
    last_time, left = inside[-1]
    after = sum(time > last_time for time, _ in arm.points)
    if left * after > MOST_TRIALS:
        raise InputError(
            f"at_risk_{name}: {left:g} people and {after} points after the last number at risk (time {last_time:g}): "
            "give numbers at risk to the end of the curve, or fewer points"
        )
    return reconstruct_arm(
        [time for time, _ in arm.points],
        [survival for _, survival in arm.points],
        risk_times=[time for time, _ in arm.at_risk],
        at_risk=[people for _, people in arm.at_risk],
        total_events=arm.events,
    )
