"""The question's own words: what is compared, and how it is told to patients; read from the snapshot's protocol.

No template names a disease or a treatment, so that another question needs another ``protocol.toml`` and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.taxonomy import inside_sentence


@dataclass(frozen=True)
class PatientTexts:
    """Sentences of the page for patients; written by people in the protocol's ``[patients]``.

    ``treatment`` is the treatment as patients would say it, for the inside of a sentence ("the operation").
    """

    lead: str
    question: str
    background: str
    treatment: str
    benefit: str
    observational: str
    another_question: str
    not_said: tuple[str, ...]
    ask: tuple[str, ...]


@dataclass(frozen=True)
class Terms:
    """What is compared, and how patients are grouped; each for the inside of a sentence.

    ``treatment`` in full, ``short`` and ``none`` for axes and columns; ``groups`` names subtypes and patterns;
    ``pattern_noun`` follows a pattern's label that stands alone.
    """

    treatment: str
    short: str
    none: str
    groups: tuple[str, str]
    pattern_noun: str
    patients: PatientTexts

    @property
    def favours(self) -> tuple[str, str]:
        """Words for the two ends of an axis of ratios."""
        return f"favours {self.short}", f"favours {self.none}"


def terms_of(protocol: Mapping[str, Any]) -> Terms:
    """Read the words of a snapshot's protocol; what it does not say is said from its question, in general words."""
    arms = {row["role"]: row for row in reversed(protocol.get("arms", ()))}
    question: Mapping[str, Any] = protocol.get("question", {})
    intervention = arms.get("intervention", {}).get("label") or question.get("intervention") or "The treatment"
    treatment = inside_sentence(intervention)
    short = arms.get("intervention", {}).get("short") or treatment
    none = arms.get("comparator", {}).get("short") or f"no {short}"
    subtype, pattern = question.get("groups") or ("subtype", "pattern")
    return Terms(
        treatment=treatment,
        short=short,
        none=none,
        groups=(subtype, pattern),
        pattern_noun=question.get("pattern_noun") or "",
        patients=_patient_texts(protocol.get("patients") or {}, question, short=short),
    )


def _patient_texts(written: Mapping[str, Any], question: Mapping[str, Any], *, short: str) -> PatientTexts:
    population = inside_sentence(question.get("population") or "the people this question is about")
    texts: dict[str, Any] = {
        "lead": f"For patients and those close to them: {population}.",
        "question": question.get("title") or f"Is {short} worth it?",
        "background": question.get("rationale") or "",
        "treatment": short,
        "benefit": f"people fare better with {short}",
        "observational": (
            f"Many studies compare people who had {short} with people who did not. Those who had it often differed "
            "in other ways as well, and may have fared better anyway. That is why this review shows such studies apart."
        ),
        "another_question": "",
        "not_said": ("It does not say what is right for you. Your own situation matters.",),
        "ask": (f"What would {short} be for in my case?", "What are its risks?", "Is there a study I could join?"),
    }
    texts.update({key: value for key, value in written.items() if value})
    return PatientTexts(**{**texts, "not_said": tuple(texts["not_said"]), "ask": tuple(texts["ask"])})
