"""Group-sequential boundaries by error spending, exact to about 1e-11.

The score process is a Brownian motion looked at when shares ``t`` of the information are in. The density of the process
among those not yet stopped is carried from look to look on Gauss-Legendre nodes (Armitage, McPherson & Rowe 1969); each
boundary is the root at which the error spent since the last look is used up (Lan & DeMets 1983). Nothing is capped:
early O'Brien-Fleming boundaries are as wide as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from analysis.distributions import normal_quantile
from analysis.errors import InputError
from analysis.inputs import FloatArray, checked_choice

SPENDING = ("obrien_fleming", "obrien_fleming_two_sided", "pocock", "power3", "hwang_shih_decani")

TAIL = 9.0
"""Standard deviations beyond which an open side of the region is cut: less than 1e-18 lies there."""

PANEL_SD = 1.5
PANEL_NODES = 16
"""A panel of this many Gauss-Legendre nodes for each 1.5 standard deviations of the next increment: 1e-12."""


@dataclass(frozen=True)
class Boundaries:
    """Boundaries of z at each look and the error spent so far (both sides together when two-sided)."""

    t: tuple[float, ...]
    z: tuple[float, ...]
    cumulative_alpha: tuple[float, ...]
    sides: int
    spending: str


@dataclass(frozen=True)
class FutilityDesign:
    """Efficacy and non-binding futility boundaries of z, and how far they inflate the required information.

    ``futility`` is None at looks where stopping for futility is not possible.
    """

    efficacy: Boundaries
    futility: tuple[float | None, ...]
    root: float


def spent(spending: str, t: float, alpha: float) -> float:
    """Return the error spent by information share ``t`` (one-sided functions; two sides spend twice).

    ``obrien_fleming`` is ``2 - 2 Phi(z_{1 - alpha/2} / sqrt t)`` (Lan & DeMets 1983), ``pocock``
    ``alpha ln(1 + (e - 1) t)``, ``power3`` ``alpha t^3``, ``hwang_shih_decani`` with gamma -4.
    """
    if t >= 1.0:
        return alpha
    if spending in ("obrien_fleming", "obrien_fleming_two_sided"):
        return 2.0 * float(special.ndtr(-normal_quantile(1.0 - alpha / 2.0) / math.sqrt(t)))
    if spending == "pocock":
        return alpha * math.log1p((math.e - 1.0) * t)
    if spending == "power3":
        return alpha * t**3
    return alpha * math.expm1(4.0 * t) / math.expm1(4.0)


def boundaries(
    t: Sequence[float], *, alpha: float = 0.05, sides: int = 2, spending: str = "obrien_fleming"
) -> Boundaries:
    """Return the boundaries at looks ``t``.

    Parameters
    ----------
    t
        Shares of the required information, ascending, above 0, at most 1.
    alpha
        Error of all looks together, two-sided with ``sides=2``.
    sides
        1 (upper only) or 2 (symmetric).
    spending
        With ``obrien_fleming`` each side spends ``alpha / 2`` by its own function; ``obrien_fleming_two_sided`` puts
        the whole alpha into the formula, as the trial sequential analysis software does.
    """
    looks = _checked_looks(t)
    checked_choice(spending, "spending", SPENDING)
    if sides not in (1, 2) or not 0.0 < alpha < 1.0:
        raise InputError(f"alpha {alpha!r} with {sides!r} sides: give alpha between 0 and 1 and 1 or 2 sides")
    total = [_total_spent(spending, look, alpha, sides) for look in looks]
    region = _Region(looks, drift=0.0)
    z = []
    for j, look in enumerate(looks):
        increment = (total[j] - (total[j - 1] if j else 0.0)) / sides
        edge = _root(lambda b: region.above(b) - increment, 0.0, 40.0 * math.sqrt(look))  # noqa: B023
        z.append(edge / math.sqrt(look))
        if j < len(looks) - 1:
            region.advance([(-edge if sides == 2 else -math.inf, edge)])
    return Boundaries(tuple(looks), tuple(z), tuple(total), sides, spending)


def _total_spent(spending: str, look: float, alpha: float, sides: int) -> float:
    if spending == "obrien_fleming" and sides == 2:
        return 2.0 * spent(spending, look, alpha / 2.0)
    return spent(spending, look, alpha)


def crossing_probability(bounds: Boundaries, drift: float) -> float:
    """Return the chance of ever crossing (either boundary if two-sided) if z has mean ``drift`` at full information."""
    region, crossed = _Region(bounds.t, drift=drift), 0.0
    for j, (look, z) in enumerate(zip(bounds.t, bounds.z, strict=True)):
        edge = z * math.sqrt(look)
        crossed += region.above(edge) + (region.below(-edge) if bounds.sides == 2 else 0.0)
        if j < len(bounds.t) - 1:
            region.advance([(-edge if bounds.sides == 2 else -math.inf, edge)])
    return crossed


def inflation_root(bounds: Boundaries, *, beta: float = 0.2) -> float:
    """Return how many times the fixed-sample information the looks cost at power ``1 - beta``."""
    alpha = bounds.cumulative_alpha[-1] / bounds.sides
    fixed = normal_quantile(1.0 - alpha) + normal_quantile(1.0 - beta)
    drift = _root(lambda d: (1.0 - beta) - crossing_probability(bounds, d), 0.5 * fixed, 3.0 * fixed)
    return (drift / fixed) ** 2


def futility_design(
    t: Sequence[float],
    *,
    alpha: float = 0.05,
    beta: float = 0.2,
    sides: int = 2,
    spending: str = "obrien_fleming",
) -> FutilityDesign:
    """Return boundaries with non-binding futility: the root is chosen so that both meet at the last look.

    A two-sided design is the one-sided one at alpha / 2 and its mirror image: futile is the wedge around 0 between the
    two, which opens where the one-sided boundary passes 0. Beta is spent by the O'Brien-Fleming type function.
    Non-binding: inside the wedge one need not stop, so the efficacy boundaries do not count on it.
    """
    efficacy = boundaries(t, alpha=alpha, sides=sides, spending=spending)
    fixed = normal_quantile(1.0 - alpha / sides) + normal_quantile(1.0 - beta)

    def at(root: float) -> tuple[float, tuple[float | None, ...]]:
        return _futility(efficacy, math.sqrt(root) * fixed, beta)

    root = _root(lambda r: at(r)[0], 1.0, 2.0)
    return FutilityDesign(efficacy, at(root)[1], root)


def _futility(efficacy: Boundaries, drift: float, beta: float) -> tuple[float, tuple[float | None, ...]]:
    """Return the beta left over at the last look (negative: not enough information) and the boundaries."""
    region = _Region(efficacy.t, drift=drift)
    inner: list[float | None] = []
    used = 0.0
    for look, z in zip(efficacy.t[:-1], efficacy.z[:-1], strict=True):
        scale = math.sqrt(look)
        edge = z * scale
        target = spent("obrien_fleming", look, beta) - used
        stop = _beta_edge(region, edge, target)
        if stop is None or (efficacy.sides == 2 and stop < 0.0):
            inner.append(None)
            region.advance([(-math.inf, edge)])
        else:
            inner.append(stop / scale)
            used += target
            region.advance([(stop, edge)])
    last = efficacy.z[-1] * math.sqrt(efficacy.t[-1])
    return region.below(last) - (beta - used), (*inner, efficacy.z[-1])


def _beta_edge(region: _Region, edge: float, target: float) -> float | None:
    """Return the score below which ``target`` of the effect's paths lie, None where fewer are below the boundary."""
    if region.below(edge) <= target:
        return None
    return _root(lambda f: target - region.below(f), -TAIL, edge)


