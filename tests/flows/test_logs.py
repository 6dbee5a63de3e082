"""Logs: one line a step with counts and seconds, in two formats, and never a secret, whoever logs."""

from __future__ import annotations

import gzip
import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from flows.logs import HIDDEN, JsonLines, KeyValueLines, counts_of, redacted
from flows.rehearsal import packaged_archive, rehearsing
from flows.search import SearchOutcome
from tests.nights import NIGHTS, rehearsal
from tests.stores import ROOT

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f00d08"
"""Looks like one of NCBI's keys (36 hexadecimal digits) and is none."""

STEPS = {"baseline", "search", "linking", "surveillance", "extraction", "publish"}
"""Steps every night has; there may be more."""

NIGHT = """
import datetime as dt, logging
from flows.night import opened_night, run_night
from flows.process import begin_process
from flows.settings import load_settings
logging.basicConfig(level=logging.DEBUG)
settings = load_settings()
begin_process(settings)
with opened_night(settings, night=dt.date(2026, 11, 20)) as context:
    report = run_night(context)
logging.getLogger("a.library").error("asked with %s and %r", settings.ncbi_api_key, {"api_key": settings.ncbi_api_key})
try:
    raise ValueError(f"refused: api_key={settings.ncbi_api_key}")
except ValueError:
    logging.getLogger("another.library").exception("failed")
raise SystemExit(report.exit_code)
"""


def run_a_night(state: Path, **more: str) -> subprocess.CompletedProcess[str]:
    with rehearsing(rehearsal(state), packaged_archive(), night=NIGHTS[0]) as served:
        settings = {
            "STATE_DIR": str(state),
            "ENTREZ_URL": served.entrez_url,
            "TRIALS_URL": served.trials_url or "",
            "NCBI_API_KEY": KEY,
            **more,
        }
        environment = {**os.environ, **{f"LIVING_REVIEW_{name}": value for name, value in settings.items()}}
        command = [sys.executable, "-c", NIGHT]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_real_night_logs_a_line_a_step_and_its_key_is_nowhere(tmp_path: Path) -> None:
    done = run_a_night(tmp_path / "state", LOG_FORMAT="json")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    names = [line["name"] for line in lines if line["event"] == "step"]
    assert set(names) >= STEPS
    assert len(names) == len(set(names))
    search = next(line for line in lines if line["name"] == "search")
    assert (search["new"], search["failures"], search["night"], search["level"]) == (78, 0, "2026-11-20", "INFO")
    assert all(line["seconds"] >= 0 for line in lines)
    assert f"asked with {HIDDEN}" in done.stderr
    assert f"ValueError: refused: api_key={HIDDEN}" in done.stderr
    assert KEY not in done.stdout + done.stderr
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 100
    assert [path for path in files if KEY.encode() in content(path)] == []


def content(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def record(message: str, **fields: object) -> logging.LogRecord:
    made = logging.LogRecord("living_review", logging.INFO, "", 0, message, (), None)
    made.created = 1_790_000_000.0
    made.fields = fields
    return made


def test_a_line_is_key_value_or_json() -> None:
    made = record("step", name="search", seconds=1.5, what='two words, "quoted"')
    # 1,790,000,000 seconds after 1970-01-01T00:00Z
    assert KeyValueLines().format(made) == (
        '2026-09-21T14:13:20Z INFO step name=search seconds=1.5 what="two words, \\"quoted\\""'
    )
    assert json.loads(JsonLines().format(made)) == {
        "at": "2026-09-21T14:13:20Z",
        "level": "INFO",
        "event": "step",
        "name": "search",
        "seconds": 1.5,
        "what": 'two words, "quoted"',
    }


def test_a_step_that_fails_is_logged_with_what_it_failed_of(caplog: pytest.LogCaptureFixture) -> None:
    from flows.logs import log_step

    def fail() -> None:
        raise ValueError("not shown here")

    caplog.set_level(logging.INFO, "living_review")
    with pytest.raises(ValueError, match="not shown here"):
        log_step("publish", fail, night="2026-11-20", monotonic=iter([1.0, 3.5]).__next__)
    (made,) = [record for record in caplog.records if record.name == "living_review"]
    assert made.__dict__["fields"] == {"night": "2026-11-20", "name": "publish", "seconds": 2.5, "failed": "ValueError"}


def test_counts_are_whole_numbers_and_lengths_of_lists() -> None:
    assert counts_of(SearchOutcome(3, 1, 4, ("a",))) == {
        "new": 3, "changed": 1, "received": 4, "failures": 1, "differences": 0, "announced": 0
    }  # fmt: skip
    assert counts_of(None) == {}


def test_the_longest_secret_goes_first_and_short_words_are_left_alone() -> None:
    assert redacted("https://me:pass1@host/ pass1 abc", ["pass1", "https://me:pass1@host/", "abc"]) == (
        f"{HIDDEN} {HIDDEN} abc"
    )


def test_no_secret_is_read_anywhere_but_in_the_settings() -> None:
    readers = [
        path.relative_to(ROOT).as_posix()
        for package in ("flows", "extract", "analysis", "reports")
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"os\.environ|os\.getenv", path.read_text(encoding="utf-8"))
    ]
    # The three others hand the environment on to Prefect's processes.
    assert sorted(readers) == ["flows/prefect_home.py", "flows/scheduler.py", "flows/settings.py"]
