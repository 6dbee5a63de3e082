"""Check: an interval whose level is never stated cannot be turned into a standard error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from extract.checks.findings import CheckInput, Finding

CODE: Final = "level-not-stated"
ODD: Final = "level-unusual"
#: Levels met in reports of time-to-event results; outside them "95" was probably read wrongly.
LOWEST, HIGHEST = 50.0, 99.99


def check(value: CheckInput) -> Iterator[Finding]:
    """Fire when an interval stands without a level, or with one that no interval has."""
    if value.ci_low is None and value.ci_high is None:
        return
    if value.ci_level is None:
        yield Finding(CODE, "warning", "the report never states the level of this interval; do not assume 95 %")
    elif not LOWEST <= value.ci_level <= HIGHEST:
        yield Finding(ODD, "error", f"a confidence level of {value.ci_level:g} % is not possible here")
