"""Run each published R script with metafor: ``python -m tests.benchmarks.site_r_scripts SITE`` (needs R and metafor).

Each script stops when its result differs from the published one by more than 0.0005 on the ratio scale.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Print how many scripts agree."""
    scripts = sorted(Path(sys.argv[1]).glob("data/r/*.R"))
    failed = []
    for script in scripts:
        done = subprocess.run(["Rscript", "--vanilla", str(script)], capture_output=True, text=True, check=False)
        if done.returncode:
            failed.append(f"{script.name}: {done.stderr.strip().splitlines()[-1]}")
    print(f"{len(scripts) - len(failed)} of {len(scripts)} syntheses agree with metafor", *failed, sep="\n  ")


if __name__ == "__main__":
    main()
