"""Check: a notice linked to the report re-opens its values (REVIEW_METHODS 3, check 7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from extract.checks.findings import CheckInput, Finding

RETRACTED: Final = "report-retracted"
NOTICE: Final = "linked-notice"
_RETRACTIONS: Final = frozenset({"RetractionIn", "RetractedandRepublishedIn", "Retracted Publication"})
_NOTICES: Final = frozenset(
    {"ErratumIn", "ExpressionOfConcernIn", "UpdateIn", "CorrectedandRepublishedIn", "Expression of Concern"}
)


def check(value: CheckInput) -> Iterator[Finding]:
    """Fire once for a retraction (error) and once for each other notice (warning)."""
    for notice in dict.fromkeys(value.linked_notices):
        if notice in _RETRACTIONS:
            yield Finding(RETRACTED, "error", "the report is retracted; its values must leave every pool")
        elif notice in _NOTICES:
            yield Finding(
                NOTICE,
                "warning",
                f"PubMed links a notice ({notice}): compare the value with it, then approve again",
            )
