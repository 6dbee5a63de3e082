"""Registries in the night: what is registered, what changed about the trials we follow, and a failure that is loud."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extract.baseline.load import load_baseline
from extract.errors import DecisionError
from extract.registries.replay import Instead, TrialsReplayServer
from extract.review.trials import decide_trial, trial_items
from extract.schema.vocabulary import SearchState
from extract.store.curated import all_alerts, curated_values
from extract.store.log import search_log
from extract.store.registry import all_trials, trial_changes
from flows.context import NightContext
from flows.frozen import read_table
from flows.registered import ongoing_rows, shown_rows
from flows.registries import RegistryOutcome, watch_registries
from flows.rehearsal import packaged_archive
from reports.rows import OngoingRow
from tests.nights import NIGHTS, gather, night_on_starting_table, rehearsal
from tests.stores import AT

MF07_01 = "NCT00557986"


@pytest.fixture
def trials(tmp_path: Path) -> Path:
    """Return a copy of the packaged registry entries, for changing."""
    return Path(shutil.copytree(packaged_archive() / "trials", tmp_path / "trials"))


@pytest.fixture
def context(tmp_path: Path) -> Iterator[NightContext]:
    with night_on_starting_table(tmp_path / "state") as opened:
        yield opened


def asked(context: NightContext, folder: Path, *, instead: Instead | None = None) -> RegistryOutcome:
    with TrialsReplayServer(folder, instead=instead) as server:
        served = replace(context, settings=replace(context.settings, trials_url=server.url))
        return watch_registries(served, load_baseline(context.protocol))


def changed(folder: Path, nct_id: str, **status: Any) -> None:
    """Let the registry change a trial's status module."""
    path = folder / f"{nct_id}.json"
    study = json.loads(path.read_text())
    study["protocolSection"]["statusModule"] |= status
    study["hasResults"] = "resultsFirstPostDateStruct" in status
    path.write_text(json.dumps(study))


def rows(context: NightContext) -> dict[str, OngoingRow]:
    with context.store.read() as tx:
        return {row.registry_id: row for row in ongoing_rows(tx, read_table(tx))}


def states(context: NightContext) -> list[SearchState]:
    with context.store.read() as tx:
        return [run.state for run in search_log(tx)]


def test_trials_are_stored_with_what_the_registry_says_and_asking_again_changes_nothing(
    context: NightContext, trials: Path
) -> None:
    first, again = asked(context, trials), asked(context, trials)
    assert (first.new, first.changes, first.failures) == (8, (), ())
    assert (again.new, again.changes, again.failures) == (0, (), ())
    with context.store.read() as tx:
        assert len(all_trials(tx)) == 8
        assert trial_changes(tx) == ()
    assert states(context) == [SearchState.COMPLETE, SearchState.COMPLETE]


def test_an_ongoing_trial_shows_its_status_and_dates(context: NightContext, trials: Path) -> None:
    dates = {
        "startDateStruct": {"date": "2026-03"},
        "primaryCompletionDateStruct": {"date": "2031-06", "type": "ESTIMATED"},
    }
    changed(trials, "NCT05285332", overallStatus="RECRUITING", **dates)
    asked(context, trials)
    row = rows(context)["NCT05285332"]
    assert (row.status, row.started, row.expected) == ("recruiting", "2026-03", "2031-06 (estimated)")
    # The starting table lists it ("protocol or registration without results"): people have looked at it.
    assert row.screened == "yes"


def test_a_status_the_registry_does_not_know_leaves_that_of_the_starting_table(
    context: NightContext, trials: Path
) -> None:
    changed(trials, "NCT01392586", overallStatus="UNKNOWN")
    asked(context, trials)
    assert rows(context)["NCT01392586; BOOG 2010-05"].status == "terminated"


def test_a_trial_nobody_has_looked_at_is_in_the_table_and_makes_no_new_version(
    context: NightContext, trials: Path
) -> None:
    study = (trials / "NCT05285332.json").read_text().replace("NCT05285332", "NCT09999999")
    (trials / "NCT09999999.json").write_text(study)
    asked(context, trials)
    found = rows(context)
    assert found["NCT09999999"].screened == "no"
    assert "NCT09999999" not in [row["registry_id"] for row in shown_rows(tuple(found.values()))]


