"""How far the answer rests on single studies: leave-one-out, cumulative, influence, residuals, Baujat.

All fits of one analysis run together (``analysis.batch``). References: Viechtbauer & Cheung 2010, Res Synth Methods
1:112 (influence); Baujat et al. 2002, Stat Med 21:2641; Lau et al. 1992 (cumulative).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.batch import BatchResult, batch_meta_analysis
from analysis.distributions import critical_value
from analysis.errors import InputError, NotEstimable
from analysis.inputs import FloatArray
from analysis.models import MetaAnalysis


@dataclass(frozen=True)
class Influence:
    """Diagnostics of each study, each (k,): what changes when it is left out.

    ``rstudent`` deleted residual in standard errors; ``dffits`` and ``dfbetas`` change of the estimate in standard
    errors; ``cook_d`` the same, squared, in those of the full result; ``cov_r`` ratio of the variances;
    ``tau2_deleted``, ``q_deleted`` without the study; ``hat``, ``weight`` (percent) in the full result;
    ``influential`` by any of the rules of Viechtbauer & Cheung 2010.
    """

    rstudent: tuple[float, ...]
    dffits: tuple[float, ...]
    cook_d: tuple[float, ...]
    cov_r: tuple[float, ...]
    tau2_deleted: tuple[float, ...]
    q_deleted: tuple[float, ...]
    hat: tuple[float, ...]
    weight: tuple[float, ...]
    dfbetas: tuple[float, ...]
    influential: tuple[bool, ...]


@dataclass(frozen=True)
class Residuals:
    """Raw and standardised residuals and the shrunken study effects (BLUPs) with their prediction limits."""

    raw: tuple[float, ...]
    standardised: tuple[float, ...]
    blup: tuple[float, ...]
    blup_se: tuple[float, ...]
    blup_low: tuple[float, ...]
    blup_high: tuple[float, ...]


@dataclass(frozen=True)
class Baujat:
    """``heterogeneity``: each study's share of Q; ``influence``: squared standardised change of the estimate."""

    heterogeneity: tuple[float, ...]
    influence: tuple[float, ...]


def leave_one_out(result: MetaAnalysis) -> BatchResult:
    """Return the analysis without each study in turn; row i lacks study i.

    Raises
    ------
    NotEstimable
        One study only, or a method the batch does not have.
    """
    y, v = _columns(result, least=2)
    without = np.repeat(v[None, :], y.size, axis=0)
    np.fill_diagonal(without, np.inf)
    return batch_meta_analysis(
        y[None, :],
        without,
        method=_batch_method(result),
        ci_method=result.ci_method,
        level=result.level,
        start=result.tau2,
    )


