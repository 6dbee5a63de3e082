"""Publishing: freeze the approved rows, analyse, write the snapshot, build, check and swap the site.

Every step can be repeated: the same rows give the same version, an existing snapshot is reused, the swap is atomic.
A failed gate leaves the old site standing (exit code 4); only its status is brought up to date.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from extract.errors import SeededNumber, StoreError
from extract.review.seeded import refuse_seeded_table
from extract.store.decisions import verify_chain, verify_newest
from extract.store.engine import Store, Transaction
from extract.store.versions import (
    PublishedSnapshot,
    TableVersion,
    add_snapshot,
    content_hash,
    freeze,
    published_snapshots,
    version_number,
)
from flows.assembly import synthesise
from flows.content import snapshot_content
from flows.context import only_one, only_one_host
from flows.differences import refuse_lost_inclusions
from flows.errors import PublishRefused
from flows.expected import note_expected_shifts
from flows.frozen import FrozenTable, read_table
from flows.registered import ongoing_rows, shown_rows
from flows.settings import Settings
from flows.status import compute_status
from reports.errors import ReportError
from reports.frozen import keep_published
from reports.making import make_site
from reports.model import Manifest, Snapshot, Synthesis
from reports.publish import swap
from reports.snapshot import clear_unfinished, read_snapshot, read_snapshots, whole_snapshots, write_snapshot
from reports.status import Status, rewrite_status

PATIENCE_SECONDS = 120.0
"""How long a publisher waits for another one; a build takes seconds."""

NEWEST_DECISIONS = 1000
"""Entries of the decision log a quiet night verifies: more than people make from one night to the next."""

STAGED = ".staged-"
"""How the name of a site's folder begins while it is built, beside the published one."""


@dataclass(frozen=True)
class Publication:
    """What publishing did.

    Parameters
    ----------
    version
        Version the site shows.
    new
        True when this made a new version; False on a quiet night, which changes the status only.
    headline
        The main result in one line.
    status
        The status the site shows now.
    """

    version: str
    new: bool
    headline: str
    status: Status


def publish(settings: Settings, store: Store, *, now: dt.datetime, night: dt.date) -> Publication:
    """Publish what is approved.

    Raises
    ------
    PublishRefused
        A gate failed, the disk is full or the site folder cannot be written; yesterday's site stands.
    """
    with (
        only_one(settings, "publish", wait_seconds=PATIENCE_SECONDS),
        only_one_host(store, "publish", wait_seconds=PATIENCE_SECONDS),
    ):
        return _publish(settings, store, now=now, night=night)


def _publish(settings: Settings, store: Store, *, now: dt.datetime, night: dt.date) -> Publication:
    at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    shown = shown_snapshot_id(settings)
    with store.write() as tx:
        _verify_decisions(tx, whole=False)
        _adopt(tx, settings, shown, night)
        refuse_lost_inclusions(tx, settings.protocol)
        _refuse_seeded(tx)
        table = read_table(tx)
        version = freeze(tx, table.rows(), at=at, night=night.isoformat())
        earlier = published_snapshots(tx)
        status = compute_status(tx, settings, now=now)
        registered = shown_rows(ongoing_rows(tx, table))
    syntheses = synthesise(table, settings.protocol)
    note_expected_shifts(store, settings.protocol, table, syntheses, at=at)
    # Software versions are shown, but a newer numpy that gives the same digits is no new version of the review.
    results = [synthesis.model_dump(mode="json", exclude={"software"}) for synthesis in syntheses]
    fingerprint = content_hash([version.content_hash, settings.protocol_sha256, results, registered])
    try:
        settings.snapshots_dir.mkdir(parents=True, exist_ok=True)
        clear_unfinished(settings.snapshots_dir)
        if earlier and earlier[-1].content_hash == fingerprint and earlier[-1].snapshot_id == shown:
            rewrite_status(settings.site_dir, status)
            keep_published(settings.site_dir, settings.frozen_pages_dir)
            return Publication(earlier[-1].version, False, headline(syntheses, settings), status)
        with store.read() as tx:
            _verify_decisions(tx, whole=True)
        snapshot = _snapshot(settings, store, table, version, syntheses, earlier, fingerprint, at=at)
        status = status.model_copy(update={"published_at": snapshot.manifest.created_at})
        _publish_site(settings, snapshot, earlier, status)
    except ReportError as error:
        raise PublishRefused(f"not published, the old site stands: {error}") from error
    except OSError as error:
        raise PublishRefused(f"not published, the old site stands: {error.strerror}: {error.filename}") from error
    if not (earlier and earlier[-1].snapshot_id == snapshot.manifest.snapshot_id):
        with store.write() as tx:
            add_snapshot(tx, _log_entry(snapshot.manifest, night))
    return Publication(snapshot.manifest.version, True, headline(syntheses, settings), status)


def status_after_refusal(settings: Settings, store: Store, *, now: dt.datetime) -> Status:
    """Bring the status of the published site up to date and return it; the rest of the site stays as it is.

    Where the refusal's own reason (a full disk, no site at all) also keeps the status from being written, the status
    is returned all the same: the refusal is what is reported.
    """
    with store.read() as tx:
        status = compute_status(tx, settings, now=now)
    with suppress(ReportError, OSError):
        rewrite_status(settings.site_dir, status)
    return status


