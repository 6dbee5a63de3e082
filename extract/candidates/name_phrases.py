"""Names of effect measures and of intervals, with their abbreviations, qualifiers and levels."""

from __future__ import annotations

from collections.abc import Sequence

from extract.candidates import lexicon, nodes
from extract.candidates.nodes import Node
from extract.candidates.token_access import is_number, lower_at
from extract.candidates.tokens import Token

SPELLED_PERCENT = frozenset({"%", "percent"})


def reduce_ratio(tokens: Sequence[Token], index: int, found: list[Node]) -> int:
    """Reduce the name of an effect measure, with its abbreviation in brackets; 0 if it is none."""
    measure, flags, after = _ratio_name(tokens, index)
    if not after:
        return 0
    flags |= _qualifiers_before(tokens, index)
    spelled = tokens[index].raw not in lexicon.RATIO_ABBREVIATIONS
    after = _skip_ratio_abbreviation(tokens, after, flags)
    if measure == "HR" and "SHR" in flags:
        measure = "SHR"
    if measure == "HR" and "CSHR" in flags:
        measure = "CSHR"
    if not spelled:
        flags.add("abbreviated")
        if tokens[index].raw in lexicon.DOUBTFUL_ABBREVIATIONS:
            flags.add("doubtful")
    found.append(Node(nodes.RATIO, tokens[index].start, tokens[after - 1].end, measure, None, None, frozenset(flags)))
    return after


def interval_name(tokens: Sequence[Token], index: int) -> int:
    """Return the index after the name of an interval that stands at ``index``, or 0."""
    first = lower_at(tokens, index)
    if first not in lexicon.INTERVAL_FIRST_WORDS:
        return 0
    for name in lexicon.INTERVAL_NAMES:
        if name[0] == first and all(lower_at(tokens, index + step) == word for step, word in enumerate(name)):
            if name in (("cl",), ("ic",), ("crl",)) and not tokens[index].raw.isupper():
                return 0
            return index + len(name)
    return 0


def reduce_level(tokens: Sequence[Token], first: int, after: int, level: float | None, found: list[Node]) -> int:
    """Reduce the name of an interval with its level before or after it, its abbreviation.

    Its bound words.
    """
    flags = set()
    words = {token.lower for token in tokens[max(first - 4, 0) : after]}
    before = {token.lower for token in tokens[max(first - 3, 0) : first]}
    if ("sided" in words or "tailed" in words) and ("one" in words or "1" in words):
        flags.add("one")
    if (
        lower_at(tokens, after) in lexicon.OPENERS
        and lower_at(tokens, after + 1) in ("ci", "cis", "cri", "cl")
        and lower_at(tokens, after + 2) in lexicon.CLOSERS
    ):
        after += 3
    if level is None:
        level, after = _level_after(tokens, after)
    if level is None and found and found[-1].kind == nodes.PERCENT and _is_level_before(found[-1], tokens, first):
        level = found.pop().value
    for bound in ("upper", "lower"):
        if bound in before or lower_at(tokens, after) == bound:
            flags.add(bound)
    if lower_at(tokens, after) in ("limit", "limits", "bound", "bounds", "boundary", "upper", "lower"):
        after += 1
        after += lower_at(tokens, after) in ("limit", "bound", "boundary")
        if flags & {"upper", "lower"} or "one" in flags:
            flags.add("bound")
    elif flags & {"upper", "lower"} and tokens[after - 1].lower in ("limit", "bound"):
        flags.add("bound")
    found.append(Node(nodes.LEVEL, tokens[first].start, tokens[after - 1].end, "", level, None, frozenset(flags)))
    return after


def _is_level_before(percent: Node, tokens: Sequence[Token], name: int) -> bool:
    """Tell whether a percentage right before an interval's name is its level; "18% [CI 11-30]" is a rate."""
    if percent.end < tokens[name].start - 2:
        return False
    return tokens[name - 1].lower not in lexicon.OPENERS or (percent.value is not None and 50 <= percent.value < 100)


