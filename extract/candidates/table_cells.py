"""One table cell: the estimate and interval it prints, with offsets in the cell's text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from extract.candidates import lexicon, nodes
from extract.candidates.intervals import read_interval
from extract.candidates.nodes import Node
from extract.candidates.phrases import parse_phrases
from extract.candidates.tokens import fold, lex

_MOST_CHARACTERS: Final = 2000  # a longer "cell" is a paragraph and is read as text
_SEPARATORS: Final = frozenset({",", ";", "-", "to", "–", "/", "and"})


@dataclass(frozen=True, slots=True)
class CellValue:
    """What a cell prints; offsets ``start`` to ``end`` cover estimate and interval."""

    estimate: float
    low: float | None
    high: float | None
    level: float | None
    measure: str | None
    p_value: str | None
    start: int
    end: int


def cell_nodes(text: str) -> list[Node]:
    """Return the nodes of a cell; empty for an overlong one."""
    if len(text) > _MOST_CHARACTERS:
        return []
    folded = fold(text)
    return parse_phrases(lex(folded, 0, len(folded)))


def read_values(text: str, *, headed_by_interval: bool) -> list[CellValue]:
    """Return estimates with intervals printed in one cell.

    Parameters
    ----------
    text
        The cell.
    headed_by_interval
        Whether the column's head says "(95% CI)": then two numbers in brackets are limits even where a misprint puts
        the estimate outside them.
    """
    found = cell_nodes(text)
    head = Node(nodes.LEVEL, 0, 0, "") if headed_by_interval else None
    values: list[CellValue] = []
    step = 0
    while step < len(found):
        node = found[step]
        if node.kind != nodes.NUMBER or node.value is None:
            step += 1
            continue
        interval = read_interval(found, step + 1, node.value, head, "HR")
        low, high, after, level = (
            (interval.low, interval.high, interval.after, interval.level)
            if interval is not None
            else (*_forced(found, step, headed_by_interval), None)
        )
        if after <= step:
            step += 1
            continue
        measure = found[step - 1].lower if step and found[step - 1].kind == nodes.RATIO else None
        end = found[after - 1].end
        values.append(CellValue(node.value, low, high, level, measure, _p_after(text, found, after), node.start, end))
        step = after
    return values


def _forced(found: Sequence[Node], step: int, headed: bool) -> tuple[float | None, float | None, int]:
    """Read "138 (1.05-1.81)" under a head that says CI, although 138 lies outside; index 0 if the form is another."""
    if not headed or step + 2 >= len(found) or found[step + 1].lower not in lexicon.OPENERS:
        return None, None, 0
    first = found[step + 2]
    if first.kind == nodes.RANGE and first.lower == "":
        return first.value, first.high, min(step + 4, len(found))
    pair = found[step + 2 : step + 6]
    if len(pair) == 4 and pair[0].kind == pair[2].kind == nodes.NUMBER and pair[1].lower in (",", ";"):
        return pair[0].value, pair[2].value, step + 6
    return None, None, 0


def read_estimate(text: str) -> CellValue | None:
    """Return the only number of a cell that holds nothing else ("0.642", "1.39*")."""
    found = [node for node in cell_nodes(text) if node.lower not in ("*", "†", "‡", "§", "^")]
    if len(found) == 2 and found[0].kind == nodes.NUMBER and len(found[1].lower) == 1:
        found = found[:1]
    if len(found) != 1 or found[0].kind != nodes.NUMBER or found[0].value is None:
        return None
    node = found[0]
    return CellValue(float(node.value or 0), None, None, None, None, None, node.start, node.end)


def read_limits(text: str) -> tuple[float, float] | None:
    """Return the two limits of a cell that holds only an interval ("0.38-1.09", "(1.34, 5.27)", "[0.2; 0.9]")."""
    found = [node for node in cell_nodes(text) if node.lower not in ("(", ")", "[", "]", "*", "†")]
    if len(found) == 1 and found[0].kind == nodes.RANGE and found[0].value is not None and found[0].high is not None:
        return found[0].value, found[0].high
    if len(found) == 3 and found[0].kind == found[2].kind == nodes.NUMBER and found[1].lower in _SEPARATORS:
        low, high = found[0].value, found[2].value
        if low is not None and high is not None:
            return low, high
    return None


def read_p(text: str) -> str | None:
    """Return a p value that stands alone in a cell of a p column."""
    found = cell_nodes(text)
    numbers = [node for node in found if node.kind in (nodes.NUMBER, nodes.P)]
    if len(numbers) == 1 and numbers[0].value is not None and 0 <= numbers[0].value <= 1 and len(found) <= 4:
        return text.strip()
    return None


def _p_after(text: str, found: Sequence[Node], after: int) -> str | None:
    """Return a p value printed behind the interval in the same cell."""
    for node in found[after : after + 4]:
        if node.kind == nodes.P:
            return text[node.start : node.end]
        if node.kind == nodes.NUMBER:
            return None
    return None
