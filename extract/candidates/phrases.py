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

from extract.candidates import lexicon, nodes
from extract.candidates.nodes import Node
from extract.candidates.tokens import NUMBER, WORD, Token

_SPELLED_PERCENT = frozenset({"%", "percent"})
_NONE: frozenset[str] = frozenset()


def parse_phrases(tokens: Sequence[Token]) -> list[Node]:
    """Reduce the tokens of one sentence to nodes, in order, each token in exactly one node."""
    found: list[Node] = []
    index = 0
    count = len(tokens)
    while index < count:
        token = tokens[index]
        if token.kind == NUMBER:
            index = _number(tokens, index, found)
        elif token.lower == "-" and _is_name_with_number(tokens, index):
            number = tokens[index + 1]
            found.append(Node(nodes.WORD, token.start, number.end, "-" + number.lower))
            index += 2
        elif token.kind == WORD:
            index = _word(tokens, index, found)
        else:
            if not (token.lower == "-" and _sign(tokens, index)):
                found.append(Node(nodes.MARK, token.start, token.end, token.lower))
                index += 1
                continue
            index = _number(tokens, index + 1, found, negative=True)
    return found


def _is_name_with_number(tokens: Sequence[Token], index: int) -> bool:
    """Tell whether a hyphen ties a whole number to a name: S-1, PD-1, FOLFOX-4."""
    if index == 0 or not _is_number(tokens, index + 1):
        return False
    before, after = tokens[index - 1], tokens[index + 1]
    glued = before.end == tokens[index].start and tokens[index].end == after.start
    name = before.kind == WORD and before.raw not in lexicon.RATIO_ABBREVIATIONS and not before.lower == "ci"
    return glued and name and after.lower.isdigit()


def _word(tokens: Sequence[Token], index: int, found: list[Node]) -> int:
    """Reduce what begins with a word."""
    token = tokens[index]
    word = token.lower
    if word in lexicon.RATIO_FIRST_WORDS or token.raw in lexicon.RATIO_ABBREVIATIONS:
        after = _ratio(tokens, index, found)
        if after:
            return after
    if word in lexicon.INTERVAL_FIRST_WORDS:
        after = _interval_name(tokens, index)
        if after:
            return _level(tokens, index, after, None, found)
    if word in ("p", "pvalue") or (word == "probability" and _lower(tokens, index + 1) in ("=", "<")):
        after = _p_value(tokens, index, found)
        if after:
            return after
    if word in ("median", "medians"):
        found.append(Node(nodes.MEDIAN, token.start, token.end, word))
        return index + 1
    if word == "n" and _lower(tokens, index + 1) == "=" and _is_number(tokens, index + 2):
        number = tokens[index + 2]
        found.append(_numeric(nodes.COUNT, token.start, number, "n"))
        return index + 3
    found.append(Node(nodes.WORD, token.start, token.end, word))
    return index + 1


def _lower(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].lower if 0 <= index < len(tokens) else ""


def _is_number(tokens: Sequence[Token], index: int) -> bool:
    return 0 <= index < len(tokens) and tokens[index].kind == NUMBER


def _numeric(kind: str, start: int, number: Token, lower: str, end: int | None = None) -> Node:
    """Return a node around one number."""
    return Node(kind, start, end or number.end, lower, number.value, None, _NONE, number.start, number.end)


def _sign(tokens: Sequence[Token], index: int) -> bool:
    """Tell whether a dash is the minus of the next number.

    Nothing that could be subtracted from stands before it.
    """
    if not _is_number(tokens, index + 1):
        return False
    previous = tokens[index - 1] if index else None
    gap_after = tokens[index + 1].start - tokens[index].end
    if previous is None or previous.lower in (
        "(",
        "[",
        ",",
        "=",
        ":",
        ";",
        "to",
        "of",
        "was",
        "and",
        "<",
        ">",
    ):
        return gap_after <= 1
    if previous.lower in ("limit", "bound"):
        return gap_after <= 1
    if previous.kind == NUMBER or previous.lower == "%":
        return False
    return previous.end < tokens[index].start and gap_after == 0


# -- numbers -------------------------------------------------------------------------------------------------


