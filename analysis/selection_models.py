"""Selection models: publication depends on the p value, effect and selection are estimated together.

The likelihood of such models often has two maxima: little selection with a large effect, or strong selection with a
small one. Programs that start once report one of them. Here several starts are climbed and every distinct maximum is
returned, the highest first; when the second lies within two units of log-likelihood the data do not decide.

References: Hedges 1992; Vevea & Hedges 1995, Psychometrika 60:419; Vevea & Woods 2005 (fixed weights); Iyengar &
Greenhouse 1988; Preston, Ashby & Smyth 2004; Citkowicz & Vevea 2017 (beta).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.distributions import chi2_sf, critical_value
from analysis.errors import InputError, NotEstimable
from analysis.inputs import FloatArray, checked_choice, checked_estimates, checked_level
from analysis.selection_weights import Problem, StepProblem, WeightProblem, one_sided_p, step_edges
from analysis.tau2 import estimate_tau2, log_likelihood

CONTINUOUS = ("beta", "halfnormal", "negexp", "logistic", "power")
ALTERNATIVES = ("greater", "less")

VEVEA_WOODS_STEPS = (0.005, 0.01, 0.05, 0.10, 0.25, 0.35, 0.50, 0.65, 0.75, 0.90, 0.95, 0.99, 0.995, 1.0)
VEVEA_WOODS_MODERATE = (1.0, 0.99, 0.95, 0.90, 0.80, 0.75, 0.65, 0.60, 0.55, 0.50, 0.50, 0.50, 0.50, 0.50)
"""Moderate one-tailed selection (Vevea & Woods 2005, Table 1)."""

SAME_MODE = 1e-4
"""Maxima whose log-likelihood and mean differ by less than this are one."""

MOST_MODES = 3
"""Maxima that are refined and reported."""

DELTA_LIMIT = 12.0
"""Bound on ln(delta): a weight of e^12 is a step without studies on one side, not an estimate."""


@dataclass(frozen=True)
class SelectionMode:
    """One maximum: mean effect, tau2, selection weights, log-likelihood."""

    estimate: float
    tau2: float
    delta: tuple[float, ...]
    log_likelihood: float


@dataclass(frozen=True)
class SelectionModel:
    """The highest maximum with its Wald interval and the test of no selection; ``modes`` holds all maxima, best first.

    ``se`` and the limits are None where the likelihood is flat there; ``counts`` are the studies in each step.
    """

    estimate: float
    se: float | None
    ci_low: float | None
    ci_high: float | None
    tau2: float
    delta: tuple[float, ...]
    log_likelihood: float
    lrt: float
    lrt_df: int
    lrt_p: float | None
    modes: tuple[SelectionMode, ...]
    counts: tuple[int, ...]
    form: str


def step_selection(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    steps: Sequence[float] = (0.025,),
    alternative: str = "greater",
    delta: Sequence[float] | None = None,
    equal_effects: bool = False,
    level: float = 95.0,
) -> SelectionModel:
    """Fit a step-function model; with one step at 0.025 the three-parameter model.

    Parameters
    ----------
    yi, vi
        (k,) estimates and sampling variances.
    steps
        Cut points of the one-sided p value, ascending, below 1 (a last one of 1 is allowed).
    alternative
        Direction in which results are favoured: ``greater`` or ``less`` (for log hazard ratios benefit is ``less``).
    delta
        Relative weights held fixed (the first is 1), one an interval; None estimates them.
    equal_effects
        Hold tau2 at 0.

    Raises
    ------
    NotEstimable
        An interval without any study: its weight cannot be estimated.
    """
    y, v, level = _checked(yi, vi, alternative, level)
    cuts = np.asarray([float(s) for s in steps if s < 1.0])
    if cuts.size == 0 or cuts.min() <= 0.0 or (np.diff(cuts) <= 0.0).any():
        raise InputError(f"steps is {tuple(steps)!r}: give ascending p values between 0 and 1")
    p = one_sided_p(y, v, alternative)
    interval = np.searchsorted(cuts, p, side="left")
    counts = np.bincount(interval, minlength=cuts.size + 1)
    if delta is not None and len(delta) != counts.size:
        raise InputError(f"delta has {len(delta)} weights for {counts.size} intervals: give one for each")
    if delta is None and (counts == 0).any():
        empty = int(np.flatnonzero(counts == 0)[0])
        raise NotEstimable(f"no study has a p value in interval {empty + 1} of {counts.size}: merge the steps")
    edges = step_edges(v, cuts, alternative)
    problem = StepProblem(y, v, interval, edges, None if delta is None else np.asarray(delta, dtype=np.float64))
    return _fit(problem, y, v, equal_effects, level, "step", tuple(counts.tolist()))


def weight_selection(
    yi: ArrayLike, vi: ArrayLike, *, form: str, alternative: str = "greater", level: float = 95.0
) -> SelectionModel:
    """Fit a model whose weight is a smooth function of the one-sided p value.

    Parameters
    ----------
    form
        ``beta`` ``p^(d1 - 1) (1 - p)^(d2 - 1)``, ``halfnormal`` ``exp(-d p^2)``, ``negexp`` ``exp(-d p)``, ``logistic``
        ``2 exp(-d p) / (1 + exp(-d p))``, ``power`` ``(1 - p)^d``.
    """
    checked_choice(form, "form", CONTINUOUS)
    y, v, level = _checked(yi, vi, alternative, level)
    return _fit(WeightProblem(y, v, form, alternative), y, v, False, level, form, ())


def _checked(yi: ArrayLike, vi: ArrayLike, alternative: str, level: float) -> tuple[FloatArray, FloatArray, float]:
    checked_choice(alternative, "alternative", ALTERNATIVES)
    y, v = checked_estimates(yi, vi)
    if y.size < 3:
        raise NotEstimable(f"k = {y.size}: a selection model needs at least three studies")
    return y, v, checked_level(level)


def _fit(
    problem: Problem,
    y: FloatArray,
    v: FloatArray,
    equal_effects: bool,
    level: float,
    form: str,
    counts: tuple[int, ...],
) -> SelectionModel:
    def negative(x: FloatArray) -> float:
        tau = 0.0 if equal_effects else float(x[1])
        s = np.sqrt(v + tau * tau)
        log_weight, log_share = problem.terms(float(x[0]), s, np.clip(x[2:], -DELTA_LIMIT, DELTA_LIMIT))
        r = (y - x[0]) / s
        density = -0.5 * r * r - np.log(s) - 0.5 * math.log(2.0 * math.pi)
        return -float((density + log_weight - log_share).sum())

    modes = _modes(negative, problem, _starting_points(y, v, problem, equal_effects), equal_effects)
    best, x = modes[0]
    null = _null_likelihood(y, v, equal_effects)
    se = _standard_error(negative, x, equal_effects)
    half = None if se is None else critical_value(level) * se
    lrt = max(0.0, 2.0 * (best.log_likelihood - null))
    return SelectionModel(
        estimate=best.estimate,
        se=se,
        ci_low=None if half is None else best.estimate - half,
        ci_high=None if half is None else best.estimate + half,
        tau2=best.tau2,
        delta=best.delta,
        log_likelihood=best.log_likelihood,
        lrt=lrt,
        lrt_df=problem.free,
        lrt_p=chi2_sf(lrt, problem.free) if problem.free else None,
        modes=tuple(mode for mode, _ in modes),
        counts=counts,
        form=form,
    )


def _starting_points(y: FloatArray, v: FloatArray, problem: Problem, equal_effects: bool) -> list[FloatArray]:
    tau = 0.0 if equal_effects else math.sqrt(estimate_tau2(y, v, "ML"))
    spread = math.sqrt(float(v.min()))
    w = 1.0 / (v + tau * tau)
    centre = float(w.dot(y) / w.sum())
    taus = (0.0,) if equal_effects else (max(tau, 0.1 * spread), 0.2 * spread)
    return [
        np.array([mu, t, *start])
        for start in problem.starts
        for mu, t in zip((centre, 0.3 * centre), (*taus, *taus), strict=False)
    ]


def _modes(
    negative: Callable[[FloatArray], float],
    problem: Problem,
    starts: list[FloatArray],
    equal_effects: bool,
) -> list[tuple[SelectionMode, FloatArray]]:
    # Imported here: scipy.optimize costs more to load than a whole analysis takes.
    from scipy.optimize import minimize

    found: list[tuple[SelectionMode, FloatArray]] = []
    climbed = [minimize(negative, start, method="BFGS", options={"gtol": 1e-5}).x for start in starts]
    tops: list[FloatArray] = []
    for x in sorted(climbed, key=negative):
        if not any(abs(negative(x) - negative(top)) < 1e-3 and abs(x[0] - top[0]) < 0.02 for top in tops):
            tops.append(x)
    for top in tops[:MOST_MODES]:
        options = {"xatol": 1e-8, "fatol": 1e-10, "maxiter": 400}
        x = minimize(negative, top, method="Nelder-Mead", options=options).x
        x = minimize(negative, x, method="BFGS", options={"gtol": 1e-8}).x
        value = -negative(x)
        log_delta = np.clip(x[2:], -DELTA_LIMIT, DELTA_LIMIT)
        tau2 = 0.0 if equal_effects else float(x[1]) ** 2
        mode = SelectionMode(float(x[0]), tau2, problem.delta(log_delta), value)
        if not any(
            abs(value - other.log_likelihood) < SAME_MODE and abs(mode.estimate - other.estimate) < 1e-2
            for other, _ in found
        ):
            found.append((mode, x))
    return sorted(found, key=lambda item: -item[0].log_likelihood)


def _null_likelihood(y: FloatArray, v: FloatArray, equal_effects: bool) -> float:
    tau2 = 0.0 if equal_effects else estimate_tau2(y, v, "ML")
    return log_likelihood(y, v, tau2, restricted=False)


def _standard_error(negative: Callable[[FloatArray], float], x: FloatArray, equal_effects: bool) -> float | None:
    """Return the standard error of mu from the numerical Hessian, None where it is not positive definite."""
    kept = [i for i in range(x.size) if not (i == 1 and (equal_effects or abs(x[1]) < 1e-4))]
    h = 1e-4 * np.maximum(np.abs(x[kept]), 0.1)
    hessian = np.empty((len(kept), len(kept)))
    for a, i in enumerate(kept):
        for b, j in enumerate(kept):
            total = 0.0
            for sign_i, sign_j in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                point = x.copy()
                point[i] += sign_i * h[a]
                point[j] += sign_j * h[b]
                total += sign_i * sign_j * negative(point)
            hessian[a, b] = total / (4.0 * h[a] * h[b])
    if not np.isfinite(hessian).all() or np.linalg.eigvalsh(hessian).min() <= 1e-8:
        return None
    return math.sqrt(float(np.linalg.inv(hessian)[0, 0]))
