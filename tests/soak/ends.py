"""What two years left behind, compared: everything but the log of attempts."""

from __future__ import annotations

from flows.settings import Settings
from tests.nights import evidence_state


def differences(one: Settings, other: Settings) -> list[str]:
    """Return the parts that differ: tables of the store, files of snapshots and site."""
    ends = []
    for settings in (one, other):
        state = evidence_state(settings)
        decisions = state["decisions"]
        if not isinstance(decisions, list):
            raise TypeError("decisions are a list")
        # A night in two parts takes its decisions in two parts; which ones, and by whom, must be the same.
        ends.append(state | {"decisions": sorted(decisions, key=repr)})
    first, second = ends
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))
