"""Telling the operator: a message reaches every address of the settings, and a failure to tell is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from flows.alerts import alert_text
from flows.context import open_store, system_clock
from flows.errors import NotificationFailed, SettingsError
from flows.notify import notify
from flows.settings import load_settings
from flows.status import compute_status
from tests.nights import rehearsal
from tests.stores import ROOT

PROTOCOL = {"LIVING_REVIEW_PROTOCOL": str(ROOT / "protocol.toml")}


def test_a_message_reaches_every_address(httpserver: HTTPServer, tmp_path: Path) -> None:
    for path in ("/one", "/two"):
        httpserver.expect_request(path, method="POST").respond_with_data("ok")
    urls = tuple(f"json://127.0.0.1:{httpserver.port}{path}" for path in ("/one", "/two"))
    assert notify(replace(rehearsal(tmp_path), notify_urls=urls), title="A run failed: night", body="Look") == 2
    sent = [request.get_json() for request, _ in httpserver.log]
    assert [(message["title"], message["message"]) for message in sent] == [("A run failed: night", "Look")] * 2


def test_an_address_that_does_not_take_it_is_a_failure(httpserver: HTTPServer, tmp_path: Path) -> None:
    httpserver.expect_request("/one", method="POST").respond_with_data("no", status=500)
    httpserver.expect_request("/two", method="POST").respond_with_data("ok")
    urls = tuple(f"json://127.0.0.1:{httpserver.port}{path}" for path in ("/one", "/two"))
    with pytest.raises(NotificationFailed, match="1 of 2 addresses did not take the message: A title"):
        notify(replace(rehearsal(tmp_path), notify_urls=urls), title="A title", body="b")
    assert len(httpserver.log) == 2


@pytest.mark.parametrize(
    ("urls", "message"),
    [
        ((), "NOTIFY_URLS is not set"),
        (("nosuch://user:s3cret@host/",), r"address 1 \(nosuch://...\) is of no known kind"),
    ],
)
def test_nobody_to_tell_is_one_line_without_the_address(urls: tuple[str, ...], message: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        notify(replace(rehearsal(tmp_path), notify_urls=urls), title="t", body="b")
    assert "s3cret" not in str(caught.value)


def test_an_alert_says_what_happened_how_current_the_review_is_and_what_to_do(tmp_path: Path) -> None:
    settings = rehearsal(tmp_path)
    store = open_store(settings)
    with store.read() as tx:
        status = compute_status(tx, settings, now=system_clock())
    store.close()
    title, body = alert_text(settings, status, "run-late", about="night")
    assert title == "A run is late: night"
    for words in ("Searched through never", "Waiting for people: 0 records, 0 values", "living-review nightly"):
        assert words in body


def test_a_secret_can_come_in_a_file_and_is_one_clear_line_when_it_cannot(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k3y\n", encoding="utf-8")
    (tmp_path / "empty").write_text("", encoding="utf-8")
    name = "LIVING_REVIEW_NCBI_API_KEY_FILE"
    assert load_settings({**PROTOCOL, name: str(tmp_path / "key")}).ncbi_api_key == "k3y"
    assert load_settings({**PROTOCOL, name: str(tmp_path / "empty")}).ncbi_api_key is None
    with pytest.raises(SettingsError, match=r"NCBI_API_KEY_FILE: .*missing cannot be read"):
        load_settings({**PROTOCOL, name: str(tmp_path / "missing")})
    with pytest.raises(SettingsError, match="are both set; set one"):
        load_settings({**PROTOCOL, name: str(tmp_path / "key"), "LIVING_REVIEW_NCBI_API_KEY": "x"})
    with pytest.raises(SettingsError, match="no such setting"):
        load_settings({**PROTOCOL, "LIVING_REVIEW_NCBI_EMAIL_FILE": str(tmp_path / "key")})
