"""Rehearsed nights for tests: the real steps against the archive that ships, without Prefect."""

from __future__ import annotations

import atexit
import datetime as dt
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from extract.baseline.load import load_baseline
from extract.store.candidates import list_candidates
from extract.store.curated import all_alerts, curated_values
from extract.store.decisions import all_decisions, verify_chain
from extract.store.fulltexts import all_full_texts
from extract.store.links import list_links
from extract.store.log import open_night
from extract.store.ranks import record_ranks
from extract.store.records import list_records
from extract.store.registry import all_trials, trial_changes
from extract.store.versions import all_versions, published_snapshots
from flows.baseline import import_baseline
from flows.context import NightContext, open_store
from flows.night import NightReport, StepName, opened_night, run_night
from flows.publish import Publication
from flows.rehearsal import packaged_archive, rehearsal_clock, rehearsing
from flows.settings import Settings, load_settings
from flows.status import compute_status
from tests.stores import AT, ROOT, Database, Under, database_url

NIGHTS = tuple(dt.date(2026, 11, day) for day in (20, 21, 22))


def rehearsal(folder: Path) -> Settings:
    """Return the settings of a rehearsal whose state is in this folder."""
    environment = {"LIVING_REVIEW_STATE_DIR": str(folder), "LIVING_REVIEW_PROTOCOL": str(ROOT / "protocol.toml")}
    settings = load_settings(environment)
    return replace(settings, rehearsal=True, trials_url=None, database_url=database_url(folder))


def rehearse(settings: Settings, night: dt.date, *, archive: Path | None = None) -> NightReport:
    """Run one plain night (no Prefect) against an archive, the packaged one if none is given."""
    with rehearsing(settings, archive or packaged_archive(), night=night) as served:
        with opened_night(served, night=night, clock=rehearsal_clock(served, night)) as context:
            return run_night(context)


def after_first_night(folder: Path) -> Settings:
    """Return the settings of a state folder after the first night, run once in a test process and copied from there."""
    before, database = _first_night(Under.database)
    shutil.copytree(before, folder, symlinks=True)
    if database is not None:
        from tests.postgres import new_database

        Under.urls[folder] = new_database(source=database)
    return rehearsal(folder)


