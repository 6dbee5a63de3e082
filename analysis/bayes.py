"""Bayesian normal-normal meta-analysis by quadrature over tau: exact, without sampling.

``y_i ~ N(theta_i, v_i)``, ``theta_i ~ N(mu, tau^2)``. Given tau everything is normal in closed form, so one integral
remains. It is done by Gauss-Legendre on panels whose lengths grow geometrically from 0: a posterior may be narrow at
any scale, and none is missed. Half-normal(0.5) for tau is the default for log hazard ratios: it holds most of what
meta-analyses of survival have shown (Roever et al. 2021, Res Synth Methods 12:448).

References: Roever 2020, J Stat Softw 93(6), section 2; DuMouchel 1994; Daniels 1999 (uniform shrinkage).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.errors import InputError
from analysis.inputs import FloatArray, checked_choice, checked_estimates, checked_level
from analysis.priors import TAIL_EXPONENT, TAU_PRIORS, TauPrior, log_prior

PANEL_GROWTH = 1.4
PANEL_NODES = 20
"""Together they give 1e-10 on all reference sets; twice the nodes change nothing beyond the 11th digit."""

STEEPEST = 6.0
"""Change of log density between neighbouring nodes above which a panel is halved (data far beyond the prior)."""

MAX_SPLITS = 40

NEGLIGIBLE = 42.0
"""Drop in log density (times tau cubed, for the second moments) below which a panel holds less than 1e-16."""


@dataclass(frozen=True)
class Posterior:
    """Mean, standard deviation, median and central interval of one quantity; ``p_below_0`` None for tau.

    ``mean`` and ``sd`` are None where the posterior's tail is too heavy to have them (few studies, heavy-tailed prior).
    """

    mean: float | None
    sd: float | None
    median: float
    low: float
    high: float
    p_below_0: float | None


@dataclass(frozen=True)
class Shrinkage:
    """Posterior mean and standard deviation of one study's own effect."""

    mean: float
    sd: float


@dataclass(frozen=True)
class BayesianMetaAnalysis:
    """Posteriors of the mean effect ``mu``, of ``tau``, of a new study's effect ``theta_new`` and of each study.

    ``mu.p_below_0`` is P(HR < 1) for log hazard ratios. ``log_marginal_likelihood`` is None for an improper prior of
    tau; with a flat prior of mu it compares priors of tau only.
    """

    mu: Posterior
    tau: Posterior
    theta_new: Posterior
    shrinkage: tuple[Shrinkage, ...]
    log_marginal_likelihood: float | None
    prior: str
    level: float


def bayesian_meta_analysis(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    tau_prior: TauPrior | str = "halfnormal",
    tau_scale: float = 0.5,
    mu_prior: tuple[float, float] | None = None,
    level: float = 95.0,
) -> BayesianMetaAnalysis:
    """Return the posteriors.

    Parameters
    ----------
    yi, vi
        (k,) log estimates and sampling variances, k >= 1.
    tau_prior, tau_scale
        ``halfnormal`` or ``halfcauchy`` with the scale on the scale of ``yi``; ``uniform``, ``jeffreys`` (both
        improper, k >= 3), ``shrinkage``, ``dumouchel`` (scaled by the data's own precision).
    mu_prior
        Mean and standard deviation of a normal prior, None for a flat one.
    level
        Level of the central intervals in percent.

    Raises
    ------
    InputError
        Bad rows, a scale not above 0, or an improper prior with fewer than three studies.
    """
    y, v = checked_estimates(yi, vi)
    checked_choice(tau_prior, "tau_prior", TAU_PRIORS)
    level = checked_level(level)
    if tau_prior in ("uniform", "jeffreys") and y.size < 3:
        raise InputError(f"tau_prior {tau_prior!r} is improper: with k = {y.size} use halfnormal or halfcauchy")
    if not (math.isfinite(tau_scale) and tau_scale > 0.0):
        raise InputError(f"tau_scale is {tau_scale!r}: give a scale above 0, such as 0.5")
    if mu_prior is not None and not (math.isfinite(mu_prior[0]) and mu_prior[1] > 0.0):
        raise InputError(f"mu_prior is {mu_prior!r}: give a finite mean and a standard deviation above 0")
    model = _Model(y, v, log_prior(tau_prior, tau_scale, v), mu_prior)
    return _posteriors(model, tau_prior, tau_scale, level)