def headline(syntheses: tuple[Synthesis, ...], settings: Settings) -> str:
    """Return the main result of the randomised trials in one line."""
    outcome = settings.protocol.primary_outcome()
    main = next(
        s for s in syntheses if (s.outcome, s.subtype, s.pattern, s.body) == (outcome.code, "all", "all", "randomised")
    )
    if main.primary is None:
        return f"{outcome.label}, randomised trials: {main.reason}"
    ratio = main.primary.ratio
    return (
        f"{outcome.label}, {main.k} randomised trials: HR {ratio.estimate:.3f} "
        f"({ratio.level:g} % CI {ratio.low:.3f}-{ratio.high:.3f})"
    )


def _snapshot(
    settings: Settings,
    store: Store,
    table: FrozenTable,
    version: TableVersion,
    syntheses: tuple[Synthesis, ...],
    earlier: tuple[PublishedSnapshot, ...],
    fingerprint: str,
    *,
    at: str,
) -> Snapshot:
    """Write the snapshot, or read the one that a killed attempt (or a lost site) left behind."""
    if earlier and earlier[-1].content_hash == fingerprint:
        return read_snapshot(settings.snapshots_dir / earlier[-1].snapshot_id)
    logged = {published.snapshot_id for published in earlier}
    whole = [folder for folder in whole_snapshots(settings.snapshots_dir) if folder.name not in logged]
    unlogged = [folder for folder in whole if folder.name.endswith(f"-{fingerprint[:12]}")]
    if unlogged:
        return read_snapshot(unlogged[-1])
    label = next_version(earlier, settings.snapshots_dir, year=int(at[:4]))
    folder = settings.snapshots_dir / f"{label}-{fingerprint[:12]}"
    if not folder.exists():
        previous = read_snapshot(settings.snapshots_dir / earlier[-1].snapshot_id) if earlier else None
        with store.read() as tx:
            snapshot = snapshot_content(
                tx,
                settings,
                table,
                version,
                syntheses,
                previous,
                label=label,
                snapshot_id=folder.name,
                fingerprint=fingerprint,
                at=at,
            )
        write_snapshot(snapshot, folder)
    return read_snapshot(folder)


def next_version(earlier: tuple[PublishedSnapshot, ...], folder: Path, *, year: int) -> str:
    """Return the next version label, ``year.count``; a label whose snapshot was ever written is not used again."""
    labels = [published.version for published in earlier]
    labels += [path.name.split("-")[0] for path in whole_snapshots(folder)]
    counts = [count for label_year, count in map(version_number, labels) if label_year == year]
    return f"{year}.{max(counts, default=0) + 1}"


def shown_snapshot_id(settings: Settings) -> str | None:
    """Return which snapshot the published site shows, None when there is no site."""
    try:
        about = json.loads((settings.site_dir / "site.json").read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return None
    return str(about["snapshot_id"]) if "snapshot_id" in about else None


def _verify_decisions(tx: Transaction, *, whole: bool) -> None:
    """Refuse to publish on a decision log that somebody changed; a quiet night reads its newest entries."""
    try:
        if whole:
            verify_chain(tx)
        else:
            verify_newest(tx, entries=NEWEST_DECISIONS)
    except StoreError as error:
        raise PublishRefused(f"not published, the old site stands: {error}") from error


def _refuse_seeded(tx: Transaction) -> None:
    """Refuse to freeze a number that was deliberately shown wrong to a reader."""
    try:
        refuse_seeded_table(tx)
    except SeededNumber as error:
        raise PublishRefused(f"not published, the old site stands: {error}") from error


def _adopt(tx: Transaction, settings: Settings, shown: str | None, night: dt.date) -> None:
    """Log a snapshot that readers have seen although the publisher was killed before it could log it."""
    logged = {published.snapshot_id for published in published_snapshots(tx)}
    if shown is None or shown in logged or not (settings.snapshots_dir / shown).exists():
        return
    manifest = read_snapshot(settings.snapshots_dir / shown).manifest
    if manifest.content_hash is not None:
        add_snapshot(tx, _log_entry(manifest, night))


def _log_entry(manifest: Manifest, night: dt.date) -> PublishedSnapshot:
    return PublishedSnapshot(
        snapshot_id=manifest.snapshot_id,
        version=manifest.version,
        table_version=manifest.table_version,
        content_hash=manifest.content_hash or "",
        published_at=manifest.created_at,
        night=night.isoformat(),
    )


def _publish_site(
    settings: Settings, snapshot: Snapshot, earlier: tuple[PublishedSnapshot, ...], status: Status
) -> None:
    older = read_snapshots(
        settings.snapshots_dir / published.snapshot_id
        for published in earlier
        if published.snapshot_id != snapshot.manifest.snapshot_id
    )
    for unfinished in settings.site_dir.parent.glob(f"{STAGED}*"):  # of killed publications
        shutil.rmtree(unfinished)
    staged = settings.site_dir.parent / f"{STAGED}{snapshot.manifest.snapshot_id}"
    try:
        # What readers have seen goes into the archive first: it is never rendered again.
        keep_published(settings.site_dir, settings.frozen_pages_dir)
        staged.mkdir(parents=True)
        make_site(
            snapshot,
            status=status,
            out=staged,
            site_url=settings.site_url,
            earlier=older,
            archive=settings.frozen_pages_dir,
            built=settings.built_pages_dir,
            figure_formats=settings.figure_formats,
        )
        swap(staged, settings.site_dir)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
