"""Environment and protocol, read once into frozen objects; nothing else reads them."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from extract.errors import ProtocolError
from extract.schema.protocol import Protocol, protocol_from_mapping
from flows.errors import SettingsError

PREFIX = "LIVING_REVIEW_"
NCBI = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
KNOWN = (
    "STATE_DIR",
    "DATABASE_URL",
    "ENTREZ_URL",
    "NCBI_EMAIL",
    "NCBI_API_KEY",
    "SITE_DIR",
    "SITE_URL",
    "PROTOCOL",
    "NOTIFY_URLS",
    "SECRET_KEY",
)


@dataclass(frozen=True)
class Settings:
    """Where things are and what the review asks.

    Parameters
    ----------
    state_dir
        Folder of database, archive, snapshots and site; made on first use.
    database_url
        SQLAlchemy URL.
    entrez_url
        Base URL of the E-utilities.
    ncbi_email, ncbi_api_key
        Who asks; the key is a secret and never shown.
    site_dir, site_url
        Where the published site is swapped in, and the address readers see.
    protocol, protocol_sha256
        The parsed protocol and the hash of its file.
    rehearsal
        True when the night runs against a recorded archive.
    """

    state_dir: Path
    database_url: str
    entrez_url: str
    ncbi_email: str | None
    ncbi_api_key: str | None
    site_dir: Path
    site_url: str
    notify_urls: tuple[str, ...]
    secret_key: str | None
    protocol: Protocol
    protocol_sha256: str
    protocol_path: Path
    rehearsal: bool = False

    @property
    def archive_dir(self) -> Path:
        """Folder of the raw responses."""
        return self.state_dir / "archive"

    @property
    def snapshots_dir(self) -> Path:
        """Folder of the published snapshots."""
        return self.state_dir / "snapshots"

    def __repr__(self) -> str:
        """Show the settings without secrets."""
        return f"Settings(state_dir={str(self.state_dir)!r}, rehearsal={self.rehearsal})"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the environment and the protocol.

    Raises
    ------
    SettingsError
        An unknown ``LIVING_REVIEW_`` variable, a URL that is none, a protocol file that cannot be read.
    ProtocolError
        The protocol says something it must not; one line with file and key.
    """
    env = dict(os.environ if environment is None else environment)
    unknown = sorted(name for name in env if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in KNOWN)
    if unknown:
        raise SettingsError(f"{unknown[0]}: no such setting; known are {', '.join(PREFIX + name for name in KNOWN)}")

    def setting(name: str) -> str | None:
        return env.get(PREFIX + name) or None

    state_dir = Path(setting("STATE_DIR") or "var").absolute()
    protocol_path = Path(setting("PROTOCOL") or "protocol.toml")
    if not protocol_path.exists() and setting("PROTOCOL") is None:
        # Installed as a package and started elsewhere: the protocol that came with it.
        protocol_path = Path(__file__).resolve().parent.parent / "protocol.toml"
    protocol, sha256 = read_protocol(protocol_path)
    return Settings(
        state_dir=state_dir,
        database_url=setting("DATABASE_URL") or sqlite_url(state_dir),
        entrez_url=_http_url("ENTREZ_URL", setting("ENTREZ_URL") or NCBI),
        ncbi_email=setting("NCBI_EMAIL"),
        ncbi_api_key=setting("NCBI_API_KEY"),
        site_dir=Path(setting("SITE_DIR") or state_dir / "site").absolute(),
        site_url=_http_url("SITE_URL", setting("SITE_URL") or "http://localhost:8000/"),
        notify_urls=tuple(url for url in (setting("NOTIFY_URLS") or "").split() if url),
        secret_key=setting("SECRET_KEY"),
        protocol=protocol,
        protocol_sha256=sha256,
        protocol_path=protocol_path,
    )


def read_protocol(path: Path) -> tuple[Protocol, str]:
    """Read and validate a protocol file; return it with the SHA-256 of its bytes.

    Raises
    ------
    SettingsError
        The file cannot be read.
    ProtocolError
        Its content is not a protocol.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: the protocol cannot be read ({error.strerror}); set {PREFIX}PROTOCOL") from error
    try:
        mapping: dict[str, Any] = tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProtocolError(f"{path}: not valid TOML: {error}") from error
    return protocol_from_mapping(mapping, where=str(path)), hashlib.sha256(raw).hexdigest()


def rehearsal_settings(settings: Settings) -> Settings:
    """Return the settings of a rehearsal: a state folder of its own inside the real one, every page marked."""
    state_dir = settings.state_dir / "rehearsal"
    return replace(
        settings,
        state_dir=state_dir,
        database_url=sqlite_url(state_dir),
        site_dir=state_dir / "site",
        rehearsal=True,
    )


def sqlite_url(state_dir: Path) -> str:
    """Return the URL of the SQLite database in a state folder."""
    return f"sqlite:///{state_dir / 'review.db'}"


def _http_url(name: str, text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise SettingsError(f"{PREFIX}{name}: {text!r} is not an http(s) address")
    return text if text.endswith("/") else text + "/"
