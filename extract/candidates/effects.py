"""From a document to proposed effects: the only public entry of the package's pure part."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from extract.candidates.circumstances import with_medians
from extract.candidates.reading_document import Reading
from extract.candidates.table_effects import propose_from_table
from extract.candidates.vocabulary import Words, words_of
from extract.checks import codes_of, input_of
from extract.fulltext.article import Article
from extract.schema.effect import Document, Effect
from extract.schema.protocol import Protocol

#: Bumped whenever the same text can give other effects; stored with every proposed value.
EXTRACTOR_VERSION: Final = "grammar-5"
_OTHERS_RESULTS: Final = re.compile(r"introduction|background|discussion|conclusion|comment|literature", re.I)


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
    return propose_from((("title", document.title), ("abstract", document.abstract)), protocol)


def propose_from_article(article: Article, protocol: Protocol) -> tuple[Effect, ...]:
    """Return the effects of a full text: title and abstract, then sections, then tables.

    Parameters
    ----------
    article
        Parsed full text.
    protocol
        Gives the words.

    Returns
    -------
    tuple of Effect
        Sources are "title", "abstract", ``sec:<id>`` and ``table:<id>/r<row>/c<column>``. A value of an introduction or
        discussion that stands nowhere else in the article is somebody else's: it is no result here.
    """
    reading = Reading(_words(_ByIdentity(protocol)))
    reading.read("title", article.title)
    reading.read("abstract", article.abstract)
    outcome = reading.outcome
    own: list[Effect] = []
    for section in article.sections:
        first = len(reading.effects)
        reading.read(f"sec:{section.section_id}", section.text)
        if _OTHERS_RESULTS.search(section.title):
            reading.effects[first:] = [_of_others(effect) for effect in reading.effects[first:]]
    for table in article.tables:
        own.extend(propose_from_table(table, reading.words, reading.whole, outcome))
    return (*_checked(reading.effects, reading.words), *own)


def _checked(effects: Sequence[Effect], words: Words) -> list[Effect]:
    """Attach the medians by arm and run the checks of one result."""
    arms = words.two_arms()
    return [_with_codes(effect, arms) for effect in with_medians(effects, arms)]


def _with_codes(effect: Effect, arms: tuple[str, str]) -> Effect:
    """Run the checks of one effect; a median without limits has none that could fire."""
    if effect.measure == "median" and effect.ci_low is None and effect.ci_high is None:
        return effect
    codes = codes_of(input_of(effect, arms=arms))
    return replace(effect, checks=codes) if codes else effect


def _of_others(effect: Effect) -> Effect:
    """Return a value of an introduction or discussion as a prior result."""
    extras = (*(pair for pair in effect.extras if pair[0] != "standing"), ("standing", "introduction or discussion"))
    return replace(effect, is_result=False, extras=extras)


def propose_from(texts: Sequence[tuple[str, str]], protocol: Protocol) -> tuple[Effect, ...]:
    """Return the effects of several texts read as one document.

    Parameters
    ----------
    texts
        ``(source, text)`` pairs; the one named "title" says what the whole report is about.
    protocol
        Gives the words.
    """
    reading = Reading(_words(_ByIdentity(protocol)))
    for source, text in texts:
        reading.read(source, text)
    return tuple(_checked(reading.effects, reading.words))


def words_for(protocol: Protocol) -> Words:
    """Return the protocol's words made ready for matching, once for each protocol."""
    return _words(_ByIdentity(protocol))


class _ByIdentity:
    """Hashes a protocol by identity.

    Hashing its content for every document would cost more than reading one.
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
