"""The rehearsal: the same night against a recorded archive, served on this machine by a stand-in for PubMed."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import resources
from pathlib import Path

from extract.pubmed.replay import ReplayServer
from extract.registries.replay import TrialsReplayServer
from extract.store.log import all_nights
from flows.context import Clock, open_store
from flows.errors import SettingsError
from flows.settings import Settings
from flows.timetable import due_at


def packaged_archive() -> Path:
    """Return the archive that ships with the project."""
    return Path(str(resources.files("extract.pubmed.replay") / "archive"))


def archive_nights(archive: Path) -> tuple[dt.date, ...]:
    """Return the nights an archive offers for replaying, in order.

    Raises
    ------
    SettingsError
        The folder is no archive.
    """
    path = archive / "archive.toml"
    try:
        described = tomllib.loads(path.read_text(encoding="utf-8"))
        return tuple(dt.date.fromisoformat(night) for night in described["nights"])
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); --archive wants a recorded archive") from error
    except (tomllib.TOMLDecodeError, KeyError, ValueError) as error:
        raise SettingsError(f"{path}: does not describe an archive: {error}") from error


def next_night(settings: Settings, archive: Path) -> dt.date:
    """Return the archive's first night not rehearsed yet in this state folder; its last one when all were."""
    nights = archive_nights(archive)
    if not settings.state_dir.exists():
        return nights[0]
    store = open_store(settings)
    try:
        with store.read() as tx:
            done = {night.night for night in all_nights(tx) if night.state == "done"}
    finally:
        store.close()
    return next((night for night in nights if night.isoformat() not in done), nights[-1])


def rehearsal_clock(settings: Settings, night: dt.date) -> Clock:
    """Return a clock that stands at the protocol's hour of the night that is rehearsed."""
    instant = due_at(night, settings.protocol.living)
    return lambda: instant


@contextmanager
def rehearsing(settings: Settings, archive: Path, *, night: dt.date) -> Iterator[Settings]:
    """Serve the archive as of a night and give the settings that point at it; without trials no registry is asked."""
    trials = archive / "trials"
    with ReplayServer(archive, as_of=night) as server, TrialsReplayServer(trials, as_of=night) as registry:
        trials_url = registry.url if trials.exists() else None
        yield replace(settings, entrez_url=server.url, trials_url=trials_url, rehearsal=True)
