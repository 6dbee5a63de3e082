"""The review queue on a loopback port, and a client that behaves like a browser's form."""

from __future__ import annotations

import datetime as dt
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
import uvicorn
from fastapi import FastAPI
from pwdlib.hashers.argon2 import Argon2Hasher

from extract.review.accounts import add_person, join
from extract.review.app import ReviewApp, review_app
from extract.review.curves import DeriveCurve
from extract.review.guard import form_token
from extract.review.passwords import Passwords
from extract.review.preview import Preview
from extract.review.seeding import SeedPlan
from extract.review.signing import SignIn
from extract.schema.effect import Comparison, Effect, Span
from extract.schema.protocol import Protocol
from extract.store.candidates import add_candidate
from extract.store.engine import Store
from extract.store.log import open_night, open_run
from extract.store.records import upsert_record
from flows.bodies import Bodies
from tests.extract.store.records import record
from tests.stores import AT, protocol

PASSWORD = "three quiet words here"
CHEAP = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
PROTOCOL = protocol()

ABSTRACT = (
    "Of 300 women with de novo stage IV disease, 150 had surgery of the primary tumour. "
    "Surgery was associated with longer survival (HR 0.72; 95% CI 0.56-0.93). Bone-only disease did best."
)
QUOTE = "HR 0.72; 95% CI 0.56-0.93"


@dataclass
class Clock:
    """A clock that tests move."""

    now: dt.datetime = field(default_factory=lambda: dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC))

    def __call__(self) -> dt.datetime:
        return self.now

    def forward(self, **of: float) -> None:
        self.now += dt.timedelta(**of)


@dataclass
class Queue:
    """A queue that is being served."""

    address: str
    store: Store
    app: ReviewApp
    clock: Clock
    approvals: list[str]

    def client(self, person: str | None = None) -> Client:
        """Return a client, signed in as a person if one is given (the account is made if need be)."""
        made = Client(self)
        if person is not None:
            made.sign_in(person)
        return made


class Client(requests.Session):
    """A browser without scripts."""

    def __init__(self, queue: Queue) -> None:
        super().__init__()
        self.queue = queue

    def page(self, path: str, **how: Any) -> requests.Response:
        return self.get(f"{self.queue.address}{path}", timeout=10, **how)

    def token(self) -> str:
        """Return what the site's own forms carry for this visitor."""
        if "review" not in self.cookies:
            self.page("login")
        return form_token(self.cookies["review"])

    def submit(self, path: str, form: dict[str, str] | None = None, **how: Any) -> requests.Response:
        """Send a form as the site's own page would."""
        origin = self.queue.address.removesuffix("/review/")
        headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
        body = {"form_token": self.token(), **(form or {})}
        return self.post(f"{self.queue.address}{path}", data=body, headers=headers, timeout=10, **how)

    def sign_in(self, person: str, password: str = PASSWORD) -> requests.Response:
        make_account(self.queue, person)
        return self.submit("login", {"person": person, "password": password})


def make_account(queue: Queue, person: str) -> None:
    """Make an account with the password of the tests, once."""
    from extract.store.accounts import get_account

    with queue.store.read() as tx:
        if get_account(tx, person) is not None:
            return
    role = None if PROTOCOL.person(person) else "administrator" if person == "admin" else "viewer"
    token = add_person(queue.store, PROTOCOL, person, role=role, now=queue.clock())
    join(queue.store, PROTOCOL, CHEAP, token, person_id=person, password=PASSWORD, now=queue.clock())


@contextmanager
def serving(
    store: Store,
    *,
    asked: Protocol = PROTOCOL,
    provider: SignIn | None = None,
    seeds: SeedPlan | None = None,
    preview: Preview | None = None,
    derive_curve: DeriveCurve | None = None,
) -> Iterator[Queue]:
    """Serve the queue of a store."""
    clock, approvals = Clock(), list[str]()
    queue_app = review_app(
        store,
        asked,
        clock=clock,
        allowed_hosts=["127.0.0.1"],
        passwords=CHEAP,
        on_approved=lambda: approvals.append("asked"),
        bodies=Bodies(asked),
        provider=provider,
        seeds=seeds,
        preview=preview,
        derive_curve=derive_curve,
    )
    outer = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    queue_app.mount_in(outer)
    with listening(outer) as port:
        yield Queue(f"http://127.0.0.1:{port}/review/", store, queue_app, clock, approvals)


@contextmanager
def listening(app: FastAPI) -> Iterator[int]:
    """Serve any application on a free loopback port."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield int(sock.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join()
        sock.close()


def proposed_effect(*, checks: tuple[str, ...] = (), abstract: str = ABSTRACT, **changes: Any) -> Effect:
    """Return the effect the abstract prints."""
    start = abstract.index(QUOTE)
    facts: dict[str, Any] = {
        "measure": "HR",
        "estimate": 0.72,
        "ci_low": 0.56,
        "ci_high": 0.93,
        "ci_level": 95.0,
        "p_value": None,
        "p_sided": None,
        "outcome": "OS",
        "subtype": "all",
        "metastatic_pattern": "all",
        "population": None,
        "comparison": Comparison("surgery", "no surgery"),
        "adjusted": True,
        "is_result": True,
        "span": Span("abstract", start, start + len(QUOTE), QUOTE),
        "checks": checks,
    }
    return Effect(**(facts | changes))


def enqueue(store: Store, *pmids: str, effect: Effect | None = None, title: str = "Surgery in stage IV") -> list[str]:
    """Put records with one proposed value each into the queue; return the ids of the values."""
    from extract.pubmed.parse import record_to_json

    added = []
    with store.write() as tx:
        night_id = open_night(tx, night="2026-11-20", at=AT, rehearsal=True)
        run_id = open_run(
            tx, night_id, source="pubmed", query_hash="q", date_type="all", window_start="a", window_end="b", at=AT
        )
        for pmid in pmids:
            parsed = record(pmid, title=title, abstract=ABSTRACT)
            upsert_record(
                tx, parsed, content=record_to_json(parsed), content_hash=f"h{pmid}", night="2026-11-20", run_id=run_id
            )
            new = add_candidate(
                tx,
                pmid=pmid,
                revision=1,
                extractor_version="1",
                effect=effect or proposed_effect(),
                state="proposed",
                night="2026-11-20",
            )
            assert new is not None
            added.append(new)
    return added
