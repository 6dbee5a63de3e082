"""Check: a ratio printed without an interval has no place of its own to prove what it compares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from extract.checks.findings import CheckInput, Finding

CODE: Final = "interval-missing"
RATIOS: Final = frozenset({"HR", "SHR", "CSHR", "RR", "OR"})


def check(value: CheckInput) -> Iterator[Finding]:
    """Fire when a ratio stands without limits: often the factor of a prognostic model, not the arms' comparison."""
    if value.measure in RATIOS and value.is_result and value.estimate is not None:
        if value.ci_low is not None or value.ci_high is not None:
            return
        yield Finding(
            CODE,
            "warning",
            "no interval is printed with this ratio; make sure that it compares the arms (not a prognostic factor), "
            "and choose a route if it is to be pooled",
        )
