"""What the grammar reduces tokens to: the terminals of the second level."""

from __future__ import annotations

from typing import Final, NamedTuple

RATIO: Final = "ratio"  # the name of an effect measure: "adjusted hazard ratio [aHR]"
LEVEL: Final = "level"  # the name of an interval with or without its level: "95% CI"
P: Final = "p"  # a printed p value: "P = .031"
MEDIAN: Final = "median"  # the word
NUMBER: Final = "number"  # a bare number
PERCENT: Final = "percent"  # a number with a percent sign
TIME: Final = "time"  # a number with a unit of time: "18.2 months"
RANGE: Final = "range"  # two numbers with a range mark between them
COUNT: Final = "count"  # n = 45; 45 patients; 40/173
WORD: Final = "word"
MARK: Final = "mark"


class Node(NamedTuple):
    """One node.

    Parameters
    ----------
    kind
        One of the kinds of this module.
    start, end
        Offsets in the text.
    lower
        Lower-case word or mark; for a ratio the measure; for a time the unit; for a p value the sidedness
        or "".
    value, high
        Number; low and high of a range; percent of a level (``None`` if only "CI").
    flags
        Words that qualify a ratio or level ("adjusted", "upper", "one").
    number_start, number_end
        Place of the (first) number itself.
    """

    kind: str
    start: int
    end: int
    lower: str
    value: float | None = None
    high: float | None = None
    flags: frozenset[str] = frozenset()
    number_start: int = -1
    number_end: int = -1


NO_FLAGS: Final[frozenset[str]] = frozenset()


def plain(kind: str, start: int, end: int, lower: str) -> Node:
    """Return a word or mark: the same as ``Node(...)``, at half the cost; most nodes are these."""
    return tuple.__new__(Node, (kind, start, end, lower, None, None, NO_FLAGS, -1, -1))
