"""The figures' small style sheet as rules: tags, classes and what they stand in, as far as the sheet uses them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

Style = Mapping[str, str]
Rule = tuple[tuple[int, int], tuple[frozenset[str], ...], Style]
"""Weight (by classes and tags), the names each part of the selector asks for, and the declarations."""

PASSED_ON = {"fill", "stroke", "stroke-width", "stroke-dasharray", "text-anchor", "font-size", "font-weight", "clip"}
"""What an element has from the one it stands in, as in SVG; ``clip`` is the frame of a plot."""


def rules_of(sheet: str) -> tuple[Rule, ...]:
    """Return the rules of a style sheet, the weakest first."""
    rules: list[Rule] = []
    for selectors, body in re.findall(r"([^{}]+)\{([^}]*)\}", sheet):
        style = {key.strip(): value.strip() for key, _, value in (d.partition(":") for d in body.split(";")) if key}
        for selector in selectors.split(","):
            parts = tuple(frozenset(re.findall(r"\.[\w-]+|^[\w-]+", part)) for part in selector.split())
            classes = sum(name.startswith(".") for part in parts for name in part)
            rules.append(((classes, sum(map(len, parts)) - classes), parts, style))
    return tuple(sorted(rules, key=lambda rule: rule[0]))


def inherited(parent: Style) -> Style:
    """Return what an element has from its parent."""
    return {key: value for key, value in parent.items() if key in PASSED_ON}


def styled(rules: Sequence[Rule], base: Style, way: Sequence[frozenset[str]]) -> Style:
    """Return the style of an element; ``way`` are the names (tag and classes) from the outermost element to it."""
    style = dict(base)
    for _, parts, declared in rules:
        if _selects(parts, way):
            style.update(declared)
    return style


def _selects(parts: Sequence[frozenset[str]], way: Sequence[frozenset[str]]) -> bool:
    """Return whether a selector's last part is the element and the others stand around it in order."""
    if not parts or not parts[-1] <= way[-1]:
        return False
    outer = iter(way[:-1])
    return all(any(part <= names for names in outer) for part in parts[:-1])
