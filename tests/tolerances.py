"""The only tolerances of the numerical tests: one for each kind of quantity, with why it is not tighter.

Reference values come with about 15 digits; their own error is named where it is larger.
"""

from __future__ import annotations

import math

RELATIVE = 1e-8
"""Estimates, errors, intervals, tests: what the project promises."""

ABSOLUTE_AT_ZERO = 1e-10
"""Where the reference is 0 or a difference of nearly equal numbers."""

PERCENT_AT_ZERO = 1e-8
"""Percentages at 0: 1e-10 as a proportion. The reference stops at a tau2 of 1e-14 where ours is 0."""

PRINTED_2 = 0.0051
"""Half a unit of the second decimal, as printed in papers, and a little for their own rounding."""

PRINTED_3 = 0.00051
"""Half a unit of the third decimal."""


def close(ours: float, theirs: float, *, relative: float = RELATIVE, absolute: float = ABSOLUTE_AT_ZERO) -> bool:
    """Return whether two numbers agree to the relative tolerance, or absolutely near 0."""
    return math.isclose(ours, theirs, rel_tol=relative, abs_tol=absolute)
