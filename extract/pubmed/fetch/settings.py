"""How NCBI is reached, and what one request and its response were."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from extract.errors import UserError
from extract.pubmed.limiter import REQUESTS_PER_SECOND, REQUESTS_PER_SECOND_WITH_KEY

#: NCBI's own address; ``EntrezSettings.base_url`` may name a stand-in or a proxy.
NCBI_URL = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrezSettings:
    """Settings of the client.

    Parameters
    ----------
    base_url
        Where the E-utilities are; http or https, a trailing slash is added.
    email, tool
        Sent with every request, as NCBI asks.
    api_key
        NCBI's key, or None; never shown in ``repr``, messages or kept exchanges.
    limiter_folder
        Folder shared by all processes that may ask NCBI at the same time.
    requests_per_second
        None for NCBI's limit (3, with a key 10); a higher one only for a stand-in on this machine.
    timeout_seconds
        Longest silence on the connection.
    deadline_seconds
        Longest time for one whole response, however lively the connection.
    max_attempts
        Tries of one request before the search counts as failed, at least 1.
    backoff_seconds
        Pause before the second try; it doubles from try to try.
    longest_wait_seconds
        Longest pause, also where the server's Retry-After asks for more (then the request fails).
    max_body_bytes
        Largest response read.
    id_page_size
        Ids asked for in one esearch answer, at most 9,999.
    batch_size
        Records asked for in one efetch.
    """

    email: str
    limiter_folder: Path
    base_url: str = NCBI_URL
    api_key: str | None = field(default=None, repr=False)
    tool: str = "living-review"
    requests_per_second: int | None = None
    timeout_seconds: float = 60.0
    deadline_seconds: float = 600.0
    max_attempts: int = 5
    backoff_seconds: float = 1.0
    longest_wait_seconds: float = 120.0
    max_body_bytes: int = 256_000_000
    id_page_size: int = 9_999
    batch_size: int = 200

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise UserError(f"the address of the E-utilities must be http(s)://host/path/, not {self.base_url!r}")
        if not self.base_url.endswith("/"):
            object.__setattr__(self, "base_url", self.base_url + "/")
        if not _EMAIL.fullmatch(self.email):
            raise UserError(f"NCBI asks for an e-mail address with every request; {self.email!r} is none")
        for name in ("max_attempts", "id_page_size", "batch_size"):
            if getattr(self, name) < 1:
                raise UserError(f"{name} must be at least 1, not {getattr(self, name)}")

    def rate(self) -> int:
        """Return the requests allowed a second."""
        if self.requests_per_second is not None:
            return self.requests_per_second
        return REQUESTS_PER_SECOND_WITH_KEY if self.api_key else REQUESTS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came back, before anyone interpreted it.

    Parameters
    ----------
    utility
        "esearch", "efetch", "elink" or "einfo".
    method, url, parameters
        The request without the key; ``parameters`` are those of a form or of the query string.
    attempt
        1 for the first try.
    status
        HTTP status; None where no response came.
    headers
        Those worth keeping (type, length, date, limits), lower-case names.
    body
        The bytes as received, also where the response broke off. Only where the server echoed the key, the
        key is masked.
    started_at, seconds
        When the request left (UTC), and how long it took.
    failure
        Why the transfer failed (timeout, reset, cut), or None.
    """

    utility: str
    method: str
    url: str
    parameters: tuple[tuple[str, str], ...]
    attempt: int
    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    started_at: dt.datetime
    seconds: float
    failure: str | None = None

    def described(self) -> str:
        """Return the request in words for a message: utility and its telling parameters, never the key."""
        shown = []
        for name, value in self.parameters:
            if name in ("term", "WebEnv", "query_key", "retstart", "retmax", "id", "dbfrom", "linkname"):
                shown.append(f"{name}={value if len(value) <= 80 else value[:60] + '...' + value[-17:]}")
        return f"{self.utility}({', '.join(shown)})"
