"""Fixtures every package's tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder with real test material beside the checkout.

    It holds other people's texts, so it is not part of the project: a user's machine skips what needs it,
    the project's own CI must have it.
    """
    if not SHARED.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"real test material is missing: expected the folder {SHARED}")
        pytest.skip("real test material (../shared) is not on this machine")
    return SHARED
