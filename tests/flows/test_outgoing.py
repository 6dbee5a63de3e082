"""Requests go to configured hosts only, whichever library makes them. A hook stays: each case is a process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from flows.outgoing import configured_hosts
from flows.settings import load_settings
from tests.stores import ROOT

BEGIN = """
from flows.outgoing import configured_hosts, refuse_other_hosts
from flows.settings import load_settings
refuse_other_hosts(configured_hosts(load_settings()))
"""
WAYS = {
    "urllib": "import urllib.request; urllib.request.urlopen('http://elsewhere.example/x', timeout=5)",
    "requests": "import requests; requests.get('https://elsewhere.example/x', timeout=5)",
    "httpx": "import httpx; httpx.get('https://elsewhere.example/x', timeout=5)",
    "httpx, asynchronous": (
        "import asyncio, httpx\nasync def ask():\n    async with httpx.AsyncClient() as c:\n"
        "        await c.get('https://elsewhere.example/x')\nasyncio.run(ask())"
    ),
    "a socket": "import socket; socket.create_connection(('elsewhere.example', 80), timeout=5)",
    "an address": "import socket; socket.create_connection(('192.0.2.7', 80), timeout=5)",
}


def run(script: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment |= {f"LIVING_REVIEW_{name}": value for name, value in settings.items()}
    return subprocess.run(
        [sys.executable, "-c", BEGIN + script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("way", WAYS)
def test_a_host_no_setting_names_is_not_asked(way: str) -> None:
    done = run(WAYS[way])
    assert done.returncode == 1
    host = "192.0.2.7" if way == "an address" else "elsewhere.example"
    assert f"{host} is not asked: no setting names this host; LIVING_REVIEW_ALLOWED_HOSTS adds one" in done.stderr


def test_a_redirect_to_another_host_is_not_followed_there(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/x").respond_with_data("", status=302, headers={"Location": "http://elsewhere.example/"})
    done = run(f"import requests; requests.get('http://127.0.0.1:{httpserver.port}/x', timeout=5)")
    assert "elsewhere.example is not asked" in done.stderr
    assert len(httpserver.log) == 1


def test_a_night_pointed_elsewhere_by_a_stand_in_is_a_failed_search_and_says_so(tmp_path: Path) -> None:
    script = (
        "import datetime as dt\nimport extract.pubmed.fetch.connection as c\nfrom urllib.request import Request\n"
        "answer = c.read_response(Request('http://elsewhere.example/esearch'), timeout_seconds=5, deadline_seconds=5,"
        " max_body_bytes=9)\nprint(answer.failure)\n"
    )
    done = run(script)
    assert done.returncode == 0, done.stderr
    assert "elsewhere.example is not asked" in done.stdout


def test_with_another_address_for_pubmed_ncbi_itself_is_not_looked_up() -> None:
    script = (
        "import urllib.request; urllib.request.urlopen('https://eutils.ncbi.nlm.nih.gov/entrez/eutils/', timeout=5)"
    )
    done = run(script, ENTREZ_URL="http://127.0.0.1:9/")
    assert "eutils.ncbi.nlm.nih.gov is not asked" in done.stderr


def test_where_a_message_really_goes_may_be_asked() -> None:
    settings = load_settings(
        {
            "LIVING_REVIEW_PROTOCOL": str(ROOT / "protocol.toml"),
            "LIVING_REVIEW_NOTIFY_URLS": "mailto://me:pw@gmail.com slack://AAAAAAAAA/BBBBBBBBB/cccccccccccccccccccccccc",
        }
    )
    assert configured_hosts(settings) >= {"smtp.gmail.com", "hooks.slack.com"}


def test_where_an_accounts_own_messages_go_may_be_asked_from_then_on() -> None:
    looked_up = "import socket\ntry: socket.getaddrinfo('hook.invalid', 443)\nexcept socket.gaierror: pass\n"
    assert "hook.invalid is not asked" in run(looked_up).stderr
    done = run("from flows.outgoing import ask_also\nask_also(['json://me:pw@hook.invalid/x'])\n" + looked_up)
    assert done.returncode == 0, done.stderr


def test_every_host_of_the_settings_and_this_machine_may_be_asked() -> None:
    settings = load_settings(
        {
            "LIVING_REVIEW_PROTOCOL": str(ROOT / "protocol.toml"),
            "LIVING_REVIEW_DATABASE_URL": "postgresql+psycopg://me:pw@db.example.org/review",
            "LIVING_REVIEW_NOTIFY_URLS": "mailtos://me:pw@mail.example.org json://hook.example.org/x",
            "LIVING_REVIEW_TASK_RUNNER": "dask:tcp://dask.example.org:8786",
            "LIVING_REVIEW_OIDC_ISSUER": "https://issuer.example.org/realm",
            "LIVING_REVIEW_ALLOWED_HOSTS": "login.example.org, other.example.org",
            "LIVING_REVIEW_PREFECT_API_URL": "http://prefect.example.org:4200/api",
        }
    )
    hosts = configured_hosts(settings, also=["http://runner.example.org/api"])
    expected = {
        f"{name}.example.org"
        for name in ("db", "mail", "hook", "dask", "login", "other", "prefect", "runner", "issuer")
    }
    assert hosts >= expected | {"eutils.ncbi.nlm.nih.gov", "clinicaltrials.gov"}
    assert "elsewhere.example" not in hosts
    # Python's mail client asks for the address of its own machine before it says hello.
    own = "import socket\ntry: socket.gethostbyname(socket.gethostname())\nexcept socket.gaierror: pass\n"
    done = run(own)
    assert done.returncode == 0, done.stderr
    done = run("import socket\nfor host in ('localhost', '127.0.0.1', '0.0.0.0'): socket.getaddrinfo(host, 80)\n")
    assert done.returncode == 0, done.stderr
