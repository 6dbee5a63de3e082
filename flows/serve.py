"""``living-review serve``: scheduler, review queue and published site in one command, for one machine.

The scheduler (a Prefect server and a process that starts the nights) runs in supervised child processes: the pages
stay up when it is down, it is started again, and all end with this command.
"""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from urllib.parse import urlsplit

import typer
import uvicorn
from anyio import to_thread
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from extract.review.accounts import first_link
from extract.review.app import review_app
from extract.store.engine import Store
from flows.approvals import approval_teller
from flows.bodies import Bodies
from flows.children import Children
from flows.context import as_recorded, open_store, system_clock, writable
from flows.curves import log_hr_of_curves
from flows.errors import SettingsError
from flows.health import HealthCheck
from flows.metrics import metrics_text
from flows.preview import Previewer
from flows.process import begin_process
from flows.provider import provider_of
from flows.publisher import Publisher, decided_since_published
from flows.scheduler import scheduler
from flows.seeds import seed_plan
from flows.settings import Settings, load_settings, rehearsal_settings
from flows.site_files import SiteFiles
from flows.site_guard import SiteGuard, on_own_network
from flows.timetable import checked_hour, local_date

THREADS = 8
"""Threads that answer requests: no more than the store keeps connections for. Pages of the queue take turns in them
(:mod:`extract.review.turns`); the site's files, the API and whoever waits for another machine do not."""

GIVE_WAY_SECONDS = 0.001
"""After how long a thread that computes lets others go on (Python's own is 5 ms): the loop that takes requests in and
sends answers out waits for that again and again."""

NO_SITE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Nothing published yet</title>
<body style="font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem">
<h1>Nothing published yet</h1><p>No night has run in this state folder. Run <code>make run</code>.</p>
<p><a href="/review/">Review queue</a></p></body></html>"""


def serve_all(*, host: str, port: int, rehearsal: bool, schedule: bool) -> None:
    """Serve until interrupted.

    Raises
    ------
    SettingsError
        The port is in use, or the state folder cannot be written; nothing is left running.
    """
    settings = load_settings()
    begin_process(settings)
    if rehearsal or (not settings.site_dir.exists() and rehearsal_settings(settings).site_dir.exists()):
        settings = rehearsal_settings(settings)
        typer.echo("Serving the REHEARSAL's state; no live night has been published here.", err=True)
    _refuse_port_in_use(host, port)
    writable(settings.state_dir)
    store = open_store(settings)
    settings = as_recorded(settings, store)
    scheduled = schedule and not settings.rehearsal
    if scheduled:
        checked_hour(settings.protocol.living, today=local_date(system_clock(), settings.protocol.living))
    try:
        with ExitStack() as running:
            children = running.enter_context(scheduler(settings)) if scheduled else None
            address = f"http://{'[' + host + ']' if ':' in host else host}:{port}"
            typer.echo(f"Site {address}/  queue {address}/review/  (Ctrl-C ends)", err=True)
            _invite_first_administrator(store, address)
            if settings.prefect_api_url is not None:
                on_approved = approval_teller(settings, clock=system_clock)
            else:
                on_approved = running.enter_context(Publisher(settings)).request
            if decided_since_published(store):
                on_approved()
            app = site_app(settings, store, host=host, on_approved=on_approved, children=children)
            _until_ended(app, host=host, port=port)
    finally:
        store.close()


def _until_ended(app: FastAPI, *, host: str, port: int) -> None:
    """Serve until interrupted or told to end; both are orderly ends."""

    def end(_number: int, _frame: object) -> None:
        raise SystemExit(0)

    sys.setswitchinterval(GIVE_WAY_SECONDS)
    # uvicorn raises the signal that ended it again: by default that would kill us before the children have ended.
    signal.signal(signal.SIGTERM, end)
    with suppress(KeyboardInterrupt):
        uvicorn.run(app, host=host, port=port, log_level="warning", server_header=False)


def _invite_first_administrator(store: Store, address: str) -> None:
    """Print the one-time link that makes the administrator, as long as there is none: no default password ever."""
    token = first_link(store, now=system_clock())
    if token is not None:
        typer.echo(f"No administrator yet. Create one within 7 days, once: {address}/review/join/{token}", err=True)


def site_app(
    settings: Settings,
    store: Store,
    *,
    host: str = "127.0.0.1",
    on_approved: Callable[[], None] = lambda: None,
    children: Children | None = None,
) -> FastAPI:
    """Return the application: the queue at ``/review``, the published site at ``/``.

    Parameters
    ----------
    host
        Address it listens on; with the host of ``SITE_URL`` and this machine's own names, what may be asked for.
    on_approved
        Called after an approval that completed a value.
    children
        The scheduler's processes, None where something else starts the nights.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=_few_threads)
    own = {"localhost", "127.0.0.1", "::1", host, urlsplit(settings.site_url).hostname or "localhost"}
    bodies = Bodies(settings.protocol)
    queue = review_app(
        store,
        settings.protocol,
        clock=system_clock,
        allowed_hosts=own,
        on_approved=on_approved,
        bodies=bodies,
        bodies_lately=bodies.lately,
        preview=Previewer(store, settings.protocol),
        derive_curve=log_hr_of_curves,
        provider=provider_of(settings),
        seeds=seed_plan(settings),
    )
    queue.mount_in(app)

    app.add_middleware(SiteGuard, requests_per_minute=settings.requests_per_minute)
    add_health_pages(app, settings, store, children)
    if settings.site_dir.exists():
        app.mount("/", SiteFiles(settings.site_dir), name="site")
    else:
        app.mount("/", _LateSite(settings), name="site")
    return app


@asynccontextmanager
async def _few_threads(_app: FastAPI) -> AsyncIterator[None]:
    """Limit the threads that answer; requests beyond them wait in line."""
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield


def add_health_pages(app: FastAPI, settings: Settings, store: Store, children: Children | None) -> None:
    """Add ``/healthz`` (the process answers), ``/readyz`` (nothing needs a person) and ``/metrics``."""
    check = HealthCheck(settings, store, clock=system_clock, children=children.reports if children else None)

    @app.get("/healthz", response_class=PlainTextResponse)
    def healthz() -> str:
        """Say that the process answers."""
        return "ok\n"

    @app.get("/readyz")
    def readyz() -> JSONResponse:
        """Say whether database, last night and scheduler are well: 200, or 503 when something needs a person."""
        health = check.look()
        return JSONResponse(health.told(), 200 if health.ready else 503, headers={"Cache-Control": "no-store"})

    @app.get("/metrics")
    def metrics(request: Request) -> Response:
        """Give the metrics to this machine and its own network; for all others the page does not exist."""
        if not on_own_network(request.client.host if request.client else ""):
            return PlainTextResponse("Not Found", status_code=404)
        reports = children.reports() if children else ()
        body = metrics_text(check.look(), reports, now=system_clock())
        return Response(body, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


class _LateSite:
    """The published site once there is one; until then a page that says so."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._files: SiteFiles | None = None

    async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]  # ASGI's own types are open
        if self._files is None and self._settings.site_dir.exists():
            self._files = SiteFiles(self._settings.site_dir)
        if self._files is not None:
            await self._files(scope, receive, send)
        else:
            await HTMLResponse(NO_SITE)(scope, receive, send)


def _refuse_port_in_use(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(f"--port {port} on {host}: {error.strerror}; choose another with --port") from error
