"""Every fault at every request of a night, without the suite's shortenings; prints the count of cases and survivors.

``python -m tests.benchmarks.night_faults`` (ten minutes on a quiet core).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.faults.test_night_faults import EVERY_REQUEST

FAULTS = Path(__file__).resolve().parent.parent / "faults"


def main() -> int:
    """Run both night-level suites in this process and return pytest's code."""
    os.environ[EVERY_REQUEST] = "1"
    suites = [str(FAULTS / name) for name in ("test_night_faults.py", "test_registry_faults.py")]
    return int(pytest.main([*suites, "-q", "-p", "no:xdist"]))


if __name__ == "__main__":
    sys.exit(main())
