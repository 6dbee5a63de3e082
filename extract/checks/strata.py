"""Check: strata that share nobody do not hold more people or events than their whole (REVIEW_METHODS 3, check 5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from extract.checks.findings import CheckInput, Finding

CODE: Final = "strata-exceed-whole"


def check(value: CheckInput) -> Iterator[Finding]:
    """Fire for each count whose strata add up to more than the whole; less is usual."""
    for one in value.strata:
        total = sum(count for _, count in one.parts)
        if total > one.whole:
            parts = " + ".join(f"{count} ({name})" for name, count in one.parts)
            shown = parts if len(one.parts) == 1 else f"{parts} = {total}"
            exceeds = f"more than the {one.whole} of {one.whole_name}; another population, or a slip"
            yield Finding(CODE, "warning", f"{one.what}: {shown}, {exceeds}")
