"""The protocol and the shipped tables, read once."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from extract.baseline import Baseline, load_baseline
from extract.schema.protocol import Protocol, protocol_from_mapping

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def protocol() -> Protocol:
    return protocol_from_mapping(tomllib.loads((ROOT / "protocol.toml").read_text()), where="protocol.toml")


@pytest.fixture(scope="session")
def baseline(protocol: Protocol) -> Baseline:
    return load_baseline(protocol)
