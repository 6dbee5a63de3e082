"""Publication is atomic: the old site or the new one, never a mix, never nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reports import publish
from reports.errors import PublishError
from reports.publish import swap


def staged(folder: Path, words: str) -> Path:
    folder.mkdir()
    (folder / "index.html").write_text(words)
    (folder / "sub").mkdir()
    (folder / "sub" / "page.html").write_text(words)
    return folder


def test_the_first_publication_makes_the_link(tmp_path: Path) -> None:
    swap(staged(tmp_path / "new", "one"), tmp_path / "site")
    assert (tmp_path / "site").is_symlink()
    assert (tmp_path / "site" / "sub" / "page.html").read_text() == "one"
    assert not (tmp_path / "new").exists()


def test_an_empty_folder_in_the_way_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    swap(staged(tmp_path / "new", "one"), tmp_path / "site")
    assert (tmp_path / "site" / "index.html").read_text() == "one"


def test_a_real_folder_is_never_overwritten(tmp_path: Path) -> None:
    staged(tmp_path / "site", "someone's own")
    with pytest.raises(PublishError, match="is a real file or folder"):
        swap(staged(tmp_path / "new", "one"), tmp_path / "site")
    assert (tmp_path / "site" / "index.html").read_text() == "someone's own"


def test_only_the_last_two_versions_stay(tmp_path: Path) -> None:
    for number in range(5):
        swap(staged(tmp_path / f"new{number}", str(number)), tmp_path / "site")
    kept = sorted(p.name for p in (tmp_path / publish.VERSIONS).iterdir())
    assert kept == ["000004", "000005"]
    assert (tmp_path / "site" / "index.html").read_text() == "4"


def test_a_folder_without_index_is_no_site(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    with pytest.raises(PublishError, match=r"holds no index\.html"):
        swap(tmp_path / "new", tmp_path / "site")


def test_a_full_disk_leaves_the_old_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swap(staged(tmp_path / "new", "old"), tmp_path / "site")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "site")

    monkeypatch.setattr(Path, "symlink_to", full)
    with pytest.raises(PublishError, match="No space left on device"):
        swap(staged(tmp_path / "newer", "new"), tmp_path / "site")
    assert (tmp_path / "site" / "index.html").read_text() == "old"


def test_what_a_killed_publication_left_is_cleaned_up_by_the_next(tmp_path: Path) -> None:
    swap(staged(tmp_path / "new", "one"), tmp_path / "site")
    left = tmp_path / publish.VERSIONS / ".tmp-99999"
    left.mkdir()
    swap(staged(tmp_path / "newer", "two"), tmp_path / "site")
    assert not left.exists()


KILLED = """
import os, sys
from pathlib import Path
from reports import publish
calls, stop = 0, int(sys.argv[3])
def counting(original):
    def call(*args, **kwargs):
        global calls
        if calls == stop:
            os._exit(9)
        calls += 1
        return original(*args, **kwargs)
    return call
for name in ("rename", "symlink_to", "mkdir", "unlink"):
    setattr(Path, name, counting(getattr(Path, name)))
os.replace = counting(os.replace)
os.fsync = counting(os.fsync)
publish.swap(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_killed_at_any_step_readers_see_the_old_site_or_the_new_one_whole(tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    outcomes = set()
    for step in range(8):
        home = tmp_path / f"step{step}"
        home.mkdir()
        swap(staged(home / "first", "old"), home / "site")
        staged(home / "second", "new")
        subprocess.run(
            [sys.executable, str(script), str(home / "second"), str(home / "site"), str(step)],
            check=False,
            env={**os.environ, "PYTHONPATH": os.getcwd()},
        )
        seen = {(home / "site" / name).read_text() for name in ("index.html", "sub/page.html")}
        assert seen in ({"old"}, {"new"})
        outcomes |= seen
        if not (home / "second").exists() and seen == {"old"}:
            staged(home / "second", "new")
        if (home / "second").exists():
            swap(home / "second", home / "site")
        assert (home / "site" / "index.html").read_text() == "new"
    assert outcomes == {"old", "new"}
