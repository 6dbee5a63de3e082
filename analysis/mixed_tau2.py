"""The residual between-study variance of a meta-regression: estimators, likelihood, standard errors.

The same methods as ``analysis.tau2`` for a design of any rank p: ``P = W - W X (X'WX)^-1 X'W`` replaces the projection
on one mean. Quantities are computed for a whole column of tau2 values at once: the traces need only ``X'W^j X``, which
is one matrix product with the pairwise products of the columns.
"""

from __future__ import annotations

import math

import numpy as np

from analysis.distributions import chi2_quantile
from analysis.errors import AnalysisError
from analysis.inputs import FloatArray
from analysis.tau2 import GRID_POINTS, MAX_STEPS, RELATIVE_TOLERANCE


class MixedModel:
    """One regression problem: estimates ``y`` (k,), variances ``v`` (k,), design ``x`` (k, p)."""

    def __init__(self, y: FloatArray, v: FloatArray, x: FloatArray) -> None:
        self.y, self.v = y, v
        basis, triangle = np.linalg.qr(x)
        self.basis: FloatArray = basis.astype(np.float64, copy=False)
        self.triangle: FloatArray = triangle.astype(np.float64, copy=False)
        self.k, self.p = int(x.shape[0]), int(x.shape[1])
        self._pairs: FloatArray = (self.basis[:, :, None] * self.basis[:, None, :]).reshape(self.k, -1)

    def coefficients(self, tau2: float) -> tuple[FloatArray, FloatArray, float]:
        """Return ``beta`` (p,), its covariance (p, p) for known variances, and the weighted residual sum of squares."""
        w = 1.0 / (self.v + tau2)
        gamma, inverse, residual = self._solve(w)
        back = np.linalg.inv(self.triangle)
        return back @ gamma, back @ inverse @ back.T, float((w * residual).dot(residual))

    def _solve(self, w: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        inverse = np.linalg.inv(w.dot(self._pairs).reshape(self.p, self.p))
        gamma = inverse @ (self.basis.T @ (w * self.y))
        residual = self.y - self.basis @ gamma
        # One step of iterative refinement: normal equations alone lose half the digits.
        correction = inverse @ (self.basis.T @ (w * residual))
        return gamma + correction, inverse, residual - self.basis @ correction

    def q(self, tau2: float) -> float:
        """Return the generalised Q statistic of the residuals at ``tau2``."""
        w = 1.0 / (self.v + tau2)
        residual = self._solve(w)[2]
        return float((w * residual).dot(residual))

    def residual_heterogeneity(self) -> tuple[float, float]:
        """Return ``QE`` and the typical sampling variance ``(k - p) / tr P`` at tau2 = 0."""
        return self.q(0.0), (self.k - self.p) / self._traces(1.0 / self.v)[0]

    def _traces(self, w: FloatArray) -> tuple[float, float]:
        """Return ``tr P`` and ``tr PP``."""
        shape = (self.p, self.p)
        w2 = w * w
        inverse = np.linalg.inv(w.dot(self._pairs).reshape(shape))
        two = inverse @ w2.dot(self._pairs).reshape(shape)
        three = inverse @ (w2 * w).dot(self._pairs).reshape(shape)
        one = float(w.sum()) - float(np.trace(two))
        return one, float(w2.sum()) - 2.0 * float(np.trace(three)) + float((two * two.T).sum())

    def estimate(self, method: str) -> float:
        """Return tau2 by ``method`` (see ``analysis.tau2.METHODS``)."""
        df = self.k - self.p
        if method == "EE":
            return 0.0
        if method in ("PM", "EB", "SJIT"):
            return self.solve_q(float(df))
        if method == "PMM":
            return self.solve_q(chi2_quantile(0.5, float(df)))
        if method in ("ML", "REML"):
            return self._likelihood_maximum(restricted=method == "REML")
        return self._closed_form(method, df)

    def _closed_form(self, method: str, df: int) -> float:
        """Return the estimators that need no iteration: SJ, HE, DL, HS, HSk."""
        if method == "SJ":
            start = self._crude_variance()
            return start * self.q(start) / df
        if method == "HE":
            residual = self.y - self.basis @ (self.basis.T @ self.y)
            hat = (self.basis * self.basis).sum(axis=1)
            return max(0.0, (float(residual.dot(residual)) - float(self.v.dot(1.0 - hat))) / df)
        w = 1.0 / self.v
        q = self.q(0.0)
        if method == "DL":
            return max(0.0, (q - df) / self._traces(w)[0])
        return max(0.0, ((q * self.k / df if method == "HSk" else q) - self.k) / float(w.sum()))

    def _crude_variance(self) -> float:
        r = self.y - self.y.mean()
        return float(r.dot(r)) / self.k

    def solve_q(self, target: float) -> float:
        """Return the tau2 at which the residual Q equals ``target`` (see ``analysis.tau2.solve_q``)."""
        tau2, smallest = 0.0, float(self.v.min())
        for _ in range(MAX_STEPS):
            w = 1.0 / (self.v + tau2)
            u = w * self._solve(w)[2]
            q = float((u * u).dot(self.v + tau2))
            if q <= target:
                return tau2
            step = q * (q - target) / (target * float(u.dot(u)))
            tau2 += step
            if step <= RELATIVE_TOLERANCE * (tau2 + smallest):
                return tau2
        raise AnalysisError(f"Q({tau2:g}) did not reach {target:g}: a bug, its equation is monotone")

    def log_likelihood(self, tau2: float, *, restricted: bool) -> float:
        """Return the (restricted) log-likelihood, with Harville's constant ``+ 0.5 ln det X'X``."""
        w = 1.0 / (self.v + tau2)
        quadratic = self.q(tau2) - float(np.log(w).sum())
        if not restricted:
            return -0.5 * (self.k * math.log(2 * math.pi) + quadratic)
        # In the orthonormal basis det X'X is 1, and the transform of X cancels between the two determinants.
        _, log_det = np.linalg.slogdet(w.dot(self._pairs).reshape(self.p, self.p))
        return -0.5 * ((self.k - self.p) * math.log(2 * math.pi) + quadratic + float(log_det))

    def _upper_bound(self, df: int) -> float:
        residual = self.y - self.basis @ (self.basis.T @ self.y)
        variance = float(residual.dot(residual)) / df
        low, high = float(self.v.min()), float(self.v.max())
        half = 0.5 * variance - low
        discriminant = half * half - low * low + variance * high
        return 0.0 if discriminant < 0.0 else max(0.0, half + math.sqrt(discriminant))

    def _likelihood_maximum(self, *, restricted: bool) -> float:
        upper = self._upper_bound(self.k - self.p if restricted else self.k)
        if upper == 0.0:
            return 0.0
        low = float(self.v.min())
        grid = low * ((1.0 + upper / low) ** np.linspace(0.0, 1.0, GRID_POINTS) - 1.0)
        grid[-1] = upper
        ratio = self._slope_ratios(grid, restricted=restricted)
        ratio[-1] = max(ratio[-1], 0.0)
        falls = ratio >= 0.0
        crossings = np.flatnonzero(falls[1:] & ~falls[:-1])
        candidates = [self._refine(grid[i : i + 2], ratio[i : i + 2], restricted=restricted) for i in crossings]
        if falls[0]:
            candidates.append(0.0)
        if len(candidates) == 1:
            return candidates[0]
        return max(candidates, key=lambda t: self.log_likelihood(t, restricted=restricted))

    def _slope_ratios(self, tau2: FloatArray, *, restricted: bool) -> FloatArray:
        """Return ``tr P / y'PPy - 1`` for (m,) values of tau2: negative where the likelihood rises."""
        w = 1.0 / (tau2[:, None] + self.v)
        shape = (tau2.size, self.p, self.p)
        s1 = (w @ self._pairs).reshape(shape)
        gamma = np.linalg.solve(s1, ((w * self.y) @ self.basis)[:, :, None])[:, :, 0]
        u = w * (self.y - gamma @ self.basis.T)
        squares = (u * u).sum(axis=1)
        trace = w.sum(axis=1)
        if restricted:
            s2 = ((w * w) @ self._pairs).reshape(shape)
            trace = trace - np.trace(np.linalg.solve(s1, s2), axis1=1, axis2=2)
        ratio = np.full(tau2.size, np.inf)
        np.divide(trace, squares, out=ratio, where=squares > 0.0)
        return ratio - 1.0

    def _refine(self, ends: FloatArray, values: FloatArray, *, restricted: bool) -> float:
        """Return the root between two grid points by safeguarded Newton steps."""
        low, high = float(ends[0]), float(ends[1])
        span = float(values[1] - values[0])
        tau2 = low - float(values[0]) * (high - low) / span if math.isfinite(span) else 0.5 * (low + high)
        smallest = float(self.v.min())
        for _ in range(MAX_STEPS):
            value, slope = self._slope_ratio(tau2, restricted=restricted)
            if abs(value) < 4e-16:
                return tau2
            low, high = (tau2, high) if value < 0.0 else (low, tau2)
            new = tau2 - value / slope if slope > 0.0 else low
            if not low < new < high:
                new = 0.5 * (low + high)
            change, tau2 = abs(new - tau2), new
            if change <= RELATIVE_TOLERANCE * (tau2 + smallest):
                break
        return tau2

    def _slope_ratio(self, tau2: float, *, restricted: bool) -> tuple[float, float]:
        w = 1.0 / (self.v + tau2)
        _, inverse, residual = self._solve(w)
        u = w * residual
        squares = float(u.dot(u))
        if squares == 0.0:
            return math.inf, 0.0
        wu = self.basis.T @ (w * u)
        cubes = float((u * w).dot(u)) - float(wu @ inverse @ wu)
        trace, trace_squares = self._traces(w) if restricted else (float(w.sum()), float(w.dot(w)))
        return trace / squares - 1.0, (2.0 * trace * cubes / squares - trace_squares) / squares

    def se_tau2(self, tau2: float, method: str) -> float | None:
        """Return the large-sample standard error of tau2 (see ``analysis.tau2_error``)."""
        w = 1.0 / (self.v + tau2)
        df = self.k - self.p
        if method == "EE":
            return None
        if method == "ML":
            return math.sqrt(2.0 / float(w.dot(w)))
        if method == "REML":
            return math.sqrt(2.0 / self._traces(w)[1])
        if method in ("PM", "PMM", "EB", "SJIT"):
            return math.sqrt(2.0 * self.k**2 / df) / float(w.sum())
        return self._se_quadratic(tau2, method)

    def _se_quadratic(self, tau2: float, method: str) -> float:
        """Return ``c sqrt(2 tr(AMAM))``, A the projection of the estimator's own weights ``a``."""
        df = self.k - self.p
        start = self._crude_variance() if method == "SJ" else 0.0
        a = np.ones(self.k) if method == "HE" else 1.0 / (self.v + start)
        scale = {"HE": 1.0 / df, "SJ": start / df}.get(method)
        if scale is None:
            scale = 1.0 / self._traces(a)[0] if method == "DL" else 1.0 / float(a.sum())
        if method == "HSk":
            scale *= self.k / df
        ax = a[:, None] * self.basis
        projection = np.diag(a) - ax @ np.linalg.inv(self.basis.T @ ax) @ ax.T
        product = projection * (self.v + tau2)
        return scale * math.sqrt(2.0 * float((product * product.T).sum()))
