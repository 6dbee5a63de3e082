"""What runs beside the night: surveillance by itself, the full search, everything again; and a night made up for."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from extract.store.archive import archive_path
from extract.store.log import all_nights, search_log
from flows.context import SearchScope, open_store
from flows.deployments import deployments
from flows.night import NightReport, opened_night, run_night
from flows.reconciliation import verify_state
from flows.rehearsal import packaged_archive, rehearsal_clock, rehearsing
from flows.running import due_tonight, missed_night, surveillance_alone
from flows.settings import Settings
from flows.status import compute_status
from tests.nights import NIGHTS, after_first_night, copied_archive, evidence_state, rehearsal, revised
from tests.stores import protocol

RETRACTED = "29777404"
"""PMID of MF07-01 (Soran 2018), included in the archive."""

NOTICE = (
    '<CommentsCorrectionsList><CommentsCorrections RefType="RetractionIn"><RefSource>A notice made for this test'
    "</RefSource></CommentsCorrections>"
)


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a state folder after the first night; each test changes a copy."""
    return after_first_night(tmp_path_factory.mktemp("reruns") / "state").state_dir


def copy_of(first_night: Path, folder: Path) -> Settings:
    shutil.copytree(first_night, folder / "state", symlinks=True)
    return rehearsal(folder / "state")


def again(settings: Settings, night: dt.date, scope: SearchScope) -> NightReport:
    with rehearsing(settings, packaged_archive(), night=night) as served:
        clock = rehearsal_clock(served, night)
        with opened_night(served, night=night, clock=clock, scope=scope) as context:
            return run_night(context)


def test_a_rerun_asks_all_dates_and_reconciliation_fetches_every_record_again(
    first_night: Path, tmp_path: Path
) -> None:
    settings = copy_of(first_night, tmp_path)
    before = evidence_state(settings)
    rerun = again(settings, NIGHTS[0], "all dates")
    everything = again(settings, NIGHTS[0], "all records")
    assert [report.exit_code for report in (rerun, everything)] == [0, 0]
    store = open_store(settings)
    with store.read() as tx:
        kinds = [{run.date_type for run in search_log(tx) if run.night_id == n.night_id} for n in all_nights(tx)]
    store.close()
    assert ["all" in kind for kind in kinds] == [True, True, True]
    # Nothing but those whose words changed is fetched on other nights; here all 78 of the archive's first night.
    assert everything.search.received >= 78 > rerun.search.received
    assert (everything.search.new, everything.search.changed) == (0, 0)
    assert evidence_state(settings) == before
    assert verify_state(settings) == ()


def test_reconciliation_finds_an_archived_answer_that_was_changed_and_a_snapshot_that_was(
    first_night: Path, tmp_path: Path
) -> None:
    settings = copy_of(first_night, tmp_path)
    damaged = sorted(settings.archive_dir.rglob("*.gz"))[0]
    damaged.write_bytes(b"flipped")
    table = next(settings.snapshots_dir.glob("*/tables/values.csv"))
    table.write_text(table.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    problems = verify_state(settings)
    assert len(problems) == 2
    assert str(archive_path(settings.archive_dir, damaged.name.removesuffix(".gz"))) in problems[0]
    assert "restore it from a backup" in problems[0]
    assert "values.csv" in problems[1]


def test_surveillance_by_itself_publishes_a_retraction_and_counts_as_no_night(
    first_night: Path, tmp_path: Path
) -> None:
    settings, archive = copy_of(first_night, tmp_path), copied_archive(tmp_path)
    revised(archive, RETRACTED, NIGHTS[1], with_notice)
    with rehearsing(settings, archive, night=NIGHTS[1]) as served:
        clock = rehearsal_clock(served, NIGHTS[1])
        outcome = surveillance_alone(served, clock=clock)
        store = open_store(settings)
        with store.read() as tx:
            status = compute_status(tx, served, now=clock())
            nights = all_nights(tx)
        store.close()
    # The archive itself has an erratum of another trial that day.
    assert [alert for alert in outcome.alerts if "RetractionIn" in alert] == [
        "MF07-01-2018: RetractionIn A notice made for this test"
    ]
    assert len(nights) == 2
    # The day of the surveillance is missed as a night, and the last search is still the one of the night before.
    assert (status.nights_run, status.nights_failed, status.last_search_state) == (1, 0, "complete")
    assert status.searched_through == NIGHTS[0].isoformat()
    live = replace(settings, rehearsal=False)
    assert due_tonight(live, clock=rehearsal_clock(settings, NIGHTS[1])) == NIGHTS[1].isoformat()


def with_notice(xml: str) -> str:
    if "<CommentsCorrectionsList>" in xml:
        return xml.replace("<CommentsCorrectionsList>", NOTICE, 1)
    return xml.replace("</MedlineCitation>", f"{NOTICE}</CommentsCorrectionsList></MedlineCitation>", 1)


def test_a_scheduler_makes_up_for_the_last_night_only_and_not_in_an_empty_folder(
    first_night: Path, tmp_path: Path
) -> None:
    later = rehearsal_clock(rehearsal(tmp_path), NIGHTS[0] + dt.timedelta(days=9))
    assert missed_night(rehearsal(tmp_path / "empty"), clock=later) is None
    settings = copy_of(first_night, tmp_path)
    assert missed_night(settings, clock=later) == (NIGHTS[0] + dt.timedelta(days=9)).isoformat()
    assert missed_night(settings, clock=rehearsal_clock(settings, NIGHTS[0])) is None


def test_the_other_runs_keep_clear_of_the_nights_hour() -> None:
    living = protocol().living
    hours = {planned.name: planned.cron.split()[1] for planned in deployments(living) if planned.cron}
    assert len(hours) == len(set(hours.values()))
    late = living.model_copy(update={"night_at": "23:10"})
    assert all(0 <= int(planned.cron.split()[1]) <= 23 for planned in deployments(late) if planned.cron)


def test_a_failure_of_every_run_is_told_and_an_alert_never_alerts_itself() -> None:
    (alert,) = [planned for planned in deployments(protocol().living) if planned.name == "alert"]
    failed = next(trigger for trigger in alert.triggers if trigger["name"] == "run-failed")
    others = {planned.name for planned in deployments(protocol().living)} - {"alert"}
    assert set(failed["match_related"]["prefect.resource.name"]) == others
    assert others >= {"night", "full-rerun", "reconciliation", "surveillance", "backup", "digest", "publish"}
