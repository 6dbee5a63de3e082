"""The weight functions of selection models and the constants that normalise them."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.inputs import FloatArray

IntArray: TypeAlias = NDArray[np.intp]


def one_sided_p(y: FloatArray, v: FloatArray, alternative: str) -> FloatArray:
    """Return the one-sided p values in the direction of ``alternative``."""
    z = y / np.sqrt(v)
    return np.asarray(special.ndtr(-z if alternative == "greater" else z))


def step_edges(v: FloatArray, cuts: FloatArray, alternative: str) -> FloatArray:
    """Return (k, m + 1) limits on the scale of y between which the p value falls in one interval after the other."""
    z = special.ndtri(1.0 - cuts) * np.sqrt(v)[:, None]
    infinite = np.full((v.size, 1), np.inf)
    return np.hstack([infinite, z, -infinite]) * (1.0 if alternative == "greater" else -1.0)


class StepProblem:
    """Negative log-likelihood of the step model in (mu, tau, ln delta_2, ...)."""

    def __init__(
        self, y: FloatArray, v: FloatArray, interval: IntArray, edges: FloatArray, fixed: FloatArray | None
    ) -> None:
        self.y, self.v, self.interval, self.edges, self.fixed = y, v, interval, edges, fixed
        self.free = 0 if fixed is not None else edges.shape[1] - 2
        self.starts: tuple[tuple[float, ...], ...] = tuple(
            tuple([math.log(value)] * self.free) for value in (0.9, 0.25, 4.0)
        )

    def delta(self, log_delta: FloatArray) -> tuple[float, ...]:
        """Return the weights of the transformed parameters."""
        if self.fixed is not None:
            return tuple(self.fixed.tolist())
        return (1.0, *np.exp(log_delta).tolist())

    def terms(self, mu: float, s: FloatArray, log_delta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return ln weight of each study and ln of its normalising constant."""
        weights = np.asarray(self.delta(log_delta))
        cdf = special.ndtr((self.edges - mu) / s[:, None])
        share = np.abs(np.diff(cdf, axis=1)) @ weights
        return np.log(weights[self.interval]), np.log(np.maximum(share, 1e-300))


class WeightProblem:
    """Negative log-likelihood of a smooth weight in (mu, tau, transformed delta)."""

    def __init__(self, y: FloatArray, v: FloatArray, form: str, alternative: str) -> None:
        self.y, self.v, self.form, self.alternative = y, v, form, alternative
        self.free = 2 if form == "beta" else 1
        nodes, weights = np.polynomial.legendre.leggauss(160)
        self._z, self._w = 12.0 * nodes, 12.0 * weights * np.exp(-72.0 * nodes**2) / math.sqrt(2.0 * math.pi)
        self._p = one_sided_p(y, v, alternative)
        options = ((0.0, 0.0), (-0.7, 0.7), (0.7, -0.7)) if form == "beta" else ((-3.0,), (0.0,), (1.5,))
        self.starts: tuple[tuple[float, ...], ...] = options

    def delta(self, log_delta: FloatArray) -> tuple[float, ...]:
        """Return the weights of the transformed parameters."""
        return tuple(np.exp(log_delta).tolist())

    def _log_weight(self, p: FloatArray, delta: tuple[float, ...]) -> FloatArray:
        if self.form == "halfnormal":
            return -delta[0] * p * p
        if self.form == "negexp":
            return -delta[0] * p
        if self.form == "logistic":
            return np.asarray(math.log(2.0) - np.logaddexp(0.0, delta[0] * p))
        tiny = np.clip(p, 1e-300, 1.0 - 1e-16)
        if self.form == "power":
            return np.asarray(delta[0] * np.log1p(-tiny))
        return np.asarray((delta[0] - 1.0) * np.log(tiny) + (delta[1] - 1.0) * np.log1p(-tiny))

    def terms(self, mu: float, s: FloatArray, log_delta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return ln weight of each study and ln of its normalising constant."""
        delta = self.delta(log_delta)
        y = mu + s[:, None] * self._z
        p = special.ndtr((-y if self.alternative == "greater" else y) / np.sqrt(self.v)[:, None])
        share = np.exp(np.minimum(self._log_weight(p, delta), 600.0)) @ self._w
        return self._log_weight(self._p, delta), np.log(np.maximum(share, 1e-300))


Problem: TypeAlias = StepProblem | WeightProblem
