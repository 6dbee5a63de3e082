"""A real Prefect server and a real worker run the deployments of `schedules/prefect.yaml`."""

from __future__ import annotations

import datetime as dt
import os
import signal
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from extract.review.reopened import reopen_value, withdraw_value
from extract.store.candidates import list_candidates
from extract.store.curated import curated_values
from extract.store.decisions import all_decisions
from extract.store.log import all_nights, search_log
from extract.store.records import list_records
from extract.store.versions import published_snapshots
from flows.approvals import tell_approved
from flows.context import only_one, open_store, system_clock
from flows.night import opened_night, run_night
from flows.prefect_file import prefect_file
from flows.publisher import publish_once
from flows.rehearsal import packaged_archive, rehearsing
from flows.settings import Settings, load_settings
from tests.flows.prefect_server import PrefectServer, prefect_server, wait_until, worker
from tests.nights import NIGHTS
from tests.stores import AT, ROOT, protocol

PATIENCE_SECONDS = 180


def test_the_deployments_file_says_what_the_list_of_deployments_says() -> None:
    expected = prefect_file(protocol().living)
    assert (ROOT / "schedules" / "prefect.yaml").read_text(encoding="utf-8") == expected


def settings_of(state: Path) -> tuple[Settings, dict[str, str]]:
    environment = {"LIVING_REVIEW_STATE_DIR": str(state), "LIVING_REVIEW_PROTOCOL": str(ROOT / "protocol.toml")}
    return load_settings(environment), environment


def start(server: PrefectServer, deployment: str, **parameters: object) -> str:
    (found,) = server.post("/deployments/filter", {"deployments": {"name": {"any_": [deployment]}}})
    run = server.post(f"/deployments/{found['id']}/create_flow_run", {"parameters": parameters})
    return str(run["id"])


def failed_night(server: PrefectServer) -> dict[str, object]:
    """Return the event of a night that failed, as a server makes it."""
    (night,) = server.post("/deployments/filter", {"deployments": {"name": {"any_": ["night"]}}})
    run = {"prefect.resource.id": f"prefect.flow-run.{uuid.uuid4()}", "prefect.resource.name": "some-run"}
    deployment = {
        "prefect.resource.id": f"prefect.deployment.{night['id']}",
        "prefect.resource.name": "night",
        "prefect.resource.role": "deployment",
    }
    return {
        "id": str(uuid.uuid4()),
        "occurred": system_clock().isoformat(),
        "event": "prefect.flow-run.Failed",
        "resource": run,
        "related": [deployment],
    }


def state_of(server: PrefectServer, run: str) -> str:
    (found,) = server.post("/flow_runs/filter", {"flow_runs": {"id": {"any_": [run]}}})
    return str(found["state_type"])


def ended(server: PrefectServer, run: str) -> str:
    final = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
    wait_until(lambda: state_of(server, run) in final, PATIENCE_SECONDS)
    (found,) = server.post("/flow_runs/filter", {"flow_runs": {"id": {"any_": [run]}}})
    return f"{found['state_type']} {found['state']['message'] or ''}".strip()


def told(httpserver: HTTPServer) -> list[str]:
    return [str(request.get_json()["title"]) for request, _ in httpserver.log]


def withdraw_a_value(settings: Settings) -> None:
    store = open_store(settings)
    value_id = "mf07-01-2021--os--all--all--1"
    reopen_value(store, settings.protocol, value_id, by="reviewer-a", at=AT, reason="a test of this test")
    for person in ("reviewer-a", "reviewer-b"):
        withdraw_value(store, settings.protocol, value_id, by=person, at=AT, reason="a test of this test")
    store.close()


def versions(settings: Settings) -> list[str]:
    store = open_store(settings)
    with store.read() as tx:
        found = [published.version for published in published_snapshots(tx)]
    store.close()
    return found


def table_state(settings: Settings) -> dict[str, object]:
    """Return what nights leave behind, without the instants at which they ran."""
    store = open_store(settings)
    with store.read() as tx:
        state = {
            "records": [(r.pmid, r.revision, r.state, r.report_id) for r in list_records(tx)],
            "candidates": [(c.candidate_id, c.state, c.value_id) for c in list_candidates(tx)],
            "values": [(v.value_id, v.state, v.reported, v.span) for v in curated_values(tx)],
            "decisions": [(d.by, d.action, d.subject_id, d.new) for d in (e.decision for e in all_decisions(tx))],
            "published": [published.version for published in published_snapshots(tx)],
        }
    store.close()
    return state


