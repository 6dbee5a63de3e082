"""The scheduler of one machine: a Prefect server of its own and the process that starts the nights, both supervised."""

from __future__ import annotations

import os
import socket
import sys

import requests
import typer

from flows.children import Child, Children
from flows.prefect_home import prefect_environment, server_command
from flows.settings import Settings

SERVER = "the scheduler's server"
STARTER = "the process that starts the nights"
PROBE_TIMEOUT_SECONDS = 2


def scheduler(settings: Settings) -> Children:
    """Return the scheduler's processes; enter them to start both, leave them to end both."""
    port = free_port()
    environment = {**os.environ, **prefect_environment(settings), "PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}
    address = f"http://127.0.0.1:{port}/api/health"
    return Children(
        [
            Child(SERVER, server_command(port), environment, answers=lambda: _answers(address)),
            Child(STARTER, [sys.executable, "-m", "flows.schedule"], environment, needs=(SERVER,)),
        ],
        told=lambda line: typer.echo(f"serve: {line}", err=True),
    )


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=PROBE_TIMEOUT_SECONDS).ok
    except requests.RequestException:
        return False  # the question was whether it answers


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
