"""All subsets, all sign flips, resamples: what the answer would be with other studies or under no effect.

Everything runs in one batch (``analysis.batch``). Random draws come from a generator the caller seeds; nothing here is
random by itself. References: Olkin, Dahabreh & Trikalinos 2012, Res Synth Methods 3:214 (GOSH); Higgins & Thompson 2004
and Follmann & Proschan 1999 (permutation).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.batch import BatchResult, batch_meta_analysis
from analysis.errors import InputError, NotEstimable
from analysis.inputs import FloatArray
from analysis.models import MetaAnalysis

LARGEST_EXACT = 18
"""Studies up to which all 2^k subsets or sign flips are computed (262,144); beyond, draws."""

TIE = 1e-10
"""Relative slack with which a permuted statistic counts as equal to the observed one."""


@dataclass(frozen=True)
class Subsets:
    """Estimate and I2 of every subset; ``included`` (n, k) tells which studies it holds; ``exact``: all of them."""

    estimate: FloatArray
    i2: FloatArray
    included: NDArray[np.bool_]
    exact: bool


@dataclass(frozen=True)
class Permutation:
    """Share of sign flips with a statistic at least as large; ``exact`` when all 2^k were tried."""

    p: float
    n: int
    exact: bool


@dataclass(frozen=True)
class Bootstrap:
    """Percentile intervals of the estimate and of tau2 from resampled studies."""

    estimate: tuple[float, float]
    tau2: tuple[float, float]
    n: int


def all_subsets(result: MetaAnalysis, *, draws: int = 20_000, rng: np.random.Generator | None = None) -> Subsets:
    """Return the graphical display of study heterogeneity (GOSH): every non-empty subset, or ``draws`` random ones.

    Raises
    ------
    InputError
        More than 18 studies and no generator to draw subsets with.
    """
    y, v, method = _parts(result)
    k = y.size
    exact = k <= LARGEST_EXACT
    if exact:
        codes = np.arange(1, 2**k, dtype=np.int64)
        included = ((codes[:, None] >> np.arange(k)) & 1).astype(bool)
    else:
        source = _generator(rng, k)
        included = source.random((draws, k)) < 0.5
        included = included[included.any(axis=1)]
    fitted = batch_meta_analysis(
        y[None, :], np.where(included, v, np.inf), method=method, ci_method="wald", level=result.level
    )
    return Subsets(fitted.estimate, fitted.i2, included, exact)


def sign_flip_test(result: MetaAnalysis, *, draws: int = 20_000, rng: np.random.Generator | None = None) -> Permutation:
    """Return the permutation test of no effect: were it so, each estimate could as well have the other sign."""
    y, v, method = _parts(result)
    k = y.size
    if result.stat is None:
        raise NotEstimable(result.not_estimable.get("stat", "no test statistic to permute"))
    exact = k <= LARGEST_EXACT
    if exact:
        signs = 1.0 - 2.0 * ((np.arange(2**k, dtype=np.int64)[:, None] >> np.arange(k)) & 1)
    else:
        source = _generator(rng, k)
        signs = 1.0 - 2.0 * source.integers(0, 2, (draws, k))
        signs[0] = 1.0
    fitted = batch_meta_analysis(
        signs * y, np.broadcast_to(v, signs.shape), method=method, ci_method=result.ci_method, level=result.level
    )
    extreme = np.abs(fitted.stat) >= abs(result.stat) * (1.0 - TIE)
    return Permutation(float(extreme.mean()), signs.shape[0], exact)


def bootstrap(result: MetaAnalysis, *, rng: np.random.Generator, draws: int = 10_000) -> Bootstrap:
    """Return percentile intervals from ``draws`` resamples of the studies (a rough guide below ten studies)."""
    fitted = _resampled(result, rng, draws)
    tails = (50.0 - result.level / 2.0, 50.0 + result.level / 2.0)
    mu, tau2 = np.percentile(fitted.estimate, tails), np.percentile(fitted.tau2, tails)
    return Bootstrap((float(mu[0]), float(mu[1])), (float(tau2[0]), float(tau2[1])), draws)


def bootstrap_estimates(result: MetaAnalysis, *, rng: np.random.Generator, draws: int) -> FloatArray:
    """Return (draws,) pooled estimates of resampled studies, for intervals over draws made in several places."""
    return _resampled(result, rng, draws).estimate


def _resampled(result: MetaAnalysis, rng: np.random.Generator, draws: int) -> BatchResult:
    y, v, method = _parts(result)
    index = rng.integers(0, y.size, (draws, y.size))
    return batch_meta_analysis(y[index], v[index], method=method, ci_method="wald", level=result.level)


def _parts(result: MetaAnalysis) -> tuple[FloatArray, FloatArray, str]:
    if result.k < 2:
        raise NotEstimable(f"k = {result.k}: subsets and permutations need at least two studies")
    if result.method not in ("EE", "DL", "PM", "REML"):
        raise NotEstimable(f"subset analyses exist for EE, DL, PM and REML, not {result.method}")
    return np.asarray(result.yi), np.asarray(result.vi), result.method


def _generator(rng: np.random.Generator | None, k: int) -> np.random.Generator:
    if rng is None:
        raise InputError(f"k = {k}: too many subsets to try all; pass rng=numpy.random.default_rng(seed)")
    return rng
