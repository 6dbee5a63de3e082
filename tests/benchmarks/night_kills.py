"""Kill -9 at many writes of a night, a backup and a restore; prints the count of cases and of those that ended well.

``python -m tests.benchmarks.night_kills --kills 1058`` strikes at every one (half an hour on two quiet cores).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tests.faults.test_killed_night import EVERY_WRITE

FAULTS = Path(__file__).resolve().parent.parent / "faults"


def main() -> int:
    """Run the suites of kills and return pytest's code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="how many writes, spread evenly over each")
    kills = parser.parse_args().kills
    # In a process of its own: pytest wants to be the first to import what it tests.
    suites = [str(FAULTS / name) for name in ("test_killed_night.py", "test_killed_upkeep.py")]
    which = ["-k", "at_a_write or killed_backup or killed_restore"]
    command = [sys.executable, "-m", "pytest", *suites, "-q", "-n", "auto", "--dist", "load", *which]
    return subprocess.run(command, env={**os.environ, EVERY_WRITE: str(kills)}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
