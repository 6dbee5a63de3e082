"""What must hold of the files themselves, whatever they say."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MARKER = re.compile(rb"^(<{7} |>{7} |={7}$)", re.MULTILINE)


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name.decode() for name in listed.split(b"\0") if name]


def test_no_file_holds_a_merge_conflict_somebody_committed() -> None:
    assert [str(path.relative_to(ROOT)) for path in _tracked() if MARKER.search(path.read_bytes())] == []


@pytest.mark.parametrize("script", [".ci/run", "schedules/install.sh", "tests/benchmarks/fresh_machine.sh"])
def test_every_shell_script_can_be_read_by_the_shell(script: str) -> None:
    assert subprocess.run(["bash", "-n", script], cwd=ROOT, capture_output=True, text=True, check=False).stderr == ""


def test_decisions_are_numbered_in_order_without_a_gap() -> None:
    numbers = [int(n) for n in re.findall(r"^## (\d{4}) ", (ROOT / "DECISIONS.md").read_text(), re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
