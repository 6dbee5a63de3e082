"""An answer to verified effects: no quote that stands in the text and holds the numbers, no value.

Everything a model says is a claim. The numbers are checked against the quote, the quote against the text,
codes against
the protocol; what fails is refused with its reason and shown, never mended.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, replace
from typing import Final

from extract.candidates.tokens import NUMBER, fold, lex
from extract.checks import codes_of, input_of
from extract.checks.findings import RATIO_MEASURES
from extract.errors import SecondReadingFailed
from extract.schema.effect import Comparison, Document, Effect, PSided, Span
from extract.schema.protocol import Protocol
from extract.schema.vocabulary import Measure

#: Effects one abstract can print; the richest of 700 has 40. A longer answer is noise.
MOST_EFFECTS: Final = 200
LONGEST_QUOTE: Final = 1500
_LONGEST_WORDS: Final = 300
_MEASURES: Final = frozenset(measure.value for measure in Measure)
_FENCE: Final = re.compile(r"^\s*```(?:json)?\s*(.*?)\s*```\s*$", re.S)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A claimed effect that was not taken over: what it said (shortened) and why."""

    claim: str
    reason: str


@dataclass(frozen=True, slots=True)
class SecondReading:
    """What the second extractor found, and what of its answer was refused."""

    effects: tuple[Effect, ...]
    refused: tuple[Refusal, ...]


def verify(answer: str, document: Document, protocol: Protocol) -> SecondReading:
    """Return the verified effects of an answer, in reading order.

    Parameters
    ----------
    answer
        Text of the model's message.
    document
        The text it was asked about.
    protocol
        The codes it may use.

    Raises
    ------
    SecondReadingFailed
        The answer is not the JSON that was asked for; a single bad effect in it is a :class:`Refusal`
        instead.
    """
    effects: list[Effect] = []
    refused: list[Refusal] = []
    for claim in _claims(answer):
        try:
            effect = _effect(claim, document, protocol)
        except _Refused as reason:
            refused.append(Refusal(_shown(claim), str(reason)))
            continue
        if effect not in effects:
            effects.append(effect)
    effects.sort(key=lambda effect: (effect.span.source != "title", effect.span.start, effect.span.end))
    return SecondReading(tuple(effects), tuple(refused))


class _Refused(Exception):
    """One claim cannot be taken over."""


def _claims(answer: str) -> list[object]:
    """Return the claimed effects of an answer."""
    fenced = _FENCE.match(answer)
    try:
        parsed = json.loads(fenced.group(1) if fenced else answer)
    except (ValueError, RecursionError) as error:
        raise SecondReadingFailed("second extractor: the answer is not JSON") from error
    claims = parsed.get("effects") if isinstance(parsed, dict) else None
    if not isinstance(claims, list):
        raise SecondReadingFailed('second extractor: the answer has no list "effects"')
    if len(claims) > MOST_EFFECTS:
        raise SecondReadingFailed(f"second extractor: {len(claims)} effects claimed for one abstract")
    return claims


def _effect(claim: object, document: Document, protocol: Protocol) -> Effect:
    """Verify one claim."""
    if not isinstance(claim, dict):
        raise _Refused("not an object")
    measure = claim.get("measure")
    if not isinstance(measure, str) or measure not in _MEASURES:
        raise _Refused(f"unknown measure {_words(measure)!r}")
    span = _span(claim, document)
    numbers = {name: _number(claim, name) for name in ("estimate", "ci_low", "ci_high", "ci_level")}
    if numbers["estimate"] is None and numbers["ci_low"] is None:
        raise _Refused("no estimate")
    _stand_in(span.text, numbers)
    if measure in RATIO_MEASURES and any((numbers[name] or 0) < 0 for name in ("estimate", "ci_low", "ci_high")):
        raise _Refused("a ratio cannot be negative")
    is_result = claim.get("is_result")
    if not isinstance(is_result, bool):
        raise _Refused("is_result is neither true nor false")
    arms = tuple(arm.code for arm in protocol.arms)
    effect = Effect(
        measure=str(measure),
        estimate=numbers["estimate"],
        ci_low=numbers["ci_low"],
        ci_high=numbers["ci_high"],
        ci_level=_level(numbers["ci_level"], document),
        p_value=_p_value(claim, document),
        p_sided=_sided(claim.get("p_sided")),
        outcome=_code(claim, "outcome", tuple(outcome.code for outcome in protocol.outcomes), None),
        subtype=_code(claim, "subtype", tuple(entry.slug for entry in protocol.subtypes), "all") or "all",
        metastatic_pattern=_code(claim, "metastatic_pattern", tuple(e.slug for e in protocol.patterns), "all") or "all",
        population=_words(claim.get("population")),
        comparison=Comparison(_code(claim, "numerator", arms, None), _code(claim, "denominator", arms, None)),
        adjusted=claim["adjusted"] if isinstance(claim.get("adjusted"), bool) else None,
        is_result=is_result,
        span=span,
    )
    return replace(effect, checks=codes_of(input_of(effect)))


