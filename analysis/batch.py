"""Many meta-analyses at once: bootstrap, simulation, leave-one-out, cumulative and subset analyses.

A set that lacks a study gives it an infinite variance, which is weight 0. The arithmetic stands in ``analysis.blocks``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import special

from analysis.blocks import Block
from analysis.errors import InputError
from analysis.inputs import FloatArray, checked_choice, checked_level

BATCH_METHODS = ("EE", "DL", "PM", "REML")
BATCH_CI_METHODS = ("wald", "hksj", "hksj_adhoc")

CHUNK_ELEMENTS = 24_000
"""Numbers in one work array: about 200 kB, so that the arrays of an iteration stay in the second-level cache."""


@dataclass(frozen=True)
class BatchResult:
    """Results of n sets, each attribute (n,); names as in ``analysis.models.MetaAnalysis``.

    A set of one study has its normal interval, ``tau2`` 0 and ``q`` 0, as established software prints it; whoever shows
    such a row says that heterogeneity cannot be estimated.
    """

    k: FloatArray
    estimate: FloatArray
    se: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray
    stat: FloatArray
    p: FloatArray
    tau2: FloatArray
    q: FloatArray
    q_p: FloatArray
    i2: FloatArray
    h2: FloatArray


def batch_meta_analysis(
    yi: FloatArray,
    vi: FloatArray,
    *,
    method: str = "REML",
    ci_method: str = "hksj",
    level: float = 95.0,
    start: float | None = None,
) -> BatchResult:
    """Pool n sets of up to k studies.

    Parameters
    ----------
    yi
        (n, k) or (1, k) estimates; where ``vi`` is infinite the value does not matter but is finite.
    vi
        (n, k) sampling variances above 0; infinite where the set lacks the study.
    method, ci_method, level
        As in ``analysis.models.meta_analysis``; ``method`` one of ``BATCH_METHODS``.
    start
        A tau2 near most of the sets' (leave-one-out: that of all studies); None to start at 0.

    Raises
    ------
    InputError
        A value that is not finite, a variance not above 0, or a set without any study.
    """
    checked_choice(method, "method", BATCH_METHODS)
    checked_choice(ci_method, "ci_method", BATCH_CI_METHODS)
    level = checked_level(level)
    y, v = _checked(yi, vi)
    n, k = v.shape
    size = max(1, CHUNK_ELEMENTS // k)
    pieces = [
        _pool(Block(y if y.shape[0] == 1 else y[i : i + size], v[i : i + size]), method, start)
        for i in range(0, n, size)
    ]
    pooled = _Pooled(*(np.concatenate(column) for column in zip(*pieces, strict=True)))
    return _finish(pooled, method=method, ci_method=ci_method, level=level)


class _Pooled(NamedTuple):
    """What the passes over the studies leave, each (n,)."""

    k: FloatArray
    estimate: FloatArray
    variance: FloatArray
    factor: FloatArray
    tau2: FloatArray
    q: FloatArray
    typical: FloatArray


def _checked(yi: FloatArray, vi: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return both arrays with sets as rows, or say which set is wrong."""
    y, v = np.asarray(yi, dtype=np.float64), np.asarray(vi, dtype=np.float64)
    if v.ndim != 2 or y.ndim != 2 or y.shape[1] != v.shape[1] or y.shape[0] not in (1, v.shape[0]):
        raise InputError(f"yi has shape {y.shape} and vi {v.shape}: give (n, k) arrays, sets as rows")
    if not np.isfinite(y).all():
        row = int(np.flatnonzero(~np.isfinite(y).all(axis=1))[0])
        raise InputError(f"set {row + 1} holds an estimate that is not finite: leave the study out")
    sound = v > 0.0
    if not sound.all():
        row = int(np.flatnonzero(~sound.all(axis=1))[0])
        raise InputError(f"set {row + 1} holds a variance that is not above 0: correct it or leave the study out")
    empty = np.isinf(v).all(axis=1)
    if empty.any():
        raise InputError(f"set {int(np.flatnonzero(empty)[0]) + 1} has no study: drop the set")
    return y, v


def _pool(block: Block, method: str, start: float | None) -> _Pooled:
    """Pool the sets of one block."""
    k = block.k
    several = k > 1.0
    _, _, q, trace = block.weighted(np.zeros_like(k))
    typical = np.divide(k - 1.0, trace, out=np.ones_like(k), where=several)
    if method == "EE":
        tau2 = np.zeros_like(k)
    elif method == "DL":
        tau2 = np.divide(np.maximum(q - (k - 1.0), 0.0), trace, out=np.zeros_like(k), where=several)
    elif method == "PM":
        tau2 = block.paule_mandel()
    else:
        tau2 = block.reml(start)
    estimate, variance, rss, _ = block.weighted(tau2)
    factor = np.divide(rss, k - 1.0, out=np.ones_like(k), where=several)
    return _Pooled(k, estimate, variance, factor, tau2, np.where(several, q, 0.0), typical)


def _finish(pooled: _Pooled, *, method: str, ci_method: str, level: float) -> BatchResult:
    k, estimate, variance, factor, tau2, q, typical = pooled
    df = k - 1.0
    several = k > 1.0
    upper = 0.5 + level / 200.0
    critical = np.full_like(k, special.ndtri(upper))
    se = np.sqrt(variance)
    if ci_method != "wald":
        scale = np.maximum(factor, 1.0) if ci_method == "hksj_adhoc" else factor
        se = np.where(several, se * np.sqrt(scale), se)
        sizes, place = np.unique(df[several], return_inverse=True)
        critical[several] = special.stdtrit(sizes, upper)[place]
    half = critical * se
    stat = np.divide(estimate, se, out=np.zeros_like(se), where=se > 0.0)
    p = 2.0 * special.ndtr(-np.abs(stat))
    if ci_method != "wald":
        p[several] = 2.0 * special.stdtr(df[several], -np.abs(stat[several]))
    if method == "EE":
        h2 = np.divide(q, df, out=np.ones_like(q), where=several)
        i2 = np.where(h2 > 1.0, 100.0 * (1.0 - 1.0 / np.maximum(h2, 1.0)), 0.0)
    else:
        h2, i2 = 1.0 + tau2 / typical, 100.0 * tau2 / (typical + tau2)
    q_p = np.where(several, special.chdtrc(np.maximum(df, 1.0), q), 1.0)
    return BatchResult(k, estimate, se, estimate - half, estimate + half, stat, p, tau2, q, q_p, i2, h2)
