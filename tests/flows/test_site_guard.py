"""The pages as served: headers, caching, the limit of one address, and what the health pages say."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from extract.store.log import close_night, open_night
from flows.context import open_store
from flows.health import HealthCheck
from flows.serve import site_app
from flows.site_guard import CACHE_OTHER, CACHE_UNCHANGING, CACHE_VERSION, AddressLimit, cache_control
from tests.nights import after_first_night, rehearsal


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return after_first_night(tmp_path_factory.mktemp("guard") / "state").state_dir


class Client:
    """Asks the application as somebody from an address, without a network."""

    def __init__(self, app: FastAPI, *, scheme: str = "http", address: str = "127.0.0.1") -> None:
        self._app, self._base, self._address = app, f"{scheme}://localhost", address

    def get(self, path: str, **headers: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, client=(self._address, 50000))
            async with httpx.AsyncClient(transport=transport, base_url=self._base) as asked:
                return await asked.get(path, headers=headers)

        return asyncio.run(ask())


def client(state: Path, *, scheme: str = "http", address: str = "198.51.100.7", per_minute: int = 1200) -> Client:
    settings = replace(rehearsal(state), requests_per_minute=per_minute)
    app = site_app(settings, open_store(settings))
    return Client(app, scheme=scheme, address=address)


def test_every_page_of_the_site_carries_the_security_headers(published: Path) -> None:
    asked = client(published)
    for path in ("/", "/subtype/her2-positive/", "/site.css", "/no-such-page", "/healthz"):
        headers = asked.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"], path
        assert "'unsafe-inline'" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
        assert headers["X-Frame-Options"] == "DENY"
        assert "Strict-Transport-Security" not in headers


def test_pages_of_the_site_are_compressed_and_those_of_the_queue_are_not(published: Path) -> None:
    settings = rehearsal(published)
    store = open_store(settings)
    client = Client(site_app(settings, store))
    page = client.get("/subtype/all/")
    assert page.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in page.headers["vary"]
    assert page.content == (settings.site_dir / "subtype/all/index.html").read_bytes()
    assert "content-encoding" not in client.get("/review/").headers
    again = client.get("/subtype/all/", **{"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    part = client.get("/subtype/all/", Range="bytes=0-99")
    assert "content-encoding" not in part.headers
    assert part.content[:15] == b"<!doctype html>"
    store.close()


def test_strict_transport_security_is_sent_over_https_only(published: Path) -> None:
    assert (
        client(published, scheme="https").get("/").headers["Strict-Transport-Security"].startswith("max-age=31536000")
    )


def test_the_queue_keeps_its_own_stricter_headers(published: Path) -> None:
    headers = client(published).get("/review/login").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "form-action 'self'" in headers["Content-Security-Policy"]
    assert len(headers.get_list("Content-Security-Policy")) == 1


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", CACHE_OTHER),
        ("/status/", CACHE_OTHER),
        # A frozen version's content never changes; its status strip does every night.
        ("/subtype/all/v/2026.1/", CACHE_VERSION),
        ("/snapshots/2026.1-0123456789ab/manifest.json", CACHE_UNCHANGING),
    ],
)
def test_what_never_changes_is_cached_and_the_status_is_asked_for_again(path: str, expected: str) -> None:
    assert cache_control(path) == expected


def test_one_address_is_limited_told_when_to_come_back_and_others_are_not(published: Path) -> None:
    asked = client(published, per_minute=60)  # one a second, twenty at once
    answers = [asked.get("/healthz") for _ in range(25)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert 1 <= len(refused) <= 5
    assert int(refused[0].headers["Retry-After"]) >= 1
    assert refused[0].headers["Cache-Control"] == "no-store"
    own = client(published, per_minute=60, address="127.0.0.1")
    assert {own.get("/healthz").status_code for _ in range(25)} == {200}


def test_the_limit_fills_again_with_time_and_forgets_old_addresses() -> None:
    now = 0.0
    limit = AddressLimit(1.0, monotonic=lambda: now)
    assert [limit.wait("a") for _ in range(20)] == [0.0] * 20
    assert limit.wait("a") == pytest.approx(1.0)
    now = 2.0
    assert [limit.wait("a") == 0 for _ in range(3)] == [True, True, False]
    for number in range(10_001):
        limit.wait(str(number))
    assert limit.wait("a") == 0


def test_metrics_are_for_this_machine_and_its_network_only(published: Path) -> None:
    assert client(published, address="8.8.8.8").get("/metrics").status_code == 404
    text = client(published, address="10.0.0.5").get("/metrics").text
    for name in ("search_age_days", "queue_age_days", "night_duration_seconds", "nights_failed_90_days", "ready"):
        assert f"\nliving_review_{name} " in text, name
    assert 'living_review_last_search{state="complete"} 1.0' in text


def check_at(state: Path, now: dt.datetime, ended: str | None) -> tuple[bool, str]:
    settings = replace(rehearsal(state), rehearsal=False)
    store = open_store(settings)
    if ended is not None:
        with store.write() as tx:
            night = open_night(tx, night="2026-11-20", at="2026-11-20T02:30:00Z", rehearsal=False)
            close_night(tx, night, at="2026-11-20T02:31:00Z", state=ended, summary={"SearchOutcome": {}})
    check = HealthCheck(settings, store, clock=lambda: now, children=None).look().last_night
    store.close()
    return check.ok, check.says


@pytest.mark.parametrize(
    ("ended", "hours", "expected"),
    [
        (None, 0, (False, "no night has run yet; the schedule or `living-review nightly` runs the first one")),
        ("done", 1, (True, "the night of 2026-11-20 is done")),
        ("done", 26, (True, "the night of 2026-11-20 is done")),
        ("done", 28, (False, "the night of 2026-11-21 is late; the last one was 2026-11-20")),
        ("search_failed", 1, (False, "the night of 2026-11-20: its search failed; see `living-review status`")),
        ("refused", 1, (False, "the night of 2026-11-20: publishing was refused; see `living-review status`")),
    ],
)
def test_the_last_night_is_well_late_failed_or_never_was(
    tmp_path: Path, ended: str | None, hours: int, expected: tuple[bool, str]
) -> None:
    now = dt.datetime(2026, 11, 20, 2, 30, tzinfo=dt.UTC) + dt.timedelta(hours=hours)
    assert check_at(tmp_path, now, ended) == expected


def test_a_database_that_does_not_answer_is_shown_and_the_process_still_answers(
    published: Path, tmp_path: Path
) -> None:
    settings = replace(rehearsal(tmp_path / "state"), rehearsal=True)
    store = open_store(settings)
    asked = Client(site_app(settings, store))
    store.close()
    (tmp_path / "state" / "review.db").write_bytes(b"no database" * 1000)
    for rest in ("review.db-wal", "review.db-shm"):
        (tmp_path / "state" / rest).unlink(missing_ok=True)
    answer = asked.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"]["ok"] is False
    assert asked.get("/healthz").text == "ok\n"
