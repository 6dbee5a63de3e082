"""A review with many people and a full queue, served as ``living-review serve`` serves it."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from pwdlib.hashers.argon2 import Argon2Hasher

from extract.pubmed.parse import record_to_json
from extract.review.accounts import add_person, join
from extract.review.passwords import Passwords
from extract.schema.effect import Comparison, Effect, Span
from extract.schema.protocol import Protocol
from extract.schema.vocabulary import RecordState
from extract.store.candidates import add_candidate
from extract.store.curated import Report, TrialFamily, put_family, put_report
from extract.store.engine import Store, Transaction
from extract.store.log import open_night, open_run
from extract.store.records import set_report, set_state, upsert_record
from flows.context import system_clock
from flows.settings import read_protocol
from tests.extract.store.records import record
from tests.stores import AT, ROOT

PASSWORD = "three quiet words here"
SENTENCES = (
    "Patients with de novo metastatic breast cancer were identified from hospital records.",
    "Locoregional treatment of the primary tumour was given to some and systemic therapy alone to the others.",
    "Median follow-up was reported in months and overall survival was the primary outcome.",
    "Groups differed in age, hormone receptor status, HER2 and the number of metastatic sites.",
    "Cox models were adjusted for these covariates and for the year of diagnosis.",
)
VALUES_A_RECORD = 11
"""A cohort that reports by subtype and pattern; a review has tens of included records, not hundreds."""

START_SECONDS = 90


@dataclass(frozen=True)
class Prepared:
    """A filled state folder.

    Parameters
    ----------
    people
        Ids of those who can vote; the last one is the adjudicator.
    """

    folder: Path
    database_url: str
    protocol_path: Path
    people: tuple[str, ...]

    def store(self) -> Store:
        """Open its store."""
        return Store(self.database_url, archive=self.folder / "archive")


def team_protocol(folder: Path, people: int) -> tuple[Path, tuple[str, ...]]:
    """Write this checkout's protocol with a team of many; return the file and the ids."""
    text = (ROOT / "protocol.toml").read_text(encoding="utf-8")
    head, _, rest = text.partition("[[people]]")
    tail = rest[rest.index("[editorial]") :]
    ids = (*(f"person-{number:03}" for number in range(people - 1)), "adjudicator")
    roles = [*("reviewer" if number % 2 else "expert" for number in range(people - 1)), "adjudicator"]
    blocks = "".join(
        f'[[people]]\nid = "{one}"\nname = "{one}"\nrole = "{role}"\ninterests = "none"\ncontribution = "load test"\n\n'
        for one, role in zip(ids, roles, strict=True)
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "protocol.toml"
    path.write_text(head + blocks + tail, encoding="utf-8")
    return path, ids


def prepare(folder: Path, database_url: str, *, people: int, items: int) -> Prepared:
    """Fill a store: two thirds of the items are records to screen, one third values of included records."""
    protocol_path, ids = team_protocol(folder, people)
    protocol = read_protocol(protocol_path)[0]
    store = Store(database_url, archive=folder / "archive")
    store.prepare()
    with store.write() as tx:
        _fill(tx, records=items - items // 3, values=items // 3)
    # What is measured is the queue, not how long fifty people take to choose a password.
    cheap = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
    for one in ids:
        _account(store, protocol, one, cheap)
    store.close()
    return Prepared(folder, database_url, protocol_path, ids)


def _account(store: Store, protocol: Protocol, person: str, passwords: Passwords) -> None:
    token = add_person(store, protocol, person, role=None, now=system_clock())
    join(store, protocol, passwords, token, person_id=person, password=PASSWORD, now=system_clock())


def _fill(tx: Transaction, *, records: int, values: int) -> None:
    drawn = random.Random(2026)
    night_id = open_night(tx, night="2026-11-20", at=AT, rehearsal=False)
    run_id = open_run(
        tx, night_id, source="pubmed", query_hash="q", date_type="all", window_start="a", window_end="b", at=AT
    )
    included = -(-values // VALUES_A_RECORD)
    for number in range(records + included):
        pmid = str(90_000_000 + number)
        quotes = [_quote(drawn) for _ in range(VALUES_A_RECORD if number >= records else 1)]
        words = drawn.sample(SENTENCES, len(SENTENCES))
        words += [f"Surgery and survival in centre {place}: ({quote})." for place, quote in enumerate(quotes)]
        title, abstract = f"Surgery of the primary tumour in stage IV breast cancer, cohort {pmid}", " ".join(words)
        parsed = record(pmid, title=title, abstract=abstract)
        upsert_record(tx, parsed, content=record_to_json(parsed), content_hash=pmid, night="2026-11-20", run_id=run_id)
        for place, quote in enumerate(quotes):
            add_candidate(
                tx,
                pmid=pmid,
                revision=1,
                extractor_version="1",
                effect=_effect(abstract, f"centre {place}: ({quote}", quote, population=f"centre {place}"),
                state="proposed",
                night="2026-11-20",
            )
        if number >= records:
            _include(tx, pmid)


def _quote(drawn: random.Random) -> str:
    low, high = drawn.randint(40, 60) / 100, drawn.randint(85, 140) / 100
    return f"HR {round((low * high) ** 0.5, 2):.2f}; 95% CI {low:.2f}-{high:.2f}"


def _include(tx: Transaction, pmid: str) -> None:
    study = f"pmid-{pmid}"
    put_family(tx, TrialFamily(study, "retrospective_cohort", None, "queue", {"label": f"Cohort {pmid}"}))
    put_report(tx, Report(study, study, pmid, None, "queue", {"report_type": "primary", "year": 2026}))
    set_state(tx, pmid, RecordState.INCLUDED)
    set_report(tx, pmid, study)


def _effect(abstract: str, around: str, quote: str, *, population: str) -> Effect:
    start = abstract.index(around) + len(around) - len(quote)
    estimate, low, high = (float(text) for text in re.findall(r"\d\.\d+", quote))
    return Effect(
        measure="HR",
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        ci_level=95.0,
        p_value=None,
        p_sided=None,
        outcome="OS",
        subtype="all",
        metastatic_pattern="all",
        population=population,
        comparison=Comparison("surgery", "no surgery"),
        adjusted=True,
        is_result=True,
        span=Span("abstract", start, start + len(quote), quote),
    )


@contextmanager
def served(prepared: Prepared) -> Iterator[str]:
    """Serve it in a process of its own, with the command operators use; give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: text for name, text in os.environ.items() if not name.startswith("LIVING_REVIEW_")} | {
        "LIVING_REVIEW_STATE_DIR": str(prepared.folder),
        "LIVING_REVIEW_DATABASE_URL": prepared.database_url,
        "LIVING_REVIEW_PROTOCOL": str(prepared.protocol_path),
    }
    with (prepared.folder / "serve.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "flows.cli", "serve", "--no-schedule", "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=log,
            cwd=ROOT,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(server, address, prepared.folder / "serve.log")
        yield address
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(timeout=60)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended: {log.read_text(errors='replace')[-2000:]}")
        try:
            if requests.get(f"{address}/healthz", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise RuntimeError("the server did not answer in time")
