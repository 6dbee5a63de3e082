"""Priors of the between-study standard deviation tau.

References: Roever et al. 2021, Res Synth Methods 12:448; DuMouchel 1994; Daniels 1999 (uniform shrinkage).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np

from analysis.inputs import FloatArray

TauPrior: TypeAlias = Literal["halfnormal", "halfcauchy", "uniform", "jeffreys", "shrinkage", "dumouchel"]
TAU_PRIORS = ("halfnormal", "halfcauchy", "uniform", "jeffreys", "shrinkage", "dumouchel")

TAIL_EXPONENT = {
    "halfnormal": math.inf,
    "halfcauchy": 2.0,
    "uniform": 0.0,
    "jeffreys": 1.0,
    "shrinkage": 3.0,
    "dumouchel": 2.0,
}
"""The prior falls like tau to minus this; the likelihood adds k - 1 (k with a proper prior of mu). A moment of order m
exists when the sum exceeds m + 1."""


def log_prior(name: str, scale: float, v: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """Return the log prior density of tau; improper ones without a constant."""
    s0_squared = v.size / float((1.0 / v).sum())

    def density(tau: FloatArray) -> FloatArray:
        if name == "halfnormal":
            return 0.5 * math.log(2.0 / math.pi) - math.log(scale) - 0.5 * (tau / scale) ** 2
        if name == "halfcauchy":
            return np.asarray(math.log(2.0 / (math.pi * scale)) - np.log1p((tau / scale) ** 2))
        if name == "shrinkage":
            return np.asarray(np.log(2.0 * s0_squared * tau) - 2.0 * np.log(s0_squared + tau**2))
        if name == "dumouchel":
            s0 = math.sqrt(s0_squared)
            return np.asarray(math.log(s0) - 2.0 * np.log(s0 + tau))
        if name == "jeffreys":
            ratio = tau[:, None] / (v + tau[:, None] ** 2)
            return np.asarray(0.5 * np.log((ratio * ratio).sum(axis=1)))
        return np.zeros_like(tau)

    return density
