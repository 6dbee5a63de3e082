"""Doctor: each thing that can be wrong is seen, said with what to do, and told by the exit code; nothing is changed."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from pytest_httpserver import HTTPServer

from extract.review.approval import reject_value
from extract.store.append_only import drop_statements
from extract.store.candidates import list_candidates
from flows.backups.making import make_backup
from flows.context import open_store
from flows.doctor.examine import examine
from flows.doctor.findings import Finding, exit_code
from flows.rehearsal import rehearsal_clock
from flows.settings import Settings
from tests.nights import NIGHTS, after_first_night, files_state, rehearsal
from tests.stores import AT, BOTH_DATABASES, Under, copied_state

MORNING = dt.timedelta(hours=7)


@pytest.fixture(scope="module")
def healthy(database: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = after_first_night(tmp_path_factory.mktemp("healthy") / "state")
    settings.state_dir.chmod(0o700)
    if (settings.state_dir / "review.db").exists():
        (settings.state_dir / "review.db").chmod(0o600)
    return settings.state_dir


@pytest.fixture
def settings(healthy: Path, tmp_path: Path) -> Settings:
    return replace(rehearsal(copied_state(healthy, tmp_path / "state")), ncbi_email="someone@example.org")


def seen(settings: Settings, *, days: int = 0, online: bool = False) -> dict[str, Finding]:
    now = rehearsal_clock(settings, NIGHTS[0])() + MORNING + dt.timedelta(days=days)
    findings = examine(settings, online=online, clock=lambda: now)
    return {finding.check: finding for finding in findings}


def sql(settings: Settings, *statements: str) -> None:
    with closing(sqlite3.connect(settings.state_dir / "review.db")) as database, database:
        for statement in statements:
            database.execute(statement)


@BOTH_DATABASES
def test_a_healthy_review_has_nothing_to_do_and_is_not_touched(settings: Settings) -> None:
    before = files_state(settings.snapshots_dir)
    found = seen(settings)
    # The tests' PostgreSQL role owns the tables, and an operator is told so; a file has no roles.
    owns = {"role"} if Under.database == "postgresql" else set()
    assert {f.check for f in found.values() if f.state != "ok"} == owns
    assert exit_code(list(found.values())) == (3 if owns else 0)
    assert set(found) >= {"disk", "settings", "permissions", "database", "integrity", "append-only", "audit chain"}
    assert set(found) >= {"archive", "snapshots", "site", "schedule", "clock", "readers", "leases", "backups"}
    assert files_state(settings.snapshots_dir) == before


def as_live(settings: Settings) -> Settings:
    sql(settings, "UPDATE nights SET rehearsal = 0")
    return replace(settings, rehearsal=False)


def without_triggers(settings: Settings) -> None:
    sql(settings, *drop_statements("decisions", dialect="sqlite"))


def forged(settings: Settings) -> None:
    without_triggers(settings)
    sql(settings, "UPDATE decisions SET reason = 'forged' WHERE seq = 3")


def spoil_archive(settings: Settings) -> None:
    next(settings.archive_dir.rglob("*.gz")).write_bytes(b"x")


def spoil_snapshot(settings: Settings) -> None:
    next(settings.snapshots_dir.rglob("*.csv")).write_text("x", encoding="utf-8")


def damage_database(settings: Settings) -> None:
    path = settings.state_dir / "review.db"
    sql(settings, "PRAGMA journal_mode = DELETE")
    content = bytearray(path.read_bytes())
    content[8192 : 8192 + 4096 * 20] = b"\xff" * 4096 * 20
    path.write_bytes(bytes(content))


def hold_an_item(settings: Settings) -> None:
    sql(
        settings,
        "INSERT INTO accounts (person_id, created_at) VALUES ('reviewer-a', '2026-11-20')",
        "INSERT INTO leases (item, person_id, taken_at, expires_at) "
        "VALUES ('value:1', 'reviewer-a', '2036-11-20T03:00:00Z', '2036-11-20T03:30:00Z')",
    )


def real_folder(settings: Settings) -> None:
    settings.site_dir.unlink()
    settings.site_dir.mkdir()


BROKEN: dict[str, tuple[Callable[[Settings], object], str, str, str]] = {
    "an older database": (
        lambda s: sql(s, "UPDATE alembic_version SET version_num = '0001'"),
        "database",
        "problem",
        "is at migration 0001",
    ),
    "no database": (lambda s: (s.state_dir / "review.db").unlink(), "database", "problem", "there is no database"),
    "a damaged database": (damage_database, "database", "problem", "is damaged"),
    "a lost row": (lambda s: sql(s, "DELETE FROM search_runs"), "integrity", "problem", "does not exist"),
    "removed triggers": (without_triggers, "append-only", "problem", "decisions_no_delete"),
    "a forged decision": (forged, "audit chain", "problem", "entry 3 of the decision log was changed"),
    "a changed answer": (spoil_archive, "archive", "problem", "1 of"),
    "a changed snapshot": (spoil_snapshot, "snapshots", "problem", "changed"),
    "a lost site": (lambda s: s.site_dir.unlink(), "site", "problem", "leads to no site"),
    "a real folder for a site": (real_folder, "site", "problem", "is a real folder"),
    "an item held for years": (hold_an_item, "leases", "warning", "value:1 by reviewer-a"),
    "an open database": (
        lambda s: (s.state_dir / "review.db").chmod(0o644),
        "permissions",
        "warning",
        "everybody on this machine can read",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_seen_with_what_to_do(settings: Settings, name: str) -> None:
    act, check, state, words = BROKEN[name]
    act(settings)
    found = seen(settings)
    assert (found[check].state, words in found[check].found) == (state, True), found[check]
    assert found[check].todo
    assert exit_code(list(found.values())) == {"problem": 2, "warning": 3}[state]


@pytest.mark.parametrize(("written_for", "said"), [("favours_surgery", "favours_surgery"), (None, "nobody says what")])
def test_an_interpretation_written_for_another_result_than_the_published_one_needs_a_person(
    settings: Settings, written_for: str | None, said: str
) -> None:
    assert seen(settings)["interpretation"].found.endswith("says: not_shown")
    editorial = settings.protocol.editorial.model_copy(update={"written_for": written_for})
    protocol = settings.protocol.model_copy(update={"editorial": editorial})
    found = seen(replace(settings, protocol=protocol))["interpretation"]
    assert found.state == "warning"
    assert found.found.startswith(f"was written for {said}; the trials of version")
    assert "written_for" in found.todo


def test_a_value_that_waits_for_an_expert_nobody_is_any_more_needs_a_person(settings: Settings) -> None:
    living = settings.protocol.living.model_copy(update={"approvals_needed": 1})
    people = tuple(p for p in settings.protocol.people if p.role != "adjudicator")
    asked = settings.protocol.model_copy(update={"living": living, "people": people})
    settings = replace(settings, protocol=asked)
    store = open_store(settings)
    with store.read() as tx:
        first = list_candidates(tx, states=["proposed"])[0].candidate_id
    reject_value(store, asked, first, by="reviewer-b", at=AT, reason="not our comparison")
    store.close()
    assert seen(settings)["readers"].found.endswith("role asked for: 1, each with somebody for it")
    sql(
        settings,
        "INSERT INTO accounts (person_id, created_at, disabled_at) VALUES ('reviewer-a', '2026-11-20', '2026-11-21')",
    )
    found = seen(settings)["readers"]
    assert (found.state, found.found) == ("warning", "1 value waits for an expert, and nobody who may decide is one")
    assert "living-review user passwd" in found.todo


def test_a_night_that_was_missed_and_one_that_failed_need_a_person(settings: Settings) -> None:
    settings = as_live(settings)
    assert seen(settings)["schedule"].state == "ok"
    missed = seen(settings, days=1)["schedule"]
    assert (missed.state, "the night of 2026-11-21 was due" in missed.found) == ("warning", True)
    sql(settings, "UPDATE nights SET state = 'search_failed'")
    failed = seen(settings)["schedule"]
    assert (failed.state, "ended as search_failed" in failed.found) == ("warning", True)


def test_a_clock_that_went_back_is_a_problem(settings: Settings) -> None:
    settings = as_live(settings)
    assert seen(settings)["clock"].state == "ok"
    assert seen(settings, days=-3)["clock"].state == "problem"


def test_pubmed_is_asked_whether_it_answers_and_for_its_clock(settings: Settings, httpserver: HTTPServer) -> None:
    asked = replace(settings, entrez_url=httpserver.url_for("/"))
    httpserver.expect_request("/einfo.fcgi").respond_with_data("{}")  # dated today
    found = seen(asked, online=True)
    assert (found["PubMed"].state, found["clock"].state) == ("ok", "warning")
    silent = replace(settings, entrez_url="http://127.0.0.1:9/")
    assert seen(silent, online=True)["PubMed"].state == "warning"


def test_an_old_backup_needs_a_person(settings: Settings) -> None:
    store = open_store(settings)
    made = make_backup(settings, store, to=settings.state_dir / "backups")
    store.close()
    day = rehearsal_clock(settings, NIGHTS[0])().timestamp()
    os.utime(made.folder / "manifest.json", (day, day))
    assert seen(settings)["backups"].state == "ok"
    assert seen(settings, days=20)["backups"].state == "warning"


def test_doctor_as_a_command(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from flows.commands.doctor import doctor

    monkeypatch.setenv("LIVING_REVIEW_STATE_DIR", str(settings.state_dir))
    shutil.rmtree(settings.archive_dir)
    with pytest.raises(typer.Exit) as ended:
        doctor(as_json=True, offline=True)
    told = json.loads(capsys.readouterr().out)
    assert ended.value.exit_code == told["exit_code"] == 2
    assert {f["check"] for f in told["findings"] if f["state"] == "problem"} == {"archive"}
    with pytest.raises(typer.Exit):
        doctor(offline=True)
    assert "-> copy them from a backup" in capsys.readouterr().out


def test_a_state_that_is_not_there_is_said_and_not_made(tmp_path: Path) -> None:
    (finding,) = examine(rehearsal(tmp_path / "none"), online=False)
    assert (finding.check, finding.state) == ("state", "problem")
    assert not (tmp_path / "none").exists()
