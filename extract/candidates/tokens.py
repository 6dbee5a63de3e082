"""Text to tokens, without losing a character: every token knows its offsets in the text as given.

Journals print the same number as ``0.71``, ``.71``, ``0·71``, ``0,71`` and the same range with a hyphen, an
en dash,
a minus or a non-breaking space around it. Each variant is *one* character long, so it is folded by a one-
to-one
table before lexing and offsets stay those of the original text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import accumulate, repeat
from typing import Final, NamedTuple

_DASHES: Final = "‐‑‒–—―−﹣－⁃"
_SPACES: Final = (
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\u200b\ufeff"
    "\t\r\f\v"
)
_DOTS: Final = "·∙⋅•・‧"
_FOLD: Final[dict[str, str]] = (
    dict.fromkeys(_DASHES, "-")
    | dict.fromkeys(_SPACES, " ")
    | dict.fromkeys(_DOTS, ".")
    | {
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

_VARIANT: Final = re.compile("[" + re.escape("".join(_FOLD)) + "]")

_ASCII_SPACES: Final = "\t\r\f\v"

NUMBER: Final = "N"
WORD: Final = "W"
MARK: Final = "M"

_TOKEN: Final = re.compile(
    # Words that begin as no glued ratio does, which most do, first: the order only saves time.
    r"([^\W\d_CHORPapt][^\W_]*(?:'s)?"
    # An upper limit typeset apart, "(0.46-0. 92)": the bracket that closes right behind tells it from a sentence's end.
    r"|(?<=[-])\d\. {1,2}\d{1,4}(?= ?[)\]])"
    r"|\d{1,3}(?:,\d{3})+(?![\d,])(?:\.\d+)?|\d+[.,]\d+|\d+|\.\d+"
    # A ratio, CI or p glued to its number ("CI1.07", "p0.03", "HR2.1") is two tokens; HER2 and PD-L1 are one.
    r"|(?:CI|CIs|a?HR|a?OR|a?RR|[Pp]|to)(?=\d*\.\d)"
    r"|[^\W\d_][^\W_]*(?:'s)?"
    r"|\S)"
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
    if text.isascii() and not any(map(text.__contains__, _ASCII_SPACES)):
        return text
    return _VARIANT.sub(_plain_form, text)


def _plain_form(match: re.Match[str]) -> str:
    """Return what one variant is folded to."""
    return _FOLD[match.group()]


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
    One regular expression without nested repetition: linear in the length of the text. It splits the part into gaps
    and tokens by turns, and offsets are sums of their lengths: a third of the cost of match objects.
    A comma inside a number is a decimal comma unless it separates thousands; ``1,333`` is a thousand unless the same
    part writes ``0,…``
    and no decimal point (translations print ``0,691 (0,358-1,333)``).
    """
    read = _reading_with_decimal_comma if _writes_decimal_commas(folded, start, end) else _reading
    parts = _TOKEN.split(folded[start:end])
    words = parts[1::2]
    offsets = list(accumulate(map(len, parts), initial=start))
    if not words:
        return []
    kinds, lowers, values = zip(*map(read, words), strict=True)
    fields = zip(kinds, offsets[1::2], offsets[2::2], lowers, values, words, strict=False)
    return list(map(tuple.__new__, repeat(Token), fields))  # a third of the cost of Token(...) in a loop


#: Different tokens whose reading is remembered; the words of a whole evening's abstracts, a few megabytes.
_REMEMBERED: Final = 2**14


@lru_cache(maxsize=_REMEMBERED)
def _reading(word: str) -> tuple[str, str, float | None]:
    """Return kind, folded text and number of a token; a comma separates thousands where it can."""
    return _read(word, comma_decimals=False)


def _reading_with_decimal_comma(word: str) -> tuple[str, str, float | None]:
    """Return the same for a part that writes its decimals with commas."""
    return _read(word, comma_decimals=True)


def _read(word: str, *, comma_decimals: bool) -> tuple[str, str, float | None]:
    """Return kind, folded text and number of a token, told by its first character as the expression does."""
    first = word[0]
    if first.isdecimal() or (first == "." and len(word) > 1):
        return NUMBER, word, _value(word, comma_decimals)
    if first.isalnum():
        return WORD, word.lower(), None
    return MARK, word, None


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
    if " " in word:
        return float(word.replace(" ", ""))
    if "," not in word:
        return float(word)
    if _THOUSANDS.fullmatch(word) and not word.startswith("0,") and not (comma_decimals and word.count(",") == 1):
        return float(word.replace(",", ""))
    return float(word.replace(",", "."))
