"""What the forms do: each calls one action (one transaction) and goes on to the next item.

A form that cannot be saved comes back with everything that was typed and a message at the field.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from extract.errors import DecisionError, FieldErrors, SeedMissed, StaleItem
from extract.review.acts import ACTS, Act, PreviewFirst
from extract.review.derived import derived_lines
from extract.review.desk import ROOT, Access, Desk, Pages, Visit, kept
from extract.review.fields import placed
from extract.review.item_pages import item_path, show_item
from extract.review.leases import claim
from extract.review.preview import reading_mark
from extract.review.unsaved import facts_typed, typed_something
from extract.store.work import drop_draft, lease_on, release_lease, save_draft


def add_decision_pages(pages: Pages, desk: Desk) -> None:
    """Register the actions."""
    for name, act in ACTS.items():
        _decision(pages, desk, name, act)

    @pages.post("/item/{item}/draft", Access.DECIDE)
    def draft(visit: Visit) -> Response:
        item = visit.request.path_params["item"]
        lease = claim(desk, visit, item)
        if not lease.mine:
            words = f"{lease.holder} took this item over: the draft is not saved, what you typed is still here"
            return Response(words, status_code=409, media_type="text/plain")
        typed = kept(visit.form)
        with desk.store.write() as tx:
            save_draft(tx, item[:140], visit.person, typed, at=visit.at)
        if visit.request.headers.get("sec-fetch-mode") == "navigate":
            return RedirectResponse(item_path(item), 303)
        return desk.page(visit, "derived.html", derived=derived_lines(typed, desk.derive_curve))

    @pages.post("/item/{item}/keep", Access.DECIDE)
    def keep(visit: Visit) -> Response:
        """Renew the lease of somebody who is still reading."""
        lease = claim(desk, visit, visit.request.path_params["item"])
        return Response(status_code=204 if lease.mine else 409)

    @pages.post("/item/{item}/leave", Access.DECIDE)
    def leave(visit: Visit) -> Response:
        item = visit.request.path_params["item"]
        with desk.store.write() as tx:
            if typed_something(tx, item, visit.form, person_id=visit.person):
                save_draft(tx, item[:140], visit.person, kept(visit.form), at=visit.at)
            held = lease_on(tx, item, at=visit.at)
            if held is not None and held.person_id == visit.person:
                release_lease(tx, item)
        desk.at_hand.leave(visit.person, item)
        return RedirectResponse(f"{ROOT}next?after={quote(item, safe='')}", 303)


def _decision(pages: Pages, desk: Desk, name: str, act: Act) -> None:
    @pages.post(f"/item/{{item}}/{name}", Access.DECIDE)
    def decide(visit: Visit) -> Response:
        item = visit.request.path_params["item"]
        typed = kept(visit.form)
        try:
            carry_out(desk, visit, item, act)
        except SeedMissed as error:
            typed = {name: text for name, text in typed.items() if name not in error.fields}
            return show_item(desk, visit, status=409, typed=typed, stale=str(error))
        except StaleItem as error:
            return show_item(desk, visit, status=409, typed=typed, stale=str(error))
        except PreviewFirst as first:
            typed |= {"previewed": reading_mark(first.value)}
            return show_item(desk, visit, typed=typed, preview=first.changes)
        except FieldErrors as error:
            return show_item(desk, visit, status=422, typed=typed, errors=error.errors)
        except DecisionError as error:
            field, words = placed(error)
            return show_item(desk, visit, status=422, typed=typed, errors={field: words})
        if name == "undo":
            return RedirectResponse(f"{item_path(item)}?done={quote(item, safe='')}", 303)
        return RedirectResponse(f"{ROOT}next?done={quote(item, safe='')}", 303)


def carry_out(desk: Desk, visit: Visit, item: str, act: Act) -> str:
    """Do what a form (or a request to the API) asks of an item; return the item's state after it.

    Raises
    ------
    StaleItem
        Somebody else has the item open, or it changed since the person looked at it.
    DecisionError
        The decision cannot be taken; the message says why, field by field where it is about fields.
    """
    lease = claim(desk, visit, item)
    if not lease.mine:
        raise StaleItem(f"{lease.holder} took this item over and has it until {lease.until[11:16]} UTC")
    state = act(desk, visit, item.partition(":")[2])
    desk.at_hand.leave(visit.person, item)
    with desk.store.write() as tx:
        if visit.form.get("vote", "include") != "include" and facts_typed(visit.form):
            # Whoever takes the vote back finds what they had filled in about the study.
            save_draft(tx, item, visit.person, kept(visit.form), at=visit.at)
        elif state != "undone":
            drop_draft(tx, item, visit.person)
        release_lease(tx, item)
    if state in ("approved", "withdrawn"):
        desk.on_approved()
    return state
