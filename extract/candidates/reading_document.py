"""One document on its way from text to effects: what runs through it, and how a value gets its meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from extract.candidates import standing
from extract.candidates.circumstances import arm_of, facts_of
from extract.candidates.comparisons import comparison_of
from extract.candidates.cues import lower_in_place
from extract.candidates.denied_benefit import says_no_benefit
from extract.candidates.eligibility import eligible_population
from extract.candidates.governing import Place, govern
from extract.candidates.mentions import Mention
from extract.candidates.outcomes import outcomes_of
from extract.candidates.parsed import Sentence, parse_text
from extract.candidates.population import ALL, Populations, populations_of, whole_population
from extract.candidates.printed import RATIO_SCALE, Printed
from extract.candidates.sentences import has_trigger
from extract.candidates.tokens import fold, lex
from extract.candidates.vocabulary import OTHER_OUTCOME, Words
from extract.candidates.worded_arms import worded_comparison
from extract.schema.effect import Comparison, Effect, PSided, Span

_UNSAID: Final = Comparison()
#: Characters before and after a number in which words can say what it is; no real clause is longer.
CONTEXT: Final = 900


@dataclass(frozen=True, slots=True)
class _Setting:
    """What a sentence says around one value."""

    place: Place
    before: int
    outcome: str | None
    population: Populations
    arms: Sequence[Mention]
    outcomes: Sequence[Mention]
    groups: Sequence[Mention]


@dataclass(slots=True)
class Reading:
    """State that runs through one document.

    Last outcome and comparison, population, what was already said.
    """

    words: Words
    effects: list[Effect] = field(default_factory=list)
    outcome: str | None = None
    comparison: Comparison = field(default_factory=Comparison)
    seen: set[tuple[object, ...]] = field(default_factory=set)
    said: set[tuple[object, ...]] = field(default_factory=set)
    whole: Populations = field(default_factory=Populations)
    on_topic: bool = True
    about_intervention: bool = False
    facts: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    def read(self, source: str, text: str) -> None:
        """Read one source text."""
        if source == "title":
            self._take_over(fold(text))
        if not has_trigger(text):
            return
        if source == "abstract" and self.about_intervention:
            self.whole = self.whole.within(eligible_population(fold(text), self.words))
        for sentence in parse_text(source, text):
            if sentence.values:
                self._propose(sentence)
            else:
                self._remember(outcomes_of(sentence.lowered, sentence.tokens, self.words))

    def _take_over(self, title: str) -> None:
        """Take the population of the whole report, and its outcome, from the title."""
        tokens = lex(title, 0, len(title))
        self.whole = whole_population(title, tokens, self.words)
        intervention = self.words.two_arms()[0]
        self.about_intervention = any(arm.code == intervention for arm in self.words.arms.find(tokens))
        self.on_topic = not tokens or self.about_intervention
        self._remember(outcomes_of(lower_in_place(title), tokens, self.words))

    def _remember(self, mentions: Sequence[Mention]) -> None:
        """Take over the last full phrase; a single word such as "survival" only if nothing is known yet."""
        for mention in mentions:
            if not mention.weak or self.outcome is None:
                self.outcome = _code(mention)

    def _propose(self, sentence: Sentence) -> None:
        """Give the values of one sentence their meaning."""
        bounds = (sentence.start, sentence.end)
        mentions = outcomes_of(sentence.lowered, sentence.tokens, self.words)
        outcomes = govern(sentence.folded, bounds, sentence.places, mentions, may_follow=True)
        populations = populations_of(
            sentence.folded,
            bounds,
            sentence.places,
            sentence.tokens,
            self.words,
            outcomes=[mention.start for mention in mentions],
        )
        # "Chemotherapy alone" is an arm of the question only in a report about the question's intervention.
        arms = self.words.arms.find(sentence.tokens) if self.on_topic else []
        named = bool(arms) or self.comparison != _UNSAID
        groups = self.words.populations_in(sentence.tokens) if named else []
        before = sentence.start
        outcome = self.outcome
        said: list[str | None] = []
        for value, place, mention, population in zip(
            sentence.values, sentence.places, outcomes, populations, strict=True
        ):
            if mention is not None:
                outcome = _code(mention)
                said.append(outcome)
            setting = _Setting(place, before, outcome, population.within(self.whole), arms, mentions, groups)
            before = place.end
            if self._is_new(value):
                self._keep(value, self._effect(sentence, value, setting), sentence, arms)
        self.seen |= self.said  # equal numbers in one sentence are two results; in a later one, a repetition
        self.said.clear()
        if said:
            self.outcome = said[0]  # the main clause's: "no benefit was seen in ..." goes on about that one

    def _keep(self, value: Printed, effect: Effect, sentence: Sentence, arms: Sequence[Mention]) -> None:
        """Keep an effect unless it only compares ("the HR was > 1" is no estimate); say a median's arm."""
        if effect.is_result and value.compared and value.interval is None:
            return
        if value.measure == "median":
            arm = arm_of(sentence, sentence.values.index(value), arms, self.words.two_arms())
            if arm:
                effect = replace(effect, extras=(*effect.extras, ("arm", arm)))
        elif self._is_on_topic(effect):
            restricted = effect.subtype != ALL or effect.metastatic_pattern != ALL or effect.population is not None
            facts = self._facts_of(sentence)
            facts = tuple(fact for fact in facts if fact[0] == "follow_up" or not restricted)
            effect = replace(effect, extras=effect.extras + facts)
        self.effects.append(effect)

    def _is_on_topic(self, effect: Effect) -> bool:
        """Tell whether a ratio compares the question's arms: only then are the numbers by arm worth reading."""
        return effect.comparison.numerator in self.words.two_arms() and effect.is_result

    def _facts_of(self, sentence: Sentence) -> tuple[tuple[str, str], ...]:
        """Return follow-up, events and numbers by arm of the text, read once."""
        if sentence.source not in self.facts:
            self.facts[sentence.source] = facts_of(sentence.text, self.words)
        return self.facts[sentence.source]

    def _effect(self, sentence: Sentence, value: Printed, setting: _Setting) -> Effect:
        """Build one effect."""
        interval = value.interval
        at = sentence.found[value.at].start
        low = max(sentence.start, at - CONTEXT)
        high = min(sentence.end, at + CONTEXT)
        text, lowered = sentence.folded, sentence.lowered
        median = value.measure == "median"
        design = standing.is_design_assumption(
            lowered,
            low,
            at,
            high,
            has_interval=interval is not None or median,
            has_p=value.p is not None,
            compared=value.compared,
        )
        prior = standing.is_prior_analysis(lowered, low, at)
        comparison = self._comparison(text, (low, high), value, setting)
        inferred = False
        if comparison == _UNSAID and value.measure in RATIO_SCALE and not setting.arms:
            end = sentence.found[value.after - 1].end
            comparison, inferred = worded_comparison(text, (low, high), setting.place, value.estimate, value_end=end)
        return Effect(
            measure=value.measure,
            estimate=value.estimate,
            ci_low=interval.low if interval else None,
            ci_high=interval.high if interval else None,
            ci_level=interval.level if interval else None,
            p_value=sentence.text[value.p.start : value.p.end] if value.p else None,
            p_sided=_sided(value),
            outcome=setting.outcome,
            subtype=setting.population.subtype,
            metastatic_pattern=setting.population.pattern,
            population=setting.population.other,
            comparison=comparison,
            adjusted=None if median else standing.adjustment(lowered, low, at, high, value.flags),
            is_result=not (design or prior),
            span=_span(sentence, value),
            extras=_extras(value, design=design, prior=prior, inferred=inferred),
        )

    def _comparison(self, text: str, bounds: tuple[int, int], value: Printed, setting: _Setting) -> Comparison:
        """Return the arms of a ratio; a median has none."""
        if value.measure not in RATIO_SCALE:
            return _UNSAID
        self.comparison = comparison_of(
            text,
            bounds,
            setting.place,
            setting.arms,
            before=setting.before,
            previous=self.comparison,
            estimate=value.estimate,
            other=self.words.two_arms(),
            outcomes=setting.outcomes,
            populations=setting.groups,
        )
        if self.comparison == _UNSAID and self.about_intervention and not setting.arms:
            denied = says_no_benefit(text, bounds, setting.place)
            self.comparison = Comparison(*self.words.two_arms()) if denied else _UNSAID
        return self.comparison

    def _is_new(self, value: Printed) -> bool:
        """Tell whether a value is said for the first time.

        Conclusions and translations repeat what results said.
        """
        if value.measure == "median":
            return True
        interval = value.interval
        bare: tuple[object, ...] = (value.measure, value.estimate)
        key = bare if interval is None else (*bare, interval.low, interval.high)
        repeated = key in self.seen and (interval is not None or value.p is None)
        self.said.update((key, bare))
        return not repeated


