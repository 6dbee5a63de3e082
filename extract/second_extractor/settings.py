"""Where the second extractor lives; without an address there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from extract.errors import ProtocolError


@dataclass(frozen=True, slots=True)
class SecondExtractorSettings:
    """An OpenAI-compatible endpoint.

    Parameters
    ----------
    url
        Base address, such as ``http://127.0.0.1:8080/v1``; ``/chat/completions`` is added.
    model
        Name the endpoint knows its model by; becomes part of the provenance of every value.
    key
        Bearer key, or empty. Never shown in a message.
    connect_seconds, answer_seconds
        Longest wait for the connection, and for the whole answer to arrive.
    most_bytes
        Largest answer read.
    attempts
        How often one question is asked when the endpoint is busy (429, 5xx) or the connection breaks.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)
    connect_seconds: float = 5.0
    answer_seconds: float = 120.0
    most_bytes: int = 2_000_000
    attempts: int = 3


def settings_from(*, url: str, model: str, key: str = "") -> SecondExtractorSettings | None:
    """Return settings, or None (the default) when no address is configured.

    Raises
    ------
    ProtocolError
        The address is not http(s), or no model is named.
    """
    if not url.strip():
        return None
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ProtocolError(f"second extractor: the address {url!r} is not an http(s) address")
    if parts.username or parts.password:
        raise ProtocolError("second extractor: put the key into its own setting, not into the address")
    if not model.strip():
        raise ProtocolError("second extractor: an address is set but no model is named")
    return SecondExtractorSettings(url.strip().rstrip("/"), model.strip(), key.strip())
