"""Cluster-robust variances of a fitted meta-analysis or meta-regression: CR0, CR1 and CR2.

For several effects of one study, or when the working model of variances is in doubt. CR2 with Satterthwaite degrees
of freedom is the small-sample choice; below 4 degrees of freedom its p values are outside the validated range.

References: Hedges, Tipton & Johnson 2010, Res Synth Methods 1:39; Tipton 2015, Psychol Methods 20:375;
Pustejovsky & Tipton 2018, J Bus Econ Stat 36:672 (equations 5, 11).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.distributions import critical_value, two_sided_p
from analysis.errors import InputError
from analysis.inputs import FloatArray, checked_choice, checked_level

CORRECTIONS = ("CR0", "CR1", "CR2")


@dataclass(frozen=True)
class RobustTests:
    """Coefficients with cluster-robust standard errors, t tests and intervals; ``df`` one a coefficient."""

    b: tuple[float, ...]
    se: tuple[float, ...]
    stat: tuple[float, ...]
    df: tuple[float, ...]
    p: tuple[float, ...]
    ci_low: tuple[float, ...]
    ci_high: tuple[float, ...]
    n_clusters: int
    correction: str


def robust_tests(
    y: FloatArray,
    x: FloatArray,
    working: FloatArray,
    clusters: Sequence[Hashable],
    *,
    correction: str = "CR2",
    level: float = 95.0,
) -> RobustTests:
    """Return robust tests of the generalised least-squares coefficients.

    Parameters
    ----------
    y, x
        (k,) estimates, (k, p) design.
    working
        (k, k) working covariance of ``y`` (for independent effects ``diag(v + tau2)``), block-diagonal by cluster;
        the weights are its inverse.
    clusters
        (k,) which study each estimate comes from.
    correction
        ``CR0`` none, ``CR1`` the factor m / (m - p) with t on m - p, ``CR2`` bias reduced with Satterthwaite df.

    Raises
    ------
    InputError
        Fewer clusters than p + 1, or lengths that do not fit.
    """
    checked_choice(correction, "correction", CORRECTIONS)
    level = checked_level(level)
    members = _members(clusters, y.size, x.shape[1])
    weight: FloatArray = np.linalg.inv(working).astype(np.float64, copy=False)
    bread: FloatArray = np.linalg.inv(x.T @ weight @ x).astype(np.float64, copy=False)
    b = bread @ (x.T @ (weight @ y))
    residual = y - x @ b
    adjust = [_adjustment(x, working, bread, i, correction) for i in members]
    factors = [bread @ x[i].T @ weight[np.ix_(i, i)] @ a for i, a in zip(members, adjust, strict=True)]
    scores = np.array([f @ residual[i] for f, i in zip(factors, members, strict=True)])
    vcov = scores.T @ scores
    m, p = len(members), x.shape[1]
    if correction == "CR1":
        vcov = vcov * (m / (m - p))
    if correction == "CR2":
        df = _satterthwaite(x, working, weight, bread, members, factors)
    else:
        df = np.full(p, float(m - p))
    se = np.sqrt(np.diag(vcov))
    half = np.array([critical_value(level, float(d)) for d in df]) * se
    stat = b / se
    return RobustTests(
        b=tuple(b.tolist()),
        se=tuple(se.tolist()),
        stat=tuple(stat.tolist()),
        df=tuple(df.tolist()),
        p=tuple(two_sided_p(s, d) for s, d in zip(stat.tolist(), df.tolist(), strict=True)),
        ci_low=tuple((b - half).tolist()),
        ci_high=tuple((b + half).tolist()),
        n_clusters=m,
        correction=correction,
    )


def _members(clusters: Sequence[Hashable], k: int, p: int) -> list[FloatArray]:
    if len(clusters) != k:
        raise InputError(f"{len(clusters)} cluster names for {k} estimates: give one an estimate")
    rows: dict[Hashable, list[int]] = {}
    for row, name in enumerate(clusters):
        rows.setdefault(name, []).append(row)
    if len(rows) <= p:
        raise InputError(
            f"{len(rows)} clusters and {p} coefficients: robust variances need more clusters than coefficients"
        )
    return [np.array(index) for index in rows.values()]


def _adjustment(x: FloatArray, working: FloatArray, bread: FloatArray, i: FloatArray, correction: str) -> FloatArray:
    """Return the matrix that undoes the shrinkage of a cluster's residuals (identity for CR0 and CR1)."""
    if correction != "CR2":
        return np.eye(i.size)
    phi = working[np.ix_(i, i)]
    root = np.linalg.cholesky(phi).T
    inner = root @ (phi - x[i] @ bread @ x[i].T) @ root.T
    values, vectors = np.linalg.eigh(inner)
    # The Moore-Penrose inverse root: a cluster that determines a coefficient alone has residual exactly 0 there.
    keep = values > 1e-12 * max(float(values.max()), 1e-300)
    power = np.where(keep, 1.0 / np.sqrt(np.where(keep, values, 1.0)), 0.0)
    return np.asarray(root.T @ (vectors * power) @ vectors.T @ root)


def _satterthwaite(
    x: FloatArray,
    working: FloatArray,
    weight: FloatArray,
    bread: FloatArray,
    members: list[FloatArray],
    factors: list[FloatArray],
) -> FloatArray:
    """Return ``2 E^2 / Var`` of each robust variance under the working model (Pustejovsky & Tipton 2018, eq 11)."""
    k, p = x.shape
    residual_maker = np.eye(k) - x @ bread @ x.T @ weight
    covariance = residual_maker @ working @ residual_maker.T
    df = np.empty(p)
    for j in range(p):
        g = np.zeros((len(members), k))
        for row, (i, factor) in enumerate(zip(members, factors, strict=True)):
            g[row, i] = factor[j]
        product = g @ covariance @ g.T
        df[j] = np.trace(product) ** 2 / float((product * product).sum())
    return df
