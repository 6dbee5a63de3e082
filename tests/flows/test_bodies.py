"""Bodies of evidence for judges: exact where one is rated, a moment old for counts where computing them takes long."""

from __future__ import annotations

from pathlib import Path

import pytest

from extract.store.engine import Store
from flows import bodies as computed
from flows.bodies import Bodies
from tests.extract.review.judging import PROTOCOL, put_result
from tests.stores import new_store


def studies(store: Store, ask: Bodies, *, exact: bool) -> list[int]:
    """Return how many studies each body holds that somebody is shown."""
    with store.read() as tx:
        return [body.k for body in (ask(tx) if exact else ask.lately(tx))]


def test_a_count_makes_do_with_a_moment_ago_only_where_computing_takes_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_store(tmp_path) as store:
        put_result(store)
        put_result(store, study_id="Trial-B")
        ask = Bodies(PROTOCOL)
        monkeypatch.setattr(computed, "SLOW_SECONDS", 60.0)
        assert studies(store, ask, exact=False) == [2]
        put_result(store, study_id="Trial-C")
        assert studies(store, ask, exact=False) == [3]
        monkeypatch.setattr(computed, "SLOW_SECONDS", 0.0)
        monkeypatch.setattr(computed, "REST", 1_000_000)
        put_result(store, study_id="Trial-D")
        assert studies(store, ask, exact=False) == [3]
        # Whoever rates one sees it as it stands, and from then on so does everybody.
        assert studies(store, ask, exact=True) == [4]
        assert studies(store, ask, exact=False) == [4]
        put_result(store, study_id="Trial-E")
        monkeypatch.setattr(computed, "LONGEST_SECONDS", 0.0)
        assert studies(store, ask, exact=False) == [5]