class _Model:
    """The posterior of tau on given points, with the conditional moments of mu."""

    def __init__(
        self,
        y: FloatArray,
        v: FloatArray,
        log_prior: Callable[[FloatArray], FloatArray],
        mu_prior: tuple[float, float] | None,
    ) -> None:
        self.y, self.v, self.log_prior, self.mu_prior = y, v, log_prior, mu_prior
        self._columns = np.column_stack([np.ones(y.size), y])

    def at(self, tau: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return log density (not normalised), conditional mean and variance of mu at (m,) values of tau."""
        w = 1.0 / (self.v + (tau * tau)[:, None])
        log_w = np.log(w).sum(axis=1)
        sums = w @ self._columns
        precision, weighted = sums[:, 0].copy(), sums[:, 1].copy()
        constant = self.y.size * math.log(2.0 * math.pi)
        prior_term: FloatArray | float = 0.0
        if self.mu_prior is not None:
            mean, sd = self.mu_prior
            precision += 1.0 / sd**2
            weighted += mean / sd**2
            constant += math.log(2.0 * math.pi * sd**2)
        mu = weighted / precision
        if self.mu_prior is not None:
            prior_term = ((mu - self.mu_prior[0]) / self.mu_prior[1]) ** 2
        residual = self.y - mu[:, None]
        squares = (w * residual * residual).sum(axis=1) + prior_term
        integral = 0.5 * (math.log(2.0 * math.pi) - np.log(precision))
        log_density = 0.5 * (log_w - squares - constant) + integral + self.log_prior(tau)
        return log_density, mu, 1.0 / precision


def _panels(model: _Model) -> FloatArray:
    """Return the edges of the panels that hold the posterior of tau."""
    smallest = 1e-4 * math.sqrt(float(model.v.min()))
    largest = 1e4 * (math.sqrt(float(model.v.max())) + float(np.ptp(model.y)) + 1.0)
    count = math.ceil(math.log(largest / smallest) / math.log(PANEL_GROWTH))
    edges: FloatArray = np.asarray(smallest * PANEL_GROWTH ** np.arange(count + 1, dtype=np.float64), dtype=np.float64)
    height = model.at(edges)[0] + 3.0 * np.log(edges)
    kept = np.flatnonzero(height > height.max() - NEGLIGIBLE)
    first, last = max(int(kept[0]) - 1, 0), min(int(kept[-1]) + 1, count)
    return np.concatenate([[0.0], edges[first : last + 1]])


def _split_steep(edges: FloatArray, log_density: FloatArray, peak: float) -> tuple[FloatArray, bool]:
    """Return the edges with every panel halved in which the density that matters changes too fast for its nodes."""
    jumps = np.abs(np.diff(log_density, axis=1)).max(axis=1)
    steep = (log_density.max(axis=1) > peak - NEGLIGIBLE) & (jumps > STEEPEST)
    # Next to 0 the density of some priors has a logarithm that falls without end: nothing to resolve there.
    steep[0] = False
    if not steep.any():
        return edges, True
    middle = 0.5 * (edges[:-1] + edges[1:])[steep]
    return np.sort(np.concatenate([edges, middle])), False


def _rule() -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.legendre.leggauss(PANEL_NODES)
    return np.asarray(0.5 * (nodes + 1.0)), np.asarray(0.5 * weights)


def _posteriors(model: _Model, prior: str, scale: float, level: float) -> BayesianMetaAnalysis:
    edges = _panels(model)
    nodes, weights = _rule()
    for _ in range(MAX_SPLITS):
        length = np.diff(edges)
        tau = (edges[:-1, None] + length[:, None] * nodes).ravel()
        log_density, mu, variance = model.at(tau)
        peak = float(log_density.max())
        edges, settled = _split_steep(edges, log_density.reshape(-1, PANEL_NODES), peak)
        if settled:
            break
    mass = np.exp(log_density - peak) * (length[:, None] * weights).ravel()
    total = float(mass.sum())
    p = mass / total
    tails = (0.5 - level / 200.0, 0.5 + level / 200.0)
    proper = prior not in ("uniform", "jeffreys")
    tau_mean = float(p.dot(tau))
    tau_sd = math.sqrt(float(p.dot((tau - tau_mean) ** 2)))
    by_panel = np.cumsum(p.reshape(-1, PANEL_NODES).sum(axis=1))
    median, low, high = (_tau_quantile(model, edges, by_panel, total, peak, q) for q in (0.5, *tails))
    tail = TAIL_EXPONENT[prior] + model.y.size - (1 if model.mu_prior is None else 0)
    moments = (tail > 2, tail > 3)
    of_mu = moments if model.mu_prior is None else (True, True)
    return BayesianMetaAnalysis(
        mu=_mixture(p, mu, variance, tails, of_mu),
        tau=Posterior(tau_mean if moments[0] else None, tau_sd if moments[1] else None, median, low, high, None),
        theta_new=_mixture(p, mu, variance + tau * tau, tails, moments),
        shrinkage=_shrinkage(model, p, tau, mu, variance),
        log_marginal_likelihood=peak + math.log(total) if proper else None,
        prior=f"{prior}({scale:g})" if prior.startswith("half") else prior,
        level=level,
    )


def _tau_quantile(
    model: _Model, edges: FloatArray, by_panel: FloatArray, total: float, peak: float, target: float
) -> float:
    """Return a quantile of tau: Newton inside its panel, the integral up to each step by the same rule."""
    panel = min(int(np.searchsorted(by_panel, target)), by_panel.size - 1)
    low, high = float(edges[panel]), float(edges[panel + 1])
    start, before = low, float(by_panel[panel - 1]) if panel else 0.0
    nodes, weights = _rule()
    x = 0.5 * (low + high)
    for _ in range(60):
        points = np.append(start + (x - start) * nodes, x)
        density = np.exp(model.at(points)[0] - peak) / total
        excess = before + (x - start) * float(weights.dot(density[:-1])) - target
        if excess > 0.0:
            high = x
        else:
            low = x
        new = x - excess / float(density[-1]) if density[-1] > 0.0 else low
        if not low <= new <= high:
            new = 0.5 * (low + high)
        if abs(new - x) <= 1e-13 * high:
            return new
        x = new
    return x


def _mixture(
    p: FloatArray, mean: FloatArray, variance: FloatArray, tails: tuple[float, float], moments: tuple[bool, bool]
) -> Posterior:
    """Return the summary of a mixture of normals with weights ``p``."""
    centre = float(p.dot(mean))
    sd = math.sqrt(float(p.dot(variance + (mean - centre) ** 2)))
    held = p > 1e-18
    p, mean, scale = p[held], mean[held], np.sqrt(variance[held])

    def quantile(target: float) -> float:
        low, high, x = centre - 60.0 * sd, centre + 60.0 * sd, centre + sd * float(special.ndtri(target))
        for _ in range(100):
            z = (x - mean) / scale
            excess = float(p.dot(special.ndtr(z))) - target
            low, high = (low, x) if excess > 0.0 else (x, high)
            slope = float((p / scale).dot(np.exp(-0.5 * z * z))) / math.sqrt(2.0 * math.pi)
            new = x - excess / slope if slope > 0.0 else low
            if not low <= new <= high:
                new = 0.5 * (low + high)
            if abs(new - x) <= 1e-14 * max(sd, abs(x)):
                return new
            x = new
        return x

    below = float(p.dot(special.ndtr(-mean / scale)))
    return Posterior(
        centre if moments[0] else None,
        sd if moments[1] else None,
        quantile(0.5),
        quantile(tails[0]),
        quantile(tails[1]),
        below,
    )


def _shrinkage(
    model: _Model, p: FloatArray, tau: FloatArray, mu: FloatArray, variance: FloatArray
) -> tuple[Shrinkage, ...]:
    """Return the posterior moments of every study's own effect, mixed over tau."""
    tau2 = (tau * tau)[:, None]
    share = model.v / (tau2 + model.v)
    mean = model.y + share * (mu[:, None] - model.y)
    spread = tau2 * share + share * share * variance[:, None]
    centre = p @ mean
    sd = np.sqrt(p @ (spread + (mean - centre) ** 2))
    return tuple(Shrinkage(m, s) for m, s in zip(centre.tolist(), sd.tolist(), strict=True))
