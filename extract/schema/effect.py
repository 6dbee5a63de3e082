"""What extraction proposes: an effect with its exact place in the text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

PSided = Literal["one", "two"]


@dataclass(frozen=True, slots=True)
class Span:
    """Place of a value in its source.

    Parameters
    ----------
    source
        Which text the offsets count in: ``"title"``, ``"abstract"``, ``"table:<id>/r<row>/c<column>"``,
        ``"sec:<id or number>"``.
    start, end
        Character offsets in that text, ``text[start:end] == text``; Python characters, not bytes.
    text
        The words themselves. They contain the printed number; the store refuses a span that does not.
    """

    source: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Arms of a ratio in the report's words or as taxonomy arms; ``None`` where the report does not say."""

    numerator: str | None = None
    denominator: str | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect as a report prints it. Nothing here is derived.

    Parameters
    ----------
    measure
        HR, SHR (subdistribution), CSHR (cause-specific), OR, RR, RD, MD or median.
    estimate, ci_low, ci_high
        As printed, on the printed scale; ``None`` where not printed (or "not reached").
    ci_level
        Percent as *stated* for this interval; ``None`` if the text never states it.
    p_value
        As written, e.g. ``"<0.001"``.
    p_sided
        ``"one"`` or ``"two"`` when stated.
    outcome
        Code of the protocol's outcomes (OS, PFS, ...), else ``None``.
    subtype, metastatic_pattern
        Slugs of the protocol's taxonomy; ``"all"`` for the whole population.
    population
        Any other subgroup, in the report's words.
    comparison
        Numerator and denominator.
    adjusted
        True from a model with covariates, matching or weighting; ``None`` if not stated.
    is_result
        False for a design assumption ("to detect an HR of 0.70") or a prior analysis.
    span
        Where the estimate stands.
    checks
        Codes of the plausibility checks that fired.
    extras
        Further facts as text pairs (``unit``, ``arm``, ``landmark``, ``n``, ``events``, ...).
    """

    measure: str
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    ci_level: float | None
    p_value: str | None
    p_sided: PSided | None
    outcome: str | None
    subtype: str
    metastatic_pattern: str
    population: str | None
    comparison: Comparison
    adjusted: bool | None
    is_result: bool
    span: Span
    checks: tuple[str, ...] = ()
    extras: tuple[tuple[str, str], ...] = field(default=())

    def to_json(self) -> dict[str, object]:
        """Return the effect as plain JSON types, in the order of DESIGN's contract."""
        row: dict[str, object] = {name: getattr(self, name) for name in self.__dataclass_fields__}
        row["comparison"] = {"numerator": self.comparison.numerator, "denominator": self.comparison.denominator}
        span = self.span
        row["span"] = {"source": span.source, "start": span.start, "end": span.end, "text": span.text}
        row["checks"] = list(self.checks)
        row["extras"] = dict(self.extras)
        return row


@dataclass(frozen=True, slots=True)
class Document:
    """A text to read: an abstract with its title, or one part of a full text.

    Parameters
    ----------
    document_id
        PMID, DOI or the id the caller gave.
    title, abstract
        Whole text; ``abstract`` keeps section labels as ``"LABEL: text"`` joined by newlines.
    """

    document_id: str
    title: str
    abstract: str
