"""The page and the JSON of the measures; what concerns single people is for the lead and the administrator only."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.responses import JSONResponse, Response

from extract.review.desk import Access, Desk, Pages, Visit
from extract.review.measures import Measures, measures

LEADS = ("adjudicator", "administrator")
"""Roles that see the catch rate of deliberate errors."""


def add_measures_pages(pages: Pages, desk: Desk) -> None:
    """Register the pages."""

    @pages.get("/measures", Access.SIGNED_IN)
    def page(visit: Visit) -> Response:
        found = _measured(desk, visit)
        return desk.page(visit, "measures.html", measures=found, task=(), seeded=None)

    @pages.get("/measures.json", Access.SIGNED_IN)
    def as_json(visit: Visit) -> Response:
        return visit.with_cookie(JSONResponse(measures_json(_measured(desk, visit))))


def measures_json(found: Measures) -> dict[str, Any]:
    """Return the measures as plain JSON."""
    told = asdict(found)
    told["agreement"] = told.pop("lines")
    told["queue"] = [{"state": state, **days} for state, days in told["queue"]]
    return told


def _measured(desk: Desk, visit: Visit) -> Measures:
    with desk.store.read() as tx:
        return measures(tx, desk.protocol, today=visit.now.date())
