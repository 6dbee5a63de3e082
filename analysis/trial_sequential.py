"""Trial sequential analysis of hazard ratios: a labelled supplement, never the main result.

Repeated updating of a meta-analysis is repeated testing. The required information size says how much would settle the
question for the effect that matters; the boundaries say what z would be convincing before. The Cochrane Handbook
advises against sequential methods for main conclusions; a living review shows them beside.

References: Wetterslev et al. 2009, BMC Med Res Methodol 9:86 (diversity); Schoenfeld 1983 (events).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.distributions import normal_quantile
from analysis.effect_size import positive
from analysis.errors import InputError
from analysis.inputs import checked_estimates
from analysis.models import meta_analysis
from analysis.sensitivity import cumulative
from analysis.spending import boundaries, futility_design

LABEL = "supplement: sequential methods are not used for the conclusion"

SMALLEST_GAIN = 1e-4
"""Looks closer than this share of the required information are merged: they add nothing to test."""


@dataclass(frozen=True)
class RequiredInformation:
    """Events (and Fisher information) needed for a hazard ratio, without and with diversity adjustment.

    ``participants`` need the probability of an event; None without it.
    """

    events: float
    events_adjusted: float
    information: float
    information_adjusted: float
    diversity: float
    participants: float | None
    participants_adjusted: float | None


@dataclass(frozen=True)
class SequentialLook:
    """The state after a study: share of the required information, z, the boundary there, and what follows."""

    k: int
    share: float
    z: float
    boundary: float | None
    futility: float | None
    status: str


@dataclass(frozen=True)
class TrialSequentialAnalysis:
    """The required information and the looks, one a study in order; ``label`` goes on the page."""

    required: RequiredInformation
    looks: tuple[SequentialLook, ...]
    conclusion: str
    label: str = LABEL


def required_information(
    hr: float,
    *,
    alpha: float = 0.05,
    beta: float = 0.2,
    diversity: float = 0.0,
    allocation: float = 0.5,
    p_event: float | None = None,
) -> RequiredInformation:
    """Return the events that settle a hazard ratio: ``(z_a/2 + z_b)^2 / (p (1 - p) ln(hr)^2)`` (Schoenfeld 1983).

    Parameters
    ----------
    hr
        The ratio that would matter, not 1.
    alpha, beta
        Two-sided error and missed chance.
    diversity
        D^2 between 0 and below 1: the share of the random-effects variance that heterogeneity adds; divides by 1 - D^2.
    allocation
        Share of participants in one arm.
    p_event
        Overall probability of an event, to turn events into participants.
    """
    log_hr = math.log(positive(hr, "hr"))
    if log_hr == 0.0:
        raise InputError("hr is 1: no information settles an effect of nothing; give the ratio that would matter")
    if not 0.0 <= diversity < 1.0:
        raise InputError(f"diversity is {diversity!r}: give a share from 0 to below 1")
    if not 0.0 < allocation < 1.0:
        raise InputError(f"allocation is {allocation!r}: give a share between 0 and 1")
    if p_event is not None and not 0.0 < p_event <= 1.0:
        raise InputError(f"p_event is {p_event!r}: give a probability above 0 and at most 1")
    information = ((normal_quantile(1.0 - alpha / 2.0) + normal_quantile(1.0 - beta)) / log_hr) ** 2
    events = information / (allocation * (1.0 - allocation))
    factor = 1.0 / (1.0 - diversity)
    people = None if p_event is None else events / p_event
    return RequiredInformation(
        events,
        events * factor,
        information,
        information * factor,
        diversity,
        people,
        None if people is None else people * factor,
    )


def diversity(yi: ArrayLike, vi: ArrayLike, *, method: str = "REML") -> float:
    """Return D^2 = (v_R - v_F) / v_R, from the Wald variances of the two models (Wetterslev 2009, equation 5)."""
    random = meta_analysis(yi, vi, method=method, ci_method="wald").se or 1.0
    fixed = meta_analysis(yi, vi, method="EE", ci_method="wald").se or 1.0
    return max(0.0, 1.0 - (fixed / random) ** 2)


def trial_sequential_analysis(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    hr: float,
    alpha: float = 0.05,
    beta: float = 0.2,
    method: str = "REML",
    spending: str = "obrien_fleming",
) -> TrialSequentialAnalysis:
    """Return the sequential reading of studies in the order they appeared.

    Parameters
    ----------
    yi, vi
        (k,) log hazard ratios and variances in order of publication.
    hr
        The ratio that would matter; fixed before looking.
    alpha, beta, spending
        Of the boundaries.
    method
        Estimator of tau2 for z and for the diversity adjustment.
    """
    y, v = checked_estimates(yi, vi)
    adjusted = diversity(y, v, method=method) if y.size > 1 else 0.0
    required = required_information(hr, alpha=alpha, beta=beta, diversity=adjusted)
    share = np.cumsum(1.0 / v) / required.information_adjusted
    z = cumulative(meta_analysis(y, v, method=method, ci_method="wald"), range(y.size)).stat
    tested = _tested(share.tolist())
    design = boundaries([t for _, t in tested], alpha=alpha, spending=spending)
    futility: tuple[float | None, ...] = (None,) * len(tested)
    if tested[-1][1] < 1.0:
        # Futility needs the whole plan: the looks so far and the one at full information.
        plan = futility_design([*(t for _, t in tested), 1.0], alpha=alpha, beta=beta, spending=spending)
        futility = plan.futility[: len(tested)]
    found = {row: (b, f) for (row, _), b, f in zip(tested, design.z, futility, strict=True)}
    looks = tuple(
        _look(row, share.tolist()[row], float(z[row]), *found.get(row, (None, None))) for row in range(y.size)
    )
    return TrialSequentialAnalysis(required, looks, _conclusion(looks))


def _tested(share: list[float]) -> list[tuple[int, float]]:
    """Return the rows that get a boundary: ascending shares up to the first at or beyond full information."""
    rows: list[tuple[int, float]] = []
    for row, t in enumerate(share):
        if rows and t - rows[-1][1] < SMALLEST_GAIN and row < len(share) - 1:
            continue
        rows.append((row, min(t, 1.0)))
        if t >= 1.0:
            break
    return rows


def _look(row: int, share: float, z: float, boundary: float | None, futility: float | None) -> SequentialLook:
    if boundary is not None and abs(z) >= boundary:
        status = "boundary crossed"
    elif futility is not None and abs(z) <= futility:
        status = "futile"
    elif boundary is None:
        status = "not tested"
    else:
        status = "undecided"
    return SequentialLook(row + 1, share, z, boundary, futility, status)


def _conclusion(looks: tuple[SequentialLook, ...]) -> str:
    for look in looks:
        if look.status == "boundary crossed":
            return f"the boundary was crossed after study {look.k}"
    last = looks[-1]
    if last.share >= 1.0:
        return "the required information is reached without crossing: the effect sought is not there"
    if last.status == "futile":
        return "inside the futility wedge: more studies are unlikely to show the effect sought"
    return f"{100.0 * last.share:.0f} % of the required information: undecided"
