"""Check: a newer report of a study is larger or later (REVIEW_METHODS 3, check 6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from extract.checks.findings import CheckInput, Finding

CODE: Final = "older-report-not-smaller"


def check(value: CheckInput) -> Iterator[Finding]:
    """Fire when neither the number of people grew nor the data cut-off moved on.

    MF07-01 reports 274 people in 2018 and 265 in 2021: it fires, and the later cut-off clears it.
    """
    later = None
    if value.older_cutoff and value.newer_cutoff:
        later = value.newer_cutoff > value.older_cutoff
    grew = None
    if value.older_n is not None and value.newer_n is not None:
        grew = value.newer_n > value.older_n
    if later or grew or (later is None and grew is None):
        return
    yield Finding(
        CODE,
        "warning",
        f"an earlier report of this study has n = {value.older_n}, cut-off "
        f"{value.older_cutoff or 'unknown'}; this one "
        f"n = {value.newer_n}, cut-off {value.newer_cutoff or 'unknown'}: decide which of them is used",
    )
