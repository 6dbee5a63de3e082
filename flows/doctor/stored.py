"""Checks of the database and of the files it speaks of."""

from __future__ import annotations

import datetime as dt

from extract.errors import StoreError
from extract.review.blinding import role_waits
from extract.review.open_to_nobody import stranded_lines
from extract.store.decisions import verify_chain
from extract.store.engine import HEAD, Store
from extract.store.grants import own_powers
from extract.store.integrity import missing_tables, missing_triggers, unsound
from extract.store.saving import archived_bodies, damaged_bodies
from extract.store.versions import published_snapshots
from extract.store.work import long_leases
from flows.doctor.findings import Finding, ok, problem, warning
from flows.settings import Settings
from reports.errors import ReportError
from reports.pages.answer import verdict_on_everyone
from reports.pages.edition import Edition
from reports.snapshot import read_snapshot

RESTORE = "stop everything, move the state away, and `living-review restore` the newest backup"

LEASE_HOURS = 12
"""A lease lasts half an hour from the last activity; one that ends later than this was made by a wrong clock."""


def check_migration(store: Store) -> Finding:
    """Tell whether the database is at this software's migration; does not migrate."""
    revision = store.revision()
    if revision is None:
        return problem("database", f"{store.shown_url} is empty", "run `living-review nightly`, or restore a backup")
    if revision != HEAD:
        return problem(
            "database",
            f"{store.shown_url} is at migration {revision}, this software at {HEAD}",
            "back it up, then run any command of this software to bring it up to date (an older software: update it)",
        )
    return ok("database", f"{store.shown_url}, migration {revision}")


def check_soundness(store: Store) -> Finding:
    """Let the database look for damage."""
    with store.read() as tx:
        complaints = (*(f"table {name} is missing" for name in missing_tables(tx)), *unsound(tx))
    if complaints:
        return problem("integrity", "; ".join(complaints), RESTORE)
    return ok("integrity", "every page and every reference is whole")


def check_triggers(store: Store) -> Finding:
    """Tell whether the database still refuses to change evidence."""
    with store.read() as tx:
        gone = missing_triggers(tx)
    if gone:
        return problem(
            "append-only",
            f"{len(gone)} triggers that keep evidence unchanged are gone: {', '.join(gone[:3])}",
            "find out who removed them; compare with a backup, then restore it",
        )
    return ok("append-only", "the database refuses to change or delete evidence")


def check_role(store: Store) -> Finding:
    """Tell whether the role the application works under could change evidence if somebody had its password."""
    with store.read() as tx:
        role, powers = own_powers(tx)
    if not role:
        return ok("role", "SQLite: whoever may write the file may change it; the chain would show it")
    if powers:
        return warning(
            "role",
            f"role {role!r} {powers[0]}: its password is enough to drop what keeps evidence unchanged",
            "make a role of its own for the application, run `living-review grants ROLE` once as the owner, and put "
            "that role into LIVING_REVIEW_DATABASE_URL (DECISIONS 0038)",
        )
    return ok("role", f"{role!r} owns nothing and can change no evidence")


def check_chain(store: Store) -> Finding:
    """Verify the chain of the decision log."""
    try:
        with store.read() as tx:
            length = verify_chain(tx)
    except StoreError as error:
        return problem("audit chain", str(error), "find out who changed it; " + RESTORE)
    return ok("audit chain", f"{length} decisions, unbroken")


def check_archive(settings: Settings, store: Store) -> Finding:
    """Read every raw response back."""
    with store.read() as tx:
        hashes = archived_bodies(tx)
    damaged = damaged_bodies(settings.archive_dir, hashes)
    if damaged:
        return problem("archive", f"{len(damaged)} of {len(hashes)} answers: {damaged[0]}", "copy them from a backup")
    return ok("archive", f"{len(hashes)} answers, each with its hash")


def check_snapshots(settings: Settings, store: Store) -> Finding:
    """Verify every published snapshot."""
    with store.read() as tx:
        published = published_snapshots(tx)
    for snapshot in published:
        try:
            read_snapshot(settings.snapshots_dir / snapshot.snapshot_id)
        except (ReportError, OSError) as error:
            return problem("snapshots", str(error), f"copy {snapshot.snapshot_id} from a backup")
    return ok("snapshots", f"{len(published)} published, each as it was")


def check_interpretation(settings: Settings, store: Store) -> Finding:
    """Compare what people wrote about the result with the verdict of the version readers see."""
    with store.read() as tx:
        published = published_snapshots(tx)
    if not published:
        return ok("interpretation", "nothing is published yet")
    shown, written = published[-1], settings.protocol.editorial.written_for
    try:
        now = verdict_on_everyone(Edition(read_snapshot(settings.snapshots_dir / shown.snapshot_id)))
    except (ReportError, OSError) as error:
        return problem("interpretation", str(error), f"copy {shown.snapshot_id} from a backup")
    if written == now:
        return ok("interpretation", f"was written for what version {shown.version} says: {now}")
    return warning(
        "interpretation",
        f"was written for {written or 'nobody says what'}; the trials of version {shown.version} say: {now}",
        "write interpretation and implications of [editorial] for this result, with the date and written_for",
    )


def check_readers(settings: Settings, store: Store) -> Finding:
    """Look for items that nobody who may decide can act on."""
    with store.read() as tx:
        waits = role_waits(tx, settings.protocol)
        stranded = stranded_lines(tx, settings.protocol, waits)
    if stranded:
        parts = [line.partition("; ") for line in stranded]
        return warning("readers", "; ".join(found for found, _, _ in parts), "; ".join(todo for *_, todo in parts))
    return ok(
        "readers", f"values that wait for a reader of the role asked for: {len(waits)}, each with somebody for it"
    )


def check_leases(store: Store, *, now: dt.datetime) -> Finding:
    """Look for leases that will not end."""
    until = (now + dt.timedelta(hours=LEASE_HOURS)).strftime("%Y-%m-%dT%H:%M:%SZ")
    with store.read() as tx:
        stuck = long_leases(tx, until=until)
    if stuck:
        held = ", ".join(f"{lease.item} by {lease.person_id} until {lease.expires_at}" for lease in stuck[:3])
        return warning(
            "leases",
            f"{len(stuck)} items are held too long: {held}",
            "set the clock; its holder gives an item back on its page, `user disable` frees a person's items",
        )
    return ok("leases", "none is stuck")
