"""Many requests made from the OpenAPI document: ``python -m tests.benchmarks.api_fuzz [ROUNDS] [EXAMPLES]``.

Prints how often each status came and what each writing endpoint did; ends with a traceback at the first failure of the
server, answer that the document does not describe, or decision that was lost or doubled.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.extract.review.aims import AIMS
from tests.extract.review.api_fuzz import lost_and_doubled, throw
from tests.extract.review.queue_server import serving
from tests.stores import new_store


def main() -> None:
    """Throw and count."""
    rounds, examples = (int(text) for text in (*sys.argv[1:], "5", "20")[:2])
    with tempfile.TemporaryDirectory() as folder, new_store(Path(folder)) as store, serving(store) as queue:
        thrown = throw(queue, rounds=rounds, examples=examples)
        lost, doubled = lost_and_doubled(queue, thrown)
    statuses = thrown.statuses
    print(f"{statuses.total()} requests: " + ", ".join(f"{status} x {n}" for status, n in sorted(statuses.items())))
    missed = Counter(name for name, _, _ in thrown.missed)
    for name in AIMS:
        print(f"{thrown.written[name]:6} done, {missed[name]:4} of the aimed refused: {name}")
    for name, status, text in thrown.missed[:10]:
        print(f"refused: {name} {status} {text[:160]}")
    print(f"{thrown.told.total()} decisions told of; lost {lost.total()}, doubled {doubled.total()}, the chain holds")
    print(f"5xx: {sum(n for status, n in statuses.items() if status >= 500)}")
    if lost or doubled:
        raise SystemExit(f"lost {lost}, doubled {doubled}")


if __name__ == "__main__":
    main()
