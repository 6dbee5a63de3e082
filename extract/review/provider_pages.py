"""Signing in through the institution's provider: only people who have an account here, and never a new one."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from extract.errors import AccessError, ProviderFailed
from extract.review.desk import ROOT, Access, Desk, Pages, Visit, local_path, set_cookie
from extract.review.identities import open_session, person_of
from extract.review.kept_typed import AWAY_MINUTES, TYPED_BY, keep_carried


def add_provider_pages(pages: Pages, desk: Desk) -> None:
    """Register the pages; without a provider they say that there is none."""

    @pages.get("/oidc/start", Access.ANYONE, asks_others=True)
    def start(visit: Visit) -> Response:
        if desk.provider is None:
            return _none(visit)
        after = local_path(visit.request.query_params.get("next", ROOT))
        try:
            return visit.with_cookie(RedirectResponse(desk.provider.way_there(visit.token, after=after), 303))
        except ProviderFailed as error:
            return _failed(visit, error)

    @pages.post("/oidc/keep", Access.ANYONE)
    def keep(visit: Visit) -> Response:
        """Keep what a form held, then go: a form that another machine's page answers is refused by browsers."""
        if desk.provider is None:
            return _none(visit)
        desk.away.leave(visit.token, visit.form, now=visit.now)
        after, by = local_path(visit.form.get("next", ROOT)), visit.form.get(TYPED_BY, "")
        return desk.page(visit, "kept.html", after=after, by=by, provider=desk.provider, minutes=AWAY_MINUTES)

    @pages.get("/oidc/callback", Access.ANYONE, asks_others=True)
    def callback(visit: Visit) -> Response:
        if desk.provider is None:
            return _none(visit)
        asked = visit.request.query_params
        try:
            if "error" in asked:
                raise AccessError("the provider did not sign you in; start again, or use your password")
            identity, after = desk.provider.who_came(
                visit.token if not visit.fresh else "",
                state=asked.get("state", ""),
                code=asked.get("code", ""),
                now=visit.now,
            )
            person = person_of(desk.store, desk.protocol, identity, now=visit.now)
        except ProviderFailed as error:
            return _failed(visit, error)
        except AccessError as error:
            return desk.page(visit, "message.html", status=403, title="Not signed in", words=str(error))
        typed = desk.away.fetch(visit.token, now=visit.now)
        keep_carried(desk.store, typed, after, person_id=person, at=visit.at)
        response = RedirectResponse(local_path(after), 303)
        # A fresh token, as after a password: whatever token the visitor came with is worth nothing afterwards.
        set_cookie(response, open_session(desk.store, person, now=visit.now), scheme=visit.request.url.scheme)
        return response

    def _none(visit: Visit) -> Response:
        words = "This queue has no provider to sign in through; use your password."
        return desk.page(visit, "message.html", status=404, title="Not signed in", words=words)

    def _failed(visit: Visit, error: ProviderFailed) -> Response:
        words = f"The provider cannot be used now: {error}. Try again later, or use your password."
        return desk.page(visit, "message.html", status=502, title="Not signed in", words=words)
