"""Whatever the OpenAPI document allows, and much that it does not, is answered without a failure of the server."""

from __future__ import annotations

from pathlib import Path

from extract.store.decisions import all_decisions, verify_chain
from tests.extract.review.api_fuzz import throw
from tests.extract.review.queue_server import serving
from tests.stores import new_store

EXAMPLES = 3
"""Of each kind for each endpoint; `python -m tests.benchmarks.api_fuzz` throws hundreds."""


def test_no_request_made_from_the_document_fails_the_server(tmp_path: Path) -> None:
    with new_store(tmp_path) as store, serving(store) as queue:
        seen = throw(queue, examples=EXAMPLES)
        with store.read() as tx:
            assert verify_chain(tx) == len(all_decisions(tx))
    assert max(seen) < 500
    assert {200, 404, 422} <= set(seen), "the requests did not get behind the door"