class _Region:
    """Density of the score process among those not stopped, at the look that comes next."""

    def __init__(self, looks: Sequence[float], *, drift: float) -> None:
        self._looks, self._drift, self._next = tuple(looks), drift, 0
        self._x: FloatArray = np.zeros(1)
        self._mass: FloatArray = np.ones(1)

    @property
    def _step(self) -> tuple[float, float]:
        """Return mean and standard deviation of the increment to the next look."""
        before = self._looks[self._next - 1] if self._next else 0.0
        passed = self._looks[self._next] - before
        return self._drift * passed, math.sqrt(passed)

    def above(self, edge: float) -> float:
        mean, sd = self._step
        return float(self._mass.dot(special.ndtr((self._x + mean - edge) / sd)))

    def below(self, edge: float) -> float:
        mean, sd = self._step
        return float(self._mass.dot(special.ndtr((edge - self._x - mean) / sd)))

    def advance(self, parts: Sequence[tuple[float, float]]) -> None:
        """Move to the next look, keeping only the mass inside ``parts``."""
        mean, sd = self._step
        look = self._looks[self._next]
        floor = self._drift * look - TAIL * math.sqrt(look)
        next_sd = math.sqrt(self._looks[self._next + 1] - look)
        scale = min(sd, next_sd)
        nodes, masses = [], []
        points, weights = _panel_rule()
        for low, high in parts:
            start = max(low, floor)
            if start >= high:
                continue
            panels = max(1, math.ceil((high - start) / (PANEL_SD * scale)))
            length = (high - start) / panels
            x = (start + length * (np.arange(panels)[:, None] + points)).ravel()
            z = (x[:, None] - self._x - mean) / sd
            density = np.exp(-0.5 * z * z) @ self._mass / (sd * math.sqrt(2.0 * math.pi))
            nodes.append(x)
            masses.append(density * np.tile(weights, panels) * length)
        self._x, self._mass = np.concatenate(nodes), np.concatenate(masses)
        self._next += 1


def _root(f: Callable[[float], float], low: float, high: float) -> float:
    """Return the root of a decreasing function by bisection and secant steps (Illinois)."""
    f_low, f_high = f(low), f(high)
    side = 0
    for _ in range(200):
        x = (low * f_high - high * f_low) / (f_high - f_low) if f_high != f_low else 0.5 * (low + high)
        if not low < x < high:
            x = 0.5 * (low + high)
        value = f(x)
        if value == 0.0 or high - low <= 1e-14 * max(1.0, abs(high)):
            return x
        if value > 0.0:
            low, f_low = x, value
            f_high = 0.5 * f_high if side == 1 else f_high
            side = 1
        else:
            high, f_high = x, value
            f_low = 0.5 * f_low if side == -1 else f_low
            side = -1
    return x


@lru_cache(maxsize=1)
def _panel_rule() -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.legendre.leggauss(PANEL_NODES)
    return np.asarray(0.5 * (nodes + 1.0)), np.asarray(0.5 * weights)


def _checked_looks(t: Sequence[float]) -> list[float]:
    looks = [float(look) for look in t]
    if not looks:
        raise InputError("no look given: name at least one share of the required information")
    for j, look in enumerate(looks):
        if not 0.0 < look <= 1.0 or (j and look <= looks[j - 1]):
            raise InputError(f"look {j + 1} is at {look:g}: shares ascend, above 0 and at most 1")
    return looks
