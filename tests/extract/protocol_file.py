"""The project's own protocol, for tests of extraction."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

from extract.schema.protocol import Protocol, protocol_from_mapping

_PATH = Path(__file__).resolve().parents[2] / "protocol.toml"


@lru_cache(maxsize=1)
def own_protocol() -> Protocol:
    """Return the protocol of this review."""
    return protocol_from_mapping(tomllib.loads(_PATH.read_text(encoding="utf-8")), where="protocol.toml")
