"""`living-review rank` from outside: JSON lines out, one clear line and exit code 2 for bad input, no Prefect."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

DECISIONS = [
    {"id": "1", "label": 1, "title": "Surgery of the primary tumour in stage IV breast cancer"},
    {"id": "2", "label": "exclude"},
]
RECORDS = [
    {"id": "2", "title": "Salt and blood pressure", "abstract": ""},
    {"id": "3", "title": "Blood pressure in nurses", "abstract": "A survey."},
    {"id": "4", "title": "Primary tumour resection in metastatic breast cancer", "abstract": "Survival."},
]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "flows.cli", "rank", *arguments], capture_output=True, text=True, check=False
    )


def test_rank_prints_every_undecided_record_best_first(tmp_path):
    done = run("--decisions", write(tmp_path / "d.jsonl", DECISIONS), "--records", write(tmp_path / "r.jsonl", RECORDS))

    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["id"] for line in lines] == ["4", "3"]
    assert all(line.keys() == {"id", "score"} for line in lines)
    assert lines[0]["score"] > lines[1]["score"]


def test_bad_input_is_one_line_and_exit_code_two(tmp_path):
    records = write(tmp_path / "r.jsonl", RECORDS)

    done = run("--decisions", str(tmp_path / "missing.jsonl"), "--records", records)

    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert "missing.jsonl" in done.stderr


@pytest.mark.parametrize(
    ("decisions", "words"),
    [
        ([{"id": "2", "label": 0}, {"id": "3", "label": 0}], "at least one of each"),
        ([{"id": "x", "label": 1}, {"id": "y", "label": 0}], "none of the 2 decisions has a title"),
        ([{"id": "2", "label": "perhaps"}], "line 1"),
    ],
)
def test_what_cannot_be_ranked_is_told(tmp_path, decisions, words):
    from extract.errors import UserError
    from flows.rank import rank_files

    write(tmp_path / "d.jsonl", decisions)
    write(tmp_path / "r.jsonl", RECORDS)

    with pytest.raises(UserError, match=words):
        rank_files(tmp_path / "d.jsonl", tmp_path / "r.jsonl")


def test_bytes_that_are_no_text_are_told(tmp_path):
    from extract.errors import DocumentError
    from flows.rank import rank_files

    (tmp_path / "d.jsonl").write_bytes(b'{"id": "1", "label": 1, "title": "\xff"}')

    with pytest.raises(DocumentError, match="no UTF-8"):
        rank_files(tmp_path / "d.jsonl", write_path(tmp_path))


def write_path(folder):
    write(folder / "r.jsonl", RECORDS)
    return folder / "r.jsonl"


def test_rank_never_loads_prefect():
    code = "import flows.cli, flows.rank, extract.screening.ranker, sys; sys.exit('prefect' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
