"""Check: a ratio of a size that treatments do not have is more often a misreading."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from extract.checks.findings import CheckInput, Finding, is_ratio

CODE: Final = "ratio-implausible"
WIDE: Final = "interval-very-wide"
#: Of 117 printed results in the evidence table none lies outside 0.2-5; a factor of two beyond that asks
#: for a look.
SMALLEST, LARGEST = 0.1, 10.0
#: high/low above this: fewer than about ten events (SE > 0.88 at 95 %).
WIDEST_RATIO: Final = 32.0


def check(value: CheckInput) -> Iterator[Finding]:
    """Fire for a ratio beyond 0.1-10.

    For limits so far apart that hardly any event can stand behind them.
    """
    if not is_ratio(value) or value.estimate is None:
        return
    if not SMALLEST <= value.estimate <= LARGEST:
        yield Finding(
            CODE,
            "warning",
            f"a ratio of {value.estimate:g} is outside {SMALLEST:g}-{LARGEST:g}; check the decimal point",
        )
    if value.ci_low and value.ci_high and value.ci_low > 0 and value.ci_high / value.ci_low > WIDEST_RATIO:
        yield Finding(
            WIDE,
            "warning",
            f"the limits {value.ci_low:g}-{value.ci_high:g} differ by a factor above {WIDEST_RATIO:g}",
        )
