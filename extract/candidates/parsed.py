"""The grammar run over one text.

Sentences with their printed values, levels inherited where the text says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from extract.candidates import nodes
from extract.candidates.binding import bind_ratios
from extract.candidates.cues import lower_in_place
from extract.candidates.governing import Place
from extract.candidates.medians import bind_medians
from extract.candidates.nodes import Node
from extract.candidates.phrases import parse_phrases
from extract.candidates.printed import RATIO_SCALE, Printed
from extract.candidates.sentences import may_hold_a_nameless_value, may_hold_a_result, sentences
from extract.candidates.tokens import Token, fold, lex

#: Words that spell a measure out; a document that has them means the measure by its abbreviation.
_SPELLED: Final[dict[str, str]] = {
    "hazard": "HR",
    "odds": "OR",
    "relative risk": "RR",
    "risk ratio": "RR",
    "rate ratio": "RR",
    "mean difference": "MD",
    "risk difference": "RD",
}


_ABBREVIATED: Final = re.compile(r"\((hr|or|rr)s?\)")
#: Two words before a bracket. Looked for from the bracket back: from the words on, every word would be tried.
_TWO_WORDS: Final = re.compile(r"\b([a-z])[a-z]+[- ]([a-z])([a-z]+)\s?$")
_LONGEST_DEFINITION: Final = 80
_RATIO_WORDS: Final = frozenset({"atio", "atios", "isk", "isks"})


@dataclass(slots=True)
class Sentence:
    """One sentence that may hold a result.

    ``text`` is the source as given, ``folded`` the same with variants folded, ``lowered`` that in lower case.
    All offsets count in each of them.
    """

    source: str
    text: str
    folded: str
    lowered: str
    start: int
    end: int
    tokens: list[Token]
    found: list[Node]
    values: list[Printed]
    places: list[Place]


def parse_text(source: str, text: str) -> list[Sentence]:
    """Return the sentences of a text that may hold a result, in order.

    Parameters
    ----------
    source
        What the offsets count in: "title", "abstract", ...
    text
        The text as given.
    """
    folded = fold(text)
    lowered = lower_in_place(folded)
    trusted = frozenset(measure for name, measure in _SPELLED.items() if name in lowered)
    foreign = _defined_otherwise(lowered, trusted)
    read: list[Sentence] = []
    about_survival = False
    carried: str | None = None
    for start, end in sentences(folded):
        nameless = carried is not None and may_hold_a_nameless_value(folded, start, end)
        if not nameless and not may_hold_a_result(folded, start, end):
            continue
        tokens = lex(folded, start, end)
        found = parse_phrases(tokens)
        if foreign:
            found = [_unnamed(node) if node.kind == nodes.RATIO and node.lower in foreign else node for node in found]
        values = _values(found, trusted=trusted, carried=carried, about_survival=about_survival)
        carried = next((value.measure for value in reversed(values) if value.measure in RATIO_SCALE), carried)
        places = [place_of(found, value) for value in values]
        read.append(Sentence(source, text, folded, lowered, start, end, tokens, found, values, places))
        about_survival = "survival" in lowered[start:end]
    _inherit_levels(read)
    return read


def _defined_otherwise(lowered: str, trusted: frozenset[str]) -> frozenset[str]:
    """Return the ratio abbreviations a document defines as something else: "heart rate (HR)", "response rate (RR)"."""
    meant = set()
    for abbreviated in _ABBREVIATED.finditer(lowered):
        bracket, short = abbreviated.start(), abbreviated.group(1)
        defined = _TWO_WORDS.search(lowered, max(bracket - _LONGEST_DEFINITION, 0), bracket)
        if defined is None:
            continue
        first, second, rest = defined.groups()
        if first + second == short and rest not in _RATIO_WORDS:
            meant.add(short.upper())
    return frozenset(meant) - trusted


def _unnamed(node: Node) -> Node:
    """Return a word in place of an abbreviation that is no ratio here."""
    return Node(nodes.WORD, node.start, node.end, node.lower.lower())


def _values(
    found: Sequence[Node], *, trusted: frozenset[str], carried: str | None, about_survival: bool
) -> list[Printed]:
    """Return ratios and medians of one sentence, in reading order, no number twice."""
    values = bind_ratios(found, trusted=trusted, carried=carried)
    taken = {step for value in values for step in range(value.at, value.after)}
    medians = bind_medians(found, about_survival=about_survival)
    values += [median for median in medians if median.at not in taken]
    return sorted(values, key=lambda value: value.at)


def place_of(found: Sequence[Node], value: Printed) -> Place:
    """Return the offsets of one value."""
    ratio = found[value.ratio_at] if value.ratio_at >= 0 and not value.implicit else None
    end = found[value.after - 1].end
    if value.p is not None and value.p.start >= end:
        end = value.p.end
    return Place(ratio.start if ratio else -1, ratio.end if ratio else -1, found[value.at].start, end)


def _inherit_levels(read: Sequence[Sentence]) -> None:
    """Give a range without a level the nearest level stated before it, else the first one stated after it."""
    stated = [
        (node.start, node.value)
        for sentence in read
        for node in sentence.found
        if node.kind == nodes.LEVEL and node.value is not None
    ]
    if not stated:
        return
    for sentence in read:
        for value in sentence.values:
            interval = value.interval
            if interval is None or interval.level is not None:
                continue
            at = sentence.found[value.at].start
            before = [level for start, level in stated if start < at]
            if not before and not interval.named:
                continue  # "SE 3.2-7.0" before any level is stated need not be a confidence interval
            interval.level = before[-1] if before else stated[0][1]
            interval.inherited = True
