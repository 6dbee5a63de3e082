"""Anytime-valid inference over the studies' log-rank statistics: e-values and a confidence sequence.

Valid however often one looks and whenever one stops, which is what a living review does; the price is a wider interval.
A labelled supplement. Common-effect: it tests that no study has an effect, and estimates a weighted mean of the studies
at hand. ``S = sum(y / v)`` is the sum of O - E, ``I = sum(1 / v)`` of V.

References: ter Schure & Gruenwald 2022, F1000Research 11:549; Howard et al. 2021, Ann Stat 49:1055 (normal mixture).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.effect_size import positive
from analysis.errors import InputError
from analysis.inputs import checked_estimates

LABEL = "supplement: valid at any time, common-effect"


@dataclass(frozen=True)
class AnytimeLook:
    """The state after a study: the estimate, e-values on the log scale, and the confidence sequence.

    ``log_e`` at or above ``ln(1 / alpha)`` rejects no effect, at any time. ``one_sided`` against the ratio that
    matters, ``two_point`` against it in either direction, ``mixture`` against any, ``per_study`` the product of the
    mixtures of the single studies (each study may have its own effect).
    """

    k: int
    estimate: float
    log_e_one_sided: float
    log_e_two_point: float
    log_e_mixture: float
    log_e_per_study: float
    ci_low: float
    ci_high: float


def anytime_sequence(
    yi: ArrayLike, vi: ArrayLike, *, hr_min: float, alpha: float = 0.05, g: float | None = None
) -> tuple[AnytimeLook, ...]:
    """Return the e-values and the confidence sequence after each study, in the order given.

    Parameters
    ----------
    yi, vi
        (k,) log hazard ratios and variances in order of publication.
    hr_min
        The ratio that matters, not 1; below 1 for benefit. Chosen before looking.
    alpha
        The sequence covers with probability ``1 - alpha`` at all times together.
    g
        Variance of the normal mixture; None takes ``ln(hr_min)^2``.
    """
    y, v = checked_estimates(yi, vi)
    theta = math.log(positive(hr_min, "hr_min"))
    if theta == 0.0:
        raise InputError("hr_min is 1: name the ratio that matters, such as 0.8")
    if not 0.0 < alpha < 1.0:
        raise InputError(f"alpha is {alpha!r}: give a probability between 0 and 1")
    spread = theta * theta if g is None else positive(g, "g")
    s, information = np.cumsum(y / v), np.cumsum(1.0 / v)
    single = np.cumsum([log_mixture(a, b, spread) for a, b in zip((y / v).tolist(), (1.0 / v).tolist(), strict=True)])
    return tuple(
        _look(i + 1, a, b, theta, spread, alpha, c)
        for i, (a, b, c) in enumerate(zip(s.tolist(), information.tolist(), single.tolist(), strict=True))
    )


def log_mixture(s: float, information: float, g: float) -> float:
    """Return ``g S^2 / (2 (1 + g I)) - ln(1 + g I) / 2``: the e-value averaged over effects N(0, g)."""
    return 0.5 * (g * s * s / (1.0 + g * information) - math.log1p(g * information))


def safe_log_rank(z: float, *, information: float, hr_min: float, two_sided: bool = True) -> float:
    """Return the e-value of one log-rank z: ``exp(-I phi^2 / 2 + sqrt(I) phi z)``, its cosh form when two-sided.

    ``phi = ln(hr_min)``; ``information`` is the events times the product of the allocation shares.
    """
    phi = math.log(positive(hr_min, "hr_min"))
    shift = math.sqrt(positive(information, "information")) * phi * z
    penalty = -0.5 * information * phi * phi
    return math.exp(penalty) * math.cosh(shift) if two_sided else math.exp(penalty + shift)


def confidence_sequence(estimate: float, *, information: float, g: float, alpha: float = 0.05) -> tuple[float, float]:
    """Return the normal-mixture confidence sequence: ``+- sqrt((1 + g I) / (g I^2) ln((1 + g I) / alpha^2))``."""
    grown = 1.0 + positive(g, "g") * positive(information, "information")
    half = math.sqrt(grown / (g * information**2) * (math.log(grown) - 2.0 * math.log(alpha)))
    return estimate - half, estimate + half


def _look(k: int, s: float, information: float, theta: float, g: float, alpha: float, single: float) -> AnytimeLook:
    up, penalty = abs(theta * s), 0.5 * theta * theta * information
    low, high = confidence_sequence(s / information, information=information, g=g, alpha=alpha)
    return AnytimeLook(
        k=k,
        estimate=s / information,
        log_e_one_sided=theta * s - penalty,
        # ln cosh(u) without overflow: u + ln((1 + e^(-2u)) / 2).
        log_e_two_point=up + math.log1p(math.exp(-2.0 * up)) - math.log(2.0) - penalty,
        log_e_mixture=log_mixture(s, information, g),
        log_e_per_study=single,
        ci_low=low,
        ci_high=high,
    )
