"""Requests made from the queue's own OpenAPI document, allowed ones and others, thrown at a served queue.

Three in four allowed ones are aimed (``aims.py``): their item, its ``seen`` mark and what a decision needs are taken
from what the person has before them, the rest stays as generated. So most of what the API can write is written.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from requests import Response
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from extract.review.api.register import SCOPE_OF
from extract.store.decisions import all_decisions, verify_chain
from tests.extract.review.aims import AIMS, Aimed, People, told_of
from tests.extract.review.queue_server import Queue

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
"""No failure of the server, and every answer is one the document describes."""

AIMED = 3
"""Allowed requests in four that are aimed."""


@dataclass
class Thrown:
    """What came of it.

    Parameters
    ----------
    statuses
        How often each status came.
    written
        How often each writing endpoint did what it was asked.
    told
        Decisions the answers told of: ``{(person, action, kind, subject): times}``.
    missed
        Aimed requests that were refused: endpoint, status, answer.
    prepared
        Numbers of the decisions that prepared the ground.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)
    told: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    missed: list[tuple[str, int, str]] = field(default_factory=list)
    prepared: set[int] = field(default_factory=set)


def throw(queue: Queue, *, rounds: int, examples: int) -> Thrown:
    """Throw so many requests of each kind at every endpoint, round after round, so that states mix."""
    people, thrown = People(queue), Thrown()
    people.refill()
    document = schemathesis.openapi.from_url(f"{queue.address}api/v1/openapi.json")
    operations = [found.ok() for found in document.get_all_operations()]
    for number in range(rounds):
        for operation in operations:
            people.refill()
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                _throw_one_kind(people, operation, mode, thrown, examples=examples, number=number)
    thrown.prepared = people.prepared
    return thrown


def _throw_one_kind(
    people: People, operation: APIOperation, mode: GenerationMode, thrown: Thrown, *, examples: int, number: int
) -> None:
    queue = people.queue
    access = queue.app.access[operation.method.upper(), f"/api/v1{operation.path}"]
    name = f"{operation.method.upper()} {operation.path}"

    @seed(number)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), chance=st.integers(0, 3), drawn=st.integers(0, 999))
    def one(case: Case, chance: int, drawn: int) -> None:
        queue.clock.forward(seconds=1)  # far below what one token may ask for
        person, aimed = people.who(SCOPE_OF[access], drawn), None
        if mode is GenerationMode.POSITIVE and chance < AIMED and name in AIMS:
            person, aimed = people.aim(name, SCOPE_OF[access], drawn)
        if aimed is not None:
            _aim(case, aimed)
        elif chance < AIMED:
            for parameter in case.path_parameters or {}:
                case.path_parameters[parameter] = people.name(parameter, drawn)
        answer = case.call(headers={"Authorization": f"Bearer {people.tokens[person]}"})
        thrown.statuses[answer.status_code] += 1
        if aimed is not None and answer.status_code != 200:
            thrown.missed.append((name, answer.status_code, answer.text[:300]))
        # A name such as "../.." leads out of the API before it is sent; what is there describes itself differently.
        within = urlsplit(str(answer.request.url)).path.startswith("/review/api/v1/")
        case.validate_response(answer, checks=CHECKS if within else [not_a_server_error])
        if answer.status_code == 200 and within and operation.method.upper() != "GET":
            _note(thrown, name, people, person, answer)

    one()


def _aim(case: Case, aimed: Aimed) -> None:
    for parameter, text in aimed.path.items():
        case.path_parameters[parameter] = text
    if aimed.body is not None:
        made: dict[str, Any] = case.body if isinstance(case.body, dict) else {}
        words = {key: text for key, text in made.items() if key in ("comment", "reason") and str(text).strip()}
        case.body = {**aimed.body, **words}


def _note(thrown: Thrown, name: str, people: People, person: str, answer: Response) -> None:
    thrown.written[name] += 1
    decision = told_of(name, answer)
    if decision is not None:
        people.program(person).remember(name, str(answer.json()["item"]))
        thrown.told[(person, *decision)] += 1


def lost_and_doubled(queue: Queue, thrown: Thrown) -> tuple[Counter[Any], Counter[Any]]:
    """Return decisions people were told of that are not in the log, and those in it that nobody was told of."""
    with queue.store.read() as tx:
        log = all_decisions(tx)
        assert verify_chain(tx) == len(log)
    logged: Counter[tuple[str, str, str, str]] = Counter()
    for one in (each.decision for each in log if each.seq not in thrown.prepared):
        follows = one.action == "agree" or one.details.get("candidate")
        if not follows and one.subject_kind not in ("report", "study"):
            action = "judge" if one.action == "settle" else one.action
            logged[(one.by, action, one.subject_kind, one.subject_id)] += 1
    return thrown.told - logged, logged - thrown.told
