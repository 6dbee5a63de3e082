"""Parts of pages that change from night to night, filled in when the site is written: rendered once for each place.

A page that held them would have to be rendered again with every version although nothing of its own changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reports.figures.flow_chart import flow_chart
from reports.links import root_of
from reports.model import Flow
from reports.pages.edition import Edition
from reports.pages.history import History
from reports.pages.site_pages import flow_words
from reports.status import DETAILS, STRIP, Status, status_regions
from reports.templating import render, tidy


def regions(history: History, status: Status) -> Mapping[str, Callable[[str, str], str]]:
    """Return the makers of each region's HTML.

    They take the version the page is about (empty for the latest) and the way to the site's root or a report's path.
    """
    strata = {stratum.path: stratum for stratum in history.strata}

    def edition(version: str) -> Edition:
        return history.edition(version) if version else history.latest

    def versions(_: str, path: str) -> str:
        return _fragment("versions.html", versions=history.versions_of(strata[path]), path=path, root=root_of(path))

    return {
        "strip": lambda _, root: status_regions(status, root=root)[STRIP],
        "details": lambda _, root: status_regions(status, root=root)[DETAILS],
        "versions": versions,
        "unchanged": lambda version, _: _fragment("unchanged.html", edition=edition(version)),
        "flow": lambda version, _: _fragment("flow_words.html", flow=edition(version).snapshot.flow),
        "flow_chart": lambda version, _: _flow_chart(edition(version).snapshot.flow),
        "ongoing": lambda version, root: _fragment("ongoing.html", edition=edition(version), root=root),
    }


def _flow_chart(flow: Flow) -> str:
    chart = flow_chart(flow, name="report", width=380, main=380, chars=36)
    return _fragment("flow_chart.html", chart=chart, words=flow_words(flow))


def _fragment(template: str, **values: object) -> str:
    return tidy(render(template, **values)).strip()
