"""What a check found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "problem", "not checked"]

ExitCode = Literal[0, 2, 3]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    check
        Short name of what was looked at.
    state
        ``problem``: something is broken or will break tonight; ``warning``: it works, and needs a person soon.
    found
        What was seen, in words.
    todo
        What to do about it; empty when all is well.
    """

    check: str
    state: State
    found: str
    todo: str = ""


def ok(check: str, found: str) -> Finding:
    """Return that all is well."""
    return Finding(check, "ok", found)


def warning(check: str, found: str, todo: str) -> Finding:
    """Return something that needs a person soon."""
    return Finding(check, "warning", found, todo)


def problem(check: str, found: str, todo: str) -> Finding:
    """Return something that is broken."""
    return Finding(check, "problem", found, todo)


def exit_code(findings: Sequence[Finding]) -> ExitCode:
    """Return 2 when anything is broken or could not be checked, 3 when something needs a person soon, else 0."""
    states = {finding.state for finding in findings}
    if states & {"problem", "not checked"}:
        return 2
    return 3 if "warning" in states else 0
