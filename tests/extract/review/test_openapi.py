"""Whatever the OpenAPI document allows, and much that it does not, is answered without a failure of the server."""

from __future__ import annotations

from pathlib import Path

from tests.extract.review.aims import AIMS
from tests.extract.review.api_fuzz import lost_and_doubled, throw
from tests.extract.review.queue_server import Queue, serving
from tests.stores import new_store

EXAMPLES = 3
"""Of each kind for each endpoint; `python -m tests.benchmarks.api_fuzz` throws hundreds, in several rounds."""


def test_every_endpoint_writes_what_it_says_and_no_request_made_from_the_document_fails_the_server(
    tmp_path: Path,
) -> None:
    with new_store(tmp_path) as store, serving(store) as queue:
        thrown = throw(queue, rounds=1, examples=EXAMPLES)
        lost, doubled = lost_and_doubled(queue, thrown)
    assert max(thrown.statuses) < 500
    assert {200, 404, 422} <= set(thrown.statuses), "the requests did not get behind the door"
    assert (lost, doubled) == ({}, {})
    assert set(AIMS) == set(thrown.written), "an endpoint that writes was never made to"


def test_every_endpoint_that_writes_is_aimed_at(queue: Queue) -> None:
    writing = {
        f"{method} {path.removeprefix('/api/v1')}"
        for method, path in queue.app.access
        if path.startswith("/api/v1/") and method != "GET"
    }
    assert writing == set(AIMS)
