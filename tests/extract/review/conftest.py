"""A queue that is being served."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.extract.review.queue_server import Queue, serving
from tests.stores import new_store


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    with new_store(tmp_path) as store, serving(store) as served:
        yield served
