"""Checks: the comparison is the question's, not a narrower or wider one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from extract.checks.findings import CheckInput, Finding, is_ratio

NARROWER: Final = "comparison-narrower"
WIDER: Final = "comparison-wider"
_NARROWER: Final = re.compile(
    r"free[- ]margins?|negative margins?|clear margins?|margin[- ](?:free|negative)|\bR0\b"
    r"|complete (?:resection|excision)",
    re.I,
)
_WIDER: Final = re.compile(r"loco-?\s?regional|local (?:therapy|treatment)|radiotherapy|radiation|\bLRT\b", re.I)


def check(value: CheckInput) -> Iterator[Finding]:
    """Fire when an arm is a selected part of the operated (Khan 2002.

    Free margins) or more than the operated.

    Free-margin resection against no operation leaves out the patients in whom surgery failed; locoregional
    treatment
    adds patients who were irradiated only (Pons-Tostivint 2019, Nguyen 2012, BOMETIN).
    """
    if not is_ratio(value):
        return
    arms = " / ".join(arm for arm in (value.numerator, value.denominator) if arm)
    if _NARROWER.search(arms):
        yield Finding(
            NARROWER,
            "warning",
            f"the comparison ({arms}) is of a selected part of the operated patients; not the question's comparison",
        )
    elif _WIDER.search(arms):
        yield Finding(
            WIDER,
            "warning",
            f"the comparison ({arms}) may include patients treated without surgery of the primary tumour",
        )
