"""The review queue of the soak, served in a process of its own so that it can be killed.

An approval that completes a value publishes before its request is answered, so that two runs make the same versions.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from fastapi import FastAPI
from pwdlib.hashers.argon2 import Argon2Hasher

from extract.review.accounts import add_person, join
from extract.review.app import review_app
from extract.review.passwords import Passwords
from extract.review.tokens import make_token
from extract.store.accounts import get_account
from extract.store.tokens import revoke_tokens
from flows.context import open_store
from flows.publish import publish
from flows.settings import Settings
from tests.extract.review.queue_server import listening
from tests.nights import rehearsal

PEOPLE = ("reviewer-a", "reviewer-b")
CHEAP = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))


def serve_queue(state: Path, clock_file: Path, told: Connection) -> None:
    """Serve until the other end of the pipe closes; the first thing told is the address and the tokens."""
    settings: Settings = rehearsal(state)
    store = open_store(settings)

    def clock() -> dt.datetime:
        return dt.datetime.fromisoformat(clock_file.read_text(encoding="utf-8"))

    def published() -> None:
        now = clock()
        publish(settings, store, now=now, night=now.date())

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    queue = review_app(store, settings.protocol, clock=clock, allowed_hosts=["127.0.0.1"], on_approved=published)
    queue.mount_in(app)
    published()  # what a process that was killed had begun; else the next night would, under a later date
    tokens = {person: _token(settings, store, person, now=clock()) for person in PEOPLE}
    with listening(app) as port:
        told.send((f"http://127.0.0.1:{port}/review/", tokens))
        with suppress(EOFError):
            told.recv()
    store.close()


def _token(settings: Settings, store, person: str, *, now: dt.datetime) -> str:  # type: ignore[no-untyped-def]
    with store.read() as tx:
        known = get_account(tx, person)
    if known is None:
        link = add_person(store, settings.protocol, person, role=None, now=now)
        join(store, settings.protocol, CHEAP, link, person_id=person, password="three quiet words here", now=now)
    with store.write() as tx:
        revoke_tokens(tx, person, at=now.strftime("%Y-%m-%dT%H:%M:%SZ"))  # those of a process that was killed
    return make_token(store, settings.protocol, person, name="soak", scopes=("read", "decide"), now=now, days=366)[0]
