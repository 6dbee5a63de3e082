"""Pooling, intervals and regression against the reference."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.design_matrix import DesignMatrix, design_matrix
from analysis.fixed_weights import fixed_weights_analysis
from analysis.intervals import likelihood_statistics, prediction_interval
from analysis.models import MetaAnalysis, meta_analysis
from analysis.regression import MetaRegression, fit_statistics, meta_regression, variance_inflation
from analysis.robust import robust_tests
from analysis.subgroups import subgroup_analysis
from analysis.tau2_interval import profile_likelihood, q_profile
from tests.reference.comparison import Rows, pairs, scalar
from tests.tolerances import PERCENT_AT_ZERO

CI = {"z": "wald", "knha": "hksj", "adhoc": "hksj_adhoc"}

NAMES = {
    "b": "estimate",
    "se": "se",
    "stat": "stat",
    "pval": "p",
    "ci_lb": "ci_low",
    "ci_ub": "ci_high",
    "tau2": "tau2",
    "se_tau2": "se_tau2",
    "I2": "i2",
    "H2": "h2",
    "vt": "typical_variance",
    "QE": "q",
    "QEp": "q_p",
    "pi_lb": "pi_low",
    "pi_ub": "pi_high",
}


def fits(document: dict[str, Any]) -> Rows:
    y, v = document["inputs"]["yi"], document["inputs"]["vi"]
    yield from fit_table("fits", y, v, document["fits"])


def fit_table(path: str, y: list[float], v: list[float], table: dict[str, Any]) -> Rows:
    for method, by_ci in table.items():
        for ci, theirs in by_ci.items():
            where = f"{path}.{method}.{ci}"
            if method == "DLIT":
                continue  # the reference stops at half of its own step: tau2 is no root of its equation
            if theirs is None or theirs.get("b") is None:
                continue
            if method.startswith("GENQ") or method == "REML_unweighted":
                yield from _fixed_weights(where, y, v, method, ci, theirs)
                continue
            ours = meta_analysis(y, v, method=method, ci_method=CI[ci])
            yield from _fit(where, ours, theirs)


def _fit(where: str, ours: MetaAnalysis, theirs: dict[str, Any]) -> Rows:
    for name, attribute in NAMES.items():
        if name in theirs and scalar(theirs[name]) is not None:
            tolerance = {"absolute": PERCENT_AT_ZERO} if name == "I2" else {}
            if ours.k == 1 and getattr(ours, attribute) is None:
                continue  # one study: we say "not estimable" where the reference prints 0
            if attribute in ours.not_estimable:
                continue  # no spread: the reference prints a standard error of 0
            yield from pairs(f"{where}.{name}", getattr(ours, attribute), scalar(theirs[name]), **tolerance)
    if theirs.get("pi_riley_lb") is not None and ours.k > 2 and ours.se is not None:
        kind = {"wald": "hts", "hksj": "hk_pr", "hksj_adhoc": "hk_se_pr"}[ours.ci_method]
        low, high = prediction_interval(ours, kind=kind)
        yield from pairs(f"{where}.pi_riley_lb", low, scalar(theirs["pi_riley_lb"]))
        yield from pairs(f"{where}.pi_riley_ub", high, scalar(theirs["pi_riley_ub"]))
    if "fit" in theirs and theirs["fit"] and ours.k > 1:
        statistics = likelihood_statistics(ours)
        for name in ("ll", "dev", "AIC", "BIC", "AICc"):
            if theirs["fit"].get(name) is not None:
                yield from pairs(f"{where}.fit.{name}", statistics[name], scalar(theirs["fit"][name]))


def _fixed_weights(where: str, y: list[float], v: list[float], method: str, ci: str, theirs: dict[str, Any]) -> Rows:
    weights = {"GENQ_w_inv_vi": 1 / np.array(v), "GENQ_w_inv_sei": 1 / np.sqrt(v)}.get(method, np.ones(len(y)))
    tau2_method = "GENQ" if method.startswith("GENQ") else "REML"
    ours = fixed_weights_analysis(y, v, weights, tau2_method=tau2_method, ci_method=CI[ci])
    for name in ("b", "se", "stat", "pval", "ci_lb", "ci_ub", "tau2", "se_tau2", "I2", "H2", "QE", "pi_lb", "pi_ub"):
        if theirs.get(name) is not None:
            yield from pairs(f"{where}.{name}", getattr(ours, NAMES[name]), scalar(theirs[name]))


def tau2_ci(document: dict[str, Any]) -> Rows:
    y, v = np.array(document["inputs"]["yi"]), np.array(document["inputs"]["vi"])
    for name, theirs in document["tau2_ci"].items():
        if theirs is None:
            continue
        level = 90.0 if name.endswith("90") else 95.0
        if name.startswith("QP"):
            ours = q_profile(y, v, level=level)
        else:
            ours = profile_likelihood(y, v, level=level, method=name.split("_")[1])
        assert ours.tau2 is not None
        values = {"tau2": ours.tau2, "tau": tuple(np.sqrt(ours.tau2)), "I2": ours.i2, "H2": ours.h2}
        for quantity, (low, high) in values.items():
            yield from pairs(f"tau2_ci.{name}.{quantity}.lb", low, theirs[quantity]["lb"])
            yield from pairs(f"tau2_ci.{name}.{quantity}.ub", high, theirs[quantity]["ub"])


def _design(document: dict[str, Any], formula: str) -> DesignMatrix:
    mods = document["inputs"]["mods"]
    columns: dict[str, Any] = {}
    for term in formula.lstrip("~ ").split("+"):
        name = term.strip()
        if name.startswith("factor("):
            columns[name] = [str(value) for value in mods[name[7:-1]]]
        else:
            columns[name] = mods[name]
    return design_matrix(columns, len(document["inputs"]["yi"]))


def metareg(document: dict[str, Any]) -> Rows:
    y, v = document["inputs"]["yi"], document["inputs"]["vi"]
    for name, models in document["metareg"].items():
        design = _design(document, models["formula"])
        for key, theirs in models.items():
            where = f"metareg.{name}.{key}"
            if key == "formula":
                continue
            if key == "vif":
                fit = meta_regression(y, v, design, method="REML", ci_method="wald")
                yield from pairs(where, list(variance_inflation(fit)), theirs)
            elif key.startswith("robust"):
                fit = meta_regression(y, v, design, method="REML", ci_method="wald")
                yield from _robust(where, fit, list(range(len(y))), key.split("_")[1], theirs)
            else:
                method, ci = key.split("_")
                yield from regression(where, meta_regression(y, v, design, method=method, ci_method=CI[ci]), theirs)


def regression(where: str, ours: MetaRegression, theirs: dict[str, Any]) -> Rows:
    for name, attribute in (
        ("b", "b"),
        ("se", "se"),
        ("stat", "stat"),
        ("pval", "p"),
        ("ci_lb", "ci_low"),
        ("ci_ub", "ci_high"),
        ("tau2", "tau2"),
        ("se_tau2", "se_tau2"),
        ("I2", "i2"),
        ("H2", "h2"),
        ("vt", "typical_variance"),
        ("QE", "qe"),
        ("QEp", "qe_p"),
        ("QM", "qm"),
        ("QMp", "qm_p"),
    ):
        if theirs.get(name) is not None:
            tolerance = {"absolute": PERCENT_AT_ZERO} if name == "I2" else {}
            yield from pairs(f"{where}.{name}", getattr(ours, attribute), theirs[name], **tolerance)
    yield from pairs(f"{where}.vcov", [list(row) for row in ours.vcov], theirs["vcov"])  # type: ignore[arg-type]
    if ours.r2 is not None and theirs.get("R2") is not None:
        yield from pairs(f"{where}.R2", ours.r2, theirs["R2"])
    if ours.log_likelihood is not None and "fit" in theirs:
        yield from pairs(f"{where}.fit.ll", ours.log_likelihood, theirs["fit"]["ll"])
        p = len(ours.b)
        n = ours.k - p if ours.method == "REML" else ours.k
        statistics = fit_statistics(ours.log_likelihood, n=n, parameters=p + (ours.method != "EE"))
        for name in ("AIC", "BIC", "AICc"):
            yield from pairs(f"{where}.fit.{name}", statistics[name], theirs["fit"][name])
    if "tau2_ci_QP" in theirs:
        low, high = ours.tau2_ci()
        yield from pairs(f"{where}.tau2_ci.lb", low, theirs["tau2_ci_QP"]["tau2"]["lb"])
        yield from pairs(f"{where}.tau2_ci.ub", high, theirs["tau2_ci_QP"]["tau2"]["ub"])


def _robust(where: str, fit: MetaRegression, clusters: list[Any], correction: str, theirs: dict[str, Any]) -> Rows:
    working = np.diag(np.array(fit.vi) + fit.tau2)
    ours = robust_tests(np.array(fit.yi), np.array(fit.x), working, clusters, correction=correction)
    if "df" in theirs:
        df = theirs["df"] if len(theirs["df"]) == len(ours.df) else theirs["df"] * len(ours.df)
        yield from pairs(f"{where}.df", list(ours.df), df)
    for name, attribute in (
        ("b", "b"),
        ("se", "se"),
        ("stat", "stat"),
        ("pval", "p"),
        ("ci_lb", "ci_low"),
        ("ci_ub", "ci_high"),
    ):
        if theirs.get(name) is not None:
            yield from pairs(f"{where}.{name}", list(getattr(ours, attribute)), theirs[name])


def robust(document: dict[str, Any]) -> Rows:
    y, v = document["inputs"]["yi"], document["inputs"]["vi"]
    clusters = [label.split(" ")[0] for label in document["inputs"]["slab"]]
    fit = meta_regression(y, v, design_matrix({}, len(y)), ci_method="wald")
    for key, theirs in document["robust"].items():
        if key.startswith("REML"):
            yield from _robust(f"robust.{key}", fit, clusters, key.split("_")[1], theirs)


def subgroup(document: dict[str, Any]) -> Rows:
    y, v = document["inputs"]["yi"], document["inputs"]["vi"]
    for method, theirs in document["subgroup"].items():
        ours = subgroup_analysis(y, v, document["inputs"]["group"], method=method, ci_method="wald")
        assert list(ours.levels) == sorted(theirs["levels"])
        order = [ours.levels.index(level) for level in theirs["levels"]]
        where = f"subgroup.{method}"
        results = [ours.results[i] for i in order]
        yield from pairs(f"{where}.b", [r.estimate for r in results], theirs["b"])
        yield from pairs(f"{where}.se", [r.se for r in results], theirs["se"])
        for i, (name, attribute) in enumerate((("tau2", "tau2"), ("QE", "q"))):
            values = [getattr(r, attribute) for r in results]
            kept = [j for j, value in enumerate(values) if value is not None]
            yield from pairs(f"{where}.{name}", [values[j] for j in kept], [theirs[name][j] for j in kept])
            assert i >= 0
        yield from pairs(f"{where}.Q_between", ours.q_between, theirs["Q_between"])
        yield from pairs(f"{where}.p_between", ours.p, theirs["p_between"])


def sets(document: dict[str, Any]) -> Rows:
    """Compare the random and edge sets: every fit and the Q-profile interval."""
    items = document["sets"].items() if isinstance(document["sets"], dict) else enumerate(document["sets"])
    for name, one in items:
        yield from fit_table(f"sets.{name}.fits", one["yi"], one["vi"], one["fits"])
        if "QP" in one and one["QP"] and one["k"] > 1:
            ours = q_profile(np.array(one["yi"]), np.array(one["vi"]), level=95.0)
            assert ours.tau2 is not None
            for quantity, (low, high) in (("tau2", ours.tau2), ("I2", ours.i2)):
                yield from pairs(f"sets.{name}.QP.{quantity}_lb", low, one["QP"][f"{quantity}_lb"])
                yield from pairs(f"sets.{name}.QP.{quantity}_ub", high, one["QP"][f"{quantity}_ub"])
