"""Agreement with the open reference, section by section: ``python -m tests.benchmarks.analysis_accuracy``.

Prints, for each kind of section over all files, how many numbers were compared, how many are outside their tolerance,
and the largest relative difference (absolute for numbers below 0.01), with where it is. Sections whose tolerance is
wider than 1e-8 say why in ``tests/reference``.
"""

from __future__ import annotations

import sys
from collections import defaultdict

from tests.conftest import SHARED
from tests.reference.catalogue import comparisons, rows
from tests.reference.comparison import Row, load


def main() -> None:
    """Print the table."""
    if not SHARED.is_dir():
        sys.exit(f"the reference is not on this machine: expected {SHARED}")
    found: dict[str, list[tuple[str, Row]]] = defaultdict(list)
    for name, section, function in comparisons():
        if section in load(SHARED, name):
            family = name.split("_")[0] + "." if name.split("_")[0] in ("bayes", "meta", "tsa", "anytime") else ""
            found[family + section] += [(name, row) for row in rows(SHARED, name, function)]
    print(f"{'section':28s} {'numbers':>8s} {'outside':>8s} {'largest':>9s}  where")
    for section, compared in found.items():
        outside = sum(not row.agrees for _, row in compared)
        name, worst = max(compared, key=lambda item: item[1].error)
        print(f"{section:28s} {len(compared):8d} {outside:8d} {worst.error:9.1e}  {name} {worst.path}")
    everything = [row for compared in found.values() for _, row in compared]
    print(f"{'all':28s} {len(everything):8d} {sum(not row.agrees for row in everything):8d}")


if __name__ == "__main__":
    main()
