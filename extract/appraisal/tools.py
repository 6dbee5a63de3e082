"""What the two risk-of-bias tools have in common: domains, questions, levels, and what a rule proposes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """A signalling question in our own words.

    Parameters
    ----------
    code
        Number in the published tool, e.g. ``2.3``.
    when
        When the answer matters, in words; empty when it always does.
    """

    code: str
    text: str
    when: str = ""


@dataclass(frozen=True)
class Domain:
    """A domain of a tool with its questions, in the order they are asked."""

    code: str
    label: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Proposal:
    """What the rules make of the answers.

    Parameters
    ----------
    level
        The level proposed; None while an answer that matters is missing, or where the tool has no rule.
    missing
        Questions whose answers are needed and not there.
    why
        Which answers decided, in a few words; empty where the published algorithm speaks for itself.
    """

    level: str | None
    missing: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Tool:
    """A risk-of-bias tool.

    Parameters
    ----------
    key
        ``rob2`` or ``robins-i``, as stored.
    levels
        Codes of the levels with their labels, best first.
    answers
        Codes of the answers with their labels.
    """

    key: str
    name: str
    url: str
    domains: tuple[Domain, ...]
    levels: Mapping[str, str]
    answers: Mapping[str, str]


OVERALL = "overall"
"""Code of the judgement over all domains."""
