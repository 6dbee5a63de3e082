"""What a column of a table is, and how a cell of it is read.

A declaration carries the type, unit, meaning and constraint of a column; loaders check every cell against it
and codebooks are written from it, so documentation and checking cannot drift apart.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

ColumnType = Literal["text", "integer", "decimal", "date", "choice", "list", "outcome", "subtype", "pattern", "reason"]
"""``list`` is texts joined by "; "; the last four are codes or slugs that the protocol defines."""

Cell = str | int | float | dt.date | tuple[str, ...] | None
"""A checked cell; None where the file leaves it empty."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a cell must satisfy beyond its type.

    Parameters
    ----------
    required
        Whether an empty cell is refused.
    unique
        Whether a value may stand only once in the table.
    above, below
        Open limits of a number, on the column's unit.
    pattern
        Regular expression the whole text must match.
    """

    required: bool = False
    unique: bool = False
    above: float | None = None
    below: float | None = None
    pattern: str | None = None

    def sentence(self) -> str:
        """Return the constraint as the codebook prints it."""
        parts = ["required"] if self.required else []
        parts += ["unique"] if self.unique else []
        parts += [f"> {self.above:g}"] if self.above is not None else []
        parts += [f"< {self.below:g}"] if self.below is not None else []
        parts += [f"matches {self.pattern}"] if self.pattern is not None else []
        return "; ".join(parts) or "none"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name
        Name in the file's header and of the field of the row.
    type
        How a cell is read; see :data:`ColumnType`.
    unit
        Unit of the number, "ratio" for a hazard ratio on its printed scale, empty for text.
    description
        What the cell means, for a reader who was not there.
    constraint
        What it must satisfy.
    values
        Closed list of allowed texts of a ``choice``.
    """

    name: str
    type: ColumnType
    unit: str
    description: str
    constraint: Constraint = Constraint()
    values: tuple[str, ...] = ()


def read_cell(column: Column, text: str) -> Cell:
    """Read one cell as its column declares it.

    Raises
    ------
    ValueError
        What was wrong and what was expected; the caller adds the place. Codes of the protocol
        (``outcome``, ``subtype``, ``pattern``, ``reason``) are not looked up here.
    """
    text = text.strip()
    if not text:
        if column.constraint.required:
            raise ValueError("the cell is empty; a value is required")
        return () if column.type == "list" else None
    pattern = column.constraint.pattern
    if pattern is not None and column.type != "list" and re.fullmatch(pattern, text) is None:
        raise ValueError(f"expected text that matches {pattern}")
    if column.type in ("integer", "decimal"):
        return _number(column, text)
    if column.type == "date":
        try:
            return dt.date.fromisoformat(text)
        except ValueError as error:
            raise ValueError("expected a date such as 2026-11-20") from error
    if column.type == "choice" and text not in column.values:
        raise ValueError(f"expected one of {', '.join(column.values)}")
    if column.type == "list":
        return _items(column, text)
    return text


def _number(column: Column, text: str) -> int | float:
    """Read a plain decimal number and hold it to its open limits."""
    whole = column.type == "integer"
    if re.fullmatch(r"\d+" if whole else r"-?\d+(\.\d+)?", text) is None:
        raise ValueError("expected a whole number" if whole else "expected a number such as 0.69")
    number = int(text) if whole else float(text)
    limits = column.constraint
    if limits.above is not None and not number > limits.above:
        raise ValueError(f"expected a number above {limits.above:g}")
    if limits.below is not None and not number < limits.below:
        raise ValueError(f"expected a number below {limits.below:g}")
    return number


def _items(column: Column, text: str) -> tuple[str, ...]:
    """Read texts joined by semicolons."""
    items = tuple(item.strip() for item in text.split(";"))
    pattern = column.constraint.pattern
    for item in items:
        if not item or (pattern is not None and re.fullmatch(pattern, item) is None):
            raise ValueError(f"expected items joined by '; '{f', each matching {pattern}' if pattern else ''}")
    return items
