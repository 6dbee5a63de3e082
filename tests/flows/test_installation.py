"""The systemd units and the script that installs them: dry run, rendered files, and systemd's own opinion of them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli import app
from tests.stores import ROOT

SCRIPT = ROOT / "schedules" / "install.sh"
SYSTEMD = ROOT / "schedules" / "systemd"
MOST_EXPOSED = 2.0
"""systemd-analyze security rates from 0 (nothing) to 10 (everything); above 2 the units do not leave this folder."""


def needs(command: str) -> None:
    if shutil.which(command) is None:
        if os.environ.get("CI"):
            pytest.fail(f"{command} is missing: .ci/run installs it")
        pytest.skip(f"{command} is not on this machine")


def install(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(SCRIPT), *arguments], capture_output=True, text=True, check=False)


def installed(destination: Path, mode: str) -> Path:
    """Install below a folder, with a command that exists, and return the folder of the units."""
    prefix = destination / "prefix"
    (prefix / "venv" / "bin").mkdir(parents=True)
    shutil.copy(Path(sys.executable).resolve(), prefix / "venv" / "bin" / "living-review")
    done = install("--mode", mode, "--destdir", str(destination), "--prefix", str(prefix))
    assert done.returncode == 0, done.stderr
    return destination / "etc" / "systemd" / "system"


@pytest.mark.parametrize("mode", ["serve", "timers"])
def test_a_dry_run_says_every_step_and_changes_nothing(mode: str, tmp_path: Path) -> None:
    before = sorted(os.listdir("/etc/systemd/system")) if Path("/etc/systemd/system").exists() else []
    done = install("--dry-run", "--mode", mode, "--state", "/var/lib/living-review-dry-run")
    assert done.returncode == 0, done.stderr
    for step in ("useradd --system", "--no-editable --compile-bytecode", "systemctl daemon-reload", "enable --now"):
        assert step in done.stdout
    assert "nothing was changed" in done.stdout
    assert not Path("/var/lib/living-review-dry-run").exists()
    assert before == (sorted(os.listdir("/etc/systemd/system")) if before else [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--mode", "cron"], "--mode cron is not known; use serve or timers"),
        (["--prefix", "opt"], "opt is not an absolute path"),
        (["--state", "/home/me/state"], "systemd keeps state below /var/lib"),
        (["--user", "a b"], "--user a b is no name for a user"),
        (["--user"], "--user needs a value"),
        (["--fast"], "unknown option --fast; see --help"),
        (["--prefix", "/opt/a#b"], "only letters, digits"),
    ],
)
def test_a_wrong_option_is_one_clear_line_and_nothing_is_done(arguments: list[str], message: str) -> None:
    done = install("--dry-run", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_a_time_zone_this_machine_does_not_know_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "etc" / "living-review"
    config.mkdir(parents=True)
    text = (ROOT / "protocol.toml").read_text(encoding="utf-8").replace('timezone = "UTC"', 'timezone = "Mars/Olympus"')
    (config / "protocol.toml").write_text(text, encoding="utf-8")
    done = install("--dry-run", "--destdir", str(tmp_path))
    assert done.returncode == 2
    assert "living.timezone Mars/Olympus is not known on this machine" in done.stderr


def test_installing_again_keeps_settings_and_secrets(tmp_path: Path) -> None:
    installed(tmp_path, "serve")
    kept = [
        tmp_path / "etc/living-review" / name for name in ("environment", "protocol.toml", "credentials/ncbi-api-key")
    ]
    for path in kept:
        path.write_text(path.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    done = install("--destdir", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert all(path.read_text(encoding="utf-8").endswith("# mine\n") for path in kept)
    assert kept[2].stat().st_mode & 0o777 == 0o600
    assert kept[0].stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("mode", ["serve", "timers"])
def test_no_placeholder_is_left_and_every_command_exists(mode: str, tmp_path: Path) -> None:
    units = sorted(installed(tmp_path, mode).iterdir())
    assert len(units) == (2 if mode == "serve" else 2 + 2 * len(list(SYSTEMD.glob("*.timer"))))
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    for unit in units:
        text = unit.read_text(encoding="utf-8")
        assert not re.search(r"@[A-Z_]+@", text), unit.name
        for line in re.findall(r"^ExecStart=\S+/living-review (\S+)", text, re.MULTILINE):
            assert line in commands, f"{unit.name}: living-review {line}"


@pytest.mark.parametrize("mode", ["serve", "timers"])
def test_systemd_accepts_the_units_and_finds_little_exposed(mode: str, tmp_path: Path) -> None:
    needs("systemd-analyze")
    units = installed(tmp_path, mode)
    # A template is checked as one of its instances.
    (units / "living-review-alert@x.service").write_bytes((units / "living-review-alert@.service").read_bytes())
    checked = [str(path) for path in sorted(units.iterdir()) if "@." not in path.name]
    verified = subprocess.run(["systemd-analyze", "verify", *checked], capture_output=True, text=True, check=False)
    assert verified.stderr.strip() == ""
    assert verified.returncode == 0
    for path in checked:
        if path.endswith(".service"):
            security = subprocess.run(
                ["systemd-analyze", "security", "--offline=true", "--no-pager", path],
                capture_output=True,
                text=True,
                check=False,
            )
            (level,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", security.stdout)
            assert float(level) <= MOST_EXPOSED, f"{path}: {level}"


def test_the_timer_looks_every_hour_so_that_no_change_of_the_clocks_leaves_a_night_out(tmp_path: Path) -> None:
    needs("systemd-analyze")
    timer = (installed(tmp_path, "timers") / "living-review-night.timer").read_text(encoding="utf-8")
    calendar = re.search(r"^OnCalendar=(.*)$", timer, re.MULTILINE)
    assert calendar is not None
    assert calendar.group(1) == "*-*-* *:30:00 UTC"
    # A timer at 02:30 alone would skip 29 March 2026 in Vienna: the clocks go from 02:00 to 03:00.
    skipping = elapses("*-*-* 02:30:00 Europe/Vienna", base="2026-03-28 01:00 UTC", times=2)
    assert skipping == ["2026-03-28 01:30", "2026-03-30 00:30"]
    hourly = elapses("*-*-* *:30:00 Europe/Vienna", base="2026-03-29 00:00 UTC", times=3)
    assert hourly == ["2026-03-29 00:30", "2026-03-29 01:30", "2026-03-29 02:30"]


def elapses(calendar: str, *, base: str, times: int) -> list[str]:
    """Return when systemd would start a timer, in UTC."""
    said = subprocess.run(
        ["systemd-analyze", "calendar", f"--iterations={times}", f"--base-time={base}", calendar],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TZ": "Europe/Vienna"},
    ).stdout
    return [when[:16] for when in re.findall(r"\(in UTC\): \w+ ([\d: -]+) UTC", said)]


def test_logrotate_accepts_its_file(tmp_path: Path) -> None:
    needs("logrotate")
    installed(tmp_path, "serve")
    text = (tmp_path / "etc/logrotate.d/living-review").read_text(encoding="utf-8")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "night.log").write_text("a line\n", encoding="utf-8")
    own = re.sub(r"^\s*su .*\n", "", text, flags=re.MULTILINE).replace(
        "/var/lib/living-review/log", str(tmp_path / "logs")
    )
    (tmp_path / "conf").write_text(own, encoding="utf-8")
    done = subprocess.run(
        ["logrotate", "--force", "--state", str(tmp_path / "state"), str(tmp_path / "conf")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "logs" / "night.log.1").read_text(encoding="utf-8") == "a line\n"
