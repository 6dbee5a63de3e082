"""Subgroup analysis: an estimate for each stratum, and the test whether the strata differ.

The test of interaction is the evidence; one stratum's significance beside another's lack of it is none. With a separate
tau2 in each stratum, strata of two or three trials have almost no information on it: ``common_tau2`` borrows.
Reference: Borenstein & Higgins 2013, Prev Sci 14:134.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.design_matrix import design_matrix
from analysis.distributions import chi2_sf, f_sf
from analysis.errors import InputError
from analysis.inputs import FloatArray, checked_estimates
from analysis.models import MetaAnalysis, meta_analysis
from analysis.regression import fit_design


@dataclass(frozen=True)
class SubgroupAnalysis:
    """Strata with their pooled results and the test of interaction between them.

    ``q_between`` is chi-squared on ``df`` (or F on ``df`` and ``df2``); None, with ``reason``, when fewer
    than two strata have an estimate. ``tau2`` is the common between-study variance, None when each stratum has its own.
    """

    levels: tuple[str, ...]
    results: tuple[MetaAnalysis, ...]
    q_between: float | None
    df: int
    df2: int | None
    p: float | None
    tau2: float | None
    reason: str | None


def subgroup_analysis(
    yi: ArrayLike,
    vi: ArrayLike,
    strata: Sequence[str],
    *,
    method: str = "REML",
    ci_method: str = "hksj",
    level: float = 95.0,
    common_tau2: bool = False,
) -> SubgroupAnalysis:
    """Pool each stratum and test whether the strata differ.

    The test with separate tau2 compares the strata's estimates with weights from their Wald standard errors
    (chi-squared on strata - 1); with a common tau2 it is the joint test of the meta-regression on the strata,
    Hartung-Knapp's F where ``ci_method`` says so.

    Raises
    ------
    InputError
        Bad rows, or a stratum that is not named.
    """
    y, v = checked_estimates(yi, vi)
    names = _stratum_names(strata, y.size)
    levels = tuple(sorted(set(names)))
    rows = [np.array([name == level_name for name in names]) for level_name in levels]
    results = tuple(meta_analysis(y[r], v[r], method=method, ci_method=ci_method, level=level) for r in rows)
    if len(levels) < 2:
        return SubgroupAnalysis(levels, results, None, 0, None, None, None, "one stratum only: nothing to compare")
    if common_tau2:
        return _with_common_tau2(y, v, names, levels, results, method=method, ci_method=ci_method, level=level)
    q = _between(y, v, rows, method)
    df = len(levels) - 1
    return SubgroupAnalysis(levels, results, q, df, None, chi2_sf(q, df), None, None)


def _stratum_names(strata: Sequence[str], k: int) -> tuple[str, ...]:
    if len(strata) != k:
        raise InputError(f"{len(strata)} strata for {k} estimates: give one an estimate")
    for row, name in enumerate(strata):
        if not isinstance(name, str) or not name:
            raise InputError(f"row {row + 1}: the stratum is {name!r}: name it or leave the study out")
    return tuple(strata)


def _between(y: FloatArray, v: FloatArray, rows: list[FloatArray], method: str) -> float:
    pooled = [meta_analysis(y[r], v[r], method=method, ci_method="wald") for r in rows]
    b = np.array([result.estimate for result in pooled])
    w = np.array([1.0 / (result.se or 1.0) ** 2 for result in pooled])
    deviation = b - w.dot(b) / w.sum()
    return float((w * deviation).dot(deviation))


def _with_common_tau2(
    y: FloatArray,
    v: FloatArray,
    names: tuple[str, ...],
    levels: tuple[str, ...],
    results: tuple[MetaAnalysis, ...],
    *,
    method: str,
    ci_method: str,
    level: float,
) -> SubgroupAnalysis:
    m = len(levels) - 1
    if y.size <= len(levels):
        reason = f"{y.size} studies in {len(levels)} strata: a common tau2 cannot be estimated"
        return SubgroupAnalysis(levels, results, None, m, None, None, None, reason)
    design = design_matrix({"stratum": names}, y.size)
    fit = fit_design(y, v, design, method=method, ci_method=ci_method, level=level)
    df2 = fit.qm_df[1]
    q = float(fit.qm or 0.0)
    p = chi2_sf(q, m) if df2 is None else f_sf(q, m, df2)
    return SubgroupAnalysis(levels, results, q, m, df2, p, fit.tau2, None)
