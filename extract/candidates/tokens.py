"""Text to tokens, without losing a character: every token knows its offsets in the text as given.

Journals print the same number as ``0.71``, ``.71``, ``0·71``, ``0,71`` and the same range with a hyphen, an
en dash,
a minus or a non-breaking space around it. Each variant is *one* character long, so it is folded by a one-
to-one
table before lexing and offsets stay those of the original text.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_DASHES: Final = "‐‑‒–—―−﹣－⁃"
_SPACES: Final = (
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\u200b\ufeff"
    "\t\r\f\v"
)
_DOTS: Final = "·∙⋅•・‧"
_FOLD: Final = str.maketrans(
    dict.fromkeys(_DASHES, "-")
    | dict.fromkeys(_SPACES, " ")
    | dict.fromkeys(_DOTS, ".")
    | {
        "≤": "≤",
        "⩽": "≤",
        "≦": "≤",
        "⩾": "≥",
        "≧": "≥",
        "＜": "<",
        "＞": ">",
        "＝": "=",
        "％": "%",
        "（": "(",
        "）": ")",
    }
    | {"：": ":", "；": ";", "，": ",", "’": "'", "‘": "'", "［": "[", "］": "]", "∕": "/", "⁄": "/"}
)

NUMBER: Final = "N"
WORD: Final = "W"
MARK: Final = "M"

_TOKEN: Final = re.compile(
    r"(?P<N>\d{1,3}(?:,\d{3})+(?![\d,])(?:\.\d+)?|\d+[.,]\d+|\d+|\.\d+)"
    # A ratio, CI or p glued to its number ("CI1.07", "p0.03", "HR2.1") is two tokens; HER2 and PD-L1 are one.
    r"|(?P<G>(?:CI|CIs|a?HR|a?OR|a?RR|[Pp]|to)(?=\d*\.\d))"
    r"|(?P<W>[^\W\d_][^\W_]*(?:'s)?)"
    r"|(?P<M>\S)"
)


class Token(NamedTuple):
    """One token; ``lower`` is its folded text, ``value`` its number (``None`` for words and marks)."""

    kind: str
    start: int
    end: int
    lower: str
    value: float | None
    raw: str


def fold(text: str) -> str:
    """Return the text with dash, space, dot and full-width variants folded, character by character.

    The result has the same length as ``text``: offsets in one are offsets in the other.
    """
    if text.isascii() and not _ODD_SPACE.search(text):
        return text
    return text.translate(_FOLD)


def lex(folded: str, start: int, end: int) -> list[Token]:
    """Return the tokens of ``folded[start:end]``; offsets count in the whole text.

    Parameters
    ----------
    folded
        Output of :func:`fold`.
    start, end
        The part to read, normally one sentence.

    Notes
    -----
    One regular expression without nested repetition: linear in the length of the text. A comma inside a
    number is
    a decimal comma unless it separates thousands; ``1,333`` is a thousand unless the same part writes ``0,…``
    and no decimal point (translations print ``0,691 (0,358-1,333)``).
    """
    new = tuple.__new__  # half the cost of Token(...): this loop is where the time goes
    comma_decimals = _writes_decimal_commas(folded, start, end)
    tokens: list[Token] = []
    append = tokens.append
    for match in _TOKEN.finditer(folded, start, end):
        kind = match.lastgroup
        first, last = match.span()
        word = folded[first:last]
        if kind in ("W", "G"):
            append(new(Token, (WORD, first, last, word.lower(), None, word)))
        elif kind == "M":
            append(new(Token, (MARK, first, last, word, None, word)))
        else:
            append(new(Token, (NUMBER, first, last, word, _value(word, comma_decimals), word)))
    return tokens


_ODD_SPACE: Final = re.compile(r"[\t\r\f\v]")
_ZERO_COMMA: Final = re.compile(r"(?<![\d.,])0,\d")
_POINT: Final = re.compile(r"\d\.\d")
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_LONGEST_NUMBER: Final = 40  # characters; no printed statistic is longer, and float() of a longer one means nothing


def _writes_decimal_commas(folded: str, start: int, end: int) -> bool:
    """Tell whether this part writes 0,71 and never 0.71."""
    return (
        "0," in folded[start:end]
        and _ZERO_COMMA.search(folded, start, end) is not None
        and _POINT.search(folded, start, end) is None
    )


def _value(word: str, comma_decimals: bool) -> float:
    """Return the number a token prints; infinite for digit strings no statistic can have."""
    if len(word) > _LONGEST_NUMBER:
        return float("inf")
    if "," not in word:
        return float(word)
    if _THOUSANDS.fullmatch(word) and not word.startswith("0,") and not (comma_decimals and word.count(",") == 1):
        return float(word.replace(",", ""))
    return float(word.replace(",", "."))
