"""Check: a one-sided p value must not be read as two-sided."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from extract.checks.findings import CheckInput, Finding
from extract.checks.p_values import read_p

CODE: Final = "p-one-sided"


def check(value: CheckInput) -> Iterator[Finding]:
    """Fire for a one-sided p value (JCOG1017: 0.13), which routes from p to a standard error must double."""
    p = read_p(value)
    if p is not None and p.sides == 1:
        yield Finding(CODE, "warning", f"the p value {value.p_value} is one-sided")
