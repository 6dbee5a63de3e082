"""Image, compose file and site server, checked without a container engine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from pytest_httpserver import HTTPServer

from flows.prefect_home import DEFAULTS
from flows.scheduler import free_port
from flows.site_guard import CACHE_OTHER, CACHE_UNCHANGING, CACHE_VERSION, CONTENT_POLICY, HEADERS
from tests.flows.prefect_server import answers, end, wait_until
from tests.flows.test_installation import needs
from tests.stores import ROOT

FOLDER = ROOT / "schedules" / "containers"
COMPOSE = FOLDER / "compose.yaml"
VARIABLES = {
    "PYTHON_IMAGE": "python@sha256:0",
    "POSTGRES_IMAGE": "postgres@sha256:0",
    "CADDY_IMAGE": "caddy@sha256:0",
    "SITE_NAME": "review.example.org",
    "NCBI_EMAIL": "operator@example.org",
}


def compose(*arguments: str, leave_out: str = "") -> subprocess.CompletedProcess[str]:
    needs("docker-compose")
    variables = {name: value for name, value in VARIABLES.items() if name != leave_out}
    return subprocess.run(
        ["docker-compose", "-f", str(COMPOSE), *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    """Return the services as compose itself understands the file (its schema holds)."""
    done = compose("config")
    assert done.returncode == 0, done.stderr
    return dict(yaml.safe_load(done.stdout)["services"])


def test_server_worker_database_app_and_site_are_there(services: dict[str, dict[str, Any]]) -> None:
    assert set(services) == {"postgres", "server", "deploy", "worker", "app", "site"}


@pytest.mark.parametrize("name", ["postgres", "server", "deploy", "worker", "app", "site"])
def test_each_service_is_confined_and_says_how_it_is(services: dict[str, dict[str, Any]], name: str) -> None:
    service = services[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "mem_limit" in service
    assert "healthcheck" in service or name == "app"  # the app's stands in its Dockerfile
    assert not service.get("privileged")
    assert ("ports" in service) == (name == "site")
    assert not any("PASSWORD" in key and not key.endswith("_FILE") for key in service.get("environment", {}))


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_that_is_not_set_is_one_clear_line(name: str) -> None:
    done = compose("config", "-q", leave_out=name)
    assert done.returncode != 0
    assert name in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_database_and_the_server_cannot_reach_the_outside(services: dict[str, dict[str, Any]]) -> None:
    networks = yaml.safe_load(compose("config").stdout)["networks"]
    assert networks["inside"]["internal"] is True
    assert {name for name, service in services.items() if "outside" in service["networks"]} == {"worker", "site"}


def test_the_dockerfile_has_nothing_to_find_for_its_linter() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([hadolint, FOLDER / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_is_built_in_two_stages_from_a_pinned_base_and_runs_as_nobody_special() -> None:
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == ["${PYTHON_IMAGE}", "${PYTHON_IMAGE}"]
    assert re.search(r"^ARG PYTHON_IMAGE$", text, re.MULTILINE)  # no default: whoever builds names a digest
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE) == ["10001:10001"]
    assert "\nHEALTHCHECK " in text
    assert (ROOT / "pyproject.toml").read_text(encoding="utf-8").count("Makes uv.lock") == 1


def test_everything_the_image_copies_exists_and_is_not_ignored() -> None:
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    ignored = (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    kept = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists(), source
            assert source in kept, source


def test_the_servers_settings_are_those_that_were_measured() -> None:
    lines = (FOLDER / "prefect-server.env").read_text(encoding="utf-8").splitlines()
    settings = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    wanted = {name: value for name, value in DEFAULTS.items() if "SERVER_SERVICES" in name or "ANALYTICS" in name}
    assert settings.items() >= wanted.items()
    assert all(DEFAULTS[name] == value for name, value in settings.items())


@pytest.fixture
def queue() -> Iterator[HTTPServer]:
    """Stand in for the app, apart from the server other tests share: here it is stopped."""
    with HTTPServer(host="127.0.0.1") as server:
        yield server


@pytest.fixture
def caddy(tmp_path: Path, queue: HTTPServer) -> Iterator[str]:
    """Serve a small site by a real Caddy with the project's file; the app behind it is a stand-in."""
    needs("caddy")
    site = tmp_path / "site"
    for name in ("index.html", "404.html", "figure.svg", "subtype/all/v/2026.1/index.html", "snapshots/2026.1/a.json"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(name, encoding="utf-8")
    port = free_port()
    # The administration port is one a machine: here it stays closed.
    text = "{\n\tadmin off\n}\n" + (FOLDER / "Caddyfile").read_text(encoding="utf-8")
    (tmp_path / "Caddyfile").write_text(text, encoding="utf-8")
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "SITE_NAME": f"http://127.0.0.1:{port}",
        "SITE_DIR": str(site),
        "APP": f"127.0.0.1:{queue.port}",
    }
    process = subprocess.Popen(
        ["caddy", "run", "--config", str(tmp_path / "Caddyfile"), "--adapter", "caddyfile"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/"), 30)
        yield f"http://127.0.0.1:{port}"
    finally:
        end(process)


def test_caddy_serves_the_site_with_the_same_headers_as_the_app(caddy: str) -> None:
    headers = requests.get(f"{caddy}/", timeout=10).headers
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert headers["Cache-Control"] == CACHE_OTHER
    assert "Server" not in headers
    figure = requests.get(f"{caddy}/figure.svg", timeout=10).headers
    assert figure["Content-Security-Policy"] == CONTENT_POLICY.format(styles="'self' 'unsafe-inline'")
    version = requests.get(f"{caddy}/subtype/all/v/2026.1/", timeout=10)
    assert version.headers["Cache-Control"] == CACHE_VERSION
    assert requests.get(f"{caddy}/snapshots/2026.1/a.json", timeout=10).headers["Cache-Control"] == CACHE_UNCHANGING
    missing = requests.get(f"{caddy}/no-such-page", timeout=10)
    assert (missing.status_code, missing.text) == (404, "404.html")


def test_caddy_passes_the_queue_to_the_app_and_keeps_the_operators_pages_inside(caddy: str, queue: HTTPServer) -> None:
    queue.expect_request("/review/").respond_with_data("queue", headers={"Cache-Control": "no-store"})
    answer = requests.get(f"{caddy}/review/", timeout=10)
    assert (answer.text, answer.headers["Cache-Control"]) == ("queue", "no-store")
    for path in ("/metrics", "/readyz"):
        assert requests.get(f"{caddy}{path}", timeout=10).status_code == 404
    queue.stop()
    assert requests.get(f"{caddy}/review/", timeout=10).status_code == 502
    assert requests.get(f"{caddy}/", timeout=10).text == "index.html"  # the site stays up
