"""Second level of the grammar: tokens to nodes (ratios, levels, p values, ranges, times, counts).

One pass from left to right; every production looks at most a fixed number of tokens ahead, so the pass is
linear.

    ratio    := qualifier* name ("[" abbreviation "]")?
    level    := number "%" qualifier? interval-name abbreviation? | interval-name number "%" | interval-name
    p        := sidedness? "p" "value(s)"? ("for" word)? comparator number exponent?
    time     := number "-"? unit
    range    := number ("-" | "to") number unit?        (comma and semicolon ranges need a level: see binding)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from extract.candidates import lexicon, nodes
from extract.candidates.name_phrases import interval_name, reduce_level, reduce_ratio
from extract.candidates.nodes import NO_FLAGS, Node
from extract.candidates.number_phrases import is_sign, reduce_number
from extract.candidates.p_phrases import reduce_p
from extract.candidates.token_access import is_number, lower_at, numeric
from extract.candidates.tokens import NUMBER, WORD, Token

#: Words with which something other than a plain word can begin; most words are none of these.
_OPENING: Final = (
    lexicon.RATIO_FIRST_WORDS
    | lexicon.INTERVAL_FIRST_WORDS
    | {spelling.lower() for spelling in lexicon.RATIO_ABBREVIATIONS}
    | {"p", "pvalue", "probability", "median", "medians", "n"}
)


def parse_phrases(tokens: Sequence[Token]) -> list[Node]:
    """Reduce the tokens of one sentence to nodes, in order, each token in exactly one node."""
    new = tuple.__new__  # most nodes are plain words and marks: at a third of the cost of Node(...)
    found: list[Node] = []
    index = 0
    count = len(tokens)
    while index < count:
        token = tokens[index]
        kind, start, end, lower, _, _ = token
        if kind == WORD and lower not in _OPENING:
            found.append(new(Node, (nodes.WORD, start, end, lower, None, None, NO_FLAGS, -1, -1)))
            index += 1
        elif kind == NUMBER:
            index = reduce_number(tokens, index, found)
        elif kind == WORD:
            index = _word(tokens, index, found)
        elif lower == "-" and _is_name_with_number(tokens, index):
            number = tokens[index + 1]
            found.append(Node(nodes.WORD, token.start, number.end, "-" + number.lower))
            index += 2
        elif lower == "-" and is_sign(tokens, index):
            index = reduce_number(tokens, index + 1, found, negative=True)
        else:
            found.append(new(Node, (nodes.MARK, start, end, lower, None, None, NO_FLAGS, -1, -1)))
            index += 1
    return found


def _is_name_with_number(tokens: Sequence[Token], index: int) -> bool:
    """Tell whether a hyphen ties a whole number to a name: S-1, PD-1, FOLFOX-4."""
    if index == 0 or not is_number(tokens, index + 1):
        return False
    before, after = tokens[index - 1], tokens[index + 1]
    glued = before.end == tokens[index].start and tokens[index].end == after.start
    name = before.kind == WORD and before.raw not in lexicon.RATIO_ABBREVIATIONS and before.lower != "ci"
    return glued and name and after.lower.isdigit()


def _word(tokens: Sequence[Token], index: int, found: list[Node]) -> int:
    """Reduce what begins with a word."""
    token = tokens[index]
    word = token.lower
    if word in lexicon.RATIO_FIRST_WORDS or token.raw in lexicon.RATIO_ABBREVIATIONS:
        after = reduce_ratio(tokens, index, found)
        if after:
            return after
    if word in lexicon.INTERVAL_FIRST_WORDS:
        after = interval_name(tokens, index)
        if after:
            return reduce_level(tokens, index, after, None, found)
    if word in ("p", "pvalue") or (word == "probability" and lower_at(tokens, index + 1) in ("=", "<")):
        after = reduce_p(tokens, index, found)
        if after:
            return after
    if word in ("median", "medians"):
        found.append(Node(nodes.MEDIAN, token.start, token.end, word))
        return index + 1
    if word == "n" and lower_at(tokens, index + 1) == "=" and is_number(tokens, index + 2):
        number = tokens[index + 2]
        found.append(numeric(nodes.COUNT, token.start, number, "n"))
        return index + 3
    found.append(nodes.plain(nodes.WORD, token.start, token.end, word))
    return index + 1
