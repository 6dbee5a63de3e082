"""Reading a p value as written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from extract.checks.findings import CheckInput

_NUMBER: Final = re.compile(r"(\d*[.,·∙⋅]\d+|\d+(?:e-\d+)?)(?:\s*[x×]\s*10\s*\^?[-−–]\s*(\d+)|e[-−](\d+))?", re.I)


@dataclass(frozen=True, slots=True)
class PrintedP:
    """A p value: the number, whether it is only a bound, half a unit of its last digit.

    Its sides (1 or 2).
    """

    value: float
    bound: str
    half_unit: float
    sides: int


def read_p(value: CheckInput) -> PrintedP | None:
    """Return the p value a result prints, or None if there is none or it holds no number.

    Sidedness comes from ``p_sided``, else from the words; a p value that says nothing is two-sided.
    """
    return _read(value.p_value, value.p_sided) if value.p_value else None


@lru_cache(maxsize=4096)  # several checks read the same p, and many reports print "P < .001"
def _read(written: str, sided: str | None) -> PrintedP | None:
    """Return the p value that is written, or None if the words hold no number between 0 and 1."""
    match = _NUMBER.search(written)
    if match is None:
        return None
    digits = re.sub(r"[,·∙⋅]", ".", match.group(1))
    exponent = int(match.group(2) or match.group(3) or 0)
    number = float(digits) * 10.0**-exponent
    if not 0 <= number <= 1:
        return None
    decimals = len(digits.partition(".")[2]) + exponent
    before = written[: match.start()]
    bound = "<" if re.search(r"[<≤]|less", before) else ">" if re.search(r"[>≥]", before) else ""
    said_one = sided == "one" or re.search(r"(?:one|1)[- ](?:sided|tailed)", written, re.I) is not None
    return PrintedP(number, bound, 0.5 * 10.0**-decimals, 1 if said_one else 2)
