"""``living-review serve``: schedule, queue and site in one command, and nothing left behind when it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from extract.review.reopened import reopen_value, withdraw_value
from flows.context import open_store, system_clock
from flows.publish import shown_snapshot_id
from flows.publisher import decided_since_published
from tests.nights import after_first_night, rehearsal
from tests.stores import ROOT, copied_state


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(state: Path, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    port = free_port()
    environment = {**os.environ, "LIVING_REVIEW_STATE_DIR": str(state)}
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.cli", "serve", "--port", str(port), *arguments],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address, process)
        yield address, process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def wait_for(address: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[1]
        try:
            if requests.get(f"{address}/healthz", timeout=2).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.2)
    pytest.fail("the server did not answer")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("serve")
    after_first_night(state / "rehearsal")
    return state


@pytest.fixture(scope="module")
def first_start(published: Path) -> Iterator[tuple[str, list[str]]]:
    """Start it for the first time; return its address and the first lines it prints."""
    with serving(published, "--no-schedule") as (address, process):
        assert process.stderr is not None
        yield address, [process.stderr.readline() for _ in range(3)]


def test_without_a_live_night_the_rehearsal_is_served_with_queue_and_site(first_start: tuple[str, list[str]]) -> None:
    address, _ = first_start
    site = requests.get(f"{address}/", timeout=10)
    assert site.status_code == 200
    assert "Rehearsal" in site.text
    report = requests.get(f"{address}/subtype/her2-positive/", timeout=10)
    assert report.status_code == 200
    inbox = requests.get(f"{address}/review/", timeout=10)
    assert inbox.url.endswith("/review/login?next=%2Freview%2F")
    assert "default-src 'none'" in inbox.headers["Content-Security-Policy"]
    assert requests.get(f"{address}/../review.db", timeout=10).status_code == 404


def test_the_first_start_prints_a_one_time_link_and_nobody_can_sign_in_without_it(
    first_start: tuple[str, list[str]],
) -> None:
    address, lines = first_start
    link = re.search(rf"{address}/review/join/[\w-]{{43}}$", lines[-1].strip())
    assert link is not None, lines
    assert "Create the administrator" in requests.get(link.group(), timeout=10).text


def test_before_the_first_night_the_page_says_what_to_do(tmp_path: Path) -> None:
    with serving(tmp_path / "empty", "--no-schedule") as (address, _):
        page = requests.get(f"{address}/", timeout=10)
        assert "make run" in page.text


def test_what_was_decided_but_not_published_is_published_at_the_start(published: Path, tmp_path: Path) -> None:
    settings = rehearsal(copied_state(published / "rehearsal", tmp_path / "rehearsal"))
    store = open_store(settings)
    assert not decided_since_published(store)
    value_id, why = "mf07-01-2021--os--all--all--1", "a test of this test"
    at = system_clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    reopen_value(store, settings.protocol, value_id, by="reviewer-a", at=at, reason=why)
    for person in ("reviewer-a", "reviewer-b"):
        withdraw_value(store, settings.protocol, value_id, by=person, at=at, reason=why)
    assert decided_since_published(store)
    store.close()
    before = shown_snapshot_id(settings)
    with serving(tmp_path, "--no-schedule"):
        wait_until(lambda: shown_snapshot_id(settings) != before, 120)


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = subprocess.run(
            [sys.executable, "-m", "flows.cli", "serve", "--port", str(taken.getsockname()[1])],
            cwd=ROOT,
            env={**os.environ, "LIVING_REVIEW_STATE_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert "choose another with --port" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_schedule_in_an_unknown_time_zone_is_one_clear_line_and_nothing_is_started(tmp_path: Path) -> None:
    text = (ROOT / "protocol.toml").read_text(encoding="utf-8")
    (tmp_path / "protocol.toml").write_text(
        text.replace('timezone = "UTC"', 'timezone = "Mars/Olympus"'), encoding="utf-8"
    )
    settings = {
        "LIVING_REVIEW_STATE_DIR": str(tmp_path / "state"),
        "LIVING_REVIEW_PROTOCOL": str(tmp_path / "protocol.toml"),
    }
    command = [sys.executable, "-m", "flows.cli", "serve", "--port", str(free_port())]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **settings}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "timezone 'Mars/Olympus' is not known" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "state").exists()


@pytest.mark.prefect
@pytest.mark.slow
def test_a_scheduler_that_dies_is_started_again_while_the_pages_stay_up_and_ends_with_the_command(
    tmp_path: Path,
) -> None:
    with serving(tmp_path / "state") as (address, process):
        assert "the schedule" in checks(address)["last_night"]["says"]
        wait_until(lambda: checks(address)["scheduler"]["ok"], 120)
        server = next(line for line in map(command_of, descendants(process.pid)) if "server start" in line)
        api = f"http://127.0.0.1:{server.split('--port ')[1].split()[0]}/api"
        wait_until(lambda: "night" in deployments(api), 60)
        children = descendants(process.pid)
        os.kill(next(pid for pid in children if "flows.schedule" in command_of(pid)), signal.SIGKILL)
        wait_until(lambda: not checks(address)["scheduler"]["ok"], 20)
        ready = requests.get(f"{address}/readyz", timeout=10)
        assert ready.status_code == 503
        assert "restarts" in ready.json()["checks"]["scheduler"]["says"]
        assert requests.get(f"{address}/", timeout=10).status_code == 200
        wait_until(lambda: checks(address)["scheduler"] == {"ok": True, "says": "up, 1 restarts"}, 60)
        metrics = requests.get(f"{address}/metrics", timeout=10).text
        assert 'living_review_scheduler_restarts{process="the process that starts the nights"} 1.0' in metrics
        children = descendants(process.pid)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        assert process.returncode == 0
    # The command ends when its children have; those of theirs that it killed may still be on their way out.
    wait_until(lambda: not any(alive(pid) for pid in children), 20)


@pytest.mark.prefect
@pytest.mark.slow
def test_a_serve_that_is_killed_leaves_no_scheduler_behind(tmp_path: Path) -> None:
    with serving(tmp_path / "state") as (_, process):
        wait_until(lambda: len(descendants(process.pid)) > 0, 20)
        children = descendants(process.pid)
        process.kill()
        wait_until(lambda: not any(alive(pid) for pid in children), 60)


def checks(address: str) -> dict[str, dict[str, object]]:
    return dict(requests.get(f"{address}/readyz", timeout=10).json()["checks"])


def deployments(api: str) -> set[str]:
    return {found["name"] for found in requests.post(f"{api}/deployments/filter", json={}, timeout=10).json()}


def wait_until(holds: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.2)


def descendants(pid: int) -> list[int]:
    # A child belongs to the thread that started it.
    lists = [path.read_text(encoding="utf-8") for path in Path(f"/proc/{pid}/task").glob("*/children")]
    direct = [int(child) for text in lists for child in text.split()]
    return direct + [further for child in direct for further in descendants(child)]


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").replace("\0", " ")
    except OSError:
        return ""


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return False
