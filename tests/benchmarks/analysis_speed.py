"""Speed of the analysis engine, next to metafor in the same run where R is present.

``python -m tests.benchmarks.analysis_speed [--blas FILE]`` prints one line a task: ours, metafor's, the ratio, and what
the project asks. ``--blas`` names a shared BLAS for R to load (an OpenBLAS), because metafor's time at k = 1,000 is the
BLAS library's. pimeta is an R package that no Debian registry holds: not compared.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from analysis.batch import batch_meta_analysis
from analysis.bayes import bayesian_meta_analysis
from analysis.missing_studies import trim_and_fill
from analysis.models import meta_analysis
from analysis.sensitivity import cumulative, influence, leave_one_out
from analysis.small_study import rank_test, regression_test
from analysis.subsets import bootstrap

SEED = 20261123
Sets = tuple[np.ndarray, np.ndarray]


def random_sets(n: int, k: int, *, seed: int = SEED) -> Sets:
    """Return n sets of k log hazard ratios with heterogeneity from none to large."""
    rng = np.random.default_rng(seed + k)
    vi = rng.uniform(0.005, 0.3, (n, k))
    tau2 = rng.choice([0.0, 0.01, 0.05, 0.2], (n, 1))
    return rng.normal(-0.1, 1.0, (n, k)) * np.sqrt(vi + tau2), vi


def best(function: Callable[[], object], repeats: int, loops: int = 1) -> float:
    """Return the best time of one call in seconds: the machine is shared."""
    function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        for _ in range(loops):
            function()
        times.append((time.perf_counter() - start) / loops)
    return min(times)


def bundle(yi: np.ndarray, vi: np.ndarray) -> None:
    """Run what a report page needs of one stratum."""
    full = meta_analysis(yi, vi)
    _ = full.tau2_ci, full.i2_ci, full.h2_ci
    without = leave_one_out(full)
    cumulative(full, range(yi.size))
    influence(full, without)
    regression_test(yi, vi)
    rank_test(yi, vi)
    trim_and_fill(yi, vi)


def start_time(program: str) -> float:
    """Return the seconds a program adds to a bare interpreter, best of five."""

    def run(code: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - start

    return min(run(program) for _ in range(5)) - min(run("pass") for _ in range(5))


def ours() -> dict[str, float]:
    """Return the time of every task in seconds."""
    y20, v20 = (a[0] for a in random_sets(1, 20))
    y100, v100 = (a[0] for a in random_sets(1, 100))
    y1000, v1000 = (a[0] for a in random_sets(1, 1000))
    many = random_sets(10_000, 20)
    one, big = meta_analysis(y100, v100), meta_analysis(y1000, v1000)
    small = meta_analysis(y20, v20)
    return {
        "fit_k20": best(lambda: meta_analysis(y20, v20), 15, 300),
        "fit_k20_with_tau2_interval": best(lambda: meta_analysis(y20, v20).tau2_ci, 15, 300),
        "fit_k1000": best(lambda: meta_analysis(y1000, v1000), 15, 20),
        "batch_10000": best(lambda: batch_meta_analysis(*many), 9),
        "bootstrap_10000": best(lambda: bootstrap(small, rng=np.random.default_rng(1)), 9),
        "loo_k100": best(lambda: leave_one_out(one), 9, 5),
        "loo_k1000": best(lambda: leave_one_out(big), 7),
        "cumulative_k1000": best(lambda: cumulative(big, range(1000)), 7),
        "bundle_k20": best(lambda: bundle(y20, v20), 9, 10),
        "bayes_k20": best(lambda: bayesian_meta_analysis(y20, v20), 9, 5),
        "import": start_time("import analysis"),
        "import_numpy_and_scipy_special": start_time("import numpy, scipy.special"),
        "import_and_first_fit": start_time("import analysis; analysis.meta_analysis([.1, .2], [.1, .1])"),
    }


def metafor(blas: str | None) -> dict[str, str]:
    """Return metafor's lines, or nothing where R or metafor is missing."""
    if shutil.which("Rscript") is None:
        return {}
    script = Path(__file__).with_name("analysis_metafor.R")
    with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as file:
        for name, (n, k) in {"k20": (1, 20), "k100": (1, 100), "k1000": (1, 1000), "many": (300, 20)}.items():
            yi, vi = random_sets(10_000 if name == "many" else n, k)
            file.write(f"{name} {k} {n}\n")
            for y, v in zip(yi[:n], vi[:n], strict=True):
                file.write(" ".join(map(repr, y.tolist())) + "\n" + " ".join(map(repr, v.tolist())) + "\n")
    environment = os.environ | ({"LD_PRELOAD": blas} if blas else {})
    done = subprocess.run(
        ["Rscript", str(script), file.name], capture_output=True, text=True, env=environment, check=False
    )
    Path(file.name).unlink()
    if done.returncode:
        print(f"metafor could not be timed: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return {}
    return dict(line.split(maxsplit=1) for line in done.stdout.splitlines() if " " in line)


ASKED = {
    "fit_k20": (1e-4, 20),
    "fit_k1000": (None, 850),
    "batch_10000": (0.040, 700),
    "bootstrap_10000": (0.040, 700),
    "loo_k100": (None, 400),
    "loo_k1000": (0.080, None),
    "cumulative_k1000": (0.080, None),
    "bundle_k20": (0.003, 50),
    "bayes_k20": (0.005, None),
    "import": (0.20, None),
}
"""Largest time in seconds and smallest ratio to metafor the project asks for."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blas", help="shared BLAS library for R, e.g. an OpenBLAS")
    arguments = parser.parse_args()
    mine, theirs = ours(), metafor(arguments.blas)
    seconds = {name: float(value) for name, value in theirs.items() if name not in ("version", "blas")}
    if "per_set" in seconds:
        seconds["batch_10000"] = seconds["bootstrap_10000"] = 10_000 * seconds["per_set"]
        print(f"metafor {theirs['version']} ({theirs['blas']}); no convergence: {100 * seconds['failed_share']:.2f} %")
    else:
        print("metafor not present: no ratios")
    for name, took in mine.items():
        limit, ratio = ASKED.get(name, (None, None))
        line = f"{name:28s} ours {1e3 * took:9.3f} ms"
        if name in seconds:
            line += f"   metafor {1e3 * seconds[name]:11.1f} ms   ratio {seconds[name] / took:7.0f}"
        if limit is not None:
            line += f"   asked <= {1e3 * limit:g} ms: {'yes' if took <= limit else 'NO'}"
        if ratio is not None and name in seconds:
            line += f"   asked >= {ratio} x: {'yes' if seconds[name] / took >= ratio else 'NO'}"
        print(line)


if __name__ == "__main__":
    main()
