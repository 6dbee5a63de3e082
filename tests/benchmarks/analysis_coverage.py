"""Coverage and convergence by simulation: ``python -m tests.benchmarks.analysis_coverage [--sets N]``.

Studies with log hazard ratios around -0.1, sampling variances from log-rank tests on 60 to 600 events, heterogeneity of
tau 0, 0.1 and 0.3. Prints how often the 95 % interval of REML with Hartung-Knapp, its ad hoc form, and Wald hold the
true mean, with the Monte Carlo error, and how many sets did not converge.
"""

from __future__ import annotations

import argparse

import numpy as np

from analysis.batch import batch_meta_analysis

MU = -0.1
SEED = 1017


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=20_000, help="sets for each line")
    n = parser.parse_args().sets
    rng = np.random.default_rng(SEED)
    failed = total = 0
    print(f"{n} sets a line; Monte Carlo error {100 * (0.05 * 0.95 / n) ** 0.5:.2f} percentage points")
    print(f"{'k':>4s} {'tau':>5s} {'HK':>8s} {'ad hoc':>8s} {'Wald':>8s}")
    for k in (4, 10, 40):
        for tau in (0.0, 0.1, 0.3):
            vi = 4.0 / rng.uniform(60, 600, (n, k))
            yi = rng.normal(MU, np.sqrt(vi + tau * tau))
            held = []
            for ci_method in ("hksj", "hksj_adhoc", "wald"):
                fit = batch_meta_analysis(yi, vi, ci_method=ci_method)
                held.append(100 * float(((fit.ci_low <= MU) & (fit.ci_high >= MU)).mean()))
                failed += int((~np.isfinite(fit.tau2)).sum())
                total += n
            print(f"{k:4d} {tau:5.1f} {held[0]:7.2f}% {held[1]:7.2f}% {held[2]:7.2f}%")
    print(f"did not converge: {failed} of {total}")


if __name__ == "__main__":
    main()
