"""`living-review extract` as a person runs it: the real command on every kind of bad file among good ones."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.extract.candidates.test_files import PUBMED, line
from tests.stores import ROOT

BAD = {
    "not_xml.xml": b"just words",
    "another_kind.xml": b"<html><p/></html>",
    "empty.xml": b"",
    "binary.bin": b"\x00\x01\x02\xff",
    "no_abstract.jsonl": b'{"id": "1", "title": "x"}',
    "bomb.xml.gz": gzip.compress(b"<PubmedArticleSet>" + b" " * (70 * 2**20)),
    "ten_megabytes.jsonl": line(1, "x" * 10_000_000).encode(),
    "entities.xml": b'<!DOCTYPE PubmedArticleSet [<!ENTITY a "ha">]>'
    + PUBMED[PUBMED.index("<PubmedArticleSet>") :].encode(),
    "torn.xml": PUBMED[: len(PUBMED) // 2].encode(),
}


def test_each_bad_file_is_one_line_on_stderr_the_others_go_on_and_the_exit_code_is_2(tmp_path: Path) -> None:
    files = []
    for name, content in BAD.items():
        (tmp_path / name).write_bytes(content)
        (tmp_path / f"{name}.good.jsonl").write_text(line(len(files) + 1), encoding="utf-8")
        files += [str(tmp_path / name), str(tmp_path / f"{name}.good.jsonl")]
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", "extract", *files],
        cwd=ROOT,
        env={**os.environ, "LIVING_REVIEW_STATE_DIR": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    rows = [json.loads(row) for row in done.stdout.splitlines()]
    assert [row["id"] for row in rows] == [str(number) for number in range(1, 2 * len(BAD), 2)]
    assert all(len(row["effects"]) == 1 for row in rows)
    told = done.stderr.splitlines()
    assert len(told) == len(BAD), done.stderr
    for name, words in zip(BAD, told, strict=True):
        assert name in words
        assert "Traceback" not in words
