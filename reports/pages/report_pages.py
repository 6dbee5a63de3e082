"""Report pages of an edition: the latest, the frozen copy, the list of versions, and what is left of old ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from reports.bibliography import bibtex
from reports.correction_words import correction_words
from reports.links import frozen_path, root_of
from reports.model import Changes, EstimateChange
from reports.notation import printed_value
from reports.pages.abstract import abstract
from reports.pages.edition import Edition, Stratum
from reports.pages.report import ReportView, report_view
from reports.pages.shell import Page, Site, page
from reports.rows import ValueRow


@dataclass(frozen=True)
class InputChange:
    """A value that came, went or changed in a version: as printed before and now."""

    words: str
    old: str | None
    new: str | None
    link: str | None


@dataclass(frozen=True)
class VersionEntry:
    """One version in a list of changes; ``estimates`` are those that concern the page."""

    version: str
    created_at: str
    published_day: str
    triggers: tuple[str, ...]
    changes: Changes
    estimates: tuple[EstimateChange, ...]
    first: bool
    link: str | None
    edition: Edition
    inputs: tuple[InputChange, ...] = ()

    @property
    def conclusion_changed(self) -> bool:
        """Return whether any conclusion on the page changed."""
        return any(change.conclusion_changed for change in self.estimates)


def report_page(site: Site, edition: Edition, stratum: Stratum) -> Page:
    """Return the latest page of a report."""
    return _page(site, edition, stratum, folder=stratum.path, frozen=False)


def frozen_page(site: Site, edition: Edition, stratum: Stratum) -> Page:
    """Return the copy of a report kept for ever: the same bytes whatever comes later."""
    return _page(site, edition, stratum, folder=frozen_path(stratum.path, edition.version), frozen=True)


def _page(site: Site, edition: Edition, stratum: Stratum, *, folder: str, frozen: bool) -> Page:
    view = report_view(edition, stratum)
    title = f"{edition.title(stratum)}, version {edition.version}"
    return page(
        "report.html",
        site=site,
        edition=edition,
        folder=folder,
        title=title,
        description=view.answer[0],
        frozen=frozen,
        cite=frozen_path(stratum.path, edition.version),
        scripted=bool(view.matrix) and not frozen,
        linked_data=_article(site, edition, view, title=title, folder=folder),
        view=view,
        latest=root_of(folder) + stratum.path,
        abstract=abstract(edition, stratum),
        bibtex=bibtex(edition, site_url=site.site_url, stratum=stratum),
    )


def _article(site: Site, edition: Edition, view: ReportView, *, title: str, folder: str) -> dict[str, Any]:
    return {
        "@context": "https://schema.org",
        "@type": "ScholarlyArticle",
        "headline": title,
        "version": edition.version,
        "datePublished": edition.published_on,
        "url": f"{site.site_url}/{folder}",
        "abstract": " ".join(view.answer),
        "isAccessibleForFree": True,
        "creativeWorkStatus": "Rehearsal" if edition.rehearsal else "Published",
    }


def changes_page(site: Site, editions: Sequence[Edition], stratum: Stratum | None, *, folder: str, title: str) -> Page:
    """Return the list of versions, newest first, of one report or (``stratum`` None) of the whole review."""
    latest = editions[-1]
    return page(
        "changes.html",
        site=site,
        edition=latest,
        folder=folder,
        title=title,
        description="What changed in each version, computed from the two snapshots.",
        nav="" if stratum else "changes",
        heading=f"Changes: {editions[-1].subject(stratum)}" if stratum else "Changes",
        intro="Every version is kept. What changed is computed from the two snapshots, never typed.",
        entries=version_entries(editions, stratum),
    )


def version_entries(editions: Sequence[Edition], stratum: Stratum | None) -> tuple[VersionEntry, ...]:
    """Return the versions that hold a report (all of them for None), newest first."""
    out = []
    before = {one.version: one for one in editions}
    for edition in reversed(editions):
        if stratum is not None and stratum not in edition.strata:
            continue
        changes = edition.snapshot.changes
        out.append(
            VersionEntry(
                version=edition.version,
                created_at=edition.published_at,
                published_day=edition.published_day,
                triggers=changes.triggers or ("not recorded",),
                changes=changes,
                estimates=changes.estimates if stratum is None else edition.changes_of(stratum),
                first=edition.is_first,
                link=frozen_path((stratum or Stratum("all", "all")).path, edition.version),
                edition=edition,
                inputs=_input_changes(before.get(changes.previous_version or ""), edition, stratum),
            )
        )
    return tuple(out)


def _input_changes(old: Edition | None, new: Edition, stratum: Stratum | None) -> tuple[InputChange, ...]:
    """Return the values that differ between two versions, of one report or (``stratum`` None) of the whole review."""
    if old is None:
        return ()
    changes = new.snapshot.changes
    out = []
    for value_id in (*changes.values_added, *changes.values_removed, *changes.values_changed):
        was, now = old.values.get(value_id), new.values.get(value_id)
        row = now or was
        if row is None or (stratum is not None and (row.subtype, row.pattern) != (stratum.subtype, stratum.pattern)):
            continue
        holder = new if now is not None else old
        outcome = holder.taxonomy.outcome(row.outcome).label
        out.append(
            InputChange(
                words=f"{holder.label(row.study_id)}, {outcome}, {holder.in_text(row.subtype, row.pattern)}",
                old=_told(was),
                new=_told(now),
                link=f"studies/{new.study_slugs[row.study_id]}/#{quote(value_id)}" if now is not None else None,
            )
        )
    return tuple(out)


def _told(value: ValueRow | None) -> str | None:
    """Return a value as printed, with what a reviewer made of it: two versions of it may print the same."""
    if value is None:
        return None
    text = f"{value.measure} {printed_value(value)}"
    return f"{text}; {correction_words(value.correction)}" if value.correction else text


def withdrawn_page(site: Site, latest: Edition, holders: Sequence[Edition], stratum: Stratum) -> Page:
    """Return what stands at the address of a report that no longer exists; ``holders`` are the editions that had it."""
    last = holders[-1]
    title = f"{last.title(stratum)}, version {latest.version}"
    return page(
        "withdrawn.html",
        site=site,
        edition=latest,
        folder=stratum.path,
        title=title,
        description="A report that is no longer updated.",
        heading=last.subject(stratum),
        last=last.version,
        versions=tuple(one.version for one in reversed(holders)),
    )
