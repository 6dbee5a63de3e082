"""The names of the settings, and how the text of each becomes a value: one clear line for what it cannot be."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from flows.errors import SettingsError
from reports.formats import FORMATS as FIGURE_FORMATS
from reports.formats import Format

PREFIX = "LIVING_REVIEW_"
NCBI = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
CLINICAL_TRIALS = "https://clinicaltrials.gov/api/v2/"
KNOWN = (
    "STATE_DIR",
    "DATABASE_URL",
    "ENTREZ_URL",
    "TRIALS_URL",
    "NCBI_EMAIL",
    "NCBI_API_KEY",
    "SITE_DIR",
    "SITE_URL",
    "OIDC_ISSUER",
    "OIDC_CLIENT_ID",
    "OIDC_CLIENT_SECRET",
    "PROTOCOL",
    "NOTIFY_URLS",
    "SECRET_KEY",
    "REQUESTS_PER_MINUTE",
    "LOG_FORMAT",
    "LOG_LEVEL",
    "TASK_RUNNER",
    "ALLOWED_HOSTS",
    "PREFECT_API_URL",
    "PREFECT_API_AUTH_STRING",
    "QUEUE_OLD_AFTER_DAYS",
    "SECOND_EXTRACTOR_URL",
    "SECOND_EXTRACTOR_MODEL",
    "SECOND_EXTRACTOR_KEY",
    "LARGE_JOB_REQUESTS",
    "LARGE_JOBS",
    "BACKUPS_KEPT",
    "FIGURE_FORMATS",
)
FILE = "_FILE"
SECRETS = (
    "DATABASE_URL",
    "NCBI_API_KEY",
    "NOTIFY_URLS",
    "SECRET_KEY",
    "PREFECT_API_AUTH_STRING",
    "SECOND_EXTRACTOR_KEY",
    "OIDC_CLIENT_SECRET",
)
"""May be given as ``NAME_FILE``: a file that holds the value, as systemd credentials and container secrets do."""

NUMBERS = {"REQUESTS_PER_MINUTE": 1200, "QUEUE_OLD_AFTER_DAYS": 14, "LARGE_JOB_REQUESTS": 100, "BACKUPS_KEPT": 14}
"""Settings that are whole numbers from 0 on, with their defaults."""

LARGE_JOBS = ("wait", "now")
LOG_FORMATS = ("text", "json")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def http_url(name: str, text: str) -> str:
    """Return an http(s) address that ends with a slash.

    Raises
    ------
    SettingsError
        It is none; one line with the setting, the value and what to do.
    """
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise SettingsError(f"{PREFIX}{name}: {text!r} is not an http(s) address")
    return text if text.endswith("/") else text + "/"


def secret_of(name: str, given: str | None, path: Path) -> str | None:
    """Return a secret that is kept in a file; it must not be given directly as well.

    Raises
    ------
    SettingsError
        It is none; one line with the setting, the value and what to do.
    """
    if given is not None:
        raise SettingsError(f"{PREFIX}{name} and {PREFIX}{name}{FILE} are both set; set one")
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{PREFIX}{name}{FILE}: {path} cannot be read ({error})") from error


def number(name: str, text: str | None) -> int:
    """Return a whole number, or the default of this setting.

    Raises
    ------
    SettingsError
        It is none; one line with the setting, the value and what to do.
    """
    if text is None:
        return NUMBERS[name]
    if not text.isascii() or not text.isdigit():
        raise SettingsError(f"{PREFIX}{name}: {text!r} is not a whole number from 0 on")
    return int(text)


def one_of(name: str, text: str, known: tuple[str, ...]) -> str:
    """Return a word of a closed list.

    Raises
    ------
    SettingsError
        It is none; one line with the setting, the value and what to do.
    """
    if text not in known:
        raise SettingsError(f"{PREFIX}{name}: {text!r} is not known; use {' or '.join(known)}")
    return text


def figure_formats(text: str) -> tuple[Format, ...]:
    """Return the formats asked for, in their own order.

    Raises
    ------
    SettingsError
        It is none; one line with the setting, the value and what to do.
    """
    wanted = text.replace(",", " ").lower().split()
    for one in wanted:
        one_of("FIGURE_FORMATS", one, FIGURE_FORMATS)
    return tuple(one for one in FIGURE_FORMATS if one in wanted)


def task_runner(text: str, name: str = f"{PREFIX}TASK_RUNNER") -> str:
    """Return who does heavy steps.

    Raises
    ------
    SettingsError
        It is none; one line with the setting, the value and what to do.
    """
    kind, _, address = text.partition(":")
    if text in ("threads", "processes") or (kind == "dask" and urlsplit(address).netloc):
        return text
    raise SettingsError(f"{name}: {text!r} is not known; use threads, processes, or dask:tcp://HOST:PORT")