def _number(tokens: Sequence[Token], index: int, found: list[Node], *, negative: bool = False) -> int:
    """Reduce what begins with a number: a level, percent, time, range, count or bare number."""
    token = tokens[index]
    start = token.start - 1 if negative and tokens[index - 1].end == token.start else token.start
    if negative:
        start = tokens[index - 1].start
        token = token._replace(start=start, value=-(token.value or 0.0))
    after = _after_range_mark(tokens, index + 1)
    if after and not (_lower(tokens, after) == "%" and _interval_name(tokens, after + 1)):
        return _range(tokens, token, after, found)
    following = _lower(tokens, index + 1)
    if following == "-" and _lower(tokens, index + 2) in ("sided", "tailed"):
        found.append(Node(nodes.WORD, start, tokens[index + 2].end, f"{token.lower}-sided"))
        return index + 3
    if following in _SPELLED_PERCENT or (following == "per" and _lower(tokens, index + 2) == "cent"):
        beyond = index + (3 if following == "per" else 2)
        name = _skip_level_qualifiers(tokens, beyond)
        interval = _interval_name(tokens, name)
        if interval:
            return _level(tokens, index, interval, token.value, found)
        found.append(_numeric(nodes.PERCENT, start, token, "%", tokens[beyond - 1].end))
        return beyond
    unit = index + 2 if following == "-" else index + 1
    if _lower(tokens, unit) in lexicon.TIME_UNITS and _unit_is_meant(tokens, unit):
        kind = nodes.TIME if unit == index + 1 else nodes.WORD  # "5-year" is an adjective, not a value
        found.append(_numeric(kind, start, token, lexicon.TIME_UNITS[_lower(tokens, unit)], tokens[unit].end))
        return unit + 1
    if following in ("patients", "women", "participants", "deaths", "events"):
        found.append(_numeric(nodes.COUNT, start, token, following, tokens[index + 1].end))
        return index + 2
    found.append(_numeric(nodes.NUMBER, start, token, ""))
    return index + 1


def _unit_is_meant(tokens: Sequence[Token], unit: int) -> bool:
    """Tell whether a one-letter unit is one: "25.1 m vs" is, "5 d'" and "3 m2" are not."""
    return len(tokens[unit].lower) > 1 or _lower(tokens, unit + 1) in (
        "",
        ")",
        "]",
        "(",
        "[",
        ",",
        ";",
        ".",
        "vs",
        "v",
        "and",
        "versus",
        "in",
        "with",
        "for",
    )


def _after_range_mark(tokens: Sequence[Token], index: int) -> int:
    """Return the index of the number after a range mark at ``index``, or 0."""
    mark = _lower(tokens, index)
    if mark in ("-", "to", "~", "–"):
        beyond = index + 1
        if mark == "-" and _lower(tokens, beyond) == "-" and tokens[beyond].start - tokens[index].end <= 1:
            beyond += 1  # "0.60--0.71", or a range whose upper limit is negative
        if _is_number(tokens, beyond):
            return beyond
        if mark == "to" and _lower(tokens, beyond) == "-" and _is_number(tokens, beyond + 1):
            return beyond + 1
    if mark in ("%", "months", "years", "weeks", "days") and _lower(tokens, index + 1) in ("-", "to"):
        return index + 2 if _is_number(tokens, index + 2) else 0
    return 0


def _range(tokens: Sequence[Token], low: Token, index: int, found: list[Node]) -> int:
    """Reduce ``low - high``, with the unit or percent sign after it."""
    high = tokens[index]
    value = high.value
    before = tokens[index - 1]
    if before.lower == "-" and tokens[index - 2].lower in ("to", "-") and value is not None:
        value = -value if tokens[index - 2].lower == "to" or before.end == high.start else value
    unit = _lower(tokens, index + 1)
    between = {token.lower for token in tokens[index - 2 : index]}
    lower = ""
    after = index + 1
    if unit == "%" or "%" in between:
        lower = "%"
        after += unit == "%"
    elif unit in lexicon.TIME_UNITS and _unit_is_meant(tokens, index + 1):
        lower = lexicon.TIME_UNITS[unit]
        after += 1
    found.append(
        Node(nodes.RANGE, low.start, tokens[after - 1].end, lower, low.value, value, _NONE, low.start, high.end)
    )
    return after


# -- names ---------------------------------------------------------------------------------------------------


