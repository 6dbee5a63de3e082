"""How long the command takes to answer: ``python -m tests.benchmarks.command_start``.

Each command is a whole process, started in turn with a bare ``python -c pass`` in the same run; printed are the median
wall seconds and the ratio to the bare start. Aim: ``--help`` under 0.5 s on two cores.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 9
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "--help": ["-m", "flows.cli", "--help"],
    "queue --help": ["-m", "flows.cli", "queue", "--help"],
    "status (no state)": ["-m", "flows.cli", "status"],
}


def main() -> None:
    """Print one line a command."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "LIVING_REVIEW_STATE_DIR": folder + "/none"}
        for _ in range(RUNS):
            for name, arguments in COMMANDS.items():
                begun = time.perf_counter()
                subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, check=False)
                seconds[name].append(time.perf_counter() - begun)
    bare = statistics.median(seconds["python -c pass"])
    for name, measured in seconds.items():
        median = statistics.median(measured)
        spread = f"(min {min(measured):.3f}, max {max(measured):.3f})"
        print(f"{name:<20} median {median:.3f} s  {spread}  x{median / bare:.1f}")


if __name__ == "__main__":
    main()
