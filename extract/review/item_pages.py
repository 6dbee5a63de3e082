"""Pages that show: the inbox, the next item, and one item with what a person may do about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from extract.errors import DecisionError
from extract.review.desk import ROOT, Access, Desk, Pages, Visit
from extract.review.done import done_notice
from extract.review.inbox import Filters, counts, filtered, inbox_rows, next_item
from extract.review.leases import claim
from extract.review.record_view import record_view
from extract.review.reopened_view import reopened_view
from extract.review.value_view import value_view

SHOWN = 200
"""Lines of the inbox on one page; the filters and "next item" reach the rest."""

VIEWS = {"record": record_view, "value": value_view, "reopened": reopened_view}
"""Kind of item -> what a person may see of it; the API shows the same."""


def add_item_pages(pages: Pages, desk: Desk) -> None:
    """Register the pages."""

    @pages.get("/", Access.SIGNED_IN)
    def inbox(visit: Visit) -> Response:
        asked = visit.request.query_params
        start = "mine" if visit.member and visit.member.decides else "all"
        filters = Filters(
            asked.get("show", start),
            asked.get("kind", ""),
            asked.get("subtype", ""),
            asked.get("pattern", ""),
            asked.get("checks", ""),
        )
        with desk.store.read() as tx:
            rows = inbox_rows(tx, _member(visit), at=visit.at)
            done = done_notice(tx, asked.get("done", ""), visit.person)
        found = filtered(rows, filters)
        return desk.page(
            visit,
            "inbox.html",
            rows=found[:SHOWN],
            found=len(found),
            counts=counts(rows),
            filters=filters,
            first=next_item(rows),
            oldest=_days(min((row.waits.since for row in rows if row.mine), default=""), visit.now),
            days=lambda since: _days(since, visit.now),
            done=done,
        )

    @pages.get("/next", Access.SIGNED_IN)
    def following(visit: Visit) -> Response:
        asked = visit.request.query_params
        with desk.store.read() as tx:
            item = next_item(inbox_rows(tx, _member(visit), at=visit.at), after=asked.get("after", ""))
        done = f"?done={quote(asked['done'], safe='')}" if asked.get("done") else ""
        return RedirectResponse(f"{item_path(item)}{done}" if item else f"{ROOT}{done}", 303)

    @pages.get("/item/{item}", Access.SIGNED_IN)
    def item(visit: Visit) -> Response:
        return show_item(desk, visit)


def item_path(item: str) -> str:
    """Return the address of an item's page."""
    return f"{ROOT}item/{quote(item, safe=':')}"


def show_item(
    desk: Desk,
    visit: Visit,
    *,
    status: int = 200,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    stale: str = "",
) -> Response:
    """Show one item; opening a value to decide on it takes its lease.

    Parameters
    ----------
    typed, errors
        What the person sent and what was wrong with it, when the page answers a form that was not saved.
    stale
        Why the form could not be saved although nothing was wrong with it; the other's edit is shown with it.
    """
    item, member = visit.request.path_params["item"], _member(visit)
    lease = claim(desk, visit, item)
    view = VIEWS.get(item.partition(":")[0])
    try:
        if view is None:
            raise DecisionError(f"{item!r}: no such item")
        with desk.store.read() as tx:
            template, values = view(tx, desk.protocol, item.partition(":")[2], member, dict(typed or {}))
            rows = inbox_rows(tx, member, at=visit.at)
            done = done_notice(tx, visit.request.query_params.get("done", ""), visit.person)
    except DecisionError as error:
        return desk.page(visit, "message.html", status=404, title="There is no such item", words=str(error))
    values["decidable"] = values["decidable"] and lease.mine
    return desk.page(
        visit,
        template,
        status=status,
        item=item,
        lease=lease,
        errors=dict(errors or {}),
        stale=stale,
        done=done,
        left=sum(row.mine for row in rows),
        following=next_item(rows, after=item),
        **values,
    )


def _member(visit: Visit) -> Any:
    if visit.member is None:
        raise RuntimeError("a page that needs a person was declared for anyone")
    return visit.member


def _days(since: str, now: dt.datetime) -> int:
    return (now.date() - dt.date.fromisoformat(since)).days if since else 0
