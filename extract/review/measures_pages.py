"""The page and the JSON of the measures; what concerns single people is for the lead and the administrator only."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.responses import JSONResponse, Response

from extract.review.desk import Access, Desk, Pages, Visit
from extract.review.measures import Measures, measures
from extract.review.seeded import SeedMeasure, seed_measure

LEADS = ("adjudicator", "administrator")
"""Roles that see the catch rate of deliberate errors."""


def add_measures_pages(pages: Pages, desk: Desk) -> None:
    """Register the pages."""

    @pages.get("/measures", Access.SIGNED_IN)
    def page(visit: Visit) -> Response:
        found = _measured(desk, visit)
        return desk.page(visit, "measures.html", measures=found, task=found.seconds_on_task, seeded=_seeds(desk, visit))

    @pages.get("/measures.json", Access.SIGNED_IN)
    def as_json(visit: Visit) -> Response:
        return visit.with_cookie(JSONResponse(measures_for(desk, visit)))


def measures_for(desk: Desk, visit: Visit) -> dict[str, Any]:
    """Return the measures as plain JSON, with the catch rate of deliberate errors for those who may see it."""
    told, seeds = measures_json(_measured(desk, visit)), _seeds(desk, visit)
    return told if seeds is None else {**told, "seeded_errors": asdict(seeds)}


def measures_json(found: Measures) -> dict[str, Any]:
    """Return the measures as plain JSON."""
    told = asdict(found)
    told["agreement"] = told.pop("lines")
    told["queue"] = [{"state": state, **days} for state, days in told["queue"]]
    told["seconds_on_task"] = [{"what": what, **seconds} for what, seconds in told["seconds_on_task"]]
    return told


def _seeds(desk: Desk, visit: Visit) -> SeedMeasure | None:
    if visit.member is None or visit.member.role not in LEADS:
        return None
    with desk.store.read() as tx:
        return seed_measure(tx)


def _measured(desk: Desk, visit: Visit) -> Measures:
    with desk.store.read() as tx:
        return measures(tx, desk.protocol, today=visit.now.date())
