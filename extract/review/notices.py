"""What PubMed's notices are called on the pages."""

from __future__ import annotations

NOTICES = {
    "RetractionIn": "Retraction",
    "Retracted Publication": "Retraction",
    "RetractedandRepublishedIn": "Retracted and published again",
    "CorrectedandRepublishedIn": "Corrected and published again",
    "ErratumIn": "Erratum",
    "ExpressionOfConcernIn": "Expression of concern",
    "RepublishedIn": "Published again",
    "UpdateIn": "Update",
    "Deleted": "Withdrawn from PubMed",
}
"""PubMed's name of a notice -> a person's."""


def notice_words(kind: str) -> str:
    """Return what a kind of notice is called; one without a name of its own keeps PubMed's."""
    return NOTICES.get(kind, kind)
