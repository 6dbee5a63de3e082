"""Selection models: a likelihood at least as high as the reference's, and its maximum where it is determined."""

from __future__ import annotations

from typing import Any

from analysis.selection_models import (
    VEVEA_WOODS_MODERATE,
    VEVEA_WOODS_STEPS,
    SelectionModel,
    step_selection,
    weight_selection,
)
from tests.reference.comparison import Row, Rows

QUADRATURE = 5e-5
"""The reference integrates smooth weights to about 1e-4 of each; ours does not change from 160 to 2,000 nodes."""

LIKELIHOOD = 1e-6
"""A log-likelihood may be this much lower than the reference's; higher is better."""

FORMS = {"beta": "beta", "halfnorm": "halfnormal", "negexp": "negexp", "logistic": "logistic", "power": "power"}


def _model(key: str, y: list[float], v: list[float], alternative: str) -> SelectionModel:
    if key in FORMS:
        return weight_selection(y, v, form=FORMS[key], alternative=alternative)
    if key == "stepfun_VW_moderate":
        return step_selection(y, v, steps=VEVEA_WOODS_STEPS, delta=VEVEA_WOODS_MODERATE, alternative=alternative)
    steps = (0.025, 0.5) if "_50" in key else (0.025,)
    return step_selection(y, v, steps=steps, alternative=alternative, equal_effects=key.endswith("EE"))


def selmodel(document: dict[str, Any]) -> Rows:
    y, v = document["inputs"]["yi"], document["inputs"]["vi"]
    for key, theirs in document["selmodel"].items():
        if key == "alternative" or theirs is None or theirs.get("ll") is None:
            continue
        ours = _model(key, y, v, document["selmodel"]["alternative"])
        # Where the reference stopped at a lower maximum only the likelihood is compared, one-sided.
        higher = max(ours.log_likelihood, theirs["ll"])
        allowed = QUADRATURE if key in FORMS else LIKELIHOOD
        yield Row(f"selmodel.{key}.ll", ours.log_likelihood, higher, 0.0, allowed)


def exact(document: dict[str, Any], data: dict[str, dict[str, Any]]) -> Rows:
    for name, case in document["sets"].items():
        inputs = data[name]
        for key, theirs in case.items():
            if not key.startswith("step"):
                continue
            steps = tuple(float(s) for s in key.split("_")[1:])
            ours = step_selection(inputs["yi"], inputs["vi"], steps=steps, alternative=case["alternative"])
            where = f"{name}.{key}"
            yield Row(f"{where}.ll", ours.log_likelihood, theirs["ll"], 0.0, LIKELIHOOD)
            yield Row(f"{where}.b", ours.estimate, theirs["b"], 1e-3, 1e-4)
            for i, (a, b) in enumerate(zip(ours.delta, theirs["delta"], strict=True)):
                yield Row(f"{where}.delta[{i}]", a, b, 5e-3)
            assert list(ours.counts) == theirs["counts"], where
