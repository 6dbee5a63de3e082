"""The passes over many meta-analyses at once: weighted sums, Paule-Mandel, and safeguarded REML.

The equations are those of ``analysis.tau2``. The iteration is Newton's on ``tr P / y'PPy - 1`` inside a bracket whose
upper end is proven, so that every set converges. Few studies: sets lie side by side as columns; many studies: as rows,
where the products of long rows are fastest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.inputs import FloatArray

LONG_ROW = 64
"""From this number of studies on, row-wise products beat column-wise ones (measured)."""

STEP_TOLERANCE = 2e-8
"""A Newton step below this share of its scale leaves an error of about its square: double precision."""

MAX_STEPS = 100

INNER_GRID = (0.02, 0.06, 0.14, 0.3, 0.55)
"""Shares of the upper bound at which a set whose likelihood falls at 0 is searched for a second maximum."""


class Block:
    """``y`` (n, k) or (1, k), ``v`` (n, k), infinite where a set lacks a study."""

    def __init__(self, y: FloatArray, v: FloatArray) -> None:
        self._rows = v.shape[1] >= LONG_ROW
        self._v = np.ascontiguousarray(v if self._rows else v.T)
        self._y = np.ascontiguousarray(y if self._rows else y.T)
        self._shared = y.shape[0] == 1
        self._allocate()
        self._present = np.isfinite(self._v)
        self.k = self._present.sum(axis=1 if self._rows else 0).astype(np.float64)
        self._smallest = self._v.min(axis=1 if self._rows else 0)

    def _allocate(self) -> None:
        self._w, self._u, self._t = (np.empty_like(self._v) for _ in range(3))

    def _spread(self, x: FloatArray) -> FloatArray:
        """Return one value a set in the shape that broadcasts over its studies."""
        return x[:, None] if self._rows else x

    def _sums(self, a: FloatArray) -> FloatArray:
        total: FloatArray = a.sum(axis=1) if self._rows else a.sum(axis=0)
        return total

    def _dots(self, a: FloatArray, b: FloatArray) -> FloatArray:
        """Return the sum over studies of ``a * b``."""
        product: FloatArray = np.vecdot(a, b) if self._rows else np.einsum("ij,ij->j", a, b)
        return product

    def _dots_y(self, w: FloatArray) -> FloatArray:
        if self._shared:
            shared: FloatArray = w @ self._y[0] if self._rows else self._y[:, 0] @ w
            return shared
        product: FloatArray = np.vecdot(w, self._y) if self._rows else np.einsum("ij,ij->j", w, self._y)
        return product

    def select(self, kept: NDArray[np.intp]) -> Block:
        """Return a block of some of the sets."""
        new = object.__new__(Block)
        new._rows, new._shared = self._rows, self._shared
        new._v = self._v[kept] if self._rows else np.take(self._v, kept, axis=1)
        if self._shared:
            new._y = self._y
        else:
            new._y = self._y[kept] if self._rows else np.take(self._y, kept, axis=1)
        new.k, new._smallest = self.k[kept], self._smallest[kept]
        new._present = self._present[kept] if self._rows else np.take(self._present, kept, axis=1)
        new._allocate()
        return new

    def weighted(self, tau2: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return the estimate, ``1 / sum(w)``, the weighted sum of squares and ``tr P`` at one tau2 a set."""
        w, u = self._w, self._u
        np.reciprocal(np.add(self._v, self._spread(tau2), out=w), out=w)
        s1 = self._sums(w)
        mu = self._dots_y(w) / s1
        np.subtract(self._y, self._spread(mu), out=u)
        np.multiply(u, w, out=self._t)
        return mu, 1.0 / s1, self._dots(u, self._t), s1 - self._dots(w, w) / s1

    def paule_mandel(self) -> FloatArray:
        """Return the roots of ``Q(tau2) = k - 1``; see ``analysis.tau2.solve_q`` for why no bracket is needed."""
        tau2: FloatArray = np.zeros_like(self.k)
        df = self.k - 1.0
        for _ in range(MAX_STEPS):
            _, _, q, _ = self.weighted(tau2)
            slope = self._dots(self._t, self._t)
            rising = (q > df) & (df > 0.0)
            step = np.divide(q * (q - df), df * slope, out=np.zeros_like(q), where=rising)
            tau2 += step
            if (step <= STEP_TOLERANCE * (tau2 + self._smallest)).all():
                return tau2
        raise AnalysisError("a Paule-Mandel equation did not converge: a bug, it is monotone")

    def slope(self, tau2: FloatArray) -> FloatArray:
        """Return ``tr P / y'PPy - 1`` at one tau2 a set: below 0 the likelihood rises; ``inf`` where y'PPy is 0."""
        return self._slope(tau2)[0]

    def _slope(self, tau2: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
        w, u = self._w, self._u
        np.reciprocal(np.add(self._v, self._spread(tau2), out=w), out=w)
        s1, s2 = self._sums(w), self._dots(w, w)
        np.subtract(self._y, self._spread(self._dots_y(w) / s1), out=u)
        u *= w
        squares = self._dots(u, u)
        trace = s1 - s2 / s1
        value = np.divide(trace, squares, out=np.full_like(s1, np.inf), where=squares > 0.0) - 1.0
        return value, s1, s2, squares, trace

    def slope_and_derivative(self, tau2: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return ``slope`` and its derivative."""
        value, s1, s2, squares, trace = self._slope(tau2)
        w, u, t = self._w, self._u, self._t
        np.multiply(w, u, out=t)
        wu = self._sums(t)
        cubes = self._dots(t, u) - wu * wu / s1
        np.multiply(w, w, out=t)
        s3 = self._dots(t, w)
        ratio = s2 / s1
        curve = 2.0 * trace * cubes - (s2 - 2.0 * s3 / s1 + ratio * ratio) * squares
        return value, np.divide(curve, squares * squares, out=np.ones_like(s1), where=squares > 0.0)

    def reml(self, start: float | None = None) -> FloatArray:
        """Return the restricted-likelihood estimate of tau2 of every set."""
        high = self._upper_bounds()
        falls = self.slope(np.zeros_like(high)) >= 0.0
        low = np.zeros_like(high)
        searched = np.flatnonzero(falls & (high > 0.0))
        if searched.size:
            low[searched], high[searched] = self.select(searched)._inner_bracket(high[searched])
        climbing = np.flatnonzero((high > 0.0) & (~falls | (high > low)))
        tau2 = np.zeros_like(high)
        if climbing.size:
            block = self if climbing.size == high.size else self.select(climbing)
            tau2[climbing] = block._climb(low[climbing], high[climbing], start)
        inner = np.flatnonzero(falls & (tau2 > 0.0))
        if inner.size:
            some = self.select(inner)
            at_zero = some.log_likelihood(np.zeros(inner.size))
            tau2[inner[at_zero >= some.log_likelihood(tau2[inner])]] = 0.0
        return tau2

    def _upper_bounds(self) -> FloatArray:
        """Return the proven bounds of ``analysis.tau2._upper_bound``, 0 where tau2 is certainly 0."""
        y, v, present = self._y, self._v, self._present
        if present.all():
            deviation = np.subtract(y, self._spread(self._sums(np.broadcast_to(y, v.shape)) / self.k), out=self._u)
            largest = v.max(axis=1 if self._rows else 0)
        else:
            mean = self._sums(np.where(present, y, 0.0)) / self.k
            deviation = np.where(present, y - self._spread(mean), 0.0)
            largest = np.where(present, v, 0.0).max(axis=1 if self._rows else 0)
        variance = self._dots(deviation, deviation) / np.maximum(self.k - 1.0, 1.0)
        smallest = self._smallest
        half = 0.5 * variance - smallest
        discriminant = half * half - smallest * smallest + variance * largest
        bound = half + np.sqrt(np.maximum(discriminant, 0.0))
        return np.where((discriminant < 0.0) | (self.k < 2.0), 0.0, np.maximum(bound, 0.0))

    def _inner_bracket(self, bound: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return brackets of a maximum inside ``(0, bound)`` of sets whose likelihood falls at 0, else ``(0, 0)``."""
        low, high = np.zeros_like(bound), np.zeros_like(bound)
        last = np.zeros(bound.size, dtype=bool)
        for share in (*INNER_GRID, 1.0):
            here = bound * share
            rising = self.slope(here) < 0.0 if share < 1.0 else np.zeros(bound.size, dtype=bool)
            closes = last & ~rising
            high[closes] = here[closes]
            low[rising] = here[rising]
            last = rising
        return low, high

    def _climb(self, low: FloatArray, high: FloatArray, start: float | None) -> FloatArray:
        """Return the root of every set by Newton's method inside its bracket."""
        block: Block = self
        result = np.zeros_like(low)
        active = np.arange(low.size)
        tau2 = low.copy() if start is None else np.clip(np.full_like(low, start), low, high)
        for _ in range(MAX_STEPS):
            value, derivative = block.slope_and_derivative(tau2)
            rising = value < 0.0
            low, high = np.where(rising, tau2, low), np.where(rising, high, tau2)
            # Where the function does not rise there is no Newton step: minus infinity lies outside every bracket.
            new = tau2 - np.divide(value, derivative, out=np.full_like(value, np.inf), where=derivative > 0.0)
            outside = ~((new >= low) & (new <= high))
            new[outside] = 0.5 * (low[outside] + high[outside])
            step, tau2 = np.abs(new - tau2), new
            scale = tau2 + block._smallest
            done = (step <= STEP_TOLERANCE * scale) & ~outside | (high - low <= 4e-16 * scale)
            if done.all():
                result[active] = tau2
                return result
            if done.mean() > 0.25:
                result[active[done]] = tau2[done]
                kept = np.flatnonzero(~done)
                block = block.select(kept)
                active, tau2, low, high = active[kept], tau2[kept], low[kept], high[kept]
        raise AnalysisError(f"{active.size} sets did not converge: a bug, every root is bracketed")

    def log_likelihood(self, tau2: FloatArray) -> FloatArray:
        """Return the restricted log-likelihood but for its constant."""
        _, variance, rss, _ = self.weighted(tau2)
        logs = self._sums(np.log(np.where(self._w > 0.0, self._w, 1.0)))
        likelihood: FloatArray = 0.5 * (logs + np.log(variance) - rss)
        return likelihood
