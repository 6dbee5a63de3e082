"""Full runs: what they show beside the nightly windows, and what a changed query must not lose."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from extract.schema.protocol import AcceptedLoss
from extract.store.log import all_nights, search_log
from flows.context import open_store
from flows.settings import Settings
from tests.nights import NIGHTS, archive_of, gather, rehearsal, rehearse, site_state
from tests.stores import BOTH_DATABASES

pytestmark = BOTH_DATABASES

KNOWN = ("29777404", "26363985", "31082916", "34995128", "40615712", "22833684")
"""Five trials and a protocol that the query finds."""
OFF_TOPIC = "28125763"
"""A record of the archive that the protocol's query does not find."""
MONTH_LATER = NIGHTS[0] + dt.timedelta(days=31)


def with_query(settings: Settings, ending: str, *, accepted: tuple[AcceptedLoss, ...] = ()) -> Settings:
    """Change the last line of the query."""
    strategy = settings.protocol.search[0]
    lines = (*strategy.lines[:-1], f"({strategy.lines[-1]}) {ending}")
    changed = strategy.model_copy(update={"lines": lines, "accepted_losses": accepted})
    return replace(settings, protocol=settings.protocol.model_copy(update={"search": (changed,)}))


def accepted(pmid: str) -> AcceptedLoss:
    return AcceptedLoss(pmid=pmid, reason="found by hand", by="reviewer-a", date=dt.date(2026, 11, 22))


@pytest.fixture(scope="module")
def begun(database: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Path]:
    """Return a published first night over seven records."""
    folder = tmp_path_factory.mktemp("begun")
    archive = archive_of(folder / "archive", (*KNOWN, OFF_TOPIC))
    settings = rehearsal(folder / "state")
    assert rehearse(settings, NIGHTS[0], archive=archive).exit_code == 0
    return settings, archive


def test_a_changed_query_that_loses_an_included_record_refuses_to_publish_until_a_person_accepts(
    begun: tuple[Settings, Path],
) -> None:
    settings, archive = begun
    before = site_state(settings.site_dir)
    changed = with_query(settings, "NOT 34995128[uid]")
    report = rehearse(changed, NIGHTS[1], archive=archive)
    assert report.exit_code == 4
    assert report.refusal is not None
    assert "no longer finds 1 record in the review: PMID 34995128" in report.refusal
    assert "accepted_losses" in report.refusal
    assert site_state(settings.site_dir) == before

    store = open_store(settings)
    with store.read() as tx:
        run = search_log(tx)[-2]
        night = all_nights(tx)[-1]
    store.close()
    assert (run.date_type, run.window_start, run.state) == ("all", "1900-01-01", "complete")
    assert night.state == "refused"
    assert run.message == (
        "the query changed, all years were asked again; 1 record found before and not now (PMID 34995128); "
        "1 of them included (PMID 34995128)"
    )

    # The nights after it refuse as well, also from the windows of new and changed records alone.
    assert rehearse(changed, NIGHTS[2], archive=archive).exit_code == 4
    agreed = with_query(settings, "NOT 34995128[uid]", accepted=(accepted("34995128"),))
    assert rehearse(agreed, NIGHTS[2], archive=archive).exit_code == 0


def test_a_changed_query_tells_what_it_newly_finds_and_publishes(tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "archive", (*KNOWN, OFF_TOPIC))
    settings = rehearsal(tmp_path / "state")
    gather(settings, NIGHTS[0], archive)
    report = gather(with_query(settings, f"OR {OFF_TOPIC}[uid]"), NIGHTS[1], archive)
    assert report.exit_code == 0
    (difference,) = report.search.differences
    assert difference.changed_query
    assert (difference.lost, difference.missed) == ((), (OFF_TOPIC,))
    assert difference.told() == (
        f"the query changed, all years were asked again; 1 record newly found by the changed query (PMID {OFF_TOPIC})"
    )


def test_the_monthly_full_run_tells_what_is_gone_and_what_the_windows_had_missed(tmp_path: Path) -> None:
    settings = rehearsal(tmp_path / "state")
    gather(settings, NIGHTS[0], archive_of(tmp_path / "before", KNOWN))
    # 29542106 (created in 2018) stands for a record that PubMed shows late under an early create date.
    later = archive_of(tmp_path / "later", (*KNOWN[:-1], "29542106"))
    report = gather(settings, MONTH_LATER, later)
    assert report.exit_code == 0
    (difference,) = report.search.differences
    assert not difference.changed_query
    assert difference.lost == ("22833684",)
    assert difference.missed == ("29542106",)
    assert difference.told() == (
        "1 record found before and not now (PMID 22833684); 1 record missed by the nightly windows (PMID 29542106)"
    )


def test_a_first_full_run_has_nothing_to_differ_from(tmp_path: Path) -> None:
    report = gather(rehearsal(tmp_path / "state"), NIGHTS[0], archive_of(tmp_path / "archive", KNOWN))
    assert [difference.told() for difference in report.search.differences] == [None]


def test_a_full_run_that_counts_fewer_than_the_last_one_is_incomplete_not_news(tmp_path: Path) -> None:
    settings = rehearsal(tmp_path / "state")
    gather(settings, NIGHTS[0], archive_of(tmp_path / "before", KNOWN))
    report = gather(settings, MONTH_LATER, archive_of(tmp_path / "later", KNOWN[:-1]))
    assert report.exit_code == 3
    assert "the full run counts 5 records, the last one counted 6" in report.search.failures[0]
    assert report.status.last_search_state == "incomplete"
