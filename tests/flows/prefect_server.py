"""A real Prefect server and a real worker for tests, each a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from flows.prefect_home import DEFAULTS, server_command
from flows.scheduler import free_port
from tests.stores import ROOT


class PrefectServer:
    """A running server."""

    def __init__(self, process: subprocess.Popen[bytes], environment: dict[str, str]) -> None:
        self.process, self.environment = process, environment
        self.api = environment["PREFECT_API_URL"]

    def post(self, path: str, content: object) -> Any:
        """Ask the API; return its answer. A busy server says 503 and is asked again, as Prefect's own client does."""
        deadline = time.monotonic() + 60
        while True:
            answer = requests.post(f"{self.api}{path}", json=content, timeout=30)
            if answer.status_code != 503 or time.monotonic() > deadline:
                break
            time.sleep(1)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def runs(self, flow: str) -> list[dict[str, Any]]:
        """Return the runs of a flow, oldest first."""
        wanted = {"flows": {"name": {"any_": [flow]}}, "sort": "EXPECTED_START_TIME_ASC"}
        return list(self.post("/flow_runs/filter", wanted))

    def prefect(self, *arguments: str) -> None:
        """Run Prefect's own command."""
        command = [sys.executable, "-m", "prefect", "--no-prompt", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def prefect_server(home: Path) -> Iterator[PrefectServer]:
    """Start a server, wait until it answers, and end it afterwards."""
    port = free_port()
    environment = {
        **os.environ,
        **DEFAULTS,
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
    }
    home.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        server_command(port), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until(lambda: answers(f"{environment['PREFECT_API_URL']}/health"), 120)
        yield PrefectServer(process, environment)
    finally:
        end(process)


@contextmanager
def worker(server: PrefectServer, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process worker for the pool of the deployments, with these settings."""
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "nights"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=server.environment | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process."""
    process.terminate()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def answers(address: str) -> bool:
    """Tell whether an address answers."""
    try:
        return requests.get(address, timeout=2).ok
    except requests.RequestException:
        return False


def wait_until(holds: Callable[[], object], seconds: float) -> None:
    """Wait until something holds, or fail."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.3)
