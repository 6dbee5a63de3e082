"""Where the protocol's words stand in a sentence: longest match at word boundaries.

A synonym and a sentence are cut into the same tokens, so ``HER2-`` never matches inside ``HER2-positive`` and
``HR positive``, ``HR-positive`` are one phrase. The longest synonym that fits wins, and no token is used
twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from extract.candidates.tokens import WORD, Token, fold, lex

_NEGATIONS: Final = frozenset({"non", "not", "without", "no"})


class Mention(NamedTuple):
    """A phrase of a vocabulary in the text: its code, and offsets."""

    code: str
    start: int
    end: int
    weak: bool


_Entry = tuple[tuple[str, ...], str, bool]


class _Phrases:
    """The phrases that begin with one word, longest first; by their second word too, so that few are compared."""

    __slots__ = ("alone", "by_second", "every")

    def __init__(self, entries: Iterable[_Entry]) -> None:
        self.every: list[_Entry] = sorted(entries, key=lambda entry: -len(entry[0]))
        self.alone = [entry for entry in self.every if len(entry[0]) == 1]
        seconds = {entry[0][1] for entry in self.every if len(entry[0]) > 1}
        self.by_second = {
            second: [entry for entry in self.every if entry[0][1:2] in ((), (second,))] for second in seconds
        }

    def before(self, following: str) -> list[_Entry]:
        """Return those that can stand before a token; a hyphen there may be one that phrases leave out."""
        return self.every if following == "-" else self.by_second.get(following, self.alone)


class Vocabulary:
    """Phrases and the codes they stand for, ready for matching against tokens."""

    def __init__(self, phrases: Iterable[tuple[str, str]], *, weak: frozenset[str] = frozenset()) -> None:
        """Take ``(code, phrase)`` pairs; phrases in ``weak`` are believed only where no other fits."""
        table: dict[str, list[_Entry]] = defaultdict(list)
        for code, phrase in phrases:
            sequence = phrase_tokens(phrase)
            if sequence:
                table[sequence[0]].append((sequence, code, phrase.lower() in weak))
        self._by_first = {first: _Phrases(entries) for first, entries in table.items()}

    def find(self, tokens: Sequence[Token], *, refuse_negated: bool = False) -> list[Mention]:
        """Return the mentions in a sentence, in order, without overlap.

        Parameters
        ----------
        tokens
            Tokens of the sentence.
        refuse_negated
            Leave out "non-visceral", "without bone metastases".
        """
        found: list[Mention] = []
        known = self._by_first
        beyond = 0
        for index in [index for index, token in enumerate(tokens) if token[3] in known]:  # [3] is its lower-case text
            if index < beyond:
                continue
            following = tokens[index + 1].lower if index + 1 < len(tokens) else ""
            for sequence, code, weak in known[tokens[index].lower].before(following):
                after = _match(tokens, index, sequence)
                if after and not (refuse_negated and _is_negated(tokens, index)):
                    found.append(Mention(code, tokens[index].start, tokens[after - 1].end, weak))
                    beyond = after
                    break
        return found


def phrase_tokens(phrase: str) -> tuple[str, ...]:
    """Return a phrase as lower-case tokens without its inner hyphens."""
    folded = fold(phrase)
    words = [token.lower for token in lex(folded, 0, len(folded))]
    following = [*words[1:], ")"]
    return tuple(
        word
        for word, beyond in zip(words, following, strict=True)
        if not (word == "-" and beyond not in ("/", ")", ",", "-"))
    )


def _match(tokens: Sequence[Token], index: int, sequence: tuple[str, ...]) -> int:
    """Return the index after ``sequence`` if it stands at ``index``, else 0."""
    at = index
    count = len(tokens)
    for position, expected in enumerate(sequence):
        if at < count and position and tokens[at].lower == "-" and expected != "-":
            at += 1
        if at >= count or tokens[at].lower != expected:
            return 0
        at += 1
    last = tokens[at - 1]
    if last.lower in ("-", "+") and at < count and tokens[at].start == last.end and tokens[at].kind == WORD:
        return 0
    return at


def _is_negated(tokens: Sequence[Token], index: int) -> bool:
    """Tell whether the phrase at ``index`` is negated by the word before it."""
    step = index - 1
    while step >= 0 and tokens[step].lower in ("-", "the", "any"):
        step -= 1
    return step >= 0 and tokens[step].lower in _NEGATIONS
