"""All checks in order; what cannot be looked at because something before it is broken is said, not left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import requests

from extract.errors import StoreError
from extract.store.engine import Store
from flows.context import Clock, as_recorded, system_clock
from flows.doctor import around, stored
from flows.doctor.findings import Finding, ok, problem, warning
from flows.settings import Settings

PATIENCE_SECONDS = 8
"""How long PubMed may take to answer."""


def examine(settings: Settings, *, online: bool = True, clock: Clock = system_clock) -> tuple[Finding, ...]:
    """Look at everything and change nothing.

    Parameters
    ----------
    online
        Whether to ask PubMed.
    """
    now = clock()
    if not settings.state_dir.is_dir():
        return (problem("state", f"{settings.state_dir} does not exist", "run `make run`, or restore a backup"),)
    reached, theirs = _pubmed(settings) if online else (None, None)
    findings = [around.check_disk(settings)]
    try:
        store = _existing(settings)
        with_log = as_recorded(settings, store) if store.revision() is not None else settings
    except StoreError as error:
        findings.append(problem("database", str(error), stored.RESTORE))
        return (*findings, *([reached] if reached else []), _unchecked("everything in the database"))
    try:
        findings += [around.check_settings(with_log), around.check_permissions(with_log, store)]
        findings.append(stored.check_migration(store))
        if findings[-1].state == "problem":
            findings.append(_unchecked("everything in the database"))
        else:
            findings += _checked(_of_the_store(with_log, store, now=now, theirs=theirs))
    finally:
        store.close()
    return (*findings, around.check_backups(settings, now=now), *([reached] if reached else []))


def _of_the_store(
    settings: Settings, store: Store, *, now: dt.datetime, theirs: dt.datetime | None
) -> tuple[tuple[str, Callable[[], Finding]], ...]:
    return (
        ("integrity", lambda: stored.check_soundness(store)),
        ("append-only", lambda: stored.check_triggers(store)),
        ("role", lambda: stored.check_role(store)),
        ("audit chain", lambda: stored.check_chain(store)),
        ("archive", lambda: stored.check_archive(settings, store)),
        ("snapshots", lambda: stored.check_snapshots(settings, store)),
        ("interpretation", lambda: stored.check_interpretation(settings, store)),
        ("site", lambda: around.check_site(settings, store)),
        ("schedule", lambda: around.check_schedule(settings, store, now=now)),
        ("clock", lambda: around.check_clock(settings, store, now=now, theirs=theirs)),
        ("readers", lambda: stored.check_readers(settings, store)),
        ("leases", lambda: stored.check_leases(store, now=now)),
    )


def _checked(checks: tuple[tuple[str, Callable[[], Finding]], ...]) -> list[Finding]:
    """Run checks one after the other; one the database refuses is a finding of its own."""
    findings = []
    for name, check in checks:
        try:
            findings.append(check())
        except StoreError as error:
            findings.append(problem(name, str(error), stored.RESTORE))
    return findings


def _existing(settings: Settings) -> Store:
    """Return the store as it is: a file that is missing is not made, an old one not migrated.

    Raises
    ------
    StoreError
        There is none.
    """
    store = Store(settings.database_url, archive=settings.archive_dir)
    if store.file is not None and not store.file.exists():
        store.close()
        raise StoreError(f"there is no database {store.file}")
    return store


def _pubmed(settings: Settings) -> tuple[Finding, dt.datetime | None]:
    """Ask PubMed whether it answers, and for its clock."""
    try:
        answer = requests.get(f"{settings.entrez_url}einfo.fcgi", params={"retmode": "json"}, timeout=PATIENCE_SECONDS)
    except requests.RequestException as error:
        return (
            warning(
                "PubMed",
                f"{settings.entrez_url} does not answer ({type(error).__name__})",
                "look at the network, a proxy, LIVING_REVIEW_ENTREZ_URL; the night says so and exits with 3",
            ),
            None,
        )
    try:
        # HTTP dates are UTC; Python leaves the zone out where it is written as -0000.
        theirs = parsedate_to_datetime(answer.headers.get("Date", "")).replace(tzinfo=dt.UTC)
    except ValueError:
        theirs = None
    if not answer.ok:
        found = f"{settings.entrez_url} answers {answer.status_code}"
        return warning("PubMed", found, "wait, or look at the key and the address"), theirs
    return ok("PubMed", f"{settings.entrez_url} answers"), theirs


def _unchecked(what: str) -> Finding:
    return Finding(what, "not checked", "because of the problem above", "mend it and run doctor again")
