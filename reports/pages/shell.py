"""What every page shares: head, navigation, status strip, foot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.formats import Format
from reports.holes import region
from reports.links import root_of
from reports.notation import capitalize_first
from reports.pages.edition import Edition
from reports.status import DETAILS, STRIP
from reports.templating import render, tidy


@dataclass(frozen=True)
class Site:
    """What pages need beside their edition.

    ``site_url`` is the public address without a trailing slash: canonical links and feeds are absolute, all other
    links relative, so that the site works from any folder. ``figure_formats`` are those beside SVG.
    """

    site_url: str
    figure_formats: tuple[Format, ...] = ()


@dataclass(frozen=True)
class Page:
    """A file of the site; ``path`` is relative to its root. A picture is ``raw`` bytes instead of text.

    The text may have holes (:mod:`reports.holes`).
    """

    path: str
    text: str
    raw: bytes | None = None


def page(
    template: str,
    *,
    site: Site,
    edition: Edition,
    folder: str,
    title: str,
    description: str,
    frozen: bool = False,
    nav: str = "",
    linked_data: Mapping[str, Any] | None = None,
    scripted: bool = False,
    cite: str = "",
    **values: object,
) -> Page:
    """Render a page into its folder, with holes for the status and for words that every version changes.

    Parameters
    ----------
    folder
        ``""`` for the root, else with a trailing slash.
    scripted
        Whether the page has something that the site's script improves (a table to filter, the search).
    cite
        Folder of the version that is cited for this page; empty for a page that is kept in no version.
    frozen
        A version kept for ever: not indexed, without the status of the day.
    """
    html = render(
        template,
        edition=edition,
        snapshot=edition.snapshot,
        manifest=edition.snapshot.manifest,
        taxonomy=edition.taxonomy,
        terms=edition.terms,
        root=root_of(folder),
        folder=folder,
        canonical=f"{site.site_url}/{folder}",
        cite=f"{site.site_url}/{cite}" if cite else "",
        title=title,
        description=description,
        frozen=frozen,
        nav=nav,
        strip=Markup("") if frozen else _marked(STRIP, region("strip", root_of(folder))),
        status_details=Markup("") if frozen else _marked(DETAILS, region("details", root_of(folder))),
        linked_data=_script_safe(linked_data) if linked_data else None,
        scripted=scripted,
        search_title=search_title(title, question=edition.short_title),
        rehearsal=edition.rehearsal,
        figure_formats=("svg", *site.figure_formats),
        **values,
    )
    return Page(f"{folder}index.html", tidy(html))


def search_title(title: str, *, question: str) -> str:
    """Return a page's name in a list of hits, without the question: what tells it from its neighbours."""
    return capitalize_first(title.split(". ", maxsplit=1)[0].removeprefix(f"{question}: "))


def _marked(marks: tuple[str, str], mark: str) -> Markup:
    """Return the hole of a region between the marks by which a quiet night finds it again."""
    return Markup("").join([Markup(marks[0]), Markup(mark), Markup(marks[1])])  # noqa: S704


def _script_safe(linked_data: Mapping[str, Any]) -> Markup:
    """Return JSON that cannot end the script element it stands in."""
    text = json.dumps(linked_data, ensure_ascii=False, sort_keys=True)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704
