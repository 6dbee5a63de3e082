"""From a document to proposed effects: the only public entry of the package's pure part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from extract.candidates import nodes, standing
from extract.candidates.binding import RATIO_SCALE, Printed, bind_ratios
from extract.candidates.comparisons import comparison_of
from extract.candidates.governing import Place, govern
from extract.candidates.medians import bind_medians
from extract.candidates.mentions import Mention
from extract.candidates.nodes import Node
from extract.candidates.phrases import parse_phrases
from extract.candidates.population import Populations, populations_of, whole_population
from extract.candidates.sentences import (
    has_trigger,
    may_hold_a_nameless_value,
    may_hold_a_result,
    sentences,
)
from extract.candidates.tokens import Token, fold, lex
from extract.candidates.vocabulary import OTHER_OUTCOME, Words, words_of
from extract.checks import codes_of, input_of
from extract.schema.effect import Comparison, Document, Effect, Span
from extract.schema.protocol import Protocol

#: Bumped whenever the same text can give other effects; stored with every proposed value.
EXTRACTOR_VERSION: Final = "grammar-1"

#: Characters before and after a number in which words can say what it is; no real clause is longer.
CONTEXT: Final = 900

_SPELLED: Final[dict[str, str]] = {
    "hazard": "HR",
    "odds": "OR",
    "relative risk": "RR",
    "risk ratio": "RR",
    "rate ratio": "RR",
    "mean difference": "MD",
    "risk difference": "RD",
}


def propose_effects(document: Document, protocol: Protocol) -> tuple[Effect, ...]:
    """Return the effects a title and abstract print, in reading order.

    Deterministic and pure. Results and design assumptions both come back; ``is_result`` tells them apart.

    Parameters
    ----------
    document
        Title and abstract; spans count in these exactly as given.
    protocol
        Gives outcomes, subtypes, patterns and arms with their synonyms.

    Returns
    -------
    tuple of Effect
        Every ``span.text`` equals ``text[start:end]`` of its source and contains the printed estimate.
    """
    words = _words(_ByIdentity(protocol))
    reading = _Reading(document, words)
    for source, text in (("title", document.title), ("abstract", document.abstract)):
        reading.read(source, text)
    return tuple(reading.effects)


class _ByIdentity:
    """Hashes a protocol by identity.

    Hashing its whole content for every document costs more than reading one.
    """

    __slots__ = ("protocol",)

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol

    def __hash__(self) -> int:
        return id(self.protocol)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and other.protocol is self.protocol


@lru_cache(maxsize=4)
def _words(key: _ByIdentity) -> Words:
    return words_of(key.protocol)


@dataclass(slots=True)
class _Sentence:
    """One sentence on its way through the grammar."""

    bounds: tuple[int, int]
    tokens: list[Token]
    found: list[Node]
    values: list[Printed]
    places: list[Place]


@dataclass(slots=True)
class _Reading:
    """State that runs through one document: last outcome, whole population, what was already said."""

    document: Document
    words: Words
    effects: list[Effect] = field(default_factory=list)
    outcome: str | None = None
    seen: set[tuple[object, ...]] = field(default_factory=set)
    whole: Populations = field(default_factory=Populations)

    def read(self, source: str, text: str) -> None:
        """Read one source text."""
        if not has_trigger(text):
            if source == "title":
                self._take_over(text)
            return
        folded = fold(text)
        if source == "title":
            self._take_over(folded)
        read = _parse(folded)
        _inherit_levels(read)
        for sentence in read:
            if sentence.values:
                self._propose(source, text, folded, sentence)
            else:
                self._remember_outcome(sentence)

    def _take_over(self, title: str) -> None:
        """Take the population of the whole report, and its outcome, from the title."""
        folded = fold(title)
        tokens = lex(folded, 0, len(folded))
        self.whole = whole_population(folded, tokens, self.words)
        for mention in self.words.outcomes.find(tokens):
            if not mention.weak:
                self.outcome = _code(mention)

    def _remember_outcome(self, sentence: _Sentence) -> None:
        """Let a sentence without values say what the next one is about."""
        for mention in self.words.outcomes.find(sentence.tokens):
            if not mention.weak:
                self.outcome = _code(mention)

    def _propose(self, source: str, text: str, folded: str, sentence: _Sentence) -> None:
        """Give the values of one sentence their meaning."""
        outcomes = govern(folded, sentence.bounds, sentence.places, self.words.outcomes.find(sentence.tokens))
        populations = populations_of(folded, sentence.bounds, sentence.places, sentence.tokens, self.words)
        arms = self.words.arms.find(sentence.tokens)
        for value, place, mention, population in zip(
            sentence.values, sentence.places, outcomes, populations, strict=True
        ):
            if mention is not None:
                self.outcome = _code(mention)
            if not self._is_new(value):
                continue
            effect = self._effect(source, text, folded, sentence, value, place, population.within(self.whole), arms)
            if effect.is_result and value.compared and value.interval is None:
                continue  # "the HR was > 1" is a comparison, not an estimate
            self.effects.append(effect)

    def _effect(
        self,
        source: str,
        text: str,
        folded: str,
        sentence: _Sentence,
        value: Printed,
        place: Place,
        population: Populations,
        arms: Sequence[Mention],
    ) -> Effect:
        """Build one effect."""
        interval = value.interval
        node = sentence.found[value.at]
        low = max(sentence.bounds[0], node.start - CONTEXT)
        high = min(sentence.bounds[1], node.start + CONTEXT)
        design = standing.is_design_assumption(
            folded,
            low,
            node.start,
            high,
            has_interval=interval is not None or value.measure == "median",
            has_p=value.p is not None,
            compared=value.compared,
        )
        prior = standing.is_prior_analysis(folded, low, node.start)
        comparison = Comparison()
        if value.measure in RATIO_SCALE:
            comparison = comparison_of(
                folded, (low, high), place, arms, estimate=value.estimate, other=self.words.two_arms()
            )
        effect = Effect(
            measure=value.measure,
            estimate=value.estimate,
            ci_low=interval.low if interval else None,
            ci_high=interval.high if interval else None,
            ci_level=interval.level if interval else None,
            p_value=text[value.p.start : value.p.end] if value.p else None,
            p_sided=value.p.lower if value.p and value.p.lower in ("one", "two") else None,  # type: ignore[arg-type]
            outcome=self.outcome,
            subtype=population.subtype,
            metastatic_pattern=population.pattern,
            population=population.other,
            comparison=comparison,
            adjusted=standing.adjustment(folded, low, node.start, high, value.flags)
            if value.measure != "median"
            else None,
            is_result=not (design or prior),
            span=_span(source, text, sentence, value),
            extras=_extras(value, design=design, prior=prior),
        )
        return replace(effect, checks=codes_of(input_of(effect, arms=self.words.two_arms())))

    def _is_new(self, value: Printed) -> bool:
        """Tell whether a value is said for the first time; conclusions and translations repeat what results said."""
        if value.measure == "median":
            return True
        interval = value.interval
        bare: tuple[object, ...] = (value.measure, value.estimate)
        key = bare if interval is None else (*bare, interval.low, interval.high)
        repeated = key in self.seen and (interval is not None or value.p is None)
        self.seen.update((key, bare))
        return not repeated


def _code(mention: Mention) -> str | None:
    """Return the protocol's code of an outcome mention; None for an outcome outside the question."""
    return None if mention.code == OTHER_OUTCOME else mention.code


