"""Meta-analysis of log hazard ratios: arrays and dataclasses in, dataclasses out; no input or output.

The names below are loaded when first used, so that ``import analysis`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.bayes import bayesian_meta_analysis
    from analysis.effect_size import log_hr_from_interval
    from analysis.errors import AnalysisError, InputError, NotEstimable
    from analysis.models import MetaAnalysis, meta_analysis
    from analysis.regression import meta_regression
    from analysis.select import select_estimates
    from analysis.sensitivity import cumulative, influence, leave_one_out
    from analysis.subgroups import subgroup_analysis

_HOME = {
    "AnalysisError": "errors",
    "InputError": "errors",
    "MetaAnalysis": "models",
    "NotEstimable": "errors",
    "bayesian_meta_analysis": "bayes",
    "cumulative": "sensitivity",
    "influence": "sensitivity",
    "leave_one_out": "sensitivity",
    "log_hr_from_interval": "effect_size",
    "meta_analysis": "models",
    "meta_regression": "regression",
    "select_estimates": "select",
    "subgroup_analysis": "subgroups",
}

__all__ = [
    "AnalysisError",
    "InputError",
    "MetaAnalysis",
    "NotEstimable",
    "bayesian_meta_analysis",
    "cumulative",
    "influence",
    "leave_one_out",
    "log_hr_from_interval",
    "meta_analysis",
    "meta_regression",
    "select_estimates",
    "subgroup_analysis",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'analysis' has no attribute {name!r}")
    return getattr(import_module(f"analysis.{_HOME[name]}"), name)
