"""A small archive and a client that waits for nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from extract.pubmed.fetch import EntrezClient, EntrezSettings, Exchange
from extract.pubmed.replay import ReplayServer
from extract.pubmed.replay.faults import FaultPlan
from tests.extract.pubmed.samples import days_archive

KEY = "0123456789abcdef0123456789abcdef0123"


class Desk:
    """A stand-in server, a client on it, what the client kept and how long it would have waited."""

    def __init__(self, server: ReplayServer, client: EntrezClient) -> None:
        self.server = server
        self.client = client
        self.kept: list[Exchange] = []
        self.waits: list[float] = []


OpenDesk = Callable[..., Desk]


@pytest.fixture(scope="session")
def days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive of 25 records (1001 to 1025), the last created on 2026-11-20."""
    return days_archive(tmp_path_factory.mktemp("archive") / "days")


@contextmanager
def opened_desk(archive: Path, folder: Path, *, faults: FaultPlan | None = None, **settings: object) -> Iterator[Desk]:
    kept: list[Exchange] = []
    waits: list[float] = []
    given: dict[str, object] = {
        "email": "team@example.org",
        "limiter_folder": folder,
        "requests_per_second": 100_000,
        "timeout_seconds": 5.0,
        "max_attempts": 3,
        **settings,
    }
    with ReplayServer(archive, as_of=dt.date(2026, 11, 20), faults=faults) as server:
        client = EntrezClient(
            EntrezSettings(base_url=server.url, **given),  # type: ignore[arg-type]
            keep=kept.append,
            sleep=waits.append,
        )
        desk = Desk(server, client)
        desk.kept, desk.waits = kept, waits
        with client:
            yield desk


@pytest.fixture
def open_desk(days: Path, tmp_path: Path) -> Iterator[OpenDesk]:
    """Return a function that opens a desk on the archive of days."""
    with ExitStack() as stack:

        def open_one(archive: Path = days, **options: object) -> Desk:
            return stack.enter_context(opened_desk(archive, tmp_path / "limiter", **options))  # type: ignore[arg-type]

        yield open_one
