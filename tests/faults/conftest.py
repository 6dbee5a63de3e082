"""The count of fault cases and of what became of them, printed at the end."""

from __future__ import annotations

from collections import Counter

import pytest

TALLY = pytest.StashKey[Counter[str]]()


@pytest.fixture
def tally(pytestconfig: pytest.Config) -> Counter[str]:
    """Return the counter of outcomes of this session."""
    return pytestconfig.stash.setdefault(TALLY, Counter())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the count of cases and survivors."""
    counts = config.stash.get(TALLY, Counter[str]())
    if counts:
        told = ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
        terminalreporter.write_line(f"fault suite: {sum(counts.values())} cases: {told}")
