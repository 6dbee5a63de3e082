"""The night under Prefect: the same steps as tasks, one artifact, the schedule of the protocol."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import get_args

import pytest
import yaml

from flows.night import StepName
from flows.rehearsal import packaged_archive, rehearsal_clock, rehearsing
from flows.search import SearchOutcome
from flows.timetable import cron_of
from tests.nights import NIGHTS, after_first_night, evidence_state, rehearsal
from tests.stores import ROOT, protocol


def test_the_deployment_runs_at_the_protocols_hour() -> None:
    deployed = yaml.safe_load((ROOT / "schedules" / "prefect.yaml").read_text(encoding="utf-8"))["deployments"][0]
    living = protocol().living
    (schedule,) = deployed["schedules"]
    assert schedule["cron"] == cron_of(living.night_at)
    assert schedule["timezone"] == living.timezone
    assert deployed["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}
    module, function = deployed["entrypoint"].split(":")
    assert f"def {function}(" in (ROOT / module).read_text(encoding="utf-8")


@pytest.mark.prefect
@pytest.mark.slow
@pytest.mark.usefixtures("prefect_harness")
def test_a_night_under_prefect_ends_like_a_plain_one_and_leaves_one_artifact(tmp_path: Path) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    from flows.nightly import run_with_prefect

    plain, orchestrated = after_first_night(tmp_path / "plain"), rehearsal(tmp_path / "orchestrated")
    with rehearsing(orchestrated, packaged_archive(), night=NIGHTS[0]) as served:
        report = run_with_prefect(served, NIGHTS[0], rehearsal_clock(served, NIGHTS[0]))
    assert report.exit_code == 0
    assert evidence_state(orchestrated) == evidence_state(plain)
    with get_client(sync_client=True) as client:
        artifacts = client.read_artifacts()
        # Other tests of this process run their tasks on the same server.
        ours = FlowRunFilter(id=FlowRunFilterId(any_=[run.flow_run_id for run in artifacts if run.flow_run_id]))
        names = sorted(run.name.rsplit("-", 1)[0] for run in client.read_task_runs(flow_run_filter=ours))
    assert len(artifacts) == 1
    told = str(artifacts[0].data)
    assert "Search complete through 2026-11-20" in told
    assert f"{report.waiting} items wait in the [review queue](http://localhost:8000/review/)" in told
    assert told.index("Needs a person") < told.index("What happened")
    assert names == sorted(get_args(StepName))


def elsewhere(call: Callable[[], object]) -> object:
    """Call in a thread of its own: a browser that another test left open runs an event loop in this one."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(copy_context().run, call).result()


@pytest.mark.prefect
@pytest.mark.slow
@pytest.mark.usefixtures("prefect_harness")
def test_a_night_whose_large_job_is_held_is_scheduled_again_for_the_quiet_hours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from prefect.client.orchestration import get_client

    from flows.nightly import again_if_held, nightly

    deployment = elsewhere(lambda: nightly.to_deployment(name="night-of-a-test").apply())
    monkeypatch.setenv("PREFECT__RUNTIME__DEPLOYMENT__ID", str(deployment))
    # Nothing was held.
    elsewhere(lambda: again_if_held(SearchOutcome(1, 0, 1, ()), as_of="2026-11-19"))
    held = SearchOutcome(0, 0, 0, ("large job",), held_until="2126-11-21T02:00:00+00:00")
    elsewhere(lambda: again_if_held(held, as_of="2026-11-20"))
    with get_client(sync_client=True) as client:
        (run,) = [found for found in client.read_flow_runs() if found.deployment_id == deployment]
    assert run.parameters == {"as_of": "2026-11-20"}
    assert run.expected_start_time is not None
    assert run.expected_start_time.isoformat() == "2126-11-21T02:00:00+00:00"
