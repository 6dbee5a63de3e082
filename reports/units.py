"""Which files the site has, and how each is made; what a file depends on is noted while it is made, never listed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from reports.built import Unit, unit
from reports.downloads import data_files, review_figures, synthesis_files
from reports.feeds import corrections_feed, report_feed, site_feed
from reports.pages.edition import Edition, Stratum
from reports.pages.history import History
from reports.pages.report_pages import changes_page, frozen_page, report_page, withdrawn_page
from reports.pages.shell import Page, Site
from reports.pages.site_pages import (
    find_page,
    methods_page,
    overview_page,
    patients_page,
    people_page,
    search_page,
    status_page,
    validation_page,
)
from reports.pages.study_pages import studies_page, study_page


def site_units(site: Site, history: History, *, kept: frozenset[str] = frozenset()) -> Iterator[Unit]:
    """Yield every page of the site but the frozen ones of ``kept`` versions, in an order that does not matter."""
    for make in (
        overview_page, studies_page, search_page, status_page, validation_page, people_page, patients_page, find_page,
    ):  # fmt: skip
        yield unit(make.__name__, partial(_of_latest, make, site), searched=True)
    yield unit("methods", lambda h: methods_page(site, h.latest, h.editions), searched=True)
    yield unit("changes", lambda h: _review_changes(site, h), searched=True)
    yield unit("feed", lambda h: site_feed(site, h.editions))
    yield unit("corrections", lambda h: corrections_feed(site, h.editions))
    yield Unit("data", lambda h: data_files(site, h.latest), searched=True)
    yield Unit("figures", lambda h: review_figures(site, h.latest))
    for one in history.latest.snapshot.results:
        yield Unit(f"data {one.synthesis_id}", partial(_synthesis, site, one.synthesis_id))
    for slug, study_id, version in history.studies:
        gone = None if version == history.latest.version else version
        yield unit(f"study {slug} {study_id} {gone or ''}", partial(_study, site, study_id, gone), searched=True)
    for stratum in history.strata:
        yield from _report_units(site, history, stratum, kept)


def _of_latest(make: Callable[[Site, Edition], Page], site: Site, history: History) -> Page:
    return make(site, history.latest)


def _review_changes(site: Site, history: History) -> Page:
    latest = history.latest
    title = f"Changes. {latest.short_title}: a living systematic review, version {latest.version}"
    return changes_page(site, history.editions, None, folder="changes/", title=title)


def _study(site: Site, study_id: str, version: str | None, history: History) -> Page:
    """Return the page of a study; ``version`` is the last that holds it when the latest does not."""
    if version is None:
        edition, former = history.latest, history.former_values_of.get(study_id, ())
    else:
        edition, former = history.edition(version), history.former_values(study_id, version)
    return study_page(site, edition, edition.studies[study_id], former=former, removed_after=version)


def _report_units(site: Site, history: History, stratum: Stratum, kept: frozenset[str]) -> Iterator[Unit]:
    latest = history.latest
    key = f"{stratum.path}"
    if stratum in latest.strata:
        yield unit(f"report {key}", lambda h: report_page(site, h.latest, stratum), searched=True)
        yield unit(f"frozen {key}", lambda h: frozen_page(site, h.latest, stratum))
    else:
        yield unit(
            f"withdrawn {key}", lambda h: withdrawn_page(site, h.latest, h.holders(stratum), stratum), searched=True
        )
    yield unit(f"changes {key}", lambda h: _report_changes(site, h, stratum))
    yield unit(f"feed {key}", lambda h: report_feed(site, h.editions, stratum))
    for version in history.versions_of(stratum):
        if version not in kept and version != latest.version:
            yield unit(
                f"frozen {key} {version}",
                lambda h, version=version: frozen_page(site, h.edition(version), stratum),  # type: ignore[misc]
            )


def _report_changes(site: Site, history: History, stratum: Stratum) -> Page:
    title = f"Changes: {history.holders(stratum)[-1].title(stratum)}, version {history.latest.version}"
    return changes_page(site, history.editions, stratum, folder=f"{stratum.path}changes/", title=title)


def _synthesis(site: Site, synthesis_id: str, history: History) -> list[Page]:
    return synthesis_files(site, history.latest, synthesis_id)
