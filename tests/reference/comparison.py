"""Reference values next to ours: the rows every reference test and the accuracy table are made of."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.tolerances import ABSOLUTE_AT_ZERO, RELATIVE

FOLDER = Path("reference") / "metafor_open"


@dataclass(frozen=True)
class Row:
    """One number of the reference and ours for it."""

    path: str
    ours: float | None
    theirs: float | None
    relative: float = RELATIVE
    absolute: float = ABSOLUTE_AT_ZERO

    @property
    def agrees(self) -> bool:
        if self.ours is None or self.theirs is None:
            return self.ours is None and self.theirs is None
        return math.isclose(self.ours, self.theirs, rel_tol=self.relative, abs_tol=self.absolute)

    @property
    def error(self) -> float:
        """Relative difference, or the absolute one where it is smaller (numbers near 0)."""
        if self.ours is None or self.theirs is None:
            return 0.0 if self.agrees else math.inf
        difference = abs(self.ours - self.theirs)
        return difference / max(abs(self.theirs), 1.0) if abs(self.theirs) < 1e-2 else difference / abs(self.theirs)


Rows = Iterator[Row]
Section = Callable[[dict[str, Any]], Rows]
SectionWithData = Callable[[dict[str, Any], dict[str, Any]], Rows]


@cache
def load(shared: Path, name: str) -> dict[str, Any]:
    """Return one reference file."""
    document: dict[str, Any] = json.loads((shared / FOLDER / f"{name}.json").read_text())
    return document


def pairs(
    path: str,
    ours: Sequence[float | None] | float | None,
    theirs: Sequence[float | None] | float | None,
    **tolerance: float,
) -> Rows:
    """Yield a row a number of two equally shaped values."""
    if isinstance(theirs, list | tuple) and isinstance(ours, list | tuple):
        assert len(ours) == len(theirs), f"{path}: {len(ours)} of ours for {len(theirs)}"
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            yield from pairs(f"{path}[{i}]", a, b, **tolerance)
        return
    if isinstance(theirs, list) and len(theirs) == 1:
        theirs = theirs[0]
    assert not isinstance(theirs, list | tuple), path
    assert not isinstance(ours, list | tuple), path
    yield Row(path, None if ours is None else float(ours), None if theirs is None else float(theirs), **tolerance)


def scalar(value: Any) -> Any:
    """Return the only element of a one-element list, else the value."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value
