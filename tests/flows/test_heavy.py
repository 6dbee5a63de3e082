"""Heavy steps in batches: the result does not depend on who does them, nor in which order."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from extract.schema.vocabulary import RecordState
from extract.store.log import all_nights
from extract.store.records import list_records
from flows.context import open_store
from flows.errors import SettingsError
from flows.heavy import DRAWS_A_BATCH, bootstrap_part, grids, published_syntheses, rank_reviews, reextract
from flows.mapping import in_batches, mapped
from flows.rehearsal import rehearsal_clock
from flows.settings import Settings, checked_runner, load_settings
from flows.status import compute_status
from reports.model import Synthesis
from tests.flows.prefect_server import end, wait_until
from tests.nights import NIGHTS, after_first_night, evidence_state, rehearsal
from tests.stores import ROOT

DRAWS = DRAWS_A_BATCH + 300
TRAINED = [("a", 1, "surgery of the primary tumour survival"), ("b", 0, "case report of a melanoma")]
WAITING = [("c", "locoregional surgery and survival"), ("d", "a melanoma"), ("e", "tumour surgery trial")]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, tuple[Synthesis, ...]]:
    settings = after_first_night(tmp_path_factory.mktemp("heavy") / "state")
    store = open_store(settings)
    syntheses = published_syntheses(settings, store)
    store.close()
    return settings, syntheses


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a Dask scheduler and two workers, each a process of its own, on loopback."""
    folder = tmp_path_factory.mktemp("dask")
    found = folder / "scheduler.json"
    here = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(found)]
    own = ["--nthreads", "1", "--no-nanny", "--local-directory", str(folder)]
    commands = [["scheduler", "--port", "0", *here], ["worker", *here, *own], ["worker", *here, *own]]
    started = []
    try:
        for command in commands:
            started.append(
                subprocess.Popen(
                    [sys.executable, "-m", "dask", *command],
                    cwd=ROOT,
                    env={**os.environ, "PYTHONPATH": str(ROOT)},
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
            wait_until(found.exists, 90)
        yield f"dask:{json.loads(found.read_text(encoding='utf-8'))['address']}"
    finally:
        for process in reversed(started):
            end(process)


@pytest.fixture
def reviews(tmp_path: Path) -> list[Path]:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
        decided = [{"id": i, "label": label, "title": title} for i, label, title in TRAINED]
        waiting = [{"id": i, "title": title, "abstract": ""} for i, title in WAITING]
        for name, rows in (("decisions", decided), ("records", waiting)):
            (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return folders


@pytest.mark.prefect
@pytest.mark.slow
@pytest.mark.usefixtures("prefect_harness")
def test_grids_and_rankings_are_the_same_by_threads_processes_and_a_dask_cluster_of_two_workers(
    published: tuple[Settings, tuple[Synthesis, ...]], cluster: str, reviews: list[Path]
) -> None:
    settings, syntheses = published
    pooled = [synthesis for synthesis in syntheses if synthesis.primary is not None and synthesis.k >= 3][:2]
    by_runner = {
        runner: grids(settings, pooled, draws=DRAWS, runner=runner) for runner in ("threads", "processes", cluster)
    }
    assert len({repr(result) for result in by_runner.values()}) == 1
    found = by_runner["threads"]
    assert [grid.synthesis_id for grid in found] == [synthesis.synthesis_id for synthesis in pooled]
    for grid, synthesis in zip(found, pooled, strict=True):
        assert synthesis.primary is not None
        assert grid.draws == DRAWS
        assert grid.bootstrap_low <= synthesis.primary.log.estimate <= grid.bootstrap_high
        assert grid.without_one_low <= synthesis.primary.log.estimate <= grid.without_one_high
    # Ranking loads scikit-learn: a process pool of its own for it is left to the benchmark.
    by_threads, by_cluster = (rank_reviews(settings, reviews, runner=runner) for runner in ("threads", cluster))
    assert by_threads == by_cluster
    assert [[document for document, _ in ranking] for ranking in by_threads] == [["e", "c", "d"]] * 2


@pytest.mark.prefect
@pytest.mark.slow
@pytest.mark.usefixtures("prefect_harness")
def test_reading_the_whole_archive_again_on_the_cluster_changes_nothing(
    published: tuple[Settings, tuple[Synthesis, ...]], cluster: str, tmp_path: Path
) -> None:
    shutil.copytree(published[0].state_dir, tmp_path / "state", symlinks=True)
    settings = rehearsal(tmp_path / "state")
    before = evidence_state(settings)
    outcome = reextract(settings, clock=rehearsal_clock(settings, NIGHTS[0]), runner=cluster, size=20)
    store = open_store(settings)
    with store.read() as tx:
        readable = [r for r in list_records(tx) if r.state is not RecordState.EXCLUDED and r.deleted_night is None]
    assert outcome.read == len(readable) > 2 * 20
    assert outcome.proposed == 0
    assert evidence_state(settings) == before
    with store.read() as tx:
        status = compute_status(tx, settings, now=rehearsal_clock(settings, NIGHTS[0])())
        nights = all_nights(tx)
    # Logged, and no night.
    assert (len(nights), status.nights_run, status.last_search_state) == (2, 1, "complete")
    store.close()


@pytest.mark.prefect
@pytest.mark.slow
@pytest.mark.usefixtures("prefect_harness")
def test_the_batches_run_in_the_workers_of_the_cluster(tmp_path: Path, cluster: str) -> None:
    pids = mapped(rehearsal(tmp_path), process_of, list(range(8)), name="where", runner=cluster)
    assert os.getpid() not in pids
    assert 1 <= len(set(pids)) <= 2


def process_of(_batch: int) -> int:
    return os.getpid()


def test_each_part_of_the_draws_has_a_random_stream_of_its_own(
    published: tuple[Settings, tuple[Synthesis, ...]],
) -> None:
    from flows.heavy import _parts

    synthesis = next(s for s in published[1] if s.primary is not None and s.k >= 3)
    first, second = _parts(synthesis, draws=2 * DRAWS_A_BATCH)
    assert list(bootstrap_part(first)) == list(bootstrap_part(first))
    assert list(bootstrap_part(first)) != list(bootstrap_part(second))


def test_batches_hold_everything_once_in_order() -> None:
    assert in_batches(range(450), 200) == [tuple(range(200)), tuple(range(200, 400)), tuple(range(400, 450))]
    assert in_batches([], 200) == []


@pytest.mark.parametrize("runner", ["ray", "dask", "dask:", "dask:nowhere", "thread"])
def test_an_unknown_runner_is_one_clear_line(runner: str) -> None:
    settings = load_settings({"LIVING_REVIEW_PROTOCOL": str(ROOT / "protocol.toml")})
    with pytest.raises(SettingsError, match=r"--runner: .* use threads, processes, or dask:tcp://HOST:PORT"):
        checked_runner(settings, runner)
    assert checked_runner(settings, None) == "threads"


@pytest.mark.prefect
def test_a_cluster_that_does_not_answer_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no Dask scheduler answers at tcp://127.0.0.1:9; start it"):
        mapped(rehearsal(tmp_path), process_of, [1], name="where", runner="dask:tcp://127.0.0.1:9")
