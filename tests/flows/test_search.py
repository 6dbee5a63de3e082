"""The search of a night, against a real server on loopback: windows, failures that are not "nothing", idempotence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from extract.pubmed.query import query_hash
from extract.pubmed.replay import Fault, ReplayServer
from extract.schema.vocabulary import SearchState
from extract.store.engine import Store
from extract.store.log import close_run, open_night, open_run, search_log
from flows.context import NightContext, system_clock
from flows.night import opened_night
from flows.rehearsal import packaged_archive, rehearsal_clock
from flows.search import PlannedWindow, plan_windows, search_night
from flows.settings import Settings, load_settings
from tests.nights import NIGHTS, rehearsal
from tests.stores import AT, BOTH_DATABASES, ROOT, new_store

pytestmark = BOTH_DATABASES

NIGHT = dt.date(2026, 11, 22)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with new_store(tmp_path) as opened:
        yield opened


def settings(folder: Path) -> Settings:
    return load_settings(
        {"LIVING_REVIEW_STATE_DIR": str(folder), "LIVING_REVIEW_PROTOCOL": str(ROOT / "protocol.toml")}
    )


def planned(store: Store, folder: Path, *done: tuple[str, str, SearchState]) -> tuple[PlannedWindow, ...]:
    """Plan the windows of a night after these runs: (kind, end of window, state)."""
    where = settings(folder)
    strategy = where.protocol.search[0]
    with store.write() as tx:
        night_id = open_night(tx, night="2026-11-01", at=AT, rehearsal=False)
        for kind, end, state in done:
            run_id = open_run(
                tx,
                night_id,
                source="pubmed",
                query_hash=query_hash(strategy.query()),
                date_type=kind,
                window_start="1900-01-01",
                window_end=end,
                at=AT,
            )
            close_run(tx, run_id, state=state, at=AT, hits=10)
    context = NightContext(where, store, NIGHT, night_id, system_clock)
    with store.read() as tx:
        return plan_windows(tx, context, strategy)


def test_the_first_night_asks_for_everything(store: Store, tmp_path: Path) -> None:
    assert planned(store, tmp_path) == (PlannedWindow("all", dt.date(1900, 1, 1), NIGHT),)


def test_later_nights_reach_45_days_behind_the_last_complete_run(store: Store, tmp_path: Path) -> None:
    windows = planned(
        store,
        tmp_path,
        ("all", "2026-11-10", SearchState.COMPLETE),
        ("crdt", "2026-11-21", SearchState.COMPLETE),
        ("mdat", "2026-11-15", SearchState.COMPLETE),
    )
    assert windows == (
        PlannedWindow("crdt", dt.date(2026, 11, 21) - dt.timedelta(days=45), NIGHT),
        PlannedWindow("mdat", dt.date(2026, 11, 15) - dt.timedelta(days=45), NIGHT),
    )


@pytest.mark.parametrize("state", [SearchState.FAILED, SearchState.INCOMPLETE])
def test_a_run_that_was_not_complete_does_not_move_the_window(store: Store, tmp_path: Path, state: SearchState) -> None:
    windows = planned(store, tmp_path, ("all", "2026-11-10", SearchState.COMPLETE), ("crdt", "2026-11-21", state))
    assert windows[0].start == dt.date(2026, 11, 10) - dt.timedelta(days=45)


def test_a_full_run_that_failed_is_asked_for_again(store: Store, tmp_path: Path) -> None:
    windows = planned(store, tmp_path, ("all", "2026-11-21", SearchState.FAILED))
    assert [window.kind for window in windows] == ["all"]


def test_every_thirty_days_everything_is_asked_again_and_what_changed_as_well(store: Store, tmp_path: Path) -> None:
    windows = planned(store, tmp_path, ("all", "2026-10-23", SearchState.COMPLETE))
    assert [window.kind for window in windows] == ["all", "mdat"]


def test_a_changed_query_begins_anew(store: Store, tmp_path: Path) -> None:
    where = settings(tmp_path)
    planned(store, tmp_path, ("all", "2026-11-21", SearchState.COMPLETE))
    strategy = where.protocol.search[0].model_copy(update={"lines": ("breast[tiab]",)})
    with store.read() as tx:
        windows = plan_windows(tx, NightContext(where, store, NIGHT, 1, system_clock), strategy)
        assert len(search_log(tx)) == 1
    assert [window.kind for window in windows] == ["all"]


DROPPED = """<?xml version="1.0"?><eSearchResult><Count>0</Count><RetMax>0</RetMax><RetStart>0</RetStart>
<QueryKey>1</QueryKey><WebEnv>W</WebEnv><IdList/><QueryTranslation/><WarningList>
<QuotedPhraseNotFound>"upfront metastatic"[tiab]</QuotedPhraseNotFound></WarningList></eSearchResult>"""


@pytest.mark.parametrize("accepted", [False, True])
def test_a_dropped_phrase_fails_the_search_until_a_person_accepts_that_very_phrase(
    tmp_path: Path, accepted: bool
) -> None:
    night = NIGHTS[0]
    where = rehearsal(tmp_path / "state")
    drops = ('QuotedPhraseNotFound: "upfront metastatic"[tiab]',) if accepted else ()
    strategy = where.protocol.search[0].model_copy(update={"accepted_drops": drops})
    fault = Fault(body=DROPPED.encode(), times=9, headers=(("Content-Type", "text/xml"),))
    with ReplayServer(packaged_archive(), as_of=night, faults={0: fault}) as server:
        protocol = where.protocol.model_copy(update={"search": (strategy,)})
        served = replace(where, entrez_url=server.url, protocol=protocol)
        with opened_night(served, night=night, clock=rehearsal_clock(served, night)) as context:
            outcome = search_night(context)
    assert outcome.new == 0
    assert bool(outcome.failures) is not accepted
    if not accepted:
        assert "upfront metastatic" in outcome.failures[0]
        assert "accepted_drops" in outcome.failures[0]