def _ratio(tokens: Sequence[Token], index: int, found: list[Node]) -> int:
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


def _ratio_name(tokens: Sequence[Token], index: int) -> tuple[str, set[str], int]:
    """Return measure, flags and the index after the name; index 0 if no name stands here."""
    for length in (3, 2):
        words = tuple(token.lower for token in tokens[index : index + length])
        if words in lexicon.RATIO_NAMES:
            if _lower(tokens, index + length) in ("reduction", "reductions"):
                return "", set(), 0
            return lexicon.RATIO_NAMES[words], set(), index + length
    known = lexicon.RATIO_ABBREVIATIONS.get(tokens[index].raw)
    if known is None or _is_receptor(tokens, index):
        return "", set(), 0
    measure, flag = known
    return measure, {flag} if flag else set(), index + 1


def _is_receptor(tokens: Sequence[Token], index: int) -> bool:
    """Tell whether this HR is a hormone receptor: HR+, HR-positive, HR/HER2, HR negative, HR status."""
    following = _lower(tokens, index + 1)
    if following in ("+", "/", "positive", "negative", "status", "pos", "neg", "deficient", "deficiency"):
        return True
    if following == "-":
        beyond = _lower(tokens, index + 2)
        glued = tokens[index + 1].start == tokens[index].end
        return glued and not _is_number(tokens, index + 2) and (beyond != "" or True)
    return following == "(" and _lower(tokens, index + 2) in ("+", "-") and _lower(tokens, index + 3) == ")"


def _qualifiers_before(tokens: Sequence[Token], index: int) -> set[str]:
    """Return the qualifiers in the three words before a ratio's name."""
    flags = set()
    for step in range(index - 1, max(index - 5, -1), -1):
        word = tokens[step].lower
        if word in lexicon.QUALIFIERS:
            flag = lexicon.QUALIFIERS[word]
            if flag == "CSHR" and _lower(tokens, step - 2) not in ("cause", "event"):
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
    if _lower(tokens, index) in lexicon.OPENERS and _lower(tokens, index + 2) in lexicon.CLOSERS:
        known = lexicon.RATIO_ABBREVIATIONS.get(tokens[index + 1].raw)
        if known:
            if known[1]:
                flags.add(known[1])
            if known[0] in ("SHR", "CSHR") and tokens[index + 1].raw not in lexicon.DOUBTFUL_ABBREVIATIONS:
                flags.add(known[0])
            return index + 3
    return index


def _interval_name(tokens: Sequence[Token], index: int) -> int:
    """Return the index after the name of an interval that stands at ``index``, or 0."""
    if _lower(tokens, index) not in lexicon.INTERVAL_FIRST_WORDS:
        return 0
    for name in lexicon.INTERVAL_NAMES:
        if all(_lower(tokens, index + step) == word for step, word in enumerate(name)):
            if name in (("cl",), ("ic",), ("crl",)) and not tokens[index].raw.isupper():
                return 0
            return index + len(name)
    return 0