def _parse(folded: str) -> list[_Sentence]:
    """Run the grammar over every sentence that may hold a result."""
    lowered = folded.lower()
    trusted = frozenset(measure for name, measure in _SPELLED.items() if name in lowered)
    read: list[_Sentence] = []
    about_survival = False
    carried: str | None = None
    for start, end in sentences(folded):
        if not may_hold_a_result(folded, start, end) and not (
            carried and may_hold_a_nameless_value(folded, start, end)
        ):
            continue
        tokens = lex(folded, start, end)
        found = parse_phrases(tokens)
        values = bind_ratios(found, trusted=trusted, carried=carried)
        carried = next((value.measure for value in reversed(values) if value.measure in RATIO_SCALE), carried)
        taken = {step for value in values for step in range(value.at, value.after)}
        medians = bind_medians(found, about_survival=about_survival)
        values += [median for median in medians if median.at not in taken]
        values.sort(key=lambda value: value.at)
        read.append(_Sentence((start, end), tokens, found, values, [_place(found, value) for value in values]))
        about_survival = "survival" in lowered[start:end]
    return read


def _place(found: Sequence[Node], value: Printed) -> Place:
    """Return the offsets of one value."""
    ratio = found[value.ratio_at] if value.ratio_at >= 0 and not value.implicit else None
    end = found[value.after - 1].end
    if value.p is not None and value.p.start >= end:
        end = value.p.end
    return Place(ratio.start if ratio else -1, ratio.end if ratio else -1, found[value.at].start, end)


def _inherit_levels(read: Sequence[_Sentence]) -> None:
    """Give a range without a level the nearest level stated before it, else the first one stated after it."""
    stated = [
        (node.start, node.value)
        for sentence in read
        for node in sentence.found
        if node.kind == nodes.LEVEL and node.value is not None
    ]
    for sentence in read:
        for value in sentence.values:
            interval = value.interval
            if interval is None or interval.level is not None or not stated:
                continue
            at = sentence.found[value.at].start
            before = [level for start, level in stated if start < at]
            if not before and not interval.named:
                continue  # "SE 3.2-7.0" before any level is stated need not be a confidence interval
            interval.level = before[-1] if before else stated[0][1]
            interval.inherited = True


def _span(source: str, text: str, sentence: _Sentence, value: Printed) -> Span:
    """Return the words from the ratio's name (or the estimate) to the end of interval and p value."""
    found = sentence.found
    low = found[value.at].start
    if value.ratio_at >= 0 and not value.implicit:
        low = min(low, found[value.ratio_at].start)
    high = max(found[value.at].end, found[value.after - 1].end)
    return Span(source, low, high, text[low:high])


def _extras(value: Printed, *, design: bool, prior: bool) -> tuple[tuple[str, str], ...]:
    """Return the further facts of a value."""
    pairs = []
    if value.unit:
        pairs.append(("unit", value.unit))
    if value.compared:
        pairs.append(("compared", value.compared))
    if value.implicit and value.measure != "median":
        pairs.append(("measure_from", "list"))
    if value.interval is not None and value.interval.inherited:
        pairs.append(("ci_level_from", "inherited"))
    if value.interval is not None and value.interval.one_sided:
        pairs.append(("interval_sided", "one"))
    if design:
        pairs.append(("standing", "design assumption"))
    elif prior:
        pairs.append(("standing", "prior analysis"))
    return tuple(pairs)
