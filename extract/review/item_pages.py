"""Pages that show: the inbox, the next item, and one item with what a person may do about it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote, urlencode

from starlette.responses import RedirectResponse, Response

from extract.errors import DecisionError
from extract.review.accounts import Member
from extract.review.asked_role import ARTICLED
from extract.review.bias_view import as_reviewer
from extract.review.blinding import asker_of, role_waits, saw_proposal
from extract.review.coming import ahead_of, take_next
from extract.review.desk import ROOT, Access, Desk, Pages, Visit
from extract.review.done import done_notice
from extract.review.inbox import AGES, neighbour, wanted_of
from extract.review.judgements import judgements_waiting
from extract.review.leases import Claim, claim
from extract.review.open_to_nobody import stranded_lines
from extract.review.other_edit import other_edit
from extract.review.record_view import record_view
from extract.review.reopened_view import reopened_view
from extract.review.seeded import show_seed
from extract.review.value_view import value_view
from extract.review.views import queue_line
from extract.schema.vocabulary import Design
from extract.store.accounts import all_accounts
from extract.store.links import list_links
from extract.store.queue import Wanted, open_alert_kinds, waiting_counts, waiting_items
from extract.store.sightings import note_sighting

SHOWN = 50
"""Lines of the inbox on one page: what fits three screens; the filters and "next item" reach the rest."""

VIEWS = {"record": record_view, "value": value_view, "reopened": reopened_view}
"""Kind of item -> what a person may see of it; the API shows the same."""


def add_item_pages(pages: Pages, desk: Desk) -> None:
    """Register the pages."""

    @pages.get("/", Access.SIGNED_IN)
    def inbox(visit: Visit) -> Response:
        return _inbox(desk, visit)

    @pages.get("/next", Access.SIGNED_IN)
    def following(visit: Visit) -> Response:
        asked, member = visit.request.query_params, _member(visit)
        left, done = asked.get("after", ""), asked.get("done", "")
        looked_up = desk.at_hand.moment()
        with desk.store.read() as tx:
            ahead = ahead_of(tx, desk.protocol, member, desk.at_hand, looked_up=looked_up, now=visit.now)
            path = take_next(tx, desk.protocol, member, ahead, desk.recent_bodies, left=left, done=done)
        if path and path.startswith("item/"):
            desk.handed.give(member, path.removeprefix("item/"), ahead)
        told = f"?done={quote(done, safe='')}" if done else ""
        return RedirectResponse(f"{ROOT}{quote(path or '', safe='/:~')}{told}", 303)

    @pages.get("/item/{item}", Access.SIGNED_IN)
    def item(visit: Visit) -> Response:
        return show_item(desk, visit)


def _inbox(desk: Desk, visit: Visit) -> Response:
    asked, member = dict(visit.request.query_params), _member(visit)
    wanted, page = wanted_of(asked, member, today=visit.now.date())
    looked_up = desk.at_hand.moment()
    with desk.store.read() as tx:
        asker = asker_of(tx, desk.protocol, member, at=visit.at)
        counts = waiting_counts(tx, asker)
        rows, found = waiting_items(tx, asker, wanted, limit=SHOWN, offset=(page - 1) * SHOWN)
        first = ahead_of(
            tx, desk.protocol, member, desk.at_hand, looked_up=looked_up, now=visit.now, asker=asker
        ).item()
        alerts = open_alert_kinds(tx)
        judgements = judgements_waiting(tx, desk.protocol, desk.recent_bodies(tx), as_reviewer(member))
        links = len(list_links(tx))
        known = {account.person_id for account in all_accounts(tx)}
        done = done_notice(tx, asked.get("done", ""), visit.person)
        waits = role_waits(tx, desk.protocol)
        stranded = stranded_lines(tx, desk.protocol, waits)
    return desk.page(
        visit,
        "inbox.html",
        rows=[(row, queue_line(row).title) for row in rows],
        waits={f"value:{candidate_id}": ARTICLED[wait.role] for candidate_id, wait in waits.items()},
        stranded=stranded,
        found=found,
        counts=counts,
        wanted=wanted,
        filtered=_is_filtered(wanted),
        age=asked.get("age", ""),
        ages=AGES,
        designs=[design.value for design in Design],
        people=[person.id for person in desk.protocol.people if person.role != "viewer"],
        alerts=alerts,
        page=page,
        pages=max(1, -(-found // SHOWN)),
        address=lambda **changes: _address(asked, changes),
        first=first,
        # A shift of the log hazard ratio is a change of the ratio in percent.
        moves=lambda shift: f"{100 * math.expm1(shift):.1f} %",
        days=lambda since: _days(since, visit.now),
        done=done,
        judgements=judgements,
        links=links,
        missing=[person.id for person in desk.protocol.people if person.id not in known],
    )


def _is_filtered(wanted: Wanted) -> bool:
    return any(text for name, text in asdict(wanted).items() if name != "show")


def _address(asked: Mapping[str, str], changes: Mapping[str, object]) -> str:
    """Return the address of the inbox with some of its filters changed; another filter begins at its first page."""
    kept = {name: text for name, text in asked.items() if name not in ("done", "page")}
    return f"{ROOT}?{urlencode({**kept, **{name: str(text) for name, text in changes.items()}})}"


def item_path(item: str) -> str:
    """Return the address of an item's page."""
    return f"{ROOT}item/{quote(item, safe=':')}"


