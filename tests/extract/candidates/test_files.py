"""`living-review extract`: every kind of file, in order, and bad input in one line each."""

from __future__ import annotations

import gc
import gzip
import io
import json
from pathlib import Path

import pytest

from extract.candidates.files import run
from tests.extract.fulltext.test_tables import article
from tests.extract.protocol_file import own_protocol

RESULT = "Survival was longer with surgery (HR 0.71; 95% CI 0.60-0.84)."
PUBMED = f"""<?xml version="1.0"?><PubmedArticleSet><PubmedArticle>
<MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">7</PMID><Article PubModel="Print">
<Journal><JournalIssue CitedMedium="Print"><PubDate><Year>2020</Year></PubDate></JournalIssue><Title>J</Title></Journal>
<ArticleTitle>T</ArticleTitle><Abstract><AbstractText>{RESULT}</AbstractText></Abstract><Language>eng</Language>
<PublicationTypeList><PublicationType UI="D016428">Journal Article</PublicationType></PublicationTypeList>
</Article></MedlineCitation><PubmedData><History/><PublicationStatus>ppublish</PublicationStatus>
<ArticleIdList><ArticleId IdType="pubmed">7</ArticleId></ArticleIdList>
</PubmedData></PubmedArticle></PubmedArticleSet>"""


def line(number: int, abstract: str = RESULT) -> str:
    return json.dumps({"id": str(number), "title": "", "abstract": abstract})


def run_on(*paths: Path, processes: int = 1) -> tuple[int, list[dict[str, object]], list[str]]:
    """Return exit code, rows and error lines."""
    out, err = io.StringIO(), io.StringIO()
    code = run(paths, own_protocol(), out=out, err=err, processes=processes)
    return code, [json.loads(row) for row in out.getvalue().splitlines()], err.getvalue().splitlines()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", line(7).encode()),
        ("a.jsonl.gz", gzip.compress(line(7).encode())),
        ("a.xml", PUBMED.encode()),
        ("a.xml.gz", gzip.compress(PUBMED.encode())),
    ],
)
def test_each_kind_of_file_gives_the_same_effect(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    code, rows, errors = run_on(path)
    assert (code, errors) == (0, [])
    (effect,) = rows[0]["effects"]  # type: ignore[misc]
    assert rows[0]["id"] == "7"
    assert (effect["estimate"], effect["ci_low"], effect["ci_high"]) == (0.71, 0.60, 0.84)
    assert effect["span"]["text"] == RESULT[effect["span"]["start"] : effect["span"]["end"]]


def test_a_full_text_gives_abstract_and_table_effects(tmp_path: Path) -> None:
    path = tmp_path / "a.nxml"
    path.write_bytes(
        article(
            "<table><thead><tr><th/><th>HR (95% CI)</th></tr></thead><tbody><tr><td>A</td><td>0.5 "
            "(0.4-0.6)</td></tr></tbody></table>"
        )
    )
    _, rows, _ = run_on(path)
    sources = {effect["span"]["source"] for effect in rows[0]["effects"]}  # type: ignore[attr-defined]
    assert sources == {"abstract", "table:t2/r1/c1"}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.xml", b"", "empty"),
        ("binary.bin", b"\x00\x01\x02\xff", "neither XML nor JSON"),
        ("other.xml", b"<html><p/></html>", "root element is <html>"),
        ("torn.xml", PUBMED[: len(PUBMED) // 2].encode(), "torn.xml"),
        ("torn.gz", gzip.compress(line(1).encode() * 1000)[:-20], "torn.gz"),
        ("list.jsonl", b"[1, 2]", "neither XML nor JSON"),
        ("no_abstract.jsonl", b'{"id": "1", "title": "x"}', '"abstract" is missing'),
        ("number.jsonl", b'{"id": "1", "abstract": 5}', "must be text"),
        ("torn.jsonl", b'{"id": "1", "abstract', "not JSON"),
        ("bytes.jsonl", b'{"id": "1", "abstract": "\xff"}', "not JSON"),
        ("huge.jsonl", line(1, "x" * 10_000_000).encode(), "not an abstract"),
        ("bomb.jsonl.gz", gzip.compress(b"{" + b" " * (70 * 2**20)), "100 times its size"),
    ],
)
def test_a_bad_document_is_one_line_and_the_others_go_on(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    bad, good = tmp_path / name, tmp_path / "good.jsonl"
    bad.write_bytes(content)
    good.write_text(line(2), encoding="utf-8")
    code, rows, errors = run_on(bad, good)
    assert code == 2
    assert [row["id"] for row in rows] == ["2"]
    assert len(errors) == 1
    assert name in errors[0]
    assert said in errors[0]


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    code, _, errors = run_on(tmp_path / "none.xml")
    assert code == 2
    assert "none.xml" in errors[0]


def test_a_bad_line_does_not_stop_the_lines_around_it(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f"{line(1)}\nnot json\n\n{line(3)}\n", encoding="utf-8")
    path.write_text(f'{line(1)}\n{{"id": 2}}\n\n{line(3)}\n', encoding="utf-8")
    code, rows, errors = run_on(path)
    assert (code, [row["id"] for row in rows]) == (2, ["1", "3"])
    assert "line 2" in errors[0]


def test_several_processes_give_the_same_lines_in_the_same_order(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(line(number) for number in range(600)), encoding="utf-8")
    assert run_on(path, processes=2) == run_on(path)


def test_progress_counts_documents(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(line(number) for number in range(5)), encoding="utf-8")
    seen: list[int] = []
    run([path], own_protocol(), out=io.StringIO(), err=io.StringIO(), progress=seen.append)
    assert sum(seen) == 5


def test_reading_makes_no_garbage_that_only_a_collector_frees(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    path.write_text("".join(f"{line(number)}\n" for number in range(300)), encoding="utf-8")
    run_on(path)
    gc.collect()
    gc.disable()
    try:
        run_on(path)
        left = gc.collect()
        assert not gc.isenabled()
    finally:
        gc.enable()
    run_on(path)
    assert gc.isenabled()
    assert left < 300, "fewer than one object a document"
