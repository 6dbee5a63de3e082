"""What the ranker reads: documents and the decisions people took on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScreeningDocument:
    """One record as a reviewer sees it.

    Parameters
    ----------
    document_id
        The caller's id (a PMID for our own records).
    title, abstract
        Plain text; either may be empty, not both.
    publication_types
        PubMed's types where they are known ("Randomized Controlled Trial"); they settle what the words leave open.
    """

    document_id: str
    title: str
    abstract: str
    publication_types: tuple[str, ...] = ()

    def text(self) -> str:
        """Return title and abstract as one text."""
        return f"{self.title} {self.abstract}".strip()


@dataclass(frozen=True, slots=True)
class ScreeningDecision:
    """What people decided on one document; ``document`` is None where only its id was given."""

    document_id: str
    included: bool
    document: ScreeningDocument | None


@dataclass(frozen=True, slots=True)
class RankedDocument:
    """A document's place in the reading order.

    Parameters
    ----------
    score
        Between 0 and 1, comparable within one ranking only: it orders, it is no probability of being eligible.
    randomised
        The document calls itself a randomised trial; among equal scores these come first.
    """

    document_id: str
    score: float
    randomised: bool


def with_texts(
    decisions: Sequence[ScreeningDecision], documents: Mapping[str, ScreeningDocument]
) -> tuple[tuple[ScreeningDocument, bool], ...]:
    """Return the decided documents that have a text, with their decision; a decision's own text goes first."""
    pairs = ((decision.document or documents.get(decision.document_id), decision.included) for decision in decisions)
    return tuple((document, included) for document, included in pairs if document is not None and document.text())
