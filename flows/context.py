"""What every step of a night is given: settings, store, the night's date, and the clock."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from extract.schema.protocol import Protocol
from extract.store.engine import Store, Transaction
from extract.store.log import all_nights
from flows.errors import SettingsError
from flows.settings import Settings

if TYPE_CHECKING:  # commands that never ask PubMed do not load its client
    from extract.pubmed.fetch import EntrezSettings

LOCK_POLL_SECONDS = 0.1
"""How often a waiting process looks whether the lock is free."""

Clock = Callable[[], dt.datetime]
SearchScope = Literal["tonight", "all dates", "all records"]


def system_clock() -> dt.datetime:
    """Return the time now, in UTC."""
    return dt.datetime.now(tz=dt.UTC)


@dataclass(frozen=True)
class NightContext:
    """One night: its date, its number in the log, and where everything is.

    Parameters
    ----------
    night
        Date the night stands for; searches run through this day.
    night_id
        Its number in the log.
    clock
        Gives the time; a rehearsal's clock stands at the night it rehearses.
    entrez
        How PubMed is reached; None for what the settings say.
    sleep
        How to wait between the tries of a request, in seconds.
    scope
        ``tonight``: the windows that are due; ``all dates``: the whole search; ``all records``: the whole search, and
        every record is fetched again.
    """

    settings: Settings
    store: Store
    night: dt.date
    night_id: int
    clock: Clock
    entrez: EntrezSettings | None = None
    sleep: Callable[[float], None] = time.sleep
    scope: SearchScope = "tonight"

    @property
    def protocol(self) -> Protocol:
        """The protocol in force."""
        return self.settings.protocol

    def now(self) -> str:
        """Return the time as an ISO string in UTC, to the second."""
        return self.clock().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def open_store(settings: Settings) -> Store:
    """Open the store of these settings, at the newest migration.

    Raises
    ------
    extract.errors.StoreError
        It cannot be used; nothing was changed.
    """
    store = Store(settings.database_url, archive=settings.archive_dir)
    store.prepare()
    return store


@contextmanager
def only_one(settings: Settings, what: str, *, wait_seconds: float = 0) -> Iterator[None]:
    """Let one process at a time do this; a second one waits so long, then is told so.

    Raises
    ------
    SettingsError
        Another process is at it, or the state folder cannot be written.
    """
    path = settings.state_dir / f"{what}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise SettingsError(f"the state folder {path.parent} cannot be written: {error.strerror}") from error
    try:
        deadline = time.monotonic() + wait_seconds
        while not _locked(descriptor):
            if time.monotonic() >= deadline:
                raise SettingsError(f"another process is busy with this ({what}) in {path.parent}; wait for it")
            time.sleep(LOCK_POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def only_one_host(store: Store, what: str, *, wait_seconds: float = 0) -> Iterator[None]:
    """Let one of the hosts that share a database do this; the state folder's lock is seen on one host only.

    Raises
    ------
    SettingsError
        Another process is at it.
    """
    deadline = time.monotonic() + wait_seconds
    while True:
        with store.only_one(what) as mine:
            if mine:
                yield
                return
        if time.monotonic() >= deadline:
            raise SettingsError(f"another process is busy with this ({what}) in {store.shown_url}; wait for it")
        time.sleep(LOCK_POLL_SECONDS)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def refuse_other_kind(tx: Transaction, settings: Settings) -> None:
    """Refuse to mix live and rehearsed nights in one state folder: a rehearsal's search says nothing about PubMed.

    Raises
    ------
    SettingsError
        The folder holds nights of the other kind.
    """
    kinds = {night.rehearsal for night in all_nights(tx)}
    if kinds and kinds != {settings.rehearsal}:
        held, wanted = ("rehearsed", "live") if settings.rehearsal is False else ("live", "rehearsed")
        raise SettingsError(
            f"{settings.state_dir} holds {held} nights; a {wanted} one needs a state folder of its own: "
            "set LIVING_REVIEW_STATE_DIR"
        )


def as_recorded(settings: Settings, store: Store) -> Settings:
    """Return the settings marked as what the state folder holds: the live review or a rehearsal."""
    with store.read() as tx:
        kinds = {night.rehearsal for night in all_nights(tx)}
    return replace(settings, rehearsal=True) if kinds == {True} else settings


def writable(folder: Path) -> None:
    """Make a folder and make sure it can be written.

    Raises
    ------
    SettingsError
        It cannot; nothing was changed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:  # without a name where the system can: a kill leaves none
            probe.write(b"?")
    except OSError as error:
        raise SettingsError(f"the folder {folder} cannot be written: {error.strerror}") from error