def _span(claim: dict[str, object], document: Document) -> Span:
    """Return the place of the quote; it must stand in the source exactly as claimed."""
    source, quote = claim.get("source"), claim.get("quote")
    if source not in ("title", "abstract") or not isinstance(quote, str) or not quote.strip():
        raise _Refused("no source and quote")
    if len(quote) > LONGEST_QUOTE:
        raise _Refused(f"the quote has {len(quote)} characters")
    text = document.title if source == "title" else document.abstract
    start = text.find(quote)
    if start < 0:
        raise _Refused(f"the quote does not stand in the {source}")
    if text.find(quote, start + 1) >= 0:
        raise _Refused("the quote stands more than once; its place is not known")
    return Span(source, start, start + len(quote), quote)


def _number(claim: dict[str, object], name: str) -> float | None:
    """Return a claimed number; text such as "0.71" counts, other things do not."""
    value = claim.get(name)
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = float(value.strip())
        except ValueError:
            raise _Refused(f"{name} {_words(value)!r} is not a number") from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _Refused(f"{name} is not a number")
    return float(value)


def _stand_in(quote: str, numbers: dict[str, float | None]) -> None:
    """Refuse a claim whose estimate or limits are not printed in its own quote."""
    folded = fold(quote)
    printed = {token.value for token in lex(folded, 0, len(folded)) if token.kind == NUMBER and token.value is not None}
    for name in ("estimate", "ci_low", "ci_high"):
        value = numbers[name]
        if value is not None and abs(value) not in printed:
            raise _Refused(f"{name} {value:g} does not stand in the quote")


def _level(level: float | None, document: Document) -> float | None:
    """Return the level if the text prints this number anywhere before a percent sign.

    A level is never assumed.
    """
    if level is None:
        return None
    folded = fold(f"{document.title}\n{document.abstract}")
    if not re.search(rf"(?<![\d.]){re.escape(f'{level:g}')}(?:\.0+)?\s?(?:%|percent|per cent)", folded):
        raise _Refused(f"the level {level:g} % does not stand in the text")
    return level


def _p_value(claim: dict[str, object], document: Document) -> str | None:
    """Return the p value if it stands in the text as claimed."""
    value = claim.get("p_value")
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip() or len(value) > 60:
        raise _Refused("p_value is not text as written")
    if value not in document.abstract and value not in document.title:
        raise _Refused(f"the p value {_words(value)!r} does not stand in the text")
    return value


def _sided(value: object) -> PSided | None:
    """Return the sides of p."""
    return "one" if value == "one" else "two" if value == "two" else None


def _code(claim: dict[str, object], name: str, allowed: tuple[str, ...], absent: str | None) -> str | None:
    """Return a code of the protocol.

    Another word is refused, for a reviewer would read it as the protocol's.
    """
    value = claim.get(name)
    if value is None:
        return absent
    if value not in allowed:
        raise _Refused(f"{name} {_words(value)!r} is no code of the protocol")
    return str(value)


def _words(value: object) -> str | None:
    """Return free text on one line, shortened, without control or direction characters."""
    if value is None:
        return None
    return _CONTROL.sub(" ", str(value))[:_LONGEST_WORDS].strip() or None


def _shown(claim: object) -> str:
    """Return a claim as one short line for a reviewer."""
    return _words(json.dumps(claim, ensure_ascii=False, default=str)) or ""
