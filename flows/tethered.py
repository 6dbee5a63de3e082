"""Run a command that ends when the process that started it ends: ``python -m flows.tethered COMMAND...`` (Linux).

Without this, a ``serve`` that is killed outright would leave a scheduler behind that starts nights beside the next one.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal this process gets when its parent dies; it stays across exec."""


def main() -> None:
    """Tie this process to its parent and become the command."""
    tie_to_parent()
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - it becomes the command on purpose


def tie_to_parent() -> None:
    """Let this process end when the thread that started it ends."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died before the tie was made
        sys.exit(1)


if __name__ == "__main__":
    main()
