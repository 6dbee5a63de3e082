"""Rehearsed nights for tests: the real steps against the archive that ships, without Prefect."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

from flows.night import NightReport, opened_night, run_night
from flows.rehearsal import packaged_archive, rehearsal_clock, rehearsing
from flows.settings import Settings, load_settings
from tests.stores import ROOT

NIGHTS = tuple(dt.date(2026, 11, day) for day in (20, 21, 22))


def rehearsal(folder: Path) -> Settings:
    """Return the settings of a rehearsal whose state is in this folder."""
    environment = {"LIVING_REVIEW_STATE_DIR": str(folder), "LIVING_REVIEW_PROTOCOL": str(ROOT / "protocol.toml")}
    return replace(load_settings(environment), rehearsal=True)


def rehearse(settings: Settings, night: dt.date, *, archive: Path | None = None) -> NightReport:
    """Run one plain night (no Prefect) against an archive, the packaged one if none is given."""
    with rehearsing(settings, archive or packaged_archive(), night=night) as served:
        with opened_night(served, night=night, clock=rehearsal_clock(served, night)) as context:
            return run_night(context)


def copied_archive(folder: Path) -> Path:
    """Copy the packaged archive, so that a test may change it."""
    return Path(shutil.copytree(packaged_archive(), folder / "archive-copy"))
