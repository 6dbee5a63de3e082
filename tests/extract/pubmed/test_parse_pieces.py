"""A file read in pieces gives what reading it element by element gives: the same records, the same refusals."""

from __future__ import annotations

import gzip
import io
import threading
from itertools import islice
from pathlib import Path

import pytest

from extract.errors import DocumentError
from extract.pubmed.parse import parse_records, pieces
from extract.schema.record import DeletedRecord, Record
from tests.extract.pubmed.samples import article, article_set

#: A declaration that is not an ordinary one: the file is then read element by element from its first byte.
STANDALONE = b'<?xml version="1.0" encoding="UTF-8" standalone="no"?>'
WITHDRAWN = "<DeleteCitation><PMID>7</PMID></DeleteCitation>"


def carefully(body: bytes) -> bytes:
    return body.replace(b'<?xml version="1.0" encoding="UTF-8"?>', STANDALONE).replace(
        b'<?xml version="1.0" encoding="utf-8"?>', STANDALONE
    )


def read_up_to_fault(body: bytes) -> tuple[list[Record | DeletedRecord], str]:
    found: list[Record | DeletedRecord] = []
    records = parse_records(io.BytesIO(body))
    try:
        for record in records:
            found.append(record)
    except DocumentError as error:
        return found, str(error)
    return found, ""


MANY = [article(pmid, title=f"Title <i>{pmid}</i> &amp; more") for pmid in range(1, 31)]
FILES = {
    "many": article_set(*MANY),
    "withdrawn last": article_set(*MANY, WITHDRAWN),
    "withdrawn between": article_set(*MANY[:9], WITHDRAWN, *MANY[9:]),
    "a comment that ends a record": article_set(*MANY[:5], "<!-- </PubmedArticle> <PubmedArticle> -->", *MANY[5:]),
    "a character section": article_set(article(31, title="<![CDATA[<b></PubmedArticle>]]>"), *MANY),
    "an instruction": article_set(*MANY[:9], "<?pmcsd </PubmedArticle>?>", *MANY[9:]),
    "an unknown part": article_set(*MANY[:9], "<Other>words</Other>", *MANY[9:]),
    "a set in a set": article_set(*MANY[:9], "<PubmedArticleSet>", *MANY[9:12], "</PubmedArticleSet>", *MANY[12:]),
    "a second set": article_set(*MANY[:9]) + b"<PubmedArticleSet>" + MANY[10].encode() + b"</PubmedArticleSet>",
    "no PMID in the middle": article_set(*MANY[:9], article("x"), *MANY[9:]),
    "an entity nobody knows": article_set(*MANY[:9], article(31, title="a &nbsp; b"), *MANY[9:]),
    "a tag not closed": article_set(*MANY[:9], article(31, title="a <i> b"), *MANY[9:]),
    "cut": article_set(*MANY)[:-900],
    "cut before its end tag": article_set(*MANY)[: -len("</PubmedArticleSet>")],
    "words after its end": article_set(*MANY) + b"words",
    "bytes that are no text": article_set(*MANY).replace(b"Title <i>20<", b"Title <i>\xff\xfe<"),
}


@pytest.mark.parametrize("size", [1, 900, 2_500, 128_000])
@pytest.mark.parametrize("name", FILES)
def test_pieces_and_careful_reading_give_the_same_records_and_refusals(
    name: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "PIECE", size)
    found, refusal = read_up_to_fault(FILES[name])
    careful, careful_refusal = read_up_to_fault(carefully(FILES[name]))
    assert bool(refusal) == bool(careful_refusal)
    assert found == careful[: len(found)]
    assert refusal or found == careful


@pytest.mark.parametrize("end", ["</Article>", "</MedlineCitation>", "</PubmedData>", "</PubmedArticle>"])
def test_a_record_inside_a_record_is_refused(end: str) -> None:
    nested = article(1).replace(end, article(2) + end)
    assert "stands in" in read_up_to_fault(article_set(nested))[1]


def test_the_refusal_says_which_record_was_read_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE", 1_500)
    assert "after record 9 (PMID 9)" in read_up_to_fault(FILES["a tag not closed"])[1]


def test_a_reader_that_stops_early_leaves_nothing_behind() -> None:
    records = parse_records(io.BytesIO(FILES["many"]))
    assert [record.pmid for record in islice(records, 2)] == ["1", "2"]
    records.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("pubmed-parse")]


def test_real_records_are_the_same_both_ways(shared: Path) -> None:
    body = gzip.decompress((shared / "pubmed_slices" / "pubmed_1000.xml.gz").read_bytes())
    assert STANDALONE in carefully(body)
    assert list(parse_records(io.BytesIO(body))) == list(parse_records(io.BytesIO(carefully(body))))
