"""Whether a ratio of a full text can answer the question: tables of a model print one for every covariate."""

from __future__ import annotations

from typing import Final

from extract.candidates.effects import words_for
from extract.candidates.tokens import fold, lex
from extract.candidates.vocabulary import Words
from extract.schema.effect import Effect
from extract.schema.protocol import Protocol

#: What a table says around a value (names of ``Effect.extras``).
_SAID: Final = ("row_label", "group", "column")


def compares_arms(effect: Effect, protocol: Protocol) -> bool:
    """Tell whether an effect is about one of the question's arms.

    In running text its comparison must name one; in a table one of row label, heading or column head must. The age or
    grade row of the same model is somebody's covariate, not a result of the question. A caption alone does not count:
    it is the same for every row.
    """
    words = words_for(protocol)
    arms = set(words.two_arms())
    if {effect.comparison.numerator, effect.comparison.denominator} & arms:
        return True
    if not effect.span.source.startswith("table:"):
        return False
    said = dict(effect.extras)
    return any(_names_arm(said[name], words) for name in _SAID if said.get(name))


def _names_arm(text: str, words: Words) -> bool:
    folded = fold(text)
    return bool(words.arms.find(lex(folded, 0, len(folded))))
