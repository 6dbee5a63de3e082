"""Atom feeds: one for the site, one for each report, one for corrections and retractions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.correction_words import trigger_words
from reports.links import frozen_path
from reports.pages.answer import answer
from reports.pages.edition import Edition, Stratum
from reports.pages.report_pages import version_entries
from reports.pages.shell import Page, Site
from reports.templating import render, tidy

WHOLE = Stratum("all", "all")


@dataclass(frozen=True)
class Entry:
    """One entry; ``id`` is an address that never changes meaning."""

    title: str
    id: str
    url: str
    updated: str
    summary: str


def site_feed(site: Site, editions: Sequence[Edition]) -> Page:
    """Return the feed of versions of the whole review."""
    entries = [
        Entry(
            title=f"Version {e.version}",
            id=f"{site.site_url}/{frozen_path(WHOLE.path, e.version)}",
            url=f"{site.site_url}/{frozen_path(WHOLE.path, e.version)}",
            updated=e.published_at,
            summary=f"{trigger_words('; '.join(e.snapshot.changes.triggers))}. {' '.join(answer(e, WHOLE))}",
        )
        for e in reversed(editions)
    ]
    return _feed(site, editions[-1], "feed.xml", editions[-1].short_title, "", entries)


def report_feed(site: Site, editions: Sequence[Edition], stratum: Stratum) -> Page:
    """Return the feed of one report: versions in which its results changed, and its first."""
    known = [e for e in editions if stratum in e.strata]
    oldest = known[0].version if known else ""
    by_version = {e.version: e for e in known}
    entries = [
        Entry(
            title=f"{by_version[v.version].subject(stratum)}: version {v.version}",
            id=f"{site.site_url}/{frozen_path(stratum.path, v.version)}",
            url=f"{site.site_url}/{frozen_path(stratum.path, v.version)}",
            updated=v.created_at,
            summary=" ".join(answer(by_version[v.version], stratum)),
        )
        for v in version_entries(known, stratum)
        if v.estimates or v.version == oldest
    ]
    latest = known[-1] if known else editions[-1]
    title = f"{latest.short_title}: {latest.subject(stratum)}"
    return _feed(site, editions[-1], f"{stratum.path}feed.xml", title, stratum.path, entries)


def corrections_feed(site: Site, editions: Sequence[Edition]) -> Page:
    """Return the feed of corrections, retractions and other notices on included reports."""
    words = ("correction", "retraction", "notice", "study removed", "value withdrawn")
    entries = [
        Entry(
            title=trigger_words(trigger),
            id=f"{site.site_url}/{frozen_path(WHOLE.path, e.version)}#correction-{number}",
            url=f"{site.site_url}/changes/#v{e.version}",
            updated=e.published_at,
            summary=trigger_words(trigger),
        )
        for e in reversed(editions)
        for number, trigger in enumerate(e.snapshot.changes.triggers, start=1)
        if trigger.startswith(words)
    ]
    title = f"{editions[-1].short_title}: corrections and retractions"
    return _feed(site, editions[-1], "feed-corrections.xml", title, "changes/", entries)


def _feed(site: Site, latest: Edition, path: str, title: str, folder: str, entries: Sequence[Entry]) -> Page:
    mark = "Rehearsal: recorded archive, not the live review. " if latest.rehearsal else ""
    text = render(
        "feed.xml",
        title=mark + title,
        id=f"{site.site_url}/{path}",
        self_url=f"{site.site_url}/{path}",
        page_url=f"{site.site_url}/{folder}",
        updated=entries[0].updated if entries else latest.published_at,
        author=str(latest.snapshot.protocol.get("editorial", {}).get("signed_by") or "Living review team"),
        entries=entries,
    )
    return Page(path, tidy(text))