@dataclass(frozen=True)
class Look:
    """What a person sees of an item: template, its values, and whose the item is now."""

    template: str
    values: dict[str, Any]
    lease: Claim


def look_at(
    desk: Desk,
    visit: Visit,
    item: str,
    *,
    typed: Mapping[str, str] | None = None,
    ahead: bool = False,
    lease: Claim | None = None,
) -> Look:
    """Open an item as a person may see it; opening a value to decide on it takes its lease.

    Being shown a proposal's numbers is noted: who has seen them cannot read the value blind.

    Parameters
    ----------
    ahead
        The page is fetched before it is asked for: it takes no lease and shows the document only.
    lease
        Whose the item is, where that was asked already and this look shall not take it.

    Raises
    ------
    DecisionError
        There is no such item.
    """
    kind, _, identifier = item.partition(":")
    view, member = VIEWS.get(kind), _member(visit)
    if view is None:
        raise DecisionError(f"{item!r}: no such item")
    lease = Claim(mine=True) if ahead else lease or claim(desk, visit, item)
    with desk.store.read() as tx:
        mine = lease.mine and not ahead
        template, values = view(tx, desk, identifier, member, dict(typed or {}), mine=mine)
        # A closed one too: a revision of its record, or a decision taken back, opens it again.
        shown = kind == "value" and member.decides and not values["blind"]
        new_to_them = shown and not saw_proposal(tx, identifier, visit.person)
    if new_to_them:
        with desk.store.write() as tx:
            note_sighting(tx, identifier, visit.person, at=visit.at)
    if values["decidable"]:
        # Whoever only looks keeps nobody from it.
        desk.at_hand.open(visit.person, item)
    return Look(template, values, lease)


def show_item(
    desk: Desk,
    visit: Visit,
    *,
    status: int = 200,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    stale: str = "",
    preview: object = None,
) -> Response:
    """Show one item.

    Parameters
    ----------
    typed, errors
        What the person sent and what was wrong with it, when the page answers a form that was not saved.
    stale
        Why the form could not be saved although nothing was wrong with it; the other's edit is shown with it.
    preview
        What the published pages would say after the approval that was asked for.
    """
    item, typed = visit.request.path_params["item"], typed or {}
    ahead = visit.request.query_params.get("ahead") == "1"
    try:
        look = look_at(
            desk, visit, item, typed=typed, ahead=ahead, lease=_first_reading(desk, visit, item, ahead=ahead)
        )
    except DecisionError as error:
        return desk.page(visit, "message.html", status=404, title="There is no such item", words=str(error))
    member, looked_up = _member(visit), desk.at_hand.moment()
    with desk.store.read() as tx:
        come = desk.handed.take(member, item) or ahead_of(
            tx, desk.protocol, member, desk.at_hand, looked_up=looked_up, now=visit.now
        )
        done = done_notice(tx, visit.request.query_params.get("done", ""), visit.person)
        own = done_notice(tx, item, visit.person) if done is None or done.item != item else None
        other = other_edit(tx, desk.protocol, item, visit.person, typed) if stale else ()
    return desk.page(
        visit,
        look.template,
        status=status,
        item=item,
        lease=look.lease,
        ahead=ahead,
        errors=dict(errors or {}),
        stale=stale,
        other=other,
        preview=preview,
        done=done,
        own=own,
        left=come.work.left,
        following=come.item(after=item),
        previous=neighbour(come.work.items, item),
        opened=typed.get("opened") or visit.at,
        **look.values,
    )


def _first_reading(desk: Desk, visit: Visit, item: str, *, ahead: bool) -> Claim | None:
    """Take the lease of a value that is opened on its page, and plant its deliberate error if it is to have one."""
    kind, _, identifier = item.partition(":")
    if kind != "value" or ahead or not _member(visit).decides:
        return None
    lease = claim(desk, visit, item)
    if lease.mine:
        show_seed(desk.store, desk.seeds, identifier, person_id=visit.person, at=visit.at)
    return lease


def _member(visit: Visit) -> Member:
    if visit.member is None:
        raise RuntimeError("a page that needs a person was declared for anyone")
    return visit.member


def _days(since: str, now: dt.datetime) -> int:
    return (now.date() - dt.date.fromisoformat(since)).days if since else 0
