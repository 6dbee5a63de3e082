"""The API put together."""

from __future__ import annotations

from fastapi import FastAPI

from extract.review.api.appraisal import add_appraisal_endpoints
from extract.review.api.decisions import add_decision_endpoints
from extract.review.api.items import add_item_endpoints
from extract.review.api.links import add_link_endpoints
from extract.review.api.people import add_people_endpoints
from extract.review.api.register import Endpoints
from extract.review.desk import Access, Desk


def api_app(desk: Desk, access: dict[tuple[str, str], Access]) -> FastAPI:
    """Return the API, to be mounted at :data:`extract.review.guard.API`; its endpoints are added to the register."""
    endpoints = Endpoints(desk, access)
    add_item_endpoints(endpoints, desk)
    add_decision_endpoints(endpoints, desk)
    add_link_endpoints(endpoints, desk)
    add_people_endpoints(endpoints, desk)
    add_appraisal_endpoints(endpoints, desk)
    return endpoints.app