def _code(mention: Mention) -> str | None:
    """Return the protocol's code of an outcome mention; None for an outcome outside the question."""
    return None if mention.code == OTHER_OUTCOME else mention.code


def _sided(value: Printed) -> PSided | None:
    """Return the sidedness of a value's p, if stated."""
    said = value.p.lower if value.p else ""
    return "one" if said == "one" else "two" if said == "two" else None


def _span(sentence: Sentence, value: Printed) -> Span:
    """Return the words from the ratio's name (or the estimate) to the end of its interval."""
    found = sentence.found
    low = found[value.at].start
    if value.ratio_at >= 0 and not value.implicit:
        low = min(low, found[value.ratio_at].start)
    high = max(found[value.at].end, found[value.after - 1].end)
    return Span(sentence.source, low, high, sentence.text[low:high])


def _extras(value: Printed, *, design: bool, prior: bool, inferred: bool) -> tuple[tuple[str, str], ...]:
    """Return the further facts of a value."""
    interval = value.interval
    pairs = (
        ("unit", value.unit),
        ("compared", value.compared),
        ("measure_from", "list" if value.implicit and value.measure != "median" else ""),
        ("ci_level_from", "inherited" if interval is not None and interval.inherited else ""),
        ("interval_sided", "one" if interval is not None and interval.one_sided else ""),
        ("direction_from", "rates" if inferred else ""),
        ("standing", "design assumption" if design else "prior analysis" if prior else ""),
    )
    return tuple((name, said) for name, said in pairs if said)
