"""Funnel asymmetry, missing studies, Henmi-Copas, excess significance against the reference."""

from __future__ import annotations

from typing import Any

from analysis.errors import NotEstimable
from analysis.henmi_copas import henmi_copas as henmi_copas_of
from analysis.missing_studies import excess_significance, fail_safe, trim_and_fill
from analysis.models import meta_analysis
from analysis.regression import meta_regression
from analysis.small_study import rank_test, regression_test
from tests.reference.comparison import Rows, pairs, scalar
from tests.reference.sections_models import regression

MODELS = {"rma": "rma", "lm": "lm", "rmaEE": "rma_ee"}

HENMI_COPAS_RELATIVE = 2e-4
"""The reference's root finder stops at its default tolerance of 1.2e-4 in standard errors."""

LOOSE_TAU2_RELATIVE = 2e-5
"""While trimming, the reference estimates REML's tau2 at its loose default; the filled studies carry that error."""


def regtest(document: dict[str, Any]) -> Rows:
    y, v = document["inputs"]["yi"], document["inputs"]["vi"]
    for key, theirs in document["regtest"].items():
        if theirs is None:
            continue
        model, predictor = key.split("_")
        ours = regression_test(y, v, model=MODELS[model], predictor=predictor, n=document["inputs"]["ni"])
        for name, value in (
            ("stat", ours.stat),
            ("pval", ours.p),
            ("limit_est", ours.limit),
            ("limit_lb", ours.limit_low),
            ("limit_ub", ours.limit_high),
        ):
            if theirs.get(name) is not None:
                yield from pairs(f"regtest.{key}.{name}", value, scalar(theirs[name]))


def ranktest(document: dict[str, Any]) -> Rows:
    ours = rank_test(document["inputs"]["yi"], document["inputs"]["vi"])
    yield from pairs("ranktest.tau", ours.tau, document["ranktest"]["tau"])
    yield from pairs("ranktest.pval", ours.p, document["ranktest"]["pval"])


def trimfill(document: dict[str, Any]) -> Rows:
    y, v = document["inputs"]["yi"], document["inputs"]["vi"]
    for key, theirs in document["trimfill"].items():
        method, estimator, *side = key.split("_")
        where = f"trimfill.{key}"
        try:
            ours = trim_and_fill(y, v, method=method, estimator=estimator, side=side[0] if side else None)
        except NotEstimable:
            assert theirs is None, f"{where}: ours is not estimable, the reference is {theirs}"
            continue
        if theirs is None:
            continue
        loose = method == "REML" and ours.k0 > 0
        assert ours.side == theirs["side"], where
        # With the reference's own filled studies everything agrees to the usual tolerance.
        filled_y, filled_v = [*y, *theirs["yi_filled"]], [*v, *theirs["vi_filled"]]
        r = meta_analysis(filled_y, filled_v, method=method, ci_method="wald") if loose else ours.result
        for name, value in (
            ("k0", ours.k0),
            ("se_k0", ours.se_k0),
            ("p_k0", ours.p_k0),
            ("b", r.estimate),
            ("se", r.se),
            ("ci_lb", r.ci_low),
            ("ci_ub", r.ci_high),
            ("tau2", r.tau2),
            ("QE", r.q),
        ):
            yield from pairs(f"{where}.{name}", value, scalar(theirs[name]))
        for name, filled in (("yi_filled", ours.filled_yi), ("vi_filled", ours.filled_vi)):
            tolerance = {"relative": LOOSE_TAU2_RELATIVE} if loose and name == "yi_filled" else {}
            yield from pairs(f"{where}.{name}", sorted(filled), sorted(theirs[name]), **tolerance)


def pet_peese(document: dict[str, Any]) -> Rows:
    y, v = document["inputs"]["yi"], document["inputs"]["vi"]
    for key, theirs in document["pet_peese"].items():
        where, predictor = f"pet_peese.{key}", "sei" if key.startswith("PET") else "vi"
        if key.endswith("WLS"):
            ours = regression_test(y, v, model="lm", predictor=predictor)
            for name, values in (("b", ours.b), ("se", ours.se), ("t", ours.t), ("p", ours.coefficient_p)):
                yield from pairs(f"{where}.{name}", list(values), theirs[name])
        else:
            column = [x**0.5 for x in v] if predictor == "sei" else v
            yield from regression(where, meta_regression(y, v, {predictor: column}, ci_method="wald"), theirs)


def fsn(document: dict[str, Any]) -> Rows:
    ours = fail_safe(document["inputs"]["yi"], document["inputs"]["vi"])
    for name, value in (("Rosenthal", ours.rosenthal), ("Rosenberg", ours.rosenberg), ("Orwin", ours.orwin)):
        yield from pairs(f"fsn.{name}", value, document["fsn"][name])


def tes(document: dict[str, Any]) -> Rows:
    theirs = document["tes"]
    ours = excess_significance(document["inputs"]["yi"], document["inputs"]["vi"])
    for name, value in (
        ("theta", ours.theta),
        ("O", ours.observed),
        ("E", ours.expected),
        ("pval", ours.p if theirs["X2"] is None else ours.chi2_p),
        ("X2", ours.chi2 if theirs["X2"] is not None else None),
    ):
        yield from pairs(f"tes.{name}", value, theirs[name])
    yield from pairs("tes.power", list(ours.power), theirs["power"])


def henmi_copas(document: dict[str, Any]) -> Rows:
    theirs = document["henmi_copas"]
    ours = henmi_copas_of(document["inputs"]["yi"], document["inputs"]["vi"])
    yield from pairs("henmi_copas.beta", ours.estimate, theirs["beta"])
    yield from pairs("henmi_copas.se", ours.se, theirs["se"])
    yield from pairs("henmi_copas.ci_lb", ours.ci_low, theirs["ci_lb"], relative=HENMI_COPAS_RELATIVE)
    yield from pairs("henmi_copas.ci_ub", ours.ci_high, theirs["ci_ub"], relative=HENMI_COPAS_RELATIVE)
