"""Many requests made from the OpenAPI document: ``python -m tests.benchmarks.api_fuzz [EXAMPLES]``.

Prints how often each status came; ends with a traceback at the first failure of the server or answer that the document
does not describe.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from extract.store.decisions import all_decisions, verify_chain
from tests.extract.review.api_fuzz import throw
from tests.extract.review.queue_server import serving
from tests.stores import new_store


def main() -> None:
    """Throw and count."""
    examples = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as folder, new_store(Path(folder)) as store, serving(store) as queue:
        seen = throw(queue, examples=examples)
        with store.read() as tx:
            decisions = verify_chain(tx)
            assert decisions == len(all_decisions(tx))
    print(f"{seen.total()} requests: " + ", ".join(f"{status} x {number}" for status, number in sorted(seen.items())))
    print(f"{decisions} decisions, the chain holds; 5xx: {sum(n for status, n in seen.items() if status >= 500)}")


if __name__ == "__main__":
    main()
