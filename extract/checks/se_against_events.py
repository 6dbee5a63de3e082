"""Check: the standard error is near what the number of events allows (REVIEW_METHODS 3, check 3)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from extract.checks.findings import CheckInput, Finding, complete_interval, z_of_level

CODE: Final = "se-against-events"
#: An adjusted model can have a larger SE than 2/sqrt(events), a stratified one a slightly smaller one.
#: Outside this
#: band the events, the interval or its level belong to something else. JCOG1017: 0.1345 v 0.1357, ratio 0.99.
LOWEST_RATIO, HIGHEST_RATIO = 0.85, 1.6


def check(value: CheckInput) -> Iterator[Finding]:
    """Fire when the SE from the interval leaves the band around sqrt(1/d1 + 1/d0).

    Or 2/sqrt(d) for equal arms.

    Notes
    -----
    Tierney et al. Trials 2007, section "V from events" (V ~ d1 d0 / d; SE = 1/sqrt(V)).
    """
    printed = complete_interval(value)
    if printed is None or value.ci_level is None or not 50 <= value.ci_level < 100:
        return
    expected = _expected_se(value)
    if expected is None:
        return
    _, low, high = printed
    se = math.log(high / low) / (2 * z_of_level(value.ci_level))
    ratio = se / expected
    if not LOWEST_RATIO <= ratio <= HIGHEST_RATIO:
        yield Finding(
            CODE,
            "warning",
            f"the standard error from the interval is {se:.4f}, the events suggest about {expected:.4f}; "
            "check level, events and whether they belong to this result",
        )


def _expected_se(value: CheckInput) -> float | None:
    """Return the SE the events suggest, or None without events."""
    first, second = value.events_surgery, value.events_control
    if first is not None and second is not None:
        return math.sqrt(1 / first + 1 / second) if first > 0 and second > 0 else None
    total = value.events_total
    if total is None or total <= 0 or value.equal_allocation is False:
        return None
    n_surgery, n_control = value.n_surgery, value.n_control
    if n_surgery and n_control and not 0.8 <= n_surgery / n_control <= 1.25:
        return None
    return 2 / math.sqrt(total)
