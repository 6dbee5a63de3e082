"""Settings: read once, unknown ones refused, secrets never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from extract.errors import ProtocolError
from flows.errors import SettingsError
from flows.settings import load_settings, rehearsal_settings
from tests.stores import ROOT

PROTOCOL = {"LIVING_REVIEW_PROTOCOL": str(ROOT / "protocol.toml")}


def test_state_folder_decides_where_everything_is(tmp_path: Path) -> None:
    settings = load_settings({**PROTOCOL, "LIVING_REVIEW_STATE_DIR": str(tmp_path)})
    assert settings.database_url == f"sqlite:///{tmp_path}/review.db"
    assert settings.site_dir == tmp_path / "site"
    assert settings.archive_dir == tmp_path / "archive"


def test_a_rehearsal_never_touches_the_live_state(tmp_path: Path) -> None:
    live = load_settings({**PROTOCOL, "LIVING_REVIEW_STATE_DIR": str(tmp_path)})
    rehearsal = rehearsal_settings(live)
    assert rehearsal.rehearsal
    assert rehearsal.state_dir != live.state_dir
    assert rehearsal.database_url != live.database_url
    assert rehearsal.site_dir != live.site_dir


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("LIVING_REVIEW_STATEDIR", "x", "no such setting; known are LIVING_REVIEW_STATE_DIR"),
        ("LIVING_REVIEW_ENTREZ_URL", "eutils", "'eutils' is not an http"),
        ("LIVING_REVIEW_SITE_URL", "ftp://x/", "is not an http"),
        ("LIVING_REVIEW_PROTOCOL", "nowhere.toml", "the protocol cannot be read"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        load_settings({**PROTOCOL, name: value})
    assert "\n" not in str(caught.value)


def test_a_protocol_that_is_no_toml_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "protocol.toml"
    path.write_text("question = [", encoding="utf-8")
    with pytest.raises(ProtocolError, match="not valid TOML"):
        load_settings({"LIVING_REVIEW_PROTOCOL": str(path)})


def test_secrets_are_not_shown() -> None:
    settings = load_settings({**PROTOCOL, "LIVING_REVIEW_NCBI_API_KEY": "k3y", "LIVING_REVIEW_SECRET_KEY": "s3cret"})
    assert "k3y" not in repr(settings)
    assert "s3cret" not in repr(settings)


def test_addresses_end_with_a_slash() -> None:
    settings = load_settings({**PROTOCOL, "LIVING_REVIEW_ENTREZ_URL": "http://127.0.0.1:9/eutils"})
    assert settings.entrez_url == "http://127.0.0.1:9/eutils/"
