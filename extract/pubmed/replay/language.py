"""PubMed's query language, as far as this review speaks it: text to a tree.

Boolean operators are upper case, have no precedence and are taken from left to right; parentheses group;
words
without an operator between them are joined by AND; a tag in brackets belongs to the word, the words or the
quoted
phrase before it (PubMed User Guide, "Combining search terms with Boolean operators").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""\s*(?: (?P<open>\() | (?P<close>\)) | "(?P<phrase>[^"]*)" | \[(?P<tag>[^\]]*)\] | (?P<colon>:)
    | (?P<word>[^\s()\[\]":]+) )""",
    re.VERBOSE,
)
_OPERATORS = ("AND", "OR", "NOT")


class QueryError(ValueError):
    """The query cannot be read."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word, some words or a phrase, in a field ("all fields" without a tag)."""

    text: str
    tag: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Range:
    """From one value to another in a field, both included."""

    low: str
    high: str
    tag: str


@dataclass(frozen=True, slots=True)
class Combined:
    """Two parts joined by AND, OR or NOT."""

    operator: str
    left: Node
    right: Node


Node = Term | Range | Combined


def parse_query(text: str) -> Node:
    """Return the tree of a query.

    Raises
    ------
    QueryError
        If it is empty, a parenthesis or quote is left open, or an operator has nothing to join.
    """
    parser = _Parser(list(_tokens(text)))
    node = parser.expression()
    parser.expect_end()
    return node


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    stripped = text.rstrip()
    while position < len(stripped):
        match = _TOKEN.match(stripped, position)
        if match is None:
            raise QueryError(f"cannot read the query from {stripped[position : position + 30]!r}")
        kind = str(match.lastgroup)
        value = match.group(kind)
        yield ("operator" if kind == "word" and value in _OPERATORS else kind, value)
        position = match.end()


class _Parser:
    """Recursive descent over the tokens."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._next = 0

    def expression(self) -> Node:
        """Read operands joined from left to right."""
        node = self._operand()
        while self._kind() not in ("end", "close"):
            operator = self._take() if self._kind() == "operator" else "AND"
            node = Combined(operator, node, self._operand())
        return node

    def expect_end(self) -> None:
        """Refuse what is left over."""
        if self._kind() != "end":
            raise QueryError("the query has a closing parenthesis too many")

    def _operand(self) -> Node:
        kind = self._kind()
        if kind == "open":
            self._take()
            node = self.expression()
            if self._kind() != "close":
                raise QueryError("the query leaves a parenthesis open")
            self._take()
            return node
        if kind in ("word", "phrase"):
            return self._term()
        raise QueryError(f"the query has nothing to join at {self._peek()!r}")

    def _term(self) -> Node:
        text, tag, quoted = self._tagged()
        if self._kind() != "colon":
            return Term(text, tag or "all fields", quoted)
        self._take()
        high, high_tag, _ = self._tagged()
        return Range(text, high, high_tag or tag)

    def _tagged(self) -> tuple[str, str, bool]:
        """Read a phrase or a run of words, and the tag after it."""
        quoted = self._kind() == "phrase"
        words = [self._take()] if self._kind() in ("phrase", "word") else []
        while not quoted and self._kind() == "word" and self._run_is_tagged():
            words.append(self._take())
        if not words:
            raise QueryError(f"the query has no value at {self._peek()!r}")
        tag = self._take().strip().lower() if self._kind() == "tag" else ""
        return " ".join(words), tag, quoted

    def _run_is_tagged(self) -> bool:
        """Tell whether the words from here on end in a tag, so that the tag covers them all."""
        position = self._next
        while position < len(self._tokens) and self._tokens[position][0] == "word":
            position += 1
        return position < len(self._tokens) and self._tokens[position][0] == "tag"

    def _kind(self) -> str:
        return self._tokens[self._next][0] if self._next < len(self._tokens) else "end"

    def _peek(self) -> str:
        return self._tokens[self._next][1] if self._next < len(self._tokens) else "its end"

    def _take(self) -> str:
        value = self._tokens[self._next][1]
        self._next += 1
        return value
