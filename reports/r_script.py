"""R code that runs a synthesis again from its exact inputs, with the package metafor, and compares the result."""

from __future__ import annotations

from reports.model import Synthesis

METHODS = {"REML", "DL", "PM", "ML", "EE", "EB", "SJ", "HE", "HS"}


def r_script(synthesis: Synthesis, *, words: str, favours: str = "favours surgery") -> str:
    """Return a script that needs nothing but R and metafor.

    Inputs are written with all their digits, so that a difference in the result is a difference in method.
    """
    inputs = synthesis.inputs
    lines = [
        f"# {_comment(words)}",
        f"# Inputs are log hazard ratios (below 0 {favours}) with their standard errors.",
        "library(metafor)",
        f"study <- c({', '.join(_string(one.label) for one in inputs)})",
        f"yi <- c({', '.join(repr(one.log_hr) for one in inputs)})",
        f"sei <- c({', '.join(repr(one.se_log_hr) for one in inputs)})",
    ]
    pooled = synthesis.primary
    if pooled is None:
        lines.append("# This review gives no pooled result for these inputs.")
    else:
        method = pooled.method if synthesis.k > 1 and pooled.method in METHODS else "EE"
        test = {"hksj": "knha", "hksj_adhoc": "adhoc"}.get(pooled.ci_method, "z")
        lines += [
            f'res <- rma(yi = yi, sei = sei, slab = study, method = "{method}", test = "{test}", '
            f"level = {pooled.ratio.level:g})",
            "print(predict(res, transf = exp), digits = 3)",
            f"published <- c({pooled.ratio.estimate!r}, {pooled.ratio.low!r}, {pooled.ratio.high!r})",
            "stopifnot(all(abs(exp(c(res$beta, res$ci.lb, res$ci.ub)) - published) < 5e-4))",
        ]
    return "\n".join(lines) + "\n"


def _string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else " " for c in escaped) + '"'


def _comment(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
