"""Several reviewers at once on the served queue: no decision is lost, none is doubled (the long run is a benchmark)."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.settings import sqlite_url
from tests.load.audit import logged_decisions, lost_and_doubled
from tests.load.prepared import prepare, served
from tests.load.reviewers import work

PEOPLE, ITEMS, SECONDS = 6, 60, 5


@pytest.mark.slow
def test_what_six_reviewers_were_told_is_what_the_audit_holds(tmp_path: Path) -> None:
    prepared = prepare(tmp_path / "state", sqlite_url(tmp_path / "state"), people=PEOPLE, items=ITEMS)
    with served(prepared) as address:
        done = work(address, prepared, seconds=SECONDS, thinking=0.05)
    store = prepared.store()
    try:
        assert done.problems == {}
        assert lost_and_doubled(store, done) == ([], [])
        logged = logged_decisions(store)
    finally:
        store.close()
    assert logged.total() > 0
    assert max(logged.values()) == 1, "somebody decided twice on one item"