def cumulative(result: MetaAnalysis, order: Sequence[int] | NDArray[np.intp]) -> BatchResult:
    """Return the analysis of the first 1, 2, ..., k studies in ``order`` (row numbers from 0, e.g. by year).

    Raises
    ------
    InputError
        ``order`` is not a permutation of the rows.
    """
    y, v = _columns(result, least=1)
    index = np.asarray(order)
    if index.shape != (y.size,) or not np.array_equal(np.sort(index), np.arange(y.size)):
        raise InputError(f"order is {list(order)!r}: name each row from 0 to {y.size - 1} once")
    y, v = y[index], v[index]
    method, step = _batch_method(result), CUMULATIVE_BLOCK
    parts: list[BatchResult] = []
    for first in range(0, y.size, step):
        last = min(first + step, y.size)
        block = np.broadcast_to(v[:last], (last - first, last)).copy()
        block[np.arange(last)[None, :] > np.arange(first, last)[:, None]] = np.inf
        start = float(parts[-1].tau2[-1]) if parts else None
        parts.append(
            batch_meta_analysis(
                y[None, :last], block, method=method, ci_method=result.ci_method, level=result.level, start=start
            )
        )
    if len(parts) == 1:
        return parts[0]
    names = BatchResult.__dataclass_fields__
    return BatchResult(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


CUMULATIVE_BLOCK = 256
"""Prefixes pooled together: short ones do not carry the length of the longest, and each block starts near its tau2."""


def influence(result: MetaAnalysis, without: BatchResult | None = None) -> Influence:
    """Return the influence diagnostics of every study.

    Parameters
    ----------
    result
        The full analysis.
    without
        Its leave-one-out analysis, if already at hand.
    """
    y, v = _columns(result, least=2)
    tau2 = result.tau2 or 0.0
    loo = without if without is not None else leave_one_out(result)
    if result.se is None:
        raise NotEstimable(result.not_estimable["se"])
    k = y.size
    _refuse_no_spread(loo)
    hat = np.asarray(result.weights) / 100.0
    change = result.estimate - loo.estimate
    total = v[None, :] + loo.tau2[:, None]
    # With Hartung-Knapp the error variance of the reduced fit carries its factor, and so do its hat values.
    wald = 1.0 / (1.0 / total).sum(axis=1)
    reduced = 1.0 / ((1.0 / total).sum(axis=1) - 1.0 / np.diag(total))
    factor = loo.se**2 / reduced
    rstudent = (y - loo.estimate) / np.sqrt(factor * (v + loo.tau2 + reduced))
    dffits = change / np.sqrt(factor * hat * (v + loo.tau2))
    dfbetas = change / np.sqrt(factor * wald)
    cook = change**2 / result.se**2
    rules = (
        (np.abs(dffits) > 3.0 * np.sqrt(1.0 / max(k - 1, 1)))
        | (cook > CHI2_1_MEDIAN)
        | (hat > 3.0 / k)
        | (np.abs(dfbetas) > 1.0)
    )
    return Influence(
        rstudent=tuple(rstudent.tolist()),
        dffits=tuple(dffits.tolist()),
        cook_d=tuple(cook.tolist()),
        cov_r=tuple((loo.se**2 / result.se**2).tolist()),
        tau2_deleted=tuple(np.where(tau2 >= 0.0, loo.tau2, 0.0).tolist()),
        q_deleted=tuple(loo.q.tolist()),
        hat=tuple(hat.tolist()),
        weight=result.weights,
        dfbetas=tuple(dfbetas.tolist()),
        influential=tuple(rules.tolist()),
    )


CHI2_1_MEDIAN = 0.454936423119572
"""Median of chi-squared on 1 degree of freedom: a Cook's distance above it is influential."""


def residuals(result: MetaAnalysis) -> Residuals:
    """Return residuals and the best linear unbiased predictions of the studies' own effects (Morris 1983)."""
    y, v = _columns(result, least=2)
    tau2 = result.tau2 or 0.0
    w = 1.0 / (v + tau2)
    raw = y - result.estimate
    standardised = raw / np.sqrt(v + tau2 - 1.0 / w.sum())
    shrink = tau2 * w
    se_mu = result.se if result.se is not None else 0.0
    blup = result.estimate + shrink * raw
    se = np.sqrt(shrink * v + (1.0 - shrink) ** 2 * se_mu**2)
    half = critical_value(result.level, result.df) * se
    columns = (raw, standardised, blup, se, blup - half, blup + half)
    return Residuals(*(tuple(column.tolist()) for column in columns))


def baujat(result: MetaAnalysis, without: BatchResult | None = None) -> Baujat:
    """Return the two axes of the Baujat plot."""
    y, v = _columns(result, least=2)
    loo = without if without is not None else leave_one_out(result)
    _refuse_no_spread(loo)
    share = (y - result.estimate) ** 2 / (v + (result.tau2 or 0.0))
    moved = (loo.estimate - result.estimate) ** 2 / loo.se**2
    return Baujat(tuple(share.tolist()), tuple(moved.tolist()))


def _columns(result: MetaAnalysis, *, least: int) -> tuple[FloatArray, FloatArray]:
    if result.k < least:
        raise NotEstimable(f"k = {result.k}: leaving studies out needs at least {least}")
    return np.asarray(result.yi), np.asarray(result.vi)


def _refuse_no_spread(loo: BatchResult) -> None:
    """Raise where the studies left do not differ: Hartung-Knapp's error is then 0 and nothing can be divided by it."""
    if (loo.se <= 0.0).any():
        row = int(np.flatnonzero(loo.se <= 0.0)[0])
        raise NotEstimable(f"without row {row + 1} the estimates do not differ: use ci_method 'hksj_adhoc' or 'wald'")


def _batch_method(result: MetaAnalysis) -> str:
    method = "PM" if result.method in ("EB", "SJIT") else result.method
    if method not in ("EE", "DL", "PM", "REML"):
        raise NotEstimable(f"leave-one-out and cumulative analyses exist for EE, DL, PM and REML, not {method}")
    return method
