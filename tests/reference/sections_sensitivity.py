"""Leave-one-out, cumulative, influence, residuals, Baujat and small-study sections of the reference."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.batch import BatchResult
from analysis.models import MetaAnalysis, meta_analysis
from analysis.sensitivity import baujat as baujat_plot
from analysis.sensitivity import cumulative as cumulative_analysis
from analysis.sensitivity import influence as influence_of
from analysis.sensitivity import leave_one_out
from analysis.sensitivity import residuals as residuals_of
from tests.reference.comparison import Rows, pairs
from tests.tolerances import PERCENT_AT_ZERO

CI = {"z": "wald", "knha": "hksj"}
BATCH = {
    "estimate": "estimate",
    "se": "se",
    "stat": "stat",
    "pval": "p",
    "ci_lb": "ci_low",
    "ci_ub": "ci_high",
    "Q": "q",
    "Qp": "q_p",
    "tau2": "tau2",
    "I2": "i2",
    "H2": "h2",
}


def _full(document: dict[str, Any], key: str) -> MetaAnalysis:
    method, ci = key.split("_") if "_" in key else (key, "z")
    return meta_analysis(document["inputs"]["yi"], document["inputs"]["vi"], method=method, ci_method=CI[ci])


def _batch(where: str, ours: BatchResult, theirs: dict[str, Any]) -> Rows:
    for name, attribute in BATCH.items():
        if theirs.get(name) is not None:
            tolerance = {"absolute": PERCENT_AT_ZERO} if name == "I2" else {}
            yield from pairs(f"{where}.{name}", getattr(ours, attribute).tolist(), theirs[name], **tolerance)


def loo(document: dict[str, Any]) -> Rows:
    for key, theirs in document["loo"].items():
        if theirs is not None:
            yield from _batch(f"loo.{key}", leave_one_out(_full(document, key)), theirs)


def cumulative(document: dict[str, Any]) -> Rows:
    for key, theirs in document["cumulative"].items():
        if isinstance(theirs, dict):
            # The reference call sorted the rows by `order0`, so the sequence it pooled is its argsort.
            ours = cumulative_analysis(_full(document, key), np.argsort(theirs["order0"]))
            yield from _batch(f"cumulative.{key}", ours, theirs)


def influence(document: dict[str, Any]) -> Rows:
    names = {
        "rstudent": "rstudent",
        "dffits": "dffits",
        "cook_d": "cook_d",
        "cov_r": "cov_r",
        "tau2_del": "tau2_deleted",
        "QE_del": "q_deleted",
        "hat": "hat",
        "weight": "weight",
        "dfbs": "dfbetas",
        "is_infl": "influential",
    }
    for key, theirs in document["influence"].items():
        ours = influence_of(_full(document, key))
        for name, attribute in names.items():
            yield from pairs(f"influence.{key}.{name}", list(getattr(ours, attribute)), theirs[name])


def residuals(document: dict[str, Any]) -> Rows:
    theirs = document["residuals"]
    full = _full(document, "REML")
    ours = residuals_of(full)
    yield from pairs("residuals.rstandard_REML", list(ours.standardised), theirs["rstandard_REML"])
    yield from pairs("residuals.rstudent_REML", list(influence_of(full).rstudent), theirs["rstudent_REML"])
    yield from pairs("residuals.resid", list(ours.raw), theirs["resid"])
    for name, attribute in (("pred", "blup"), ("se", "blup_se"), ("pi_lb", "blup_low"), ("pi_ub", "blup_high")):
        yield from pairs(f"residuals.blup.{name}", list(getattr(ours, attribute)), theirs["blup"][name])


def baujat(document: dict[str, Any]) -> Rows:
    for key, theirs in document["baujat"].items():
        ours = baujat_plot(_full(document, key))
        yield from pairs(f"baujat.{key}.x", list(ours.heterogeneity), theirs["x"])
        yield from pairs(f"baujat.{key}.y", list(ours.influence), theirs["y"])
