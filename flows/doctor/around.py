"""Checks of what is around the store: folders, disk, clock, PubMed, the schedule, backups."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path

from extract.store.engine import Store
from extract.store.log import latest_nights
from extract.store.versions import published_snapshots
from flows.backups.manifest import MANIFEST
from flows.doctor.findings import Finding, ok, problem, warning
from flows.publish import shown_snapshot_id
from flows.settings import Settings
from flows.timetable import last_due, night_due

LOW_MEGABYTES, SCARCE_MEGABYTES = 200, 2000
"""Free disk space below which a night may fail, and below which a person should make room."""

NIGHT_HOURS = 6
"""A night takes minutes; one that was due this long ago and has not ended was missed or hangs."""

BACKUP_DAYS = 8
"""Age of the newest backup that needs a person, where backups are kept in the state folder."""

CLOCK_MINUTES = 5
"""Difference to PubMed's clock that needs a person."""


def check_settings(settings: Settings) -> Finding:
    """Look for settings that work but should not stay."""
    if settings.ncbi_email is None and not settings.rehearsal:
        return warning("settings", "NCBI is not told who asks", "set LIVING_REVIEW_NCBI_EMAIL")
    return ok("settings", f"protocol {settings.protocol_path}, state {settings.state_dir}")


def check_permissions(settings: Settings, store: Store) -> Finding:
    """Tell whether the night can write where it must, and nobody else can read the accounts."""
    for folder in (settings.state_dir, settings.site_dir.parent):
        if not os.access(folder, os.W_OK | os.X_OK):
            return problem("permissions", f"{folder} cannot be written", "give it to the user the night runs as")
    if os.statvfs(settings.state_dir).f_flag & os.ST_RDONLY:
        return problem("permissions", f"{settings.state_dir} is on a read-only file system", "mount it for writing")
    if store.file is not None and store.file.exists() and store.file.stat().st_mode & 0o004:
        return warning(
            "permissions", f"everybody on this machine can read {store.file}", f"chmod -R o-rwx {settings.state_dir}"
        )
    return ok("permissions", "state and site can be written")


def check_disk(settings: Settings) -> Finding:
    """Tell whether there is room."""
    folders = {settings.state_dir, settings.site_dir.parent}
    free, folder = min((shutil.disk_usage(folder).free // 1_000_000, folder) for folder in folders if folder.exists())
    if free < LOW_MEGABYTES:
        return problem("disk", f"{free} MB are free for {folder}", "make room: the next night may fail")
    if free < SCARCE_MEGABYTES:
        return warning("disk", f"{free} MB are free for {folder}", "make room soon")
    return ok("disk", f"{free} MB free")


def check_clock(settings: Settings, store: Store, *, now: dt.datetime, theirs: dt.datetime | None) -> Finding:
    """Compare the clock with the log's last entry (a rehearsal's is no real time), and with PubMed's."""
    with store.read() as tx:
        nights = () if settings.rehearsal else latest_nights(tx, 1)
    last = nights[-1].started_at if nights else ""
    if last > now.strftime("%Y-%m-%dT%H:%M:%SZ"):
        return problem("clock", f"it shows {now:%Y-%m-%d %H:%M} UTC, but a night began at {last}", "set the clock")
    if theirs is not None and abs(theirs - now) > dt.timedelta(minutes=CLOCK_MINUTES):
        return warning("clock", f"it shows {now:%H:%M} UTC, PubMed's {theirs:%H:%M}", "switch on time synchronisation")
    return ok("clock", f"{now:%Y-%m-%d %H:%M} UTC" + (", as PubMed's" if theirs else ""))


def check_schedule(settings: Settings, store: Store, *, now: dt.datetime) -> Finding:
    """Tell whether the last night that was due has run, and how it ended."""
    if settings.rehearsal:
        return ok("schedule", "a rehearsal has none")
    living = settings.protocol.living
    with store.read() as tx:
        nights = latest_nights(tx, 60)
    if not nights:
        return warning("schedule", "no night has run yet", "run `living-review nightly`, or start `serve`")
    late = now - dt.timedelta(hours=NIGHT_HOURS)
    due = night_due(nights, now=late, living=living)
    if due is not None:
        return warning(
            "schedule",
            f"the night of {due} was due and has not run to its end; the last one in the log is {nights[-1].night}",
            "look at the scheduler (`serve`, systemd timer, Prefect worker), then run `living-review nightly`",
        )
    if nights[-1].state != "done":
        return warning(
            "schedule",
            f"the night of {nights[-1].night} ended as {nights[-1].state}",
            "see `living-review status` for the reason; the next night tries again",
        )
    return ok("schedule", f"the night of {nights[-1].night} is done; due was {last_due(late, living)}")


def check_site(settings: Settings, store: Store) -> Finding:
    """Tell whether the site is there, whole, and shows the last published snapshot."""
    with store.read() as tx:
        published = published_snapshots(tx)
    site = settings.site_dir
    if not published:
        return ok("site", "nothing is published yet")
    if not site.is_symlink() and site.exists():
        return problem("site", f"{site} is a real folder, not the link a publication makes", "move it away")
    if not (site / "index.html").is_file():
        return problem("site", f"{site} leads to no site", "run `living-review publish`")
    if shown_snapshot_id(settings) != published[-1].snapshot_id:
        return warning(
            "site", f"{site} shows {shown_snapshot_id(settings)}, not {published[-1].snapshot_id}", "run `publish`"
        )
    return ok("site", f"shows version {published[-1].version}")


def check_backups(settings: Settings, *, now: dt.datetime) -> Finding:
    """Tell how old the newest backup is; backups kept elsewhere are not known here."""
    folder = settings.state_dir / "backups"
    whole = sorted(path.parent for path in folder.glob(f"*/{MANIFEST}") if not path.parent.name.startswith("."))
    if not whole:
        return ok("backups", f"none in {folder}; make sure there are some elsewhere (`backup --to`)")
    age = (now - _made_at(whole[-1])).days
    if age > BACKUP_DAYS:
        return warning("backups", f"the newest, {whole[-1].name}, is {age} days old", "run `living-review backup`")
    return ok("backups", f"{len(whole)}, the newest {whole[-1].name}")


def _made_at(backup: Path) -> dt.datetime:
    return dt.datetime.fromtimestamp((backup / MANIFEST).stat().st_mtime, tz=dt.UTC)
