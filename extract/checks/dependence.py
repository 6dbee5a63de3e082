"""Checks: results that share people must not be pooled as independent (REVIEW_METHODS 3, check 8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from extract.checks.findings import CheckInput, Finding

SHARED: Final = "shared-control-group"
OVERLAP: Final = "overlap-group-used"
SOURCE: Final = "same-source-used"
SINGLE: Final = "single-arm"


def check(value: CheckInput) -> Iterator[Finding]:
    """Fire for two results against one control group, a cohort of a used overlap group or source.

    A single-arm study.
    """
    if value.shares_control_with:
        others = ", ".join(value.shares_control_with)
        yield Finding(
            SHARED,
            "warning",
            f"compared with the same control group as {others}: choose one or split the controls",
        )
    if value.overlap_group_used_by:
        others = ", ".join(value.overlap_group_used_by)
        yield Finding(
            OVERLAP, "warning", f"shares patients with {others}, which is already used: one per overlap group"
        )
    if value.same_source_used_by:
        others = ", ".join(value.same_source_used_by)
        yield Finding(
            SOURCE,
            "warning",
            f"may hold patients of {others}, drawn from the same source and already used, and its study stands in no "
            "overlap group: wait for the link the next night proposes under Families, or say why they share nobody",
        )
    if value.single_arm:
        yield Finding(SINGLE, "error", "the study has one arm only: there is no comparison to pool")
