"""Subsets, permutation, p-curve, fragility, three-level models, aggregation and R meta's variants."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.intervals import interval_variant, prediction_interval
from analysis.models import meta_analysis
from analysis.multilevel import aggregate, three_level
from analysis.p_curve import fragility_index, p_curve
from analysis.sensitivity import leave_one_out
from analysis.small_study import regression_test
from analysis.subgroups import subgroup_analysis
from analysis.subsets import all_subsets, sign_flip_test
from analysis.tau2_interval import i2_interval_from_q
from tests.reference.comparison import Rows, pairs
from tests.tolerances import PERCENT_AT_ZERO

THREE_DIGITS = 6e-4
"""The p-curve software prints three digits."""

SATURATED = 0.02
"""A study with p below 1e-14 sits on the bound of the conditional p values, which rounds differently."""

LOOSE_PROFILE = 1e-6
"""Estimates of the three-level variances in the reference: its optimiser stops there."""


def permutest_exact(document: dict[str, Any]) -> Rows:
    yield from _permutation(document, "permutest_exact", "wald")


def permutest_exact_knha(document: dict[str, Any]) -> Rows:
    yield from _permutation(document, "permutest_exact_knha", "hksj")


def _permutation(document: dict[str, Any], key: str, ci_method: str) -> Rows:
    full = meta_analysis(document["inputs"]["yi"], document["inputs"]["vi"], ci_method=ci_method)
    ours = sign_flip_test(full)
    yield from pairs(f"{key}.pval", ours.p, document[key]["pval"])
    yield from pairs(f"{key}.n_perm", ours.n, document[key]["n_perm"])


def gosh_REML(document: dict[str, Any]) -> Rows:
    theirs = document["gosh_REML"]
    ours = all_subsets(meta_analysis(document["inputs"]["yi"], document["inputs"]["vi"], ci_method="wald"))
    yield from pairs("gosh.n", ours.estimate.size, theirs["n"])
    yield from pairs("gosh.mean", float(ours.estimate.mean()), theirs["mean_est"])
    yield from pairs("gosh.min", float(ours.estimate.min()), theirs["min_est"])
    yield from pairs("gosh.max", float(ours.estimate.max()), theirs["max_est"])
    patterns = {"".join("1" if x else "0" for x in row): i for i, row in enumerate(ours.included)}
    for j, pattern in enumerate(theirs["first20"]["incl"]):
        i = patterns[pattern]
        yield from pairs(f"gosh.first20.est[{j}]", float(ours.estimate[i]), theirs["first20"]["est"][j])
        yield from pairs(
            f"gosh.first20.I2[{j}]", float(ours.i2[i]), theirs["first20"]["I2"][j], absolute=PERCENT_AT_ZERO
        )


def fragility(document: dict[str, Any]) -> Rows:
    for i, case in enumerate(document["cases"]):
        ours = fragility_index(case["a"], case["n1"], case["c"], case["n2"])
        yield from pairs(f"cases[{i}].p", ours.p, case["p"])
        yield from pairs(f"cases[{i}].index", ours.index, case["fragility_index"])
        yield from pairs(f"cases[{i}].p_after", ours.p_after, case["p_after"])


def p_curves(case: dict[str, Any], inputs: dict[str, Any]) -> Rows:
    """Compare one data set of the p-curve file; ``inputs`` is its data set, or the case itself where it has its own."""
    y = case.get("TE") or inputs["yi"]
    v = [se**2 for se in case["seTE"]] if "seTE" in case else inputs["vi"]
    ours = p_curve(y, v)
    for name, value in (("kInput", ours.k), ("kAnalyzed", ours.significant), ("kp025", ours.below_025)):
        yield from pairs(name, value, case[name])
    results = case["results"]
    saturated = bool((np.array(y) ** 2 / np.array(v)).max() > 60.0)
    allowed = SATURATED if saturated else THREE_DIGITS
    for j, test in enumerate((ours.right_skew, ours.flatness)):
        for name, number in (
            ("pBinomial", test.p_binomial),
            ("zFull", test.z_full),
            ("pFull", test.p_full),
            ("zHalf", test.z_half),
            ("pHalf", test.p_half),
        ):
            if j == 1 and name.endswith("Half"):
                continue  # the reference divides by the share given significance: not uniform under its hypothesis
            yield from pairs(f"{name}[{j}]", number, results[name][j], absolute=allowed, relative=0.0)
    # Their power is searched on a grid of hundredths.
    yield from pairs("power", ours.power, case["power"]["powerEstimate"], absolute=0.006, relative=0.0)


def che(document: dict[str, Any]) -> Rows:
    theirs = document["rma_mv_CHE_rho06"]
    studies = [label.split(" ")[0] for label in document["inputs"]["slab"]]
    ours = three_level(document["inputs"]["yi"], document["inputs"]["vi"], studies, rho=theirs["rho"])
    loose = {"relative": LOOSE_PROFILE}
    yield from pairs("che.b", ours.estimate, theirs["b"], **loose)
    yield from pairs("che.se", ours.se, theirs["se"], **loose)
    yield from pairs("che.sigma2", [ours.tau2_between, ours.tau2_within], theirs["sigma2"], **loose)
    yield from pairs("che.ll", ours.log_likelihood, theirs["ll"])
    yield from pairs("che.CR2.se", list(ours.robust.se), theirs["robust_CR2"]["se"], **loose)
    yield from pairs("che.CR2.df", list(ours.robust.df), theirs["robust_CR2"]["df"], **loose)
    yield from pairs("che.CR2.p", list(ours.robust.p), theirs["robust_CR2"]["pval"], **loose)


def aggregation(document: dict[str, Any]) -> Rows:
    theirs = document["aggregate_rho06"]
    studies = [label.split(" ")[0] for label in document["inputs"]["slab"]]
    ours = aggregate(document["inputs"]["yi"], document["inputs"]["vi"], studies, rho=0.6)
    order = [ours.studies.index(name) for name in theirs["cluster"]]
    yield from pairs("aggregate.yi", [ours.yi[i] for i in order], theirs["yi"])
    yield from pairs("aggregate.vi", [ours.vi[i] for i in order], theirs["vi"])


VARIANTS = {
    "classic_": "classic",
    "HK_": "hk",
    "HK_se": "hk_se",
    "HK_ci": "hk_ci",
    "HK_IQWiG6": "hk_iqwig6",
    "KR_": "kr",
}
PREDICTIONS = {
    "V_": "v",
    "HTS_": "hts",
    "HK_": "hk",
    "HK_se": "hk_se",
    "HK-PR_": "hk_pr",
    "HK-PR_se": "hk_pr",  # R meta keeps the plain Hartung-Knapp error here; metafor does not (pi_riley, adhoc)
    "KR_": "kr",
    "KR-PR_": "kr_pr",
    "S_": "s",
}


def meta_intervals(document: dict[str, Any], inputs: dict[str, Any]) -> Rows:
    for key, theirs in document["random_ci"].items():
        method, variant = key.split("_", 1)
        full = meta_analysis(inputs["yi"], inputs["vi"], method=method, ci_method="wald")
        ours = interval_variant(full, VARIANTS[variant])
        for name, value in (
            ("te", ours.estimate),
            ("se", ours.se),
            ("lb", ours.ci_low),
            ("ub", ours.ci_high),
            ("stat", ours.stat),
            ("p", ours.p),
            ("df", ours.df),
            ("tau2", full.tau2),
        ):
            if theirs.get(name) is not None:
                yield from pairs(f"random_ci.{key}.{name}", value, theirs[name])


def meta_prediction(document: dict[str, Any], inputs: dict[str, Any]) -> Rows:
    for key, theirs in document["prediction"].items():
        if key.startswith("NNF") or theirs.get("lb") is None:
            continue  # a bootstrap of 50,000 draws: Monte Carlo error of 1 % of the width
        method, kind = key.split("_", 1)
        full = meta_analysis(inputs["yi"], inputs["vi"], method=method, ci_method="wald")
        ours = prediction_interval(full, kind=PREDICTIONS[kind])
        yield from pairs(f"prediction.{key}", list(ours), [theirs["lb"], theirs["ub"]])


def meta_q(document: dict[str, Any], inputs: dict[str, Any]) -> Rows:
    full = meta_analysis(inputs["yi"], inputs["vi"], method="DL")
    yield from pairs("Q", full.q, document["Q"])


def meta_q_p(document: dict[str, Any], inputs: dict[str, Any]) -> Rows:
    yield from pairs("pval_Q", meta_analysis(inputs["yi"], inputs["vi"], method="DL").q_p, document["pval_Q"])


def meta_i2(document: dict[str, Any], inputs: dict[str, Any]) -> Rows:
    q = meta_analysis(inputs["yi"], inputs["vi"], method="EE").q or 0.0
    ours = i2_interval_from_q(q, len(inputs["yi"]), level=95.0)
    theirs = document["I2_Q_based"]
    yield from pairs("I2.lb", ours.i2[0] / 100.0, theirs["lb"])
    yield from pairs("I2.ub", ours.i2[1] / 100.0, theirs["ub"])


def meta_h(document: dict[str, Any], inputs: dict[str, Any]) -> Rows:
    q = meta_analysis(inputs["yi"], inputs["vi"], method="EE").q or 0.0
    ours = i2_interval_from_q(q, len(inputs["yi"]), level=95.0)
    yield from pairs("H.lb", float(np.sqrt(ours.h2[0])), document["H_Q_based"]["lb"])
    yield from pairs("H.ub", float(np.sqrt(ours.h2[1])), document["H_Q_based"]["ub"])


def meta_loo(document: dict[str, Any], inputs: dict[str, Any]) -> Rows:
    ours = leave_one_out(meta_analysis(inputs["yi"], inputs["vi"], method="EE", ci_method="wald"))
    theirs = document["loo_tau2_I2"]
    yield from pairs("loo.te", ours.estimate.tolist(), theirs["te"])
    yield from pairs("loo.se", ours.se.tolist(), theirs["se"])


SURGERY = {
    "0.66 (0.49-0.88) 95% [3-y, 2018]": (0.66, 0.49, 0.88, 95.0),
    "0.71 (0.59-0.86) 95% [10-y, 2021]": (0.71, 0.59, 0.86, 95.0),
    "0.691 (0.358-1.333) as printed": (0.691, 0.358, 1.333, 95.0),
    "1.447 (0.750-2.793) inverted": (1 / 0.691, 1 / 1.333, 1 / 0.358, 95.0),
    "1.11 (0.82-1.52) 95%": (1.11, 0.82, 1.52, 95.0),
    "1.11 (0.82-1.52) read as 90%": (1.11, 0.82, 1.52, 90.0),
    "1.09 (0.80-1.49) read as 95% [ASCO 2020]": (1.09, 0.80, 1.49, 95.0),
    "1.09 (0.80-1.49) read as 90% [ASCO 2020]": (1.09, 0.80, 1.49, 90.0),
    "Tata": (1.04, 0.81, 1.34, 95.0),
}


def surgery_grid(document: dict[str, Any]) -> Rows:
    """Compare the 208 readings of four trials (Reinhorn 2021): which reports, levels, direction and model."""
    from analysis.effect_size import log_hr_from_interval

    for i, case in enumerate(document["all"]):
        effects = []
        for trial in ("Tata", "ABCSG28", "MF0701", "E2108"):
            hr, low, high, level = SURGERY[trial if trial == "Tata" else case[trial]]
            effects.append(log_hr_from_interval(hr, ci_low=low, ci_high=high, ci_level=level))
        ci_method = {"z": "wald", "knha": "hksj", "adhoc": "hksj_adhoc"}[case["test"]]
        ours = meta_analysis(
            [e.log_hr for e in effects],
            [e.se_log_hr**2 for e in effects],
            method=case["model"],
            ci_method=ci_method,
        )
        assert ours.ci_low is not None
        assert ours.ci_high is not None
        for name, value in (
            ("HR", float(np.exp(ours.estimate))),
            ("lb", float(np.exp(ours.ci_low))),
            ("ub", float(np.exp(ours.ci_high))),
            ("p", ours.p),
            ("I2", ours.i2),
            ("tau2", ours.tau2),
        ):
            tolerance = {"absolute": PERCENT_AT_ZERO} if name == "I2" else {}
            yield from pairs(f"all[{i}].{name}", value, case[name], **tolerance)


def meta_bias(document: dict[str, Any], inputs: dict[str, Any]) -> Rows:
    """Compare Egger's test; R meta's Thompson-Sharp and its Begg without exact p are other tests than ours."""
    ours, theirs = regression_test(inputs["yi"], inputs["vi"]), document["metabias"]["Egger"]
    for name, value in (("stat", ours.stat), ("p", ours.p), ("bias", ours.b[1]), ("se", ours.se[1])):
        yield from pairs(f"metabias.Egger.{name}", value, theirs[name])


def meta_subgroup(document: dict[str, Any], inputs: dict[str, Any]) -> Rows:
    theirs = document["subgroup"]
    own = subgroup_analysis(inputs["yi"], inputs["vi"], inputs["group"], ci_method="wald")
    order = [own.levels.index(level) for level in theirs["levels"]]
    yield from pairs("subgroup.te", [own.results[i].estimate for i in order], theirs["te_random"])
    yield from pairs("subgroup.se", [own.results[i].se for i in order], theirs["se_random"])
    yield from pairs("subgroup.Q_b_random", own.q_between, theirs["Q_b_random"])
    yield from pairs("subgroup.p_b_random", own.p, theirs["p_b_random"])
    common_effect = subgroup_analysis(inputs["yi"], inputs["vi"], inputs["group"], method="EE", ci_method="wald")
    yield from pairs("subgroup.Q_b_common", common_effect.q_between, theirs["Q_b_common"])
    yield from pairs("subgroup.p_b_common", common_effect.p, theirs["p_b_common"])
    shared = subgroup_analysis(inputs["yi"], inputs["vi"], inputs["group"], ci_method="wald", common_tau2=True)
    yield from pairs("subgroup.common.tau2", shared.tau2, theirs["common_tau2"]["tau2"][0])
    yield from pairs("subgroup.common.Q", shared.q_between, theirs["common_tau2"]["Q_b_random"])
    yield from pairs("subgroup.common.p", shared.p, theirs["common_tau2"]["p"])
