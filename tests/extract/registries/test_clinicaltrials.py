"""ClinicalTrials.gov: whole or failed, and every fact a page prints about a trial."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from extract.errors import DocumentError, SearchFailed
from extract.pubmed.fetch import Exchange
from extract.registries.fetch import TrialsClient, TrialsSettings
from extract.registries.parse import parse_studies
from extract.registries.replay import TrialsReplayServer


def study(nct_id: str, *, status: str = "RECRUITING", **more: object) -> dict[str, object]:
    """Return a synthetic study in the API's structure."""
    return {
        "protocolSection": {
            "identificationModule": {
                "nctId": nct_id,
                "orgStudyIdInfo": {"id": "EX-01"},
                "secondaryIdInfos": [{"id": "EudraCT 2006-001234-42", "type": "EUDRACT_NUMBER"}],
                "briefTitle": "Surgery in stage IV breast cancer",
                "acronym": "EXAMPLE",
            },
            "statusModule": {
                "overallStatus": status,
                "startDateStruct": {"date": "2024-03", "type": "ACTUAL"},
                "primaryCompletionDateStruct": {"date": "2029-06-30", "type": "ESTIMATED"},
                "lastUpdatePostDateStruct": {"date": "2026-10-01", "type": "ACTUAL"},
            },
            "designModule": {
                "designInfo": {"allocation": "RANDOMIZED"},
                "enrollmentInfo": {"count": 300, "type": "ESTIMATED"},
            },
            "conditionsModule": {"conditions": ["Breast Cancer Stage IV"]},
            "armsInterventionsModule": {"interventions": [{"type": "PROCEDURE", "name": "Mastectomy"}]},
            "referencesModule": {"references": [{"pmid": "35427466", "type": "RESULT"}, {"citation": "no id"}]},
        },
        "hasResults": False,
        **more,
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of seven studies."""
    (tmp_path / "trials").mkdir()
    for number in range(7):
        nct_id = f"NCT0000000{number}"
        (tmp_path / "trials" / f"{nct_id}.json").write_text(json.dumps(study(nct_id)))
    return tmp_path / "trials"


class Desk:
    """A client on a server, what it kept and how long it would have waited."""

    def __init__(self, server: TrialsReplayServer, folder: Path, **settings: object) -> None:
        self.server = server
        self.kept: list[Exchange] = []
        self.waits: list[float] = []
        given: dict[str, object] = {"requests_per_second": 100_000, "max_attempts": 3, "page_size": 3, **settings}
        self.client = TrialsClient(
            TrialsSettings(base_url=server.url, limiter_folder=folder, **given),  # type: ignore[arg-type]
            keep=self.kept.append,
            sleep=self.waits.append,
        )


def test_every_trial_comes_once_over_several_pages(folder: Path, tmp_path: Path) -> None:
    with TrialsReplayServer(folder) as server:
        desk = Desk(server, tmp_path)
        with desk.client as client:
            answer = client.search(condition="breast cancer", intervention="mastectomy")
    assert answer.count == len(answer.nct_ids) == 7
    assert len(answer.pages) == 3
    trials = [trial for page in answer.pages for trial in parse_studies(page)]
    assert [trial.nct_id for trial in trials] == list(answer.nct_ids)
    assert [exchange.body for exchange in desk.kept] == list(answer.pages), "raw answers are kept"


def test_a_search_without_hits_is_complete_and_empty(folder: Path, tmp_path: Path) -> None:
    with TrialsReplayServer(folder) as server, Desk(server, tmp_path).client as client:
        answer = client.search(condition="unheardof")
    assert (answer.count, answer.nct_ids) == (0, ())


def test_trials_are_asked_for_by_id(folder: Path, tmp_path: Path) -> None:
    with TrialsReplayServer(folder) as server, Desk(server, tmp_path).client as client:
        answer = client.search(nct_ids=["NCT00000002", "NCT00000005"])
        one = parse_studies(client.study("NCT00000003"))
    assert answer.nct_ids == ("NCT00000002", "NCT00000005")
    assert one[0].nct_id == "NCT00000003"


def test_a_trial_carries_its_facts() -> None:
    (trial,) = parse_studies(json.dumps(study("NCT05285332")).encode())
    assert trial.nct_id == "NCT05285332"
    assert trial.other_ids == ("EX-01", "EUCTR2006-001234-42")
    assert (trial.acronym, trial.status, trial.is_ongoing()) == ("EXAMPLE", "RECRUITING", True)
    assert (trial.start, trial.primary_completion, trial.completion) == ("2024-03", "2029-06-30", None)
    assert trial.primary_completion_is_estimate
    assert (trial.randomised, trial.enrolment) == (True, 300)
    assert (trial.conditions, trial.interventions) == (("Breast Cancer Stage IV",), ("Mastectomy",))
    assert trial.report_pmids == (("RESULT", "35427466"),)
    assert not trial.has_results


@pytest.mark.parametrize("status", ["TERMINATED", "WITHDRAWN", "COMPLETED", "UNKNOWN"])
def test_a_trial_that_ended_is_not_ongoing(status: str) -> None:
    (trial,) = parse_studies(json.dumps(study("NCT01392586", status=status)).encode())
    assert not trial.is_ongoing()


def without(module: str, name: str) -> bytes:
    value = study("NCT00000001")
    del value["protocolSection"][module][name]  # type: ignore[index]
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b"[]", "neither"),
        (b'{"error": "x"}', "neither"),
        (b'{"studies": [7]}', "expected an object"),
        (json.dumps(study("NCT123")).encode(), "'NCT123' is no NCT number"),
        (without("identificationModule", "briefTitle"), "briefTitle is missing"),
        (without("statusModule", "overallStatus"), "overallStatus is missing"),
        (json.dumps(study("NCT00000001")).replace("2024-03", "2024-13").encode(), "'2024-13' is no date"),
    ],
)
def test_what_is_no_study_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(DocumentError, match=said):
        parse_studies(body)


Answer = tuple[int, bytes, dict[str, str]]
PASSING: dict[str, Answer] = {
    "429": (429, b"slow down", {"Retry-After": "9"}),
    "500": (500, b"", {}),
    "503 page": (503, b"<html>busy</html>", {}),
    "half": (200, b'{"totalCount": 7, "studies": [', {}),
    "cut": (200, b'{"totalCount": 7', {"Content-Length": "9999"}),
    "empty": (200, b"", {}),
}


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("name", PASSING)
def test_a_passing_fault_on_any_page_is_survived_and_a_lasting_one_is_loud(
    name: str, position: int, folder: Path, tmp_path: Path
) -> None:
    with TrialsReplayServer(folder, instead=lambda number: PASSING[name] if number == position else None) as server:
        desk = Desk(server, tmp_path)
        with desk.client as client:
            assert client.search(condition="breast").count == 7
            server.instead = lambda number: PASSING[name] if number >= 4 + position else None
            with pytest.raises(SearchFailed, match="failed after 3 attempts"):
                client.search(condition="breast")
    assert len(desk.kept) == len(server.requests)
    assert ([pause for pause in desk.waits if pause >= 9] != []) == (name == "429")


LASTING: dict[str, Callable[[int], Answer | None]] = {
    "refused": lambda number: (400, b"bad query", {}),
    "moved": lambda number: (302, b"", {"Location": "http://127.0.0.1:9/"}),
    "fewer than counted": lambda number: (200, b'{"totalCount": 8, "studies": []}', {}),
    "no list": lambda number: (200, b'{"totalCount": 8}', {}),
    "same page for ever": lambda number: (200, b'{"totalCount": 8, "studies": [], "nextPageToken": "a"}', {}),
    "a study without id": lambda number: (200, b'{"totalCount": 1, "studies": [{}]}', {}),
}


@pytest.mark.parametrize("name", LASTING)
def test_an_answer_that_is_not_the_search_fails_at_once(name: str, folder: Path, tmp_path: Path) -> None:
    with TrialsReplayServer(folder, instead=LASTING[name]) as server:
        with Desk(server, tmp_path).client as client, pytest.raises(SearchFailed):
            client.search(condition="breast")
    assert len(server.requests) == 1


def test_another_trial_than_asked_for_is_refused(folder: Path, tmp_path: Path) -> None:
    other = json.dumps(study("NCT99999999")).encode()
    with TrialsReplayServer(folder, instead=lambda number: (200, other, {})) as server:
        with Desk(server, tmp_path).client as client, pytest.raises(SearchFailed, match="NCT99999999"):
            client.study("NCT00000001")


def test_a_search_for_nothing_is_refused(folder: Path, tmp_path: Path) -> None:
    with TrialsReplayServer(folder) as server, Desk(server, tmp_path).client as client:
        with pytest.raises(ValueError, match="at least one"):
            client.search()


def test_a_study_file_edited_by_hand_is_refused(folder: Path) -> None:
    (folder / "NCT00000009.json").write_text(json.dumps(study("NCT00000001")))
    with pytest.raises(DocumentError, match=r"NCT00000009\.json"):
        TrialsReplayServer(folder)
