"""The count of fault cases and of what became of them, printed at the end."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

TALLY = pytest.StashKey[Counter[str]]()


@pytest.fixture
def tally(pytestconfig: pytest.Config) -> Counter[str]:
    """Return the counter of outcomes of this session."""
    return pytestconfig.stash.setdefault(TALLY, Counter())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand a worker's counts to the process that prints them."""
    output = getattr(session.config, "workeroutput", None)  # xdist's, in a worker only
    if output is not None:
        output["tally"] = dict(session.config.stash.get(TALLY, Counter[str]()))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add up what a worker counted."""
    node.config.stash.setdefault(TALLY, Counter[str]()).update(getattr(node, "workeroutput", {}).get("tally", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the count of cases and survivors."""
    counts = config.stash.get(TALLY, Counter[str]())
    if counts:
        told = ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
        terminalreporter.write_line(f"fault suite: {sum(counts.values())} cases: {told}")
