"""The p value that belongs to a value."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from extract.candidates import lexicon, nodes
from extract.candidates.nodes import Node
from extract.candidates.printed import Printed

#: Words between an estimate's interval and its p value: ", stratified two-sided log-rank test,".
#: Nodes, marks included, looked at for a p value.
FARTHEST_NODE: Final = 28
FARTHEST_P: Final = 8


def p_near(found: Sequence[Node], value: Printed, stops: Sequence[int]) -> Node | None:
    """Find the p value of a value: after its interval in the same brackets, else before its ratio in them."""
    next_stop = bisect_right(stops, value.at)
    limit = stops[next_stop] if next_stop < len(stops) else len(found)
    depth = 0
    words = 0
    for step in range(value.after, min(limit, value.after + FARTHEST_NODE)):
        node = found[step]
        if node.kind == nodes.P:
            if "other" in node.flags:
                continue
            return node
        if node.lower in lexicon.OPENERS and node.kind == nodes.MARK:
            depth += 1
        elif node.lower in lexicon.CLOSERS and node.kind == nodes.MARK:
            depth -= 1
            if depth < 0:
                words += 4
        elif node.kind in (nodes.WORD, nodes.NUMBER, nodes.TIME, nodes.PERCENT):
            words += 1 if depth >= 0 else 2
        if words > FARTHEST_P:
            break
    return _p_before(found, value)


def _p_before(found: Sequence[Node], value: Printed) -> Node | None:
    """Find a p value that opens the brackets the ratio stands in: "(P=0.05 by the log-rank test.

    Hazard ratio …".
    """
    if value.ratio_at < 0 or value.implicit:
        return None
    for step in range(value.ratio_at - 1, max(value.ratio_at - 12, -1), -1):
        node = found[step]
        if node.kind == nodes.P:
            return None if "other" in node.flags else node
        if node.kind == nodes.RATIO or (node.kind == nodes.MARK and node.lower in "()[]"):
            return None
    return None