def _skip_level_qualifiers(tokens: Sequence[Token], index: int) -> int:
    """Skip "two-sided", "repeated", "del", "-" between a percent sign and the interval's name."""
    for _ in range(4):
        if _lower(tokens, index) in (
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


def _level(tokens: Sequence[Token], first: int, after: int, level: float | None, found: list[Node]) -> int:
    """Reduce the name of an interval with its level before or after it, its abbreviation.

    Its bound words.
    """
    flags = set()
    words = {token.lower for token in tokens[max(first - 4, 0) : after]}
    before = {token.lower for token in tokens[max(first - 3, 0) : first]}
    if ("sided" in words or "tailed" in words) and ("one" in words or "1" in words):
        flags.add("one")
    if (
        _lower(tokens, after) in lexicon.OPENERS
        and _lower(tokens, after + 1) in ("ci", "cis", "cri", "cl")
        and _lower(tokens, after + 2) in lexicon.CLOSERS
    ):
        after += 3
    if level is None:
        level, after = _level_after(tokens, after)
    if level is None and found and found[-1].kind == nodes.PERCENT and found[-1].end >= tokens[first].start - 2:
        level = found.pop().value
    for bound in ("upper", "lower"):
        if bound in before or _lower(tokens, after) == bound:
            flags.add(bound)
    if _lower(tokens, after) in ("limit", "limits", "bound", "bounds", "boundary", "upper", "lower"):
        after += 1
        after += _lower(tokens, after) in ("limit", "bound", "boundary")
        if flags & {"upper", "lower"} or "one" in flags:
            flags.add("bound")
    elif flags & {"upper", "lower"} and tokens[after - 1].lower in ("limit", "bound"):
        flags.add("bound")
    found.append(Node(nodes.LEVEL, tokens[first].start, tokens[after - 1].end, "", level, None, frozenset(flags)))
    return after


def _level_after(tokens: Sequence[Token], after: int) -> tuple[float | None, int]:
    """Read "CI 95%", "CI: 95 %", "CI (95%)", "IC del 95%", "CI95" after the interval's name."""
    step = after
    while _lower(tokens, step) in ("(", "[", "del", "de", "at", "à", "al", ":", "-", "of") and step < after + 2:
        step += 1
    if _is_number(tokens, step) and _lower(tokens, step + 1) in _SPELLED_PERCENT:
        value = tokens[step].value
        if value is not None and 50 <= value < 100:
            step += 2
            closing = _lower(tokens, step) in lexicon.CLOSERS and _lower(tokens, after) in lexicon.OPENERS
            return value, step + closing
    return None, after


# -- p values ------------------------------------------------------------------------------------------------


def _p_value(tokens: Sequence[Token], index: int, found: list[Node]) -> int:
    """Reduce a p value; 0 if no number follows. "P for interaction" and "P for trend" are marked as such."""
    step = index + 1
    flags = set()
    bracket = False
    for _ in range(9):
        word = _lower(tokens, step)
        if word in ("interaction", "trend", "heterogeneity", "het", "int"):
            flags.add("other")
        if word in (
            "value",
            "values",
            "for",
            "-",
            "log",
            "rank",
            "interaction",
            "trend",
            "heterogeneity",
            "het",
            "int",
            "logrank",
            "noninferiority",
            "superiority",
            "non",
            "inferiority",
            "of",
            "was",
            "two",
            "one",
            "sided",
            "for",
            "the",
        ) or (word in "([" and word):
            bracket = bracket or word in ("(", "[")
            step += 1
        else:
            break
    comparator = step
    for _ in range(3):
        if _lower(tokens, step) in ("=", "<", ">", "≤", "≥", "or", ":", "less", "than"):
            step += 1
    if not _is_number(tokens, step) or (step == index + 1 and not tokens[step].raw.startswith((".", "0"))):
        return 0
    if step == comparator and not (bracket or _lower(tokens, step - 1) in ("of", "was", "p", "value")):
        return 0
    value = tokens[step].value
    if value is None or value > 1:
        return 0
    after = _exponent(tokens, step + 1)
    sided = _sidedness(tokens, index)
    start = tokens[index].start
    found.append(
        Node(
            nodes.P,
            start,
            tokens[after - 1].end,
            sided,
            value,
            None,
            frozenset(flags),
            tokens[step].start,
            tokens[step].end,
        )
    )
    return after


def _exponent(tokens: Sequence[Token], index: int) -> int:
    """Skip "x 10-5" and "e-05" after a p value."""
    if _lower(tokens, index) in ("x", "×", "*") and _lower(tokens, index + 1) == "10":
        step = index + 2
        while _lower(tokens, step) in ("-", "(", "^"):
            step += 1
        return step + 1 if _is_number(tokens, step) else index + 2
    if _lower(tokens, index) == "e" and _lower(tokens, index + 1) == "-" and _is_number(tokens, index + 2):
        return index + 3
    return index


def _sidedness(tokens: Sequence[Token], index: int) -> str:
    """Return "one" or "two" when the words just before (or "P one-sided" after) say so, else ""."""
    near = [token.lower for token in tokens[max(index - 6, 0) : index + 6]]
    for position, word in enumerate(near):
        if word in ("sided", "tailed") and position >= 2:
            count = near[position - 2] if near[position - 1] == "-" else near[position - 1]
            if count in ("one", "1"):
                return "one"
            if count in ("two", "2"):
                return "two"
    if any(word in ("onesided", "onetailed") for word in near):
        return "one"
    return ""
