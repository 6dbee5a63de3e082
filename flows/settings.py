"""Environment and protocol, read once into frozen objects; nothing else reads them."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from extract.errors import ProtocolError
from extract.schema.protocol import Protocol, protocol_from_mapping
from extract.second_extractor.settings import SecondExtractorSettings
from extract.second_extractor.settings import settings_from as second_extractor_settings
from flows.errors import SettingsError
from flows.setting_values import (
    CLINICAL_TRIALS,
    FILE,
    KNOWN,
    LARGE_JOBS,
    LOG_FORMATS,
    LOG_LEVELS,
    NCBI,
    NUMBERS,
    PREFIX,
    SECRETS,
    figure_formats,
    http_url,
    number,
    one_of,
    secret_of,
    task_runner,
)
from reports.formats import Format


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
    requests_per_minute
        What one address may ask of the pages in the long run; 0 for no limit.
    queue_old_after_days
        Days after which the oldest item of the queue is reported to the operator.
    large_job_requests, large_jobs
        A run of more requests is announced, and held for NCBI's quiet hours (``wait``) or goes on (``now``).
    backups_kept
        How many of the scheduled backups are kept.
    figure_formats
        ``png``, ``pdf``: figures are published in these formats beside SVG (extra ``figures``).
    log_format, log_level
        ``text`` (key=value) or ``json``; one line a step.
    task_runner
        Who does heavy steps: ``threads``, ``processes``, or ``dask:ADDRESS``.
    allowed_hosts
        Hosts that may be asked beside those of the other settings.
    prefect_api_url, prefect_api_auth_string
        A Prefect server that is told of approvals, so that a worker publishes; None: this process publishes.
    trials_url
        Base URL of ClinicalTrials.gov's API; None where registries are not asked (an archive without trials).
    second_extractor
        An OpenAI-compatible endpoint that reads every record a second time; None (the default) for none.
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
    trials_url: str | None = None
    requests_per_minute: int = NUMBERS["REQUESTS_PER_MINUTE"]
    queue_old_after_days: int = NUMBERS["QUEUE_OLD_AFTER_DAYS"]
    large_job_requests: int = NUMBERS["LARGE_JOB_REQUESTS"]
    large_jobs: str = "wait"
    backups_kept: int = NUMBERS["BACKUPS_KEPT"]
    log_format: str = "text"
    log_level: str = "INFO"
    task_runner: str = "threads"
    allowed_hosts: tuple[str, ...] = ()
    figure_formats: tuple[Format, ...] = ()
    prefect_api_url: str | None = None
    prefect_api_auth_string: str | None = None
    second_extractor: SecondExtractorSettings | None = None
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that must never be logged or shown."""
        passwords = [urlsplit(url).password for url in (self.database_url, *self.notify_urls)]
        second = self.second_extractor.key if self.second_extractor else None
        known = (
            self.ncbi_api_key,
            self.secret_key,
            self.prefect_api_auth_string,
            self.oidc_client_secret,
            second,
            *self.notify_urls,
            *passwords,
        )
        return tuple(secret for secret in known if secret)

    @property
    def archive_dir(self) -> Path:
        """Folder of the raw responses."""
        return self.state_dir / "archive"

    @property
    def snapshots_dir(self) -> Path:
        """Folder of the published snapshots."""
        return self.state_dir / "snapshots"

    @property
    def frozen_pages_dir(self) -> Path:
        """Folder of the pages of every published version, as they were published."""
        return self.state_dir / "frozen-pages"

    @property
    def built_pages_dir(self) -> Path:
        """Folder of the last build's pages: a cache, which may be removed at any time."""
        return self.state_dir / "built-pages"

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
    known = {*KNOWN, *(name + FILE for name in SECRETS)}
    unknown = sorted(name for name in env if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in known)
    if unknown:
        raise SettingsError(f"{unknown[0]}: no such setting; known are {', '.join(PREFIX + name for name in KNOWN)}")

    def setting(name: str) -> str | None:
        given = env.get(PREFIX + name) or None
        path = env.get(PREFIX + name + FILE) or None
        return secret_of(name, given, Path(path)) if path and name in SECRETS else given

    state_dir = Path(setting("STATE_DIR") or "var").absolute()
    protocol_path = Path(setting("PROTOCOL") or "protocol.toml")
    if not protocol_path.exists() and setting("PROTOCOL") is None:
        # Installed as a package and started elsewhere: the protocol that came with it.
        protocol_path = Path(__file__).resolve().parent.parent / "protocol.toml"
    protocol, sha256 = read_protocol(protocol_path)
    return Settings(
        state_dir=state_dir,
        database_url=setting("DATABASE_URL") or sqlite_url(state_dir),
        entrez_url=http_url("ENTREZ_URL", setting("ENTREZ_URL") or NCBI),
        trials_url=http_url("TRIALS_URL", setting("TRIALS_URL") or CLINICAL_TRIALS),
        ncbi_email=setting("NCBI_EMAIL"),
        ncbi_api_key=setting("NCBI_API_KEY"),
        site_dir=Path(setting("SITE_DIR") or state_dir / "site").absolute(),
        site_url=http_url("SITE_URL", setting("SITE_URL") or "http://localhost:8000/"),
        notify_urls=tuple(url for url in (setting("NOTIFY_URLS") or "").split() if url),
        secret_key=setting("SECRET_KEY"),
        protocol=protocol,
        protocol_sha256=sha256,
        protocol_path=protocol_path,
        requests_per_minute=number("REQUESTS_PER_MINUTE", setting("REQUESTS_PER_MINUTE")),
        queue_old_after_days=number("QUEUE_OLD_AFTER_DAYS", setting("QUEUE_OLD_AFTER_DAYS")),
        large_job_requests=number("LARGE_JOB_REQUESTS", setting("LARGE_JOB_REQUESTS")),
        large_jobs=one_of("LARGE_JOBS", setting("LARGE_JOBS") or "wait", LARGE_JOBS),
        backups_kept=max(1, number("BACKUPS_KEPT", setting("BACKUPS_KEPT"))),
        log_format=one_of("LOG_FORMAT", setting("LOG_FORMAT") or "text", LOG_FORMATS),
        log_level=one_of("LOG_LEVEL", setting("LOG_LEVEL") or "INFO", LOG_LEVELS),
        task_runner=task_runner(setting("TASK_RUNNER") or "threads"),
        figure_formats=figure_formats(setting("FIGURE_FORMATS") or ""),
        allowed_hosts=tuple((setting("ALLOWED_HOSTS") or "").replace(",", " ").split()),
        prefect_api_url=http_url("PREFECT_API_URL", api).rstrip("/") if (api := setting("PREFECT_API_URL")) else None,
        prefect_api_auth_string=setting("PREFECT_API_AUTH_STRING"),
        second_extractor=_second_extractor(setting),
        oidc_issuer=setting("OIDC_ISSUER"),
        oidc_client_id=setting("OIDC_CLIENT_ID"),
        oidc_client_secret=setting("OIDC_CLIENT_SECRET"),
    )


def _second_extractor(setting: Callable[[str], str | None]) -> SecondExtractorSettings | None:
    url, model, key = (setting(f"SECOND_EXTRACTOR_{name}") or "" for name in ("URL", "MODEL", "KEY"))
    if not url and (model or key):
        raise SettingsError(f"{PREFIX}SECOND_EXTRACTOR_URL is missing; the second extractor needs it")
    try:
        return second_extractor_settings(url=url, model=model, key=key)
    except ProtocolError as error:
        raise SettingsError(f"{PREFIX}SECOND_EXTRACTOR_URL, _MODEL: {error}") from error


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


def checked_runner(settings: Settings, given: str | None) -> str:
    """Return who does heavy steps: what a command was given, else the setting.

    Raises
    ------
    SettingsError
        It is none that is known.
    """
    return settings.task_runner if given is None else task_runner(given, "--runner")
