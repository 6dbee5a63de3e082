"""Names of models and intervals, for readers: a snapshot and a protocol hold the codes of the analysis."""

from __future__ import annotations

from reports.model import Pooled

METHOD_WORDS = {
    "REML": "Random effects (REML)",
    "DL": "Random effects (DerSimonian–Laird)",
    "PM": "Random effects (Paule–Mandel)",
    "ML": "Random effects (ML)",
    "EE": "Equal effects",
}
CI_WORDS = {"hksj": "Hartung–Knapp", "hksj_adhoc": "Hartung–Knapp, ad hoc", "wald": "Wald"}


def model_words(pooled: Pooled) -> str:
    """Return model and interval method in words: ``Random effects (REML), Hartung–Knapp interval``."""
    return _words(pooled.method, pooled.ci_method)


def analysis_words(pooled: Pooled) -> str:
    """Return the name of a sensitivity analysis; one that only changes the model is named by the model."""
    return model_words(pooled) if pooled.label.startswith(f"{pooled.method}, ") else pooled.label


def planned_words(code: str) -> str:
    """Return an analysis of the protocol's plan in words: ``PM-hksj``."""
    method, _, ci_method = code.partition("-")
    return _words(method, ci_method) if ci_method else code


def _words(method: str, ci_method: str) -> str:
    return f"{METHOD_WORDS.get(method, method)}, {CI_WORDS.get(ci_method, ci_method)} interval"
