"""The queue on the command line: no number before one has said who reads, and a second reader who types them all."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from extract.review.screening import include_record
from extract.store.candidates import get_candidate
from extract.store.sightings import seen_by
from flows.cli import main
from flows.context import open_store
from flows.settings import load_settings
from tests.extract.review.queue_server import enqueue
from tests.stores import AT, ROOT


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., str]:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("LIVING_REVIEW_STATE_DIR", str(tmp_path))

    def run_command(*arguments: str, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["living-review", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out = capsys.readouterr()
        assert int(ended.value.code or 0) == code, out.err
        return out.out if code == 0 else out.err

    return run_command


def test_two_people_read_a_value_on_the_command_line_the_second_blind(run: Callable[..., str]) -> None:
    settings = load_settings()
    store = open_store(settings)
    (candidate,) = enqueue(store, "100")
    for person in ("reviewer-a", "reviewer-b"):
        study = {"design": "retrospective_cohort"}
        include_record(store, settings.protocol, "100", by=person, at=AT, study=study, reason=None)
    value = f"value:{candidate}"
    assert "0.72" not in run("queue", "list")
    assert "as_reported" not in run("queue", "show", value)
    shown = json.loads(run("queue", "show", value, "--by", "reviewer-a"))
    assert shown["as_reported"]["estimate"] == 0.72
    assert json.loads(run("queue", "approve", value, "--by", "reviewer-a"))["state"] == "needs_second"
    assert "the second reader reads blind" in run("queue", "approve", value, "--by", "reviewer-b", code=2)
    read = [f"--set={name}" for name in ("estimate=0.72", "ci_low=0.56", "ci_high=0.93", "ci_level=95")]
    assert json.loads(run("queue", "approve", value, "--by", "reviewer-b", *read))["state"] == "approved"
    with store.read() as tx:
        stored = get_candidate(tx, candidate)
        assert seen_by(tx, candidate) == {"reviewer-a", "reviewer-b"}
    assert stored is not None
    assert stored.state == "approved"
    store.close()


def test_the_list_and_the_item_say_that_only_an_expert_is_missing(
    run: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    document = (
        (ROOT / "protocol.toml").read_text(encoding="utf-8").replace("approvals_needed = 2", "approvals_needed = 1")
    )
    (tmp_path / "p.toml").write_text(document, encoding="utf-8")
    monkeypatch.setenv("LIVING_REVIEW_PROTOCOL", str(tmp_path / "p.toml"))
    settings = load_settings()
    store = open_store(settings)
    (candidate,) = enqueue(store, "100")
    for person in ("reviewer-a", "reviewer-b"):
        study = {"design": "retrospective_cohort"}
        include_record(store, settings.protocol, "100", by=person, at=AT, study=study, reason=None)
    value = f"value:{candidate}"
    assert json.loads(run("queue", "approve", value, "--by", "reviewer-b"))["state"] == "needs_second"
    assert "! needs an expert" in run("queue", "list")
    assert json.loads(run("queue", "list", "--json"))["waits_for"] == "expert"
    waits = json.loads(run("queue", "show", value))["waits"]
    assert waits.endswith("it waits for adjudicator or reviewer-a")
    store.close()
