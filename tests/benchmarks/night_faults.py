"""Every fault at every request of a night, without the suite's shortenings; prints the count of cases and survivors.

``python -m tests.benchmarks.night_faults`` (two minutes on two quiet cores).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.faults.test_night_faults import EVERY_REQUEST

FAULTS = Path(__file__).resolve().parent.parent / "faults"


def main() -> int:
    """Run both night-level suites and return pytest's code."""
    suites = [str(FAULTS / name) for name in ("test_night_faults.py", "test_registry_faults.py")]
    # In a process of its own: pytest wants to be the first to import what it tests.
    command = [sys.executable, "-m", "pytest", *suites, "-q", "-n", "auto", "--dist", "load"]
    return subprocess.run(command, env={**os.environ, EVERY_REQUEST: "1"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