@cache
def _first_night(_on: Database) -> tuple[Path, str | None]:
    """Return the folder, and on PostgreSQL the database that belongs to it, which outlives the module that asked."""
    folder = Path(tempfile.mkdtemp(prefix="first-night-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    assert rehearse(rehearsal(folder / "state"), NIGHTS[0]).exit_code == 0
    return folder / "state", Under.urls.pop(folder / "state", None)


@contextmanager
def night_on_starting_table(folder: Path, night: dt.date = NIGHTS[0], **settings: object) -> Iterator[NightContext]:
    """Open a night on a store that holds the starting table and no record, for calling single steps."""
    chosen = replace(rehearsal(folder), **settings)  # type: ignore[arg-type]
    store = open_store(chosen)
    try:
        with store.write() as tx:
            night_id = open_night(tx, night=night.isoformat(), at=AT, rehearsal=True)
        clock = rehearsal_clock(chosen, night)
        context = NightContext(
            settings=chosen, store=store, night=night, night_id=night_id, clock=clock, sleep=lambda _seconds: None
        )
        import_baseline(context, load_baseline(chosen.protocol))
        yield context
    finally:
        store.close()


def copied_archive(folder: Path) -> Path:
    """Copy the packaged archive, so that a test may change it."""
    return Path(shutil.copytree(packaged_archive(), folder / "archive-copy"))


def archive_of(folder: Path, pmids: Iterable[str]) -> Path:
    """Copy some records of the packaged archive, with their revisions, to an archive of their own."""
    whole = packaged_archive()
    (folder / "records").mkdir(parents=True)
    shutil.copy(whole / "archive.toml", folder)
    for pmid in pmids:
        shutil.copy(whole / "records" / f"{pmid}.xml", folder / "records")
        for revision in whole.glob(f"revisions/*/{pmid}.xml"):
            (folder / revision.relative_to(whole)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(revision, folder / revision.relative_to(whole))
    return folder


def revised(archive: Path, pmid: str, day: dt.date, change: Callable[[str], str]) -> None:
    """Let a record of an archive change on a day; ``change`` takes and returns its XML."""
    text = (archive / "records" / f"{pmid}.xml").read_text(encoding="utf-8")
    after = change(text)
    assert after != text, f"{pmid}: the change changes nothing"
    path = archive / "revisions" / day.isoformat() / f"{pmid}.xml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(after, encoding="utf-8")


def withdrawn(archive: Path, pmid: str, day: dt.date) -> None:
    """Let PubMed withdraw a record on a day."""
    (archive / "deleted").mkdir(exist_ok=True)
    with (archive / "deleted" / f"{day}.txt").open("a", encoding="utf-8") as file:
        file.write(f"{pmid}\n")


def without_publishing(name: StepName, step: Callable[[], Any], context: NightContext) -> Any:
    """Run a step as it is; in place of publishing, compute the status only."""
    if name != "publish":
        return step()
    with context.store.read() as tx:
        return Publication("0.0", False, "not published", compute_status(tx, context.settings, now=context.clock()))


def gather(settings: Settings, night: dt.date, archive: Path) -> NightReport:
    """Run one plain night up to publishing, without waiting between tries."""
    with rehearsing(settings, archive, night=night) as served:
        with opened_night(served, night=night, clock=rehearsal_clock(served, night)) as opened:
            context = replace(opened, sleep=lambda _seconds: None)
            return run_night(context, run_step=lambda name, step: without_publishing(name, step, context))


SEARCH_LOG = (
    "searches",
    "status",
    "search",
    "manifest.json",
    "datapackage.json",
    "methods",
    "data/index.html",
    "data/figures/nights",
    "pagefind",
)
"""Names of files that show the log of searches, or index a page that does: a killed search stands in it."""

STATUS = re.compile(r"<!-- status:begin.*?<!-- status:end[^>]*-->", re.DOTALL)


def evidence_state(settings: Settings) -> dict[str, object]:
    """Return everything a night leaves behind but the log of its attempts, for comparing two runs.

    Records and their states, candidates, curated values, links, registered trials, full texts, reading order,
    decisions, frozen versions and published versions from the database; results and tables of the snapshots; the site's
    pages without their status strip.
    """
    store = open_store(settings)
    try:
        with store.read() as tx:
            state: dict[str, object] = {
                "records": [
                    (r.pmid, r.revision, r.state, r.report_id, r.first_night, r.content) for r in list_records(tx)
                ],
                "candidates": [(c.candidate_id, c.state, c.value_id, c.effect) for c in list_candidates(tx)],
                "values": curated_values(tx),
                "alerts": all_alerts(tx),
                "links": list_links(tx, states=["proposed", "confirmed", "rejected", "superseded"]),
                "trials": (all_trials(tx), trial_changes(tx)),
                "full texts": [(t.pmcid, t.pmid, t.state, t.read_with) for t in all_full_texts(tx)],
                "reading order": record_ranks(tx),
                "decisions": [d.decision for d in all_decisions(tx)],
                "versions": [(v.version, v.content_hash) for v in all_versions(tx)],
                "published": [(s.snapshot_id, s.version) for s in published_snapshots(tx)],
            }
            assert verify_chain(tx) == len(all_decisions(tx))
    finally:
        store.close()
    return state | files_state(settings.snapshots_dir) | site_state(settings.site_dir)


def files_state(folder: Path) -> dict[str, object]:
    """Return the files of the snapshots, but for those that show the search log."""
    return {
        f"snapshot {path.relative_to(folder)}": path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(name in path.name for name in (*SEARCH_LOG, "flow"))
    }


def site_state(site: Path) -> dict[str, object]:
    """Return the site's files without their status strip, but for those that show the search log."""
    return {
        f"site {path.relative_to(site)}": STATUS.sub("", path.read_bytes().decode("utf-8", errors="replace"))
        for path in sorted(site.rglob("*"))
        if path.is_file() and not any(name in str(path.relative_to(site)) for name in SEARCH_LOG)
    }
