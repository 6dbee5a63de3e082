"""Bayesian posteriors against exact quadrature (1e-8) and against bayesmeta (its grid: 1e-3)."""

from __future__ import annotations

from typing import Any

from analysis.bayes import BayesianMetaAnalysis, Posterior, bayesian_meta_analysis
from tests.reference.comparison import Rows, pairs

BAYESMETA_RELATIVE = 2e-3
"""bayesmeta places its support points for a stated divergence of 1e-3; exact values are in ``bayes_exact_*``."""

BAYESMETA_ABSOLUTE = 2e-4

TRUNCATED_SD_RELATIVE = 3e-2
"""bayesmeta cuts the tail of tau at a mass of 1e-5, which a standard deviation under a heavy-tailed prior feels."""


def _posterior(key: str, y: list[float], v: list[float]) -> BayesianMetaAnalysis:
    tau, mu = key.split("__")
    name, _, scale = tau.partition("_")
    prior = None if mu == "flat" else (float(mu.split("_")[1]), float(mu.split("_")[2]))
    return bayesian_meta_analysis(y, v, tau_prior=name.lower(), tau_scale=float(scale or 0.5), mu_prior=prior)


def _summary(where: str, ours: Posterior, theirs: dict[str, float], **tolerance: float) -> Rows:
    for name, value in (
        ("mean", ours.mean),
        ("sd", ours.sd),
        ("median", ours.median),
        ("lb95", ours.low),
        ("ub95", ours.high),
        ("p_lt_0", ours.p_below_0),
    ):
        if name in ("mean", "sd") and value is None:
            continue  # the moment does not exist; a truncated grid prints a number all the same
        if theirs.get(name) is not None:
            wide = {"relative": TRUNCATED_SD_RELATIVE} if tolerance and name == "sd" else {}
            yield from pairs(f"{where}.{name}", value, theirs[name], **(tolerance | wide))


def exact(document: dict[str, Any], inputs: dict[str, Any]) -> Rows:
    for key, theirs in document["priors"].items():
        ours = _posterior(key, inputs["yi"], inputs["vi"])
        yield from _summary(f"{key}.tau", ours.tau, theirs["tau"])
        yield from _summary(f"{key}.mu", ours.mu, theirs["mu"])
        yield from _summary(f"{key}.theta_new", ours.theta_new, theirs["theta_new"])
        yield from pairs(f"{key}.ml", ours.log_marginal_likelihood, theirs["log_marginal_likelihood"])
        yield from pairs(
            f"{key}.shrink.mean", [s.mean for s in ours.shrinkage], [s["mean"] for s in theirs["shrinkage"]]
        )
        yield from pairs(f"{key}.shrink.sd", [s.sd for s in ours.shrinkage], [s["sd"] for s in theirs["shrinkage"]])


def bayesmeta(document: dict[str, Any], inputs: dict[str, Any]) -> Rows:
    tolerance = {"relative": BAYESMETA_RELATIVE, "absolute": BAYESMETA_ABSOLUTE}
    for key, theirs in document["priors"].items():
        if theirs is None:
            continue
        ours = _posterior(key, inputs["yi"], inputs["vi"])
        yield from _summary(f"{key}.tau", ours.tau, theirs["tau"], **tolerance)
        yield from _summary(f"{key}.mu", ours.mu, theirs["mu"], **tolerance)
        yield from _summary(f"{key}.theta", ours.theta_new, theirs["theta"], **tolerance)
        yield from pairs(f"{key}.p_mu_lt_0", ours.mu.p_below_0, theirs["p_mu_lt_0"], **tolerance)
