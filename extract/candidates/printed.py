"""What the grammar returns: values and intervals as printed, still without meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from extract.candidates.nodes import Node

RATIO_SCALE: Final = frozenset({"HR", "SHR", "CSHR", "OR", "RR"})


@dataclass(slots=True)
class Interval:
    """An interval as printed; ``level`` is None when it is not stated beside it."""

    low: float | None
    high: float | None
    level: float | None
    first: int
    after: int
    named: bool
    one_sided: bool = False
    inherited: bool = False


@dataclass(slots=True)
class Printed:
    """One printed value, before meaning.

    ``at`` is the index of the estimate's node, ``ratio_at`` of its ratio's (or -1), ``after`` the first
    node beyond it.
    """

    measure: str
    estimate: float | None
    at: int
    ratio_at: int
    after: int
    flags: frozenset[str]
    interval: Interval | None = None
    p: Node | None = None
    unit: str = ""
    implicit: bool = False
    compared: str = ""
