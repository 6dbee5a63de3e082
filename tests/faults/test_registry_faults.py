"""Every fault of a registry at every request of a night: loud or healed, nothing lost, nothing doubled."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from extract.pubmed.replay import ReplayServer
from extract.registries.replay import Instead, TrialsReplayServer
from extract.schema.vocabulary import SearchState
from extract.store.log import search_log
from flows.context import open_store
from flows.night import NightReport
from flows.rehearsal import packaged_archive
from flows.settings import Settings
from tests.faults.test_night_faults import copied, ended, short_night
from tests.nights import NIGHTS, archive_of, rehearsal

PMIDS = ("29777404", "26363985")
FULL = (200, b'{"studies": [], "totalCount": 3}', {})
Answer = tuple[int, bytes, dict[str, str]]

FAULTS: dict[str, Answer] = {
    "500": (500, b"", {}),
    "503": (503, b"<html>later</html>", {}),
    "429 with Retry-After": (429, b"Too many requests", {"Retry-After": "2"}),
    "404": (404, b"Not Found", {}),
    "web page with 200": (200, b"<html><body>Maintenance</body></html>", {}),
    "empty body": (200, b"", {}),
    "cut JSON": (200, b'{"studies": [{"protocolSection": {"identific', {}),
    "no list of studies": (200, b'{"totalCount": 0}', {}),
    "fewer trials than counted": FULL,
    "a trial without an id": (200, b'{"totalCount": 1, "studies": [{"protocolSection": {}}]}', {}),
    "a date that is none": (
        200,
        json.dumps(
            {
                "totalCount": 1,
                "studies": [
                    {
                        "protocolSection": {
                            "identificationModule": {"nctId": "NCT00557986", "briefTitle": "T"},
                            "statusModule": {"overallStatus": "COMPLETED", "startDateStruct": {"date": "2026-13"}},
                        }
                    }
                ],
            }
        ).encode(),
        {},
    ),
}


@dataclass(frozen=True)
class RegistryStage:
    """A night to disturb, its two servers, and how it ends undisturbed."""

    before: Path
    pubmed: ReplayServer
    trials: Path
    undisturbed: dict[str, object]
    requests: int


def night(stage_before: Settings, pubmed: ReplayServer, trials: Path, instead: Instead | None = None) -> NightReport:
    with TrialsReplayServer(trials, instead=instead) as registry:
        return short_night(replace(stage_before, trials_url=registry.url), NIGHTS[1], pubmed)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryStage]:
    """Return a night in which a followed trial changed its status."""
    folder = tmp_path_factory.mktemp("registry")
    archive = archive_of(folder / "archive", PMIDS)
    trials = Path(shutil.copytree(packaged_archive() / "trials", folder / "trials"))
    with ReplayServer(archive, as_of=NIGHTS[0]) as pubmed, TrialsReplayServer(trials) as registry:
        before = replace(rehearsal(folder / "before"), trials_url=registry.url)
        assert short_night(before, NIGHTS[0], pubmed).exit_code == 0
    mf07 = trials / "NCT00557986.json"
    mf07.write_text(mf07.read_text().replace("UNKNOWN", "COMPLETED"))
    with ReplayServer(archive, as_of=NIGHTS[1]) as pubmed:
        settings = copied(folder / "before", folder / "undisturbed")
        with TrialsReplayServer(trials) as registry:
            assert short_night(replace(settings, trials_url=registry.url), NIGHTS[1], pubmed).exit_code == 0
            requests = len(registry.requests)
        yield RegistryStage(folder / "before", pubmed, trials, ended(settings), requests)


def at(position: int, answer: Answer, *, for_good: bool) -> Callable[[int], Answer | None]:
    return lambda number: answer if number == position or (for_good and number > position) else None


def test_the_night_asks_the_registry_for_the_search_and_for_the_trials_it_did_not_find(stage: RegistryStage) -> None:
    assert stage.requests == 2


@pytest.mark.slow
@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_registry_is_healed_or_loud_and_the_next_clean_night_ends_as_if_undisturbed(
    stage: RegistryStage, tmp_path: Path, tally: Counter[str], name: str, for_good: bool
) -> None:
    for position in range(stage.requests):
        settings = copied(stage.before, tmp_path / f"{position}")
        report = night(settings, stage.pubmed, stage.trials, at(position, FAULTS[name], for_good=for_good))
        if report.exit_code == 0:
            assert not for_good
            tally["night survived"] += 1
        else:
            assert report.exit_code == 3
            assert "clinicaltrials.gov" in report.gathered.registries.failures[0]
            assert report.status.last_search_state in ("failed", "incomplete")
            assert states(settings)[-1] in (SearchState.FAILED, SearchState.INCOMPLETE)
            assert night(settings, stage.pubmed, stage.trials).exit_code == 0
            tally["night loud, the next one complete"] += 1
        after = ended(settings)
        assert [part for part in after if after[part] != stage.undisturbed[part]] == []


def states(settings: Settings) -> list[SearchState]:
    store = open_store(settings)
    try:
        with store.read() as tx:
            return [run.state for run in search_log(tx) if run.date_type == "registry"]
    finally:
        store.close()
