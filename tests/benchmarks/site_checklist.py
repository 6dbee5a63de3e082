"""Print how many checklist items hold on the built site: ``python -m tests.benchmarks.site_checklist``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from reports.site import build_site
from tests.reports.conftest import Built
from tests.reports.prisma import CHECKS, NOT_TESTABLE
from tests.reports.snapshots import COHORTS, SITE_URL, TRIALS, snapshot, status


def main() -> None:
    """Build the site of the tests and run every check."""
    with tempfile.TemporaryDirectory() as folder:
        first = snapshot((*TRIALS[:4], *COHORTS))
        second = snapshot(version="2026.2", previous=first, judged=True)
        build_site(second, status=status(), out=Path(folder), site_url=SITE_URL, earlier=[first])
        built = Built(Path(folder), second, first)
        failed = []
        for item, check in CHECKS.items():
            try:
                check(built)
            except (AssertionError, KeyError) as error:
                failed.append(f"{item}: {error}")
    total = len(CHECKS) + len(NOT_TESTABLE)
    print(f"{len(CHECKS) - len(failed)} of {total} checklist items hold; {len(failed)} fail; ", end="")
    print(f"{len(NOT_TESTABLE)} cannot be tested yet:")
    for line in [*failed, *(f"{item}: {why}" for item, why in NOT_TESTABLE.items())]:
        print(f"  {line}")


if __name__ == "__main__":
    main()
