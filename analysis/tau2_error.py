"""Large-sample standard errors of tau2, one formula a family of estimators (Viechtbauer 2005, Table 1)."""

from __future__ import annotations

import math

import numpy as np

from analysis.inputs import FloatArray
from analysis.tau2 import sj_start


def se_tau2(y: FloatArray, v: FloatArray, tau2: float, method: str) -> float | None:
    """Return the large-sample standard error of tau2 (Viechtbauer 2005, Table 1), None for ``EE``.

    ML, REML: from the expected information. The closed forms are quadratic forms ``c y'Ay``, whose variance
    is ``2 c^2 tr(AMAM)`` with ``M = V + tau2 I``.
    """
    k = y.size
    w = 1.0 / (v + tau2)
    if method == "EE":
        return None
    if method == "ML":
        return math.sqrt(2.0 / float(w.dot(w)))
    if method == "REML":
        sw, w2 = float(w.sum()), w * w
        sw2 = float(w2.sum())
        return math.sqrt(2.0 / (sw2 - 2.0 * float(w2.dot(w)) / sw + (sw2 / sw) ** 2))
    if method in ("PM", "PMM", "EB", "SJIT"):
        return math.sqrt(2.0 * k * k / (k - 1)) / float(w.sum())
    return _se_quadratic(y, v, tau2, method)


def _se_quadratic(y: FloatArray, v: FloatArray, tau2: float, method: str) -> float:
    """Return ``c sqrt(2 tr(AMAM))`` with ``A`` the projection of the estimator's own weights."""
    k = y.size
    if method == "HE":
        a, scale = np.ones(k), 1.0 / (k - 1)
    elif method == "SJ":
        start = sj_start(y)
        a = 1.0 / (v + start)
        scale = start / (k - 1)
    else:
        a = 1.0 / v
        sa = float(a.sum())
        scale = 1.0 / (sa - float(a.dot(a)) / sa) if method == "DL" else 1.0 / sa
    if method == "HSk":
        scale *= k / (k - 1)
    total, am = float(a.sum()), a * (v + tau2)
    am_squared = am * am
    mixed = float((a * am).sum())
    trace = float(am_squared.sum()) - 2.0 * float((am_squared * a).sum()) / total + (mixed / total) ** 2
    return scale * math.sqrt(2.0 * max(trace, 0.0))