def test_a_changed_status_of_a_trial_of_ours_is_noted_and_re_opens_nothing(context: NightContext, trials: Path) -> None:
    asked(context, trials)
    changed(trials, MF07_01, overallStatus="COMPLETED")
    outcome = asked(context, trials)
    assert outcome.changes == ("NCT00557986 (MF07-01): status UNKNOWN -> COMPLETED",)
    with context.store.read() as tx:
        assert {alert.kind for alert in all_alerts(tx)} == {"RegistryStatus"}
        assert all(alert.notice == "NCT00557986 UNKNOWN -> COMPLETED" for alert in all_alerts(tx))
        assert all(value.state == "approved" for value in curated_values(tx))
    assert outcome.reopened == 0


def test_results_posted_for_a_trial_of_ours_re_open_its_values_and_no_others(
    context: NightContext, trials: Path
) -> None:
    asked(context, trials)
    changed(trials, MF07_01, resultsFirstPostDateStruct={"date": "2026-11-19"})
    outcome = asked(context, trials)
    with context.store.read() as tx:
        reopened = {value.report_id for value in curated_values(tx) if value.state == "reopened"}
        count = sum(value.state == "reopened" for value in curated_values(tx))
    assert reopened
    assert all(report.startswith("MF07-01") for report in reopened)
    assert outcome.reopened == count
    assert asked(context, trials).reopened == 0, "asked again, nothing is re-opened twice"


def test_a_registry_that_does_not_answer_is_a_failed_run_and_never_no_trials(
    context: NightContext, trials: Path
) -> None:
    outcome = asked(context, trials, instead=lambda _number: (503, b"try later", {}))
    assert len(outcome.failures) == 1
    assert "503" in outcome.failures[0]
    assert states(context) == [SearchState.FAILED]


def test_a_trial_of_ours_that_the_registry_does_not_give_leaves_the_run_incomplete(
    context: NightContext, trials: Path
) -> None:
    (trials / "NCT01242800.json").unlink()
    outcome = asked(context, trials)
    assert "does not give NCT01242800" in outcome.failures[0]
    assert states(context) == [SearchState.INCOMPLETE]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"studies": [{"protocolSection": {"identificationModule": {"nctId": "NCT1"}}}]}', "NCT1"),
        (b'{"totalCount": 0}', "no list of studies"),
        (b"<html>blocked</html>", "not JSON"),
        (b'{"studies": [], "totalCount": 9}', "counts 9 trials but gave 0"),
    ],
)
def test_an_answer_of_the_registry_that_cannot_be_right_stores_nothing(
    context: NightContext, trials: Path, body: bytes, said: str
) -> None:
    outcome = asked(context, trials, instead=lambda _number: (200, body, {}))
    assert said in outcome.failures[0]
    assert states(context)[0] in (SearchState.FAILED, SearchState.INCOMPLETE)
    with context.store.read() as tx:
        assert all_trials(tx) == ()


def test_a_failed_registry_ends_the_night_with_exit_code_3_and_says_so(tmp_path: Path) -> None:
    archive = Path(shutil.copytree(packaged_archive(), tmp_path / "archive"))
    (archive / "trials" / "NCT01242800.json").unlink()
    report = gather(rehearsal(tmp_path / "state"), NIGHTS[0], archive)
    assert report.exit_code == 3
    assert report.search.failures == ()
    assert report.status.last_search_state == "incomplete"
    assert "ClinicalTrials.gov" in (report.status.last_search_message or "")


def test_a_person_lists_a_trial_or_sets_it_aside_and_the_last_decision_stands(
    context: NightContext, trials: Path
) -> None:
    study = (trials / "NCT05285332.json").read_text().replace("NCT05285332", "NCT09999999")
    (trials / "NCT09999999.json").write_text(study)
    asked(context, trials)
    with context.store.read() as tx:
        assert next((i.trial.registry_id, i.decided) for i in trial_items(tx)) == ("NCT00193778", None)
    decide(context, "NCT09999999", listed=True)
    assert rows(context)["NCT09999999"].screened == "yes"
    decide(context, "NCT09999999", listed=False, reason="surgery of metastases")
    assert "NCT09999999" not in rows(context)


def test_a_trial_is_not_set_aside_without_a_reason_and_an_unknown_one_not_at_all(
    context: NightContext, trials: Path
) -> None:
    asked(context, trials)
    with pytest.raises(DecisionError, match="needs --reason"):
        decide(context, "NCT05285332", listed=False)
    with pytest.raises(DecisionError, match="no registry gave it"):
        decide(context, "NCT00000000", listed=True)


def decide(context: NightContext, trial: str, *, listed: bool, reason: str | None = None) -> None:
    decide_trial(context.store, context.protocol, trial, by="reviewer-a", at=AT, listed=listed, reason=reason)
