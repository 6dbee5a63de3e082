"""The review queue as a web application: pages registered one by one, behind the guard.

Everything works as plain forms; the small script only adds keys and saving while typing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib import resources

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from extract.errors import StoreError
from extract.review.account_pages import add_account_pages
from extract.review.api.app import api_app
from extract.review.appraisal_pages import add_appraisal_pages
from extract.review.certainty import BodyOfEvidence
from extract.review.curves import DeriveCurve
from extract.review.decision_pages import add_decision_pages
from extract.review.desk import ROOT, Access, Desk, Pages
from extract.review.guard import API, Guard
from extract.review.item_pages import add_item_pages
from extract.review.linking_pages import add_linking_pages
from extract.review.measures_pages import add_measures_pages
from extract.review.own_pages import add_own_pages
from extract.review.passwords import Passwords
from extract.review.preview import Preview
from extract.review.provider_pages import add_provider_pages
from extract.review.seeding import SeedPlan
from extract.review.signing import SignIn
from extract.schema.protocol import Protocol
from extract.store.engine import Store, Transaction


@dataclass(frozen=True)
class ReviewApp:
    """The application and its register of pages.

    Parameters
    ----------
    asgi
        The application, guard included.
    access
        Who may use which page: ``{(method, path): access}``; tests go through all of them.
    """

    asgi: ASGIApp
    access: dict[tuple[str, str], Access]

    def mount_in(self, app: FastAPI) -> None:
        """Mount the application in a site's, at ``/review``."""
        app.router.routes.append(_WholeMount(ROOT.removesuffix("/"), self.asgi))


class _WholeMount(Mount):
    """A mount that owns every address under it; Starlette's own lets one with a line break fall past the guard."""

    def __init__(self, path: str, app: ASGIApp) -> None:
        super().__init__(path, app)
        self.path_regex = re.compile(self.path_regex.pattern, re.DOTALL)


def review_app(
    store: Store,
    protocol: Protocol,
    *,
    clock: Callable[[], dt.datetime],
    allowed_hosts: Collection[str],
    passwords: Passwords | None = None,
    on_approved: Callable[[], None] = lambda: None,
    bodies: Callable[[Transaction], tuple[BodyOfEvidence, ...]] = lambda _tx: (),
    bodies_lately: Callable[[Transaction], tuple[BodyOfEvidence, ...]] | None = None,
    preview: Preview | None = None,
    derive_curve: DeriveCurve | None = None,
    provider: SignIn | None = None,
    seeds: SeedPlan | None = None,
) -> ReviewApp:
    """Return the application; :meth:`ReviewApp.mount_in` puts it at ``/review``.

    Parameters
    ----------
    clock
        Gives the time now, in UTC.
    allowed_hosts
        Host names of the site, without port; requests for any other are refused.
    passwords
        How passwords are hashed; the default is argon2id at the library's cost.
    on_approved
        Called after an approval that completed a value.
    bodies
        Gives the syntheses whose certainty people decide.
    bodies_lately
        Gives them as they stood a moment ago, for counts and for what comes next; None to ask ``bodies``.
    derive_curve
        Computes the log hazard ratio of digitised survival curves.
    preview
        Computes what the published pages would say after an approval.
    provider
        The institution's identity provider (:class:`extract.review.provider.Provider`), None without one.
    seeds
        How often first readers are shown a deliberate error; None for never.
    """
    app = FastAPI(title="Review queue", docs_url=None, redoc_url=None, openapi_url=None)
    desk = Desk(
        store,
        protocol,
        clock,
        passwords or Passwords(),
        on_approved,
        bodies,
        bodies_lately,
        preview,
        provider,
        seeds,
        derive_curve,
    )
    pages = Pages(app, desk)
    add_account_pages(pages, desk)
    add_provider_pages(pages, desk)
    add_own_pages(pages, desk)
    add_item_pages(pages, desk)
    add_decision_pages(pages, desk)
    add_linking_pages(pages, desk)
    add_appraisal_pages(pages, desk)
    add_measures_pages(pages, desk)
    app.mount(API.removesuffix("/"), api_app(desk, pages.access), name="api")
    app.mount("/static", StaticFiles(directory=str(resources.files("extract.review") / "static")), name="static")
    app.add_exception_handler(StoreError, _store_failed)
    return ReviewApp(Guard(app, allowed_hosts=allowed_hosts), pages.access)


def _store_failed(_request: Request, error: Exception) -> Response:
    return PlainTextResponse(f"Nothing was saved: {error}. Go back: what you typed is still there.\n", status_code=503)
