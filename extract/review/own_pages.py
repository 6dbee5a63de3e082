"""A person's own page: digests on or off, and the tokens with which programs act for them."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from extract.errors import AccessError
from extract.review.addresses import switch_digest
from extract.review.desk import ROOT, Access, Desk, Pages, Visit
from extract.review.tokens import (
    LONGEST_TOKEN_DAYS,
    SCOPES,
    TOKEN_DAYS,
    end_token,
    make_token,
    scopes_for,
    working_tokens,
)
from extract.store.accounts import get_account


def add_own_pages(pages: Pages, desk: Desk) -> None:
    """Register the pages."""

    @pages.get("/you", Access.SIGNED_IN)
    def you(visit: Visit) -> Response:
        return _page(visit)

    @pages.post("/you/digest", Access.SIGNED_IN)
    def digest(visit: Visit) -> Response:
        switch_digest(desk.store, visit.person, wanted=visit.form.get("wanted") == "yes")
        return RedirectResponse(f"{ROOT}you", 303)

    @pages.post("/you/tokens", Access.SIGNED_IN)
    def add_token(visit: Visit) -> Response:
        days = visit.form.get("days", "")
        try:
            if not days.isascii() or not days.isdigit() or len(days) > 4:
                raise AccessError(f"days: {days[:20]!r} is no number of days; a token lasts 1 to {LONGEST_TOKEN_DAYS}")
            token, _ = make_token(
                desk.store,
                desk.protocol,
                visit.person,
                name=visit.form.get("name", ""),
                scopes=[scope for scope in SCOPES if visit.form.get(f"scope-{scope}")],
                now=visit.now,
                days=int(days),
            )
        except AccessError as error:
            return _page(visit, problem=str(error), status=400)
        return _page(visit, token=token)

    @pages.post("/you/tokens/{token}/revoke", Access.SIGNED_IN)
    def revoke(visit: Visit) -> Response:
        try:
            end_token(desk.store, visit.person, visit.request.path_params["token"], now=visit.now)
        except AccessError as error:
            return _page(visit, problem=str(error), status=404)
        return RedirectResponse(f"{ROOT}you", 303)

    def _page(visit: Visit, *, problem: str = "", token: str = "", status: int = 200) -> Response:
        with desk.store.read() as tx:
            account = get_account(tx, visit.person)
        return desk.page(
            visit,
            "you.html",
            status=status,
            account=account,
            tokens=working_tokens(desk.store, visit.person, now=visit.now),
            scopes=scopes_for(visit.member),
            days=TOKEN_DAYS,
            longest=LONGEST_TOKEN_DAYS,
            problem=problem,
            made=token,
            typed=visit.form if problem else {},
        )
