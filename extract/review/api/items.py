"""Endpoints that show: the inbox, the next item, one item, the queue's status, the known studies."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import Path as PathParameter
from fastapi import Query

from extract.errors import DecisionError
from extract.review.accounts import Member
from extract.review.api.models import Inbox, Item, Me, Next, QueueStatus, Study
from extract.review.api.present import inbox_line, item_for, token_line
from extract.review.api.problems import decision_problem
from extract.review.api.register import Endpoints
from extract.review.blinding import asker_of
from extract.review.coming import ahead_of
from extract.review.desk import Access, Desk, Visit
from extract.review.views import asked_roles
from extract.store.curated import all_reports, families
from extract.store.queue import Wanted, oldest_since, waiting_counts, waiting_items
from extract.store.versions import published_snapshots

PAGE = 200
"""Most lines of the inbox in one answer."""

ItemName = Annotated[
    str,
    PathParameter(
        description="record:<pmid>, value:<id> or reopened:<value id>",
        examples=["record:28994557"],
        max_length=140,
    ),
]


def add_item_endpoints(api: Endpoints, desk: Desk) -> None:
    """Register the endpoints."""
    _showing_items(api, desk)
    reads = api.visit(Access.SIGNED_IN)

    @api.get("/me", Access.SIGNED_IN, "Who the token acts for")
    def me(visit: Visit = reads) -> Me:
        member = _member(visit)
        return Me(
            person=member.person_id,
            name=member.name,
            role=member.role,
            decides=member.decides,
            token=token_line(visit.request.state.token),
        )

    @api.get("/status", Access.SIGNED_IN, "How the queue stands")
    def status(visit: Visit = reads) -> QueueStatus:
        with desk.store.read() as tx:
            counts = waiting_counts(tx, asker_of(tx, desk.protocol, _member(visit), at=visit.at))
            oldest = oldest_since(tx)
            published = published_snapshots(tx)
        return QueueStatus(
            counts={name: number for name, number in counts.items() if name != "mine"},
            oldest=oldest,
            oldest_days=(visit.now.date() - dt.date.fromisoformat(oldest[:10])).days if oldest else None,
            version=published[-1].version if published else None,
            published_at=published[-1].published_at if published else None,
        )

    @api.get("/studies", Access.SIGNED_IN, "The known studies")
    def studies(visit: Visit = reads) -> list[Study]:  # noqa: ARG001 - who asks is checked, not used
        with desk.store.read() as tx:
            known, reports = families(tx), all_reports(tx)
        return [
            Study(
                study_id=family.study_id,
                label=str(family.facts.get("label") or family.study_id),
                design=family.design,
                overlap_group=family.overlap_group,
                reports=[report.report_id for report in reports if report.study_id == family.study_id],
            )
            for family in known
        ]


def _showing_items(api: Endpoints, desk: Desk) -> None:
    reads = api.visit(Access.SIGNED_IN)

    @api.get("/items", Access.SIGNED_IN, "What waits, in the order of work")
    def list_items(
        show: Annotated[str, Query(description="mine, all, or a state", max_length=40)] = "mine",
        kind: Annotated[str, Query(description="record, value or reopened", max_length=40)] = "",
        subtype: Annotated[str, Query(description="Slug of the protocol", max_length=60)] = "",
        pattern: Annotated[str, Query(description="Slug of the protocol", max_length=60)] = "",
        design: Annotated[str, Query(description="rct, prospective_registry, ...", max_length=40)] = "",
        checks: Annotated[str, Query(description="open (some fired) or none", max_length=10)] = "",
        alert: Annotated[str, Query(description="any, or a kind of notice", max_length=40)] = "",
        offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
        limit: Annotated[int, Query(ge=1, le=PAGE)] = 50,
        visit: Visit = reads,
    ) -> Inbox:
        wanted = Wanted(
            show=show, kind=kind, subtype=subtype, pattern=pattern, design=design, checks=checks, alert=alert
        )
        with desk.store.read() as tx:
            asker = asker_of(tx, desk.protocol, _member(visit), at=visit.at)
            counts = waiting_counts(tx, asker)
            rows, found = waiting_items(tx, asker, wanted, limit=limit, offset=offset)
            roles = asked_roles(tx, desk.protocol)
        lines = [inbox_line(row, person_id=visit.person, waits_for=roles.get(row.item)) for row in rows]
        return Inbox(counts=counts, total=found, offset=offset, lines=lines)

    @api.get("/next", Access.SIGNED_IN, "The next item for you")
    def following(
        after: Annotated[str, Query(description="An item to pass over", max_length=140)] = "", visit: Visit = reads
    ) -> Next:
        looked_up = desk.at_hand.moment()
        with desk.store.read() as tx:
            ahead = ahead_of(tx, desk.protocol, _member(visit), desk.at_hand, looked_up=looked_up, now=visit.now)
        return Next(item=ahead.take(after=after), left=ahead.work.left)

    @api.get("/items/{item}", Access.SIGNED_IN, "One item, as you may see it")
    def show_item(item: ItemName, visit: Visit = reads) -> Item:
        """Show an item; a value you can decide on is kept for you for 30 minutes, as on its page."""
        try:
            return item_for(desk, visit, item)
        except DecisionError as error:
            raise decision_problem(error, item=item, sent={}, standing=None) from error


def _member(visit: Visit) -> Member:
    if visit.member is None:
        raise RuntimeError("an endpoint was reached without a person")
    return visit.member
