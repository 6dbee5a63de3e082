"""``living-review serve``: scheduler, review queue and published site in one command, for one machine.

The scheduler (a Prefect server and a process that starts the nights) runs in child processes: the pages stay up when
it is down, and both end with this command.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import requests
import typer
import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles

from extract.review.accounts import first_link
from extract.review.app import review_app
from extract.store.engine import Store
from flows.context import as_recorded, open_store, system_clock, writable
from flows.errors import SettingsError
from flows.prefect_home import prefect_environment
from flows.publisher import Publisher
from flows.settings import Settings, load_settings, rehearsal_settings

SERVER_START_SECONDS = 90
"""A Prefect server on SQLite starts in 3 to 9 seconds (measured); a loaded machine takes longer."""

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
    if rehearsal or (not settings.site_dir.exists() and rehearsal_settings(settings).site_dir.exists()):
        settings = rehearsal_settings(settings)
        typer.echo("Serving the REHEARSAL's state; no live night has been published here.", err=True)
    _refuse_port_in_use(host, port)
    writable(settings.state_dir)
    store = open_store(settings)
    settings = as_recorded(settings, store)
    try:
        with scheduler(settings) if schedule and not settings.rehearsal else _no_scheduler():
            address = f"http://{'[' + host + ']' if ':' in host else host}:{port}"
            typer.echo(f"Site {address}/  queue {address}/review/  (Ctrl-C ends)", err=True)
            _invite_first_administrator(store, address)
            with Publisher(settings, store) as publisher:
                app = site_app(settings, store, host=host, on_approved=publisher.request)
                uvicorn.run(app, host=host, port=port, log_level="warning")
    finally:
        store.close()


def _invite_first_administrator(store: Store, address: str) -> None:
    """Print the one-time link that makes the administrator, as long as there is none: no default password ever."""
    token = first_link(store, now=system_clock())
    if token is not None:
        typer.echo(f"No administrator yet. Create one within 7 days, once: {address}/review/join/{token}", err=True)


def site_app(
    settings: Settings, store: Store, *, host: str = "127.0.0.1", on_approved: Callable[[], None] = lambda: None
) -> FastAPI:
    """Return the application: the queue at ``/review``, the published site at ``/``.

    Parameters
    ----------
    host
        Address it listens on; with the host of ``SITE_URL`` and this machine's own names, what may be asked for.
    on_approved
        Called after an approval that completed a value.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    own = {"localhost", "127.0.0.1", "::1", host, urlsplit(settings.site_url).hostname or "localhost"}
    queue = review_app(store, settings.protocol, clock=system_clock, allowed_hosts=own, on_approved=on_approved)
    app.mount("/review", queue.asgi)

    @app.get("/healthz", response_class=PlainTextResponse)
    def healthz() -> str:
        """Say that the process answers."""
        return "ok\n"

    if settings.site_dir.exists():
        # The folder is a symlink that publishing replaces; it is resolved anew at every request.
        app.mount("/", StaticFiles(directory=settings.site_dir, html=True), name="site")
    else:
        app.mount("/", _LateSite(settings), name="site")
    return app


class _LateSite:
    """The published site once there is one; until then a page that says so."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._files: StaticFiles | None = None

    async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]  # ASGI's own types are open
        if self._files is None and self._settings.site_dir.exists():
            self._files = StaticFiles(directory=self._settings.site_dir, html=True)
        if self._files is not None:
            await self._files(scope, receive, send)
        else:
            await HTMLResponse(NO_SITE)(scope, receive, send)


@contextmanager
def _no_scheduler() -> Iterator[None]:
    yield


@contextmanager
def scheduler(settings: Settings) -> Iterator[None]:
    """Run a Prefect server and the process that starts the nights, and end both afterwards."""
    port = _free_port()
    environment = {**os.environ, **prefect_environment(settings), "PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}
    server = subprocess.Popen(
        [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    children = [server]
    try:
        _wait_for_server(server, port)
        children.append(subprocess.Popen([sys.executable, "-m", "flows.schedule"], env=environment))
        yield
    finally:
        for child in reversed(children):
            child.terminate()
        for child in reversed(children):
            try:
                child.wait(timeout=20)
            except subprocess.TimeoutExpired:
                child.kill()


def _wait_for_server(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + SERVER_START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise SettingsError(f"the scheduler's server ended at once (exit code {server.returncode})")
        try:
            if requests.get(f"http://127.0.0.1:{port}/api/health", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.3)
    raise SettingsError(f"the scheduler's server did not answer within {SERVER_START_SECONDS} s")


def _refuse_port_in_use(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(f"--port {port} on {host}: {error.strerror}; choose another with --port") from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
