"""Several effects a study: three-level models with known sampling correlation, and aggregation to one effect.

``y = mu + u_study + u_effect + e``, with ``e`` correlated ``rho`` within a study: the correlated and hierarchical
effects model (Pustejovsky & Tipton 2022, Prev Sci 23:425). The variances are estimated by REML with scoring steps;
a robust variance (``analysis.robust``) guards against a wrong ``rho``.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.distributions import critical_value, two_sided_p
from analysis.errors import AnalysisError, InputError, NotEstimable
from analysis.inputs import FloatArray, checked_estimates, checked_level
from analysis.robust import RobustTests, robust_tests

MAX_STEPS = 200


@dataclass(frozen=True)
class ThreeLevel:
    """Mean effect with its Wald interval, variances between studies and between effects, and the robust test."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p: float
    tau2_between: float
    tau2_within: float
    log_likelihood: float
    robust: RobustTests
    k: int
    n_studies: int


@dataclass(frozen=True)
class Aggregated:
    """One effect a study: names in order of appearance, estimates, variances."""

    studies: tuple[Hashable, ...]
    yi: tuple[float, ...]
    vi: tuple[float, ...]


def sampling_covariance(vi: FloatArray, studies: Sequence[Hashable], *, rho: float) -> FloatArray:
    """Return the (k, k) sampling covariance with correlation ``rho`` inside a study and 0 between studies."""
    if not -1.0 < rho < 1.0:
        raise InputError(f"rho is {rho!r}: give a correlation between -1 and 1, such as 0.6")
    if len(studies) != vi.size:
        raise InputError(f"{len(studies)} study names for {vi.size} estimates: give one an estimate")
    codes = _codes(studies)
    same = codes[:, None] == codes[None, :]
    root = np.sqrt(vi)
    covariance = np.where(same, rho * np.outer(root, root), 0.0)
    np.fill_diagonal(covariance, vi)
    return covariance


def _codes(studies: Sequence[Hashable]) -> FloatArray:
    seen: dict[Hashable, int] = {}
    return np.array([seen.setdefault(study, len(seen)) for study in studies], dtype=np.float64)


def three_level(
    yi: ArrayLike, vi: ArrayLike, studies: Sequence[Hashable], *, rho: float = 0.6, level: float = 95.0
) -> ThreeLevel:
    """Fit the model by REML.

    Parameters
    ----------
    yi, vi
        (k,) estimates and sampling variances.
    studies
        (k,) the study of each estimate; at least three different ones.
    rho
        Assumed correlation of sampling errors within a study.

    Raises
    ------
    InputError
        Bad rows, or fewer than three studies.
    NotEstimable
        No study has two effects.
    """
    y, v = checked_estimates(yi, vi, least=3)
    covariance = sampling_covariance(v, studies, rho=rho)
    codes = _codes(studies)
    if np.unique(codes).size < 3:
        raise InputError(f"{np.unique(codes).size} studies: two levels of variance need at least three")
    if np.unique(codes).size == y.size:
        raise NotEstimable("every study has one effect: two levels cannot be told apart; use meta_analysis")
    between = (codes[:, None] == codes[None, :]).astype(np.float64)
    sigma2, likelihood, marginal = _reml(y, covariance, (between, np.eye(y.size)))
    inverse = np.linalg.inv(marginal)
    total = float(inverse.sum())
    estimate, se = float(inverse.sum(axis=0).dot(y)) / total, math.sqrt(1.0 / total)
    half = critical_value(checked_level(level)) * se
    robust = robust_tests(y, np.ones((y.size, 1)), marginal, list(studies), level=level)
    return ThreeLevel(
        estimate,
        se,
        estimate - half,
        estimate + half,
        two_sided_p(estimate / se),
        float(sigma2[0]),
        float(sigma2[1]),
        likelihood,
        robust,
        y.size,
        int(np.unique(codes).size),
    )


def _reml(y: FloatArray, v: FloatArray, parts: tuple[FloatArray, FloatArray]) -> tuple[FloatArray, float, FloatArray]:
    """Return the variances, the restricted log-likelihood and the marginal covariance, from several starts."""
    spread = float(np.var(y))
    starts = [np.array([a, b]) * spread for a, b in ((0.5, 0.5), (0.05, 0.9), (0.9, 0.05), (0.0, 0.0))]
    best = max((_climb(y, v, parts, start) for start in starts), key=lambda found: found[1])
    marginal = v + best[0][0] * parts[0] + best[0][1] * parts[1]
    return best[0], best[1], marginal


def _climb(
    y: FloatArray, v: FloatArray, parts: tuple[FloatArray, FloatArray], start: FloatArray
) -> tuple[FloatArray, float]:
    """Climb by average-information steps, halved until the likelihood rises, variances kept at or above 0."""
    sigma2 = start
    value, score, information = _evaluate(y, v, parts, sigma2)
    for _ in range(MAX_STEPS):
        free = (sigma2 > 0.0) | (score > 0.0)
        if not free.any():
            return sigma2, value
        step = np.zeros(2)
        step[free] = np.linalg.pinv(information[np.ix_(free, free)]) @ score[free]
        for halving in range(60):
            new = np.maximum(sigma2 + step * 0.5**halving, 0.0)
            new_value, new_score, new_information = _evaluate(y, v, parts, new)
            if new_value >= value - 1e-13 * abs(value):
                break
        change = float(np.abs(new - sigma2).max())
        sigma2, value, score, information = new, new_value, new_score, new_information
        if change <= 1e-13 * (1e-3 + float(sigma2.max())):
            return sigma2, value
    raise AnalysisError("the three-level likelihood did not settle: a bug, every step raises it")


def _evaluate(
    y: FloatArray, v: FloatArray, parts: tuple[FloatArray, FloatArray], sigma2: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    """Return the restricted log-likelihood, its score and the expected information."""
    marginal = v + sigma2[0] * parts[0] + sigma2[1] * parts[1]
    inverse = np.linalg.inv(marginal)
    row = inverse.sum(axis=0)
    total = float(row.sum())
    p = inverse - np.outer(row, row) / total
    py = p @ y
    _, log_det = np.linalg.slogdet(marginal)
    k = y.size
    constant = (k - 1) * math.log(2.0 * math.pi) - math.log(k)
    value = -0.5 * (constant + float(log_det) + math.log(total) + float(y @ py))
    pg = [p @ part for part in parts]
    score = np.array([0.5 * (float(py @ part @ py) - float(np.trace(m))) for part, m in zip(parts, pg, strict=True)])
    information = np.array([[0.5 * float((a * b.T).sum()) for b in pg] for a in pg])
    return value, score, information


def aggregate(yi: ArrayLike, vi: ArrayLike, studies: Sequence[Hashable], *, rho: float = 0.6) -> Aggregated:
    """Return the generalised least-squares mean of each study's effects."""
    y, v = checked_estimates(yi, vi)
    covariance = sampling_covariance(v, studies, rho=rho)
    names = list(dict.fromkeys(studies))
    estimates, variances = [], []
    for name in names:
        rows = np.array([i for i, study in enumerate(studies) if study == name])
        weights = np.linalg.inv(covariance[np.ix_(rows, rows)]).sum(axis=0)
        variances.append(1.0 / float(weights.sum()))
        estimates.append(float(weights.dot(y[rows])) * variances[-1])
    return Aggregated(tuple(names), tuple(estimates), tuple(variances))
