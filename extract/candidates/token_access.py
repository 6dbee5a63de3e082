"""Looking at tokens around an index without caring for the ends."""

from __future__ import annotations

from collections.abc import Sequence

from extract.candidates.nodes import NO_FLAGS, Node
from extract.candidates.tokens import NUMBER, Token


def lower_at(tokens: Sequence[Token], index: int) -> str:
    """Return the folded text of a token, or an empty string beyond the ends."""
    return tokens[index].lower if 0 <= index < len(tokens) else ""


def is_number(tokens: Sequence[Token], index: int) -> bool:
    """Tell whether a number stands at an index."""
    return 0 <= index < len(tokens) and tokens[index].kind == NUMBER


def numeric(kind: str, start: int, number: Token, lower: str, end: int | None = None) -> Node:
    """Return a node around one number."""
    fields = (kind, start, end or number.end, lower, number.value, None, NO_FLAGS, number.start, number.end)
    return tuple.__new__(Node, fields)  # as nodes.plain, at half the cost of Node(...)
