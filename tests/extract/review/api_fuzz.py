"""Requests made from the queue's own OpenAPI document, allowed ones and others, thrown at a served queue."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from extract.review.api.register import SCOPE_OF
from tests.extract.review.api_client import token_for
from tests.extract.review.queue_server import Queue, enqueue, make_account

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
"""No failure of the server, and every answer is one the document describes."""


def throw(queue: Queue, *, examples: int) -> Counter[int]:
    """Throw so many requests of each kind at every endpoint; return how often each status came.

    Items and people that exist are mixed in: random names alone would never get behind the first look-up.
    """
    values = enqueue(queue.store, "100", "200")
    make_account(queue, "guest")
    tokens = {
        scope: token_for(queue, "admin" if scope == "administer" else "reviewer-a", scope)
        for scope in SCOPE_OF.values()
    }
    items = ["record:100", "record:200", *(f"value:{value}" for value in values), "reopened:none--1", "family:x"]
    names = {"item": items, "person": ["guest", "nobody"], "value_id": ["none--1"], "token_id": ["0" * 12]}
    document = schemathesis.openapi.from_url(f"{queue.address}api/v1/openapi.json")
    seen: Counter[int] = Counter()
    for found in document.get_all_operations():
        operation = found.ok()
        access = queue.app.access[operation.method.upper(), f"/api/v1{operation.path}"]
        headers = {"Authorization": f"Bearer {tokens[SCOPE_OF[access]]}"}
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            seen += _thrown(queue, operation, mode, names, headers, examples=examples)
    return seen


def _thrown(
    queue: Queue,
    operation: APIOperation,
    mode: GenerationMode,
    names: dict[str, list[str]],
    headers: dict[str, str],
    *,
    examples: int,
) -> Counter[int]:
    seen: Counter[int] = Counter()

    @settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans(), which=st.integers(0, 4))
    def one(case: Case, known: bool, which: int) -> None:
        for name in [name for name in case.path_parameters or {} if known and name in names]:
            case.path_parameters[name] = names[name][which % len(names[name])]
        queue.clock.forward(seconds=1)  # far below what one token may ask for
        answer = case.call(headers=headers)
        seen[answer.status_code] += 1
        # A name such as "../.." leads out of the API before it is sent; what is there describes itself differently.
        within = urlsplit(str(answer.request.url)).path.startswith("/review/api/v1/")
        case.validate_response(answer, checks=CHECKS if within else [not_a_server_error])

    one()
    return seen