def skip_level_qualifiers(tokens: Sequence[Token], index: int) -> int:
    """Skip "two-sided", "repeated", "del", "-" between a percent sign and the interval's name."""
    for _ in range(4):
        if lower_at(tokens, index) in (
            "-",
            "two",
            "one",
            "2",
            "1",
            "sided",
            "tailed",
            "repeated",
            "bayesian",
            "bootstrap",
            "posterior",
            "simultaneous",
            "(",
            "[",
        ):
            index += 1
        else:
            break
    return index


def _ratio_name(tokens: Sequence[Token], index: int) -> tuple[str, set[str], int]:
    """Return measure, flags and the index after the name; index 0 if no name stands here."""
    for length in (3, 2) if tokens[index].lower in lexicon.RATIO_FIRST_WORDS else ():
        words = tuple(token.lower for token in tokens[index : index + length])
        if len(words) == length and words in lexicon.RATIO_NAMES:
            if lower_at(tokens, index + length) in ("reduction", "reductions"):
                return "", set(), 0
            return lexicon.RATIO_NAMES[words], set(), index + length
    known = lexicon.RATIO_ABBREVIATIONS.get(tokens[index].raw)
    if known is None or _is_receptor(tokens, index):
        return "", set(), 0
    measure, flag = known
    return measure, {flag} if flag else set(), index + 1


def _is_receptor(tokens: Sequence[Token], index: int) -> bool:
    """Tell whether this HR is a hormone receptor: HR+, HR-positive, HR/HER2, HR negative, HR status."""
    following = lower_at(tokens, index + 1)
    if following in ("+", "/", "positive", "negative", "status", "pos", "neg", "deficient", "deficiency"):
        return True
    if following == "-":
        beyond = lower_at(tokens, index + 2)
        glued = tokens[index + 1].start == tokens[index].end
        return glued and not is_number(tokens, index + 2) and (beyond != "" or True)
    return following == "(" and lower_at(tokens, index + 2) in ("+", "-") and lower_at(tokens, index + 3) == ")"


def _qualifiers_before(tokens: Sequence[Token], index: int) -> set[str]:
    """Return the qualifiers in the three words before a ratio's name."""
    flags = set()
    for step in range(index - 1, max(index - 5, -1), -1):
        word = tokens[step].lower
        if word in lexicon.QUALIFIERS:
            flag = lexicon.QUALIFIERS[word]
            if flag == "CSHR" and lower_at(tokens, step - 2) not in ("cause", "event"):
                continue
            flags.add(flag)
        elif word not in (
            "-",
            "pooled",
            "the",
            "an",
            "a",
            "overall",
            "fully",
            "propensity",
            "score",
            "cause",
        ):
            break
    return flags


def _skip_ratio_abbreviation(tokens: Sequence[Token], index: int, flags: set[str]) -> int:
    """Skip "[HR]", "(aHR)" after a name in words and take over what the abbreviation says."""
    if lower_at(tokens, index) in lexicon.OPENERS and lower_at(tokens, index + 2) in lexicon.CLOSERS:
        known = lexicon.RATIO_ABBREVIATIONS.get(tokens[index + 1].raw)
        if known:
            if known[1]:
                flags.add(known[1])
            if known[0] in ("SHR", "CSHR") and tokens[index + 1].raw not in lexicon.DOUBTFUL_ABBREVIATIONS:
                flags.add(known[0])
            return index + 3
    return index


def _level_after(tokens: Sequence[Token], after: int) -> tuple[float | None, int]:
    """Read "CI 95%", "CI: 95 %", "CI (95%)", "IC del 95%", "CI95" after the interval's name."""
    step = after
    while lower_at(tokens, step) in ("(", "[", "del", "de", "at", "à", "al", ":", "-", "of") and step < after + 2:
        step += 1
    if is_number(tokens, step) and lower_at(tokens, step + 1) in SPELLED_PERCENT:
        value = tokens[step].value
        if value is not None and 50 <= value < 100:
            step += 2
            closing = lower_at(tokens, step) in lexicon.CLOSERS and lower_at(tokens, after) in lexicon.OPENERS
            return value, step + closing
    return None, after
