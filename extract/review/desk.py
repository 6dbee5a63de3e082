"""What every page of the queue is given, and how a page says who may see it."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from extract.review.accounts import Member
from extract.review.at_hand import AtHand
from extract.review.certainty import BodyOfEvidence
from extract.review.coming import Handed
from extract.review.curves import DeriveCurve
from extract.review.fields import FieldGroup, field_groups, label_of
from extract.review.guard import TOKEN_FIELD, cookie_name, cookie_token, form_token
from extract.review.kept_typed import KEPT, TYPED_BY, Away, page_of
from extract.review.notices import notice_words
from extract.review.passwords import Passwords
from extract.review.preview import Preview
from extract.review.seeding import SeedPlan
from extract.review.sessions import session_owner, signed_in
from extract.review.signing import SignIn
from extract.review.turns import Turns
from extract.schema.curve import pasted
from extract.schema.protocol import Protocol
from extract.store.engine import Store, Transaction

ROOT = "/review/"
"""Where the application is mounted."""


class Access(StrEnum):
    """Who may use a page."""

    ANYONE = "anyone"
    SIGNED_IN = "signed_in"
    DECIDE = "decide"
    ADMINISTER = "administer"


def may(member: Member | None, access: Access) -> bool:
    """Tell whether a visitor may use a page."""
    if access is Access.ANYONE:
        return True
    if member is None:
        return False
    if access is Access.DECIDE:
        return member.decides
    return access is Access.SIGNED_IN or member.role == "administrator"


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the templates: everything is escaped, and a name that is missing is a bug.

    One for all applications of a process: compiling a template takes longer than a page may.
    """
    made = Environment(
        loader=FunctionLoader(_template),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["TYPED_BY"] = TYPED_BY
    made.filters |= {"pasted": pasted, "labelled": label_of, "noticed": notice_words}
    return made


def _template(name: str) -> str:
    return (resources.files("extract.review") / "templates" / name).read_text(encoding="utf-8")


@dataclass(frozen=True)
class Desk:
    """The application's surroundings, injected by ``flows``.

    Parameters
    ----------
    clock
        Gives the time now, in UTC.
    on_approved
        Called after an approval that completed a value, so that the site is published again.
    preview
        Computes what the published pages would say after an approval; None where nothing is published.
    provider
        The institution's identity provider, None without one.
    """

    store: Store
    protocol: Protocol
    clock: Callable[[], dt.datetime]
    passwords: Passwords
    on_approved: Callable[[], None]
    bodies: Callable[[Transaction], tuple[BodyOfEvidence, ...]] = lambda _tx: ()
    """Gives the syntheses whose certainty people decide, as they stand in this transaction."""
    bodies_lately: Callable[[Transaction], tuple[BodyOfEvidence, ...]] | None = None
    """The same as they stood a moment ago, for counts and for what comes next; None where there is no such thing."""
    preview: Preview | None = None
    provider: SignIn | None = None
    seeds: SeedPlan | None = None
    """How often first readers are shown a deliberate error; None for never."""
    derive_curve: DeriveCurve | None = None
    """Computes the log hazard ratio of digitised survival curves."""
    templates: Environment = field(default_factory=environment)
    at_hand: AtHand = field(default_factory=AtHand)
    """Which item each person has before them."""
    handed: Handed = field(default_factory=Handed)
    """What "next" looked up, for the page it leads to."""
    away: Away = field(default_factory=Away)
    """What was typed before somebody went to the identity provider."""

    def recent_bodies(self, tx: Transaction) -> tuple[BodyOfEvidence, ...]:
        """Return the bodies of evidence as they stand, or stood a moment ago."""
        return (self.bodies_lately or self.bodies)(tx)

    @cached_property
    def forms(self) -> tuple[FieldGroup, ...]:
        """The form of a value under this protocol."""
        return field_groups(self.protocol)

    def page(self, visit: Visit, name: str, *, status: int = 200, **values: Any) -> Response:
        """Render a template for a visitor."""
        field = Markup('<input type="hidden" name="{}" value="{}">').format(TOKEN_FIELD, form_token(visit.token))
        html = self.templates.get_template(name).render(
            protocol=self.protocol, member=visit.member, token=lambda: field, here=visit.path, **values
        )
        return visit.with_cookie(HTMLResponse(html, status_code=status))


@dataclass(frozen=True)
class Visit:
    """One request: who asks, with which form, when.

    Parameters
    ----------
    token
        The visitor's token: of the session, or a fresh one of somebody who is not signed in.
    fresh
        Whether the visitor must be given it.
    """

    request: Request
    member: Member | None
    form: dict[str, str]
    token: str
    fresh: bool
    now: dt.datetime

    @property
    def at(self) -> str:
        """The time as the decision log writes it."""
        return self.now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def path(self) -> str:
        """Path and query of this page."""
        query = self.request.url.query
        return self.request.url.path + (f"?{query}" if query else "")

    @property
    def person(self) -> str:
        """Id of the person who is signed in."""
        if self.member is None:
            raise RuntimeError("a page that needs a person was declared for anyone")
        return self.member.person_id

    def with_cookie(self, response: Response) -> Response:
        """Give the visitor a token if there is none yet."""
        if self.fresh:
            set_cookie(response, self.token, scheme=self.request.url.scheme)
        return response


def set_cookie(response: Response, token: str, *, scheme: str) -> None:
    """Set the cookie: not for scripts, not for requests other sites start, with https only over https."""
    response.set_cookie(cookie_name(scheme), token, path="/", httponly=True, samesite="lax", secure=scheme == "https")


def local_path(text: str) -> str:
    """Return a path of this application, or its first page: never another site's address."""
    plain = text.startswith(ROOT) and "\\" not in text and "//" not in text and text.isprintable()
    return text if plain and ".." not in text else ROOT


Handler = Callable[[Visit], Response]


class Pages:
    """Registers pages; each must say who may use it, so that none is open by omission."""

    def __init__(self, app: FastAPI, desk: Desk) -> None:
        self._app, self._desk = app, desk
        self._turns = Turns()
        self.access: dict[tuple[str, str], Access] = {}

    def get(self, path: str, access: Access, *, asks_others: bool = False) -> Callable[[Handler], Handler]:
        """Register a page that only shows.

        Parameters
        ----------
        asks_others
            The page waits for another machine: it is made beside the others, however long that takes.
        """
        return self._route("GET", path, access, turn=nullcontext if asks_others else self._turns.turn)

    def post(self, path: str, access: Access) -> Callable[[Handler], Handler]:
        """Register an action of a form; the guard has checked origin and token."""
        return self._route("POST", path, access, turn=self._turns.turn)

    def _route(
        self, method: str, path: str, access: Access, *, turn: Callable[[], AbstractContextManager[None]]
    ) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            def endpoint(request: Request) -> Response:
                with turn():
                    visit = self._visit(request)
                    if may(visit.member, access):
                        return handler(visit)
                    return self._refusal(visit)

            self.access[method, path] = access
            self._app.add_route(path, endpoint, methods=[method], name=f"{method} {path}")
            return handler

        return register

    def _visit(self, request: Request) -> Visit:
        now, token = self._desk.clock(), cookie_token(request.scope)
        member = signed_in(self._desk.store, self._desk.protocol, token, now=now)
        form: dict[str, str] = request.scope["review.form"]
        return Visit(request, member, form, token or secrets.token_urlsafe(32), not token, now)

    def _refusal(self, visit: Visit) -> Response:
        if visit.member is None and visit.request.method in ("GET", "HEAD"):
            return visit.with_cookie(RedirectResponse(f"{ROOT}login?next={quote(visit.path, safe='')}", 303))
        if visit.member is not None:
            why = "Your role may look here, not decide."
            return self._desk.page(
                visit, "refused.html", status=403, why=why, typed=shown(visit.form), back="", carry={}
            )
        why, back = "You are not signed in any more.", page_of(visit.request.url.path)
        owner = session_owner(self._desk.store, visit.token) if back else ""
        carry = {f"{KEPT}{name}": text for name, text in kept(visit.form).items() if name != "opened"} if owner else {}
        carry |= {TYPED_BY: owner} if carry else {}
        typed = shown(visit.form)
        return self._desk.page(
            visit,
            "refused.html",
            status=401,
            why=why,
            typed=typed,
            back=back,
            carry=carry,
            provider=self._desk.provider,
        )


UNSEEN = ("seen", "previewed", "blind")
"""Fields of a form that nobody typed."""


def kept(form: dict[str, str]) -> dict[str, str]:
    """Return everything a form's next page must hold again: fields that were emptied too, but no password."""
    return {name: text for name, text in form.items() if "password" not in name and name not in UNSEEN}


def shown(form: dict[str, str]) -> dict[str, str]:
    """Return what a person typed and may see again: everything but passwords and empty fields."""
    return {name: text for name, text in kept(form).items() if text}
