"""Check: a ratio printed without an interval has little beside it that proves what it compares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from extract.checks.findings import CheckInput, Finding, is_ratio

CODE: Final = "interval-missing"


def check(value: CheckInput) -> Iterator[Finding]:
    """Fire when a result stands without limits: abstracts print those of prognostic factors so (PMID 20101736).

    Choosing a way to a log hazard ratio answers it, and that way is the reason on record.
    """
    bare = value.ci_low is None and value.ci_high is None
    if is_ratio(value) and value.is_result and value.estimate is not None and bare:
        yield Finding(
            CODE,
            "warning",
            "no interval is printed with this ratio: make sure that it compares the arms and is not a prognostic "
            "factor's; a way to a log hazard ratio, if you choose one, answers this",
        )
