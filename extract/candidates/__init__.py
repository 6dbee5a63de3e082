"""Text to proposed effects, each with its exact place, meaning and doubts. Pure and deterministic.

tokens -> phrases (nodes) -> binding and medians (printed values) -> meaning (outcome, population,
comparison, standing)
-> effects.
"""

from extract.candidates.effects import EXTRACTOR_VERSION, propose_effects, propose_from_article

__all__ = ["EXTRACTOR_VERSION", "propose_effects", "propose_from_article"]
