"""What every fault is, and the count of cases and survivors at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def tally(request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    """Count outcomes; print them when the suite is done."""
    counts: Counter[str] = Counter()
    yield counts
    reporter = request.config.pluginmanager.getplugin("terminalreporter")
    if reporter is not None:
        told = ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
        reporter.write_line("")
        reporter.write_line(f"fault suite: {sum(counts.values())} cases: {told}")
