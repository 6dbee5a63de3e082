"""Bad days: a disk that fills up, folders that cannot be written, two at once; the old site stands, nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from extract.errors import StoreError
from extract.review.reopened import reopen_value, withdraw_value
from extract.store.append_only import drop_statements
from extract.store.decisions import Decision, record_decision
from extract.store.versions import published_snapshots
from flows.context import only_one, open_store
from flows.errors import PublishRefused, SettingsError
from flows.night import opened_night
from flows.publish import NEWEST_DECISIONS, publish, shown_snapshot_id
from flows.rehearsal import rehearsal_clock
from flows.settings import Settings
from tests.disks import filled_up, small_disk
from tests.nights import NIGHTS, after_first_night, evidence_state, rehearsal, rehearse, site_state
from tests.stores import AT, BOTH_DATABASES, ROOT


def with_site(settings: Settings, site_dir: Path) -> Settings:
    return replace(settings, site_dir=site_dir)


def test_a_full_disk_while_publishing_refuses_and_leaves_the_old_site(tmp_path: Path) -> None:
    # Far larger than the old and the new site together (about 6 MB while one replaces the other): the ballast fills it.
    with small_disk(tmp_path / "disk", kilobytes=24_000) as disk:
        settings = with_site(rehearsal(tmp_path / "state"), disk / "site")
        assert rehearse(settings, NIGHTS[0]).exit_code == 0
        before = site_state(settings.site_dir)
        with filled_up(disk, but_for=40):
            report = rehearse(settings, NIGHTS[1])
            assert report.exit_code == 4
            assert report.refusal is not None
            assert "No space left" in report.refusal
            assert site_state(settings.site_dir) == before
        assert rehearse(settings, NIGHTS[1]).exit_code == 0
        assert site_state(settings.site_dir) != before


def test_a_snapshot_changed_on_disk_is_not_published_over(tmp_path: Path) -> None:
    settings = after_first_night(tmp_path / "state")
    before = site_state(settings.site_dir)
    table = next(settings.snapshots_dir.glob("*/tables/values.csv"))
    table.write_text(table.read_text(encoding="utf-8").replace("0.71", "0.61"), encoding="utf-8")
    report = rehearse(settings, NIGHTS[1])
    assert report.exit_code == 4
    assert report.refusal is not None
    assert "changed since it was published" in report.refusal
    assert site_state(settings.site_dir) == before


def test_a_state_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with pytest.raises((SettingsError, StoreError), match="cannot be"):
        rehearse(rehearsal(tmp_path / "file" / "state"), NIGHTS[0])


@BOTH_DATABASES
def test_a_second_night_at_the_same_time_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    settings = rehearsal(tmp_path / "state")
    with only_one(settings, "night"), pytest.raises(SettingsError, match="another process is busy"):
        rehearse(settings, NIGHTS[0])
    assert rehearse(settings, NIGHTS[0]).exit_code == 0


@BOTH_DATABASES
def test_a_night_on_another_host_of_the_same_database_is_refused(tmp_path: Path, database: str) -> None:
    """On SQLite there is no other host: there the folder is the same, and its lock refuses."""
    here, there = rehearsal(tmp_path / "here"), rehearsal(tmp_path / "there")
    shared = here if database == "sqlite" else replace(there, database_url=here.database_url)
    with opened_night(here, night=NIGHTS[0]):
        with pytest.raises(SettingsError, match="another process is busy"), opened_night(shared, night=NIGHTS[0]):
            pass


def test_publishing_twice_changes_nothing(tmp_path: Path) -> None:
    settings = after_first_night(tmp_path / "state")
    before = evidence_state(settings)
    store = open_store(settings)
    done = publish(settings, store, now=rehearsal_clock(settings, NIGHTS[0])(), night=NIGHTS[0])
    store.close()
    assert (done.version, done.new) == ("2026.1", False)
    assert evidence_state(settings) == before


def test_a_lost_site_is_built_again_from_its_snapshot(tmp_path: Path) -> None:
    settings = after_first_night(tmp_path / "state")
    before = site_state(settings.site_dir)
    settings.site_dir.unlink()
    store = open_store(settings)
    publish(settings, store, now=rehearsal_clock(settings, NIGHTS[0])(), night=NIGHTS[0])
    store.close()
    assert site_state(settings.site_dir) == before


def test_a_site_folder_that_is_a_real_folder_is_never_deleted(tmp_path: Path) -> None:
    settings = rehearsal(tmp_path / "state")
    settings.site_dir.mkdir(parents=True)
    (settings.site_dir / "mine.txt").write_text("do not touch", encoding="utf-8")
    report = rehearse(settings, NIGHTS[0])
    assert report.exit_code == 4
    assert report.refusal is not None
    assert "the old site stands" in report.refusal
    assert (settings.site_dir / "mine.txt").read_text(encoding="utf-8") == "do not touch"


def test_the_nightly_command_exits_with_3_when_pubmed_cannot_be_reached(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "LIVING_REVIEW_STATE_DIR": str(tmp_path / "state"),
        "LIVING_REVIEW_ENTREZ_URL": "http://127.0.0.1:9/",
        "LIVING_REVIEW_NCBI_EMAIL": "nobody@example.org",
    }
    script = (
        "import datetime as dt\nfrom dataclasses import replace\nimport flows.pubmed as s\n"
        "from flows.night import opened_night, run_night\nfrom flows.settings import load_settings\n"
        "from flows.context import system_clock\n"
        "ask = s.entrez_settings\ns.entrez_settings = lambda x: replace(ask(x), max_attempts=1)\n"
        "with opened_night(load_settings(), night=dt.date(2026, 11, 20)) as context:\n"
        "    report = run_night(context)\n"
        "print(report.status.last_search_state, report.status.searched_through)\n"
        "raise SystemExit(report.exit_code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    assert done.stdout.strip() == "failed None"
    status = (tmp_path / "state" / "site" / "index.html").read_text(encoding="utf-8")
    assert "failed" in status.casefold()


@BOTH_DATABASES
def test_a_publisher_killed_after_the_swap_never_gives_its_version_to_other_content(tmp_path: Path) -> None:
    settings = after_first_night(tmp_path / "state")
    shown = shown_snapshot_id(settings)
    store = open_store(settings)
    with store.write() as tx:
        # What a kill between swap and log leaves: the site and the snapshot stand, the log knows nothing.
        for statement in drop_statements("snapshots", dialect=store.dialect):
            tx.connection.exec_driver_sql(statement)
        tx.connection.exec_driver_sql("DELETE FROM snapshots")
    value_id = "mf07-01-2021--os--all--all--1"
    for person in ("reviewer-a", "reviewer-b"):
        if person == "reviewer-a":
            reopen_value(store, settings.protocol, value_id, by=person, at=AT, reason="a test of this test")
        withdraw_value(store, settings.protocol, value_id, by=person, at=AT, reason="a test of this test")
    done = publish(settings, store, now=rehearsal_clock(settings, NIGHTS[1])(), night=NIGHTS[1])
    with store.read() as tx:
        published = published_snapshots(tx)
    store.close()
    assert done.version == "2026.2"
    assert [entry.snapshot_id for entry in published] == [shown, shown_snapshot_id(settings)]


def test_no_new_version_is_published_on_an_old_decision_that_was_changed(tmp_path: Path) -> None:
    settings = after_first_night(tmp_path / "state")
    store, shown = open_store(settings), shown_snapshot_id(settings)
    with store.write() as tx:
        for number in range(NEWEST_DECISIONS):
            record_decision(tx, Decision(AT, "reviewer-a", "note", "record", str(number)))
        for statement in drop_statements("decisions", dialect=store.dialect):
            tx.connection.exec_driver_sql(statement)
        tx.connection.exec_driver_sql("UPDATE decisions SET reason = 'forged' WHERE seq = 1")
    now = rehearsal_clock(settings, NIGHTS[1])()
    assert not publish(settings, store, now=now, night=NIGHTS[1]).new  # a quiet night reads the newest entries only
    value_id, why = "mf07-01-2021--os--all--all--1", "a test of this test"
    reopen_value(store, settings.protocol, value_id, by="reviewer-a", at=AT, reason=why)
    for person in ("reviewer-a", "reviewer-b"):
        withdraw_value(store, settings.protocol, value_id, by=person, at=AT, reason=why)
    with pytest.raises(PublishRefused, match="entry 1 of the decision log was changed"):
        publish(settings, store, now=now, night=NIGHTS[1])
    store.close()
    assert shown_snapshot_id(settings) == shown


def test_a_stale_site_is_not_taken_for_the_published_one(tmp_path: Path) -> None:
    settings = after_first_night(tmp_path / "state")
    before = site_state(settings.site_dir)
    about = settings.site_dir / "site.json"
    about.write_text(about.read_text(encoding="utf-8").replace(shown_snapshot_id(settings) or "", "another"), "utf-8")
    report = rehearse(settings, NIGHTS[0])
    assert report.exit_code == 0
    assert site_state(settings.site_dir) == before


@BOTH_DATABASES
def test_a_forged_decision_stops_publication(tmp_path: Path) -> None:
    settings = after_first_night(tmp_path / "state")
    store = open_store(settings)
    with store.write() as tx:
        for statement in drop_statements("decisions", dialect=store.dialect):
            tx.connection.exec_driver_sql(statement)
        tx.connection.exec_driver_sql("UPDATE decisions SET reason = 'forged' WHERE seq = 3")
    store.close()
    report = rehearse(settings, NIGHTS[1])
    assert report.exit_code == 4
    assert report.refusal is not None
    assert "entry 3 of the decision log was changed" in report.refusal


def test_live_and_rehearsed_nights_are_not_mixed_in_one_state_folder(tmp_path: Path) -> None:
    settings = after_first_night(tmp_path / "state")
    with pytest.raises(SettingsError, match="holds rehearsed nights; a live one needs a state folder of its own"):
        with opened_night(replace(settings, rehearsal=False), night=NIGHTS[1]):
            pass
