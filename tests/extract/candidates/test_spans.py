"""No number without a place: every span on every real text is exact and holds its number."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from extract.candidates import propose_effects
from extract.candidates.reading import read_documents
from extract.schema.effect import Document, Effect
from tests.extract.protocol_file import own_protocol


def printed_numbers(text: str) -> set[float]:
    """Return every number a text may be said to print, read without the extractor's own lexer."""
    pointed = re.sub(r"[·∙‧•⋅]", ".", text)
    # One journal sets a decimal apart, "(0.46-0. 92)"; inside the bracket it cannot be the end of a sentence.
    joined = re.sub(r"(?<=-)(\d\.) (\d+\))", r"\1\2", pointed)
    readings = (pointed, pointed.replace(",", "."), pointed.replace(",", ""), joined)
    return {float(number) for reading in readings for number in re.findall(r"\d*\.?\d+", reading)}


def assert_span_is_exact(document: Document, effect: Effect) -> None:
    """Check one span against its text."""
    text = document.title if effect.span.source == "title" else document.abstract
    assert text[effect.span.start : effect.span.end] == effect.span.text
    numbers = printed_numbers(effect.span.text)
    for printed in (effect.estimate, effect.ci_low, effect.ci_high):
        if printed is not None:
            assert abs(printed) in numbers, (document.document_id, effect)


@pytest.mark.parametrize(
    "path",
    ["corpus/hr_abstracts_dev.jsonl", "corpus/hr_abstracts_extra.jsonl", "evidence/topic_abstracts.jsonl"],
)
def test_every_span_of_the_real_abstracts_is_exact(shared: Path, path: str) -> None:
    seen = 0
    for line in (shared / path).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        document = Document(row.get("id") or row.get("pmid") or row["doi"], row["title"], row["abstract"])
        for effect in propose_effects(document, own_protocol()):
            assert_span_is_exact(document, effect)
            seen += 1
    assert seen > 10


@pytest.mark.parametrize("name", ["pubmed_1000.xml.gz", "pubmed_5000.xml.gz"])
def test_every_span_of_the_real_records_is_exact(shared: Path, name: str) -> None:
    seen = 0
    for document in read_documents(shared / "pubmed_slices" / name):
        assert isinstance(document, Document)
        for effect in propose_effects(document, own_protocol()):
            assert_span_is_exact(document, effect)
            seen += 1
    assert seen > 100


def test_every_span_of_the_screening_sets_is_exact(shared: Path) -> None:
    seen = 0
    for path in sorted((shared / "screening").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            document = Document("1", row.get("title") or "", row.get("abstract") or "")
            for effect in propose_effects(document, own_protocol()):
                assert_span_is_exact(document, effect)
                seen += 1
    assert seen > 100


@pytest.mark.parametrize("folder", ["eutils/efetch", "eutils/special_cases"])
def test_every_span_of_the_single_answers_is_exact(shared: Path, folder: str) -> None:
    read = 0
    for path in sorted((shared / folder).rglob("*.xml")):
        for document in read_documents(path):
            if not isinstance(document, Document):
                continue
            read += 1
            for effect in propose_effects(document, own_protocol()):
                assert_span_is_exact(document, effect)
    assert read > 10