def plain_nights(state: Path) -> dict[str, object]:
    """Return the state after the same nights and decisions without Prefect and without a kill."""
    settings, _ = settings_of(state)
    with rehearsing(settings, packaged_archive(), night=NIGHTS[1]) as recorded:
        run_plain(replace(recorded, rehearsal=False), NIGHTS[0])
        withdraw_a_value(settings)
        publish_once(settings, clock=system_clock)
        run_plain(replace(recorded, rehearsal=False), NIGHTS[1])
    return table_state(settings)


def run_plain(settings: Settings, night: dt.date) -> None:
    with opened_night(settings, night=night) as context:
        assert run_night(context).exit_code == 0


def under_way(settings: Settings, night: str) -> bool:
    store = open_store(settings)
    with store.read() as tx:
        found = [n.state for n in all_nights(tx) if n.night == night]
        running = any(run.night == night for run in search_log(tx))
    store.close()
    return found == ["running"] and running


@pytest.mark.prefect
@pytest.mark.slow
def test_a_worker_runs_the_night_publishes_on_an_approval_tells_of_a_failure_and_survives_a_killed_server(
    tmp_path: Path, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/operator", method="POST").respond_with_data("ok")
    settings, environment = settings_of(tmp_path / "state")
    with (
        prefect_server(tmp_path / "prefect") as server,
        rehearsing(settings, packaged_archive(), night=NIGHTS[1]) as recorded,
    ):
        server.post("/work_pools/", {"name": "nights", "type": "process"})
        server.prefect("deploy", "--all", "--prefect-file", "schedules/prefect.yaml")
        mine = environment | {
            "LIVING_REVIEW_ENTREZ_URL": recorded.entrez_url,
            "LIVING_REVIEW_TRIALS_URL": recorded.trials_url or "",
            "LIVING_REVIEW_NOTIFY_URLS": f"json://127.0.0.1:{httpserver.port}/operator",
            "LIVING_REVIEW_QUEUE_OLD_AFTER_DAYS": "10000",
        }
        with worker(server, mine) as working:
            # The night, through its deployment.
            assert ended(server, start(server, "night", as_of=NIGHTS[0].isoformat())) == "COMPLETED"
            store = open_store(settings)
            with store.read() as tx:
                (night,) = all_nights(tx)
            store.close()
            assert (night.night, night.state) == (NIGHTS[0].isoformat(), "done")
            assert len(versions(settings)) == 1
            artifacts = server.post("/artifacts/filter", {})
            assert any("Search complete through 2026-11-20" in str(artifact["data"]) for artifact in artifacts)

            # An approval: the event triggers publishing.
            withdraw_a_value(settings)
            tell_approved(replace(settings, prefect_api_url=server.api), clock=system_clock)
            wait_until(lambda: len(versions(settings)) == 2, PATIENCE_SECONDS)

            # A night that failed: the operator is told. (The event is the one the server itself makes.)
            server.post("/events", [failed_night(server)])
            wait_until(lambda: "A run failed: night" in told(httpserver), PATIENCE_SECONDS)

            # The server is killed in mid-night: the night ends or is repeated; nothing is lost or doubled.
            start(server, "night", as_of=NIGHTS[1].isoformat())
            wait_until(lambda: under_way(settings, NIGHTS[1].isoformat()), PATIENCE_SECONDS)
            server.process.kill()
            # The night goes on without it and gives its lock back, then tries to tell a server that is gone: an
            # operator ends it, or the next night runs beside it.
            wait_until(lambda: not under_way(settings, NIGHTS[1].isoformat()), PATIENCE_SECONDS)
            with only_one(settings, "night", wait_seconds=PATIENCE_SECONDS):
                assert night_processes(working.pid), "the lock is free before the process that asks the server ends"
            for pid in night_processes(working.pid):
                os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not night_processes(working.pid), PATIENCE_SECONDS)
    again, _ = settings_of(tmp_path / "state")
    with rehearsing(again, packaged_archive(), night=NIGHTS[1]) as recorded:
        run_plain(replace(recorded, rehearsal=False), NIGHTS[1])
    assert table_state(again) == plain_nights(tmp_path / "plain")


def night_processes(parent: int) -> list[int]:
    """Return the processes a worker runs flows in."""
    lists = [path.read_text(encoding="utf-8") for path in Path(f"/proc/{parent}/task").glob("*/children")]
    return [int(child) for text in lists for child in text.split()]
