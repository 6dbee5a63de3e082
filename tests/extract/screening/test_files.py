"""JSON lines of decisions and records: what is read, and how bad lines are told."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.errors import DocumentError
from extract.screening.documents import with_texts
from extract.screening.files import parse_decisions, parse_documents


def test_labels_may_be_numbers_or_words():
    lines = [
        '{"id": "1", "label": 1}',
        '{"id": 2, "label": "exclude"}',
        '{"id": "3", "label": "Include", "title": "T"}',
        "",
        '{"id": "4", "label": false}',
    ]

    decisions = parse_decisions(lines, source="d.jsonl")

    assert [(each.document_id, each.included) for each in decisions] == [
        ("1", True),
        ("2", False),
        ("3", True),
        ("4", False),
    ]
    assert decisions[2].document is not None


def test_a_decision_without_text_takes_the_records_text():
    decisions = parse_decisions(['{"id": "1", "label": 1}', '{"id": "9", "label": 0}'], source="d")
    records = {each.document_id: each for each in parse_documents(['{"id": "1", "title": "T"}'], source="r")}

    assert with_texts(decisions, records) == ((records["1"], True),)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "d.jsonl, line 2: no JSON"),
        ("[1]", "no JSON object"),
        ('{"label": 1}', '"id" is None'),
        ('{"id": " ", "label": 1}', "\"id\" is ' '"),
        ('{"id": true, "label": 1}', '"id" is True'),
        ('{"id": "1"}', '"label" is None'),
        ('{"id": "1", "label": "maybe"}', "\"label\" is 'maybe'"),
        ('{"id": "1", "label": 1.0}', '"label" is 1.0'),
        ('{"id": "1", "label": 2}', '"label" is 2'),
        ('{"id": "0", "label": 0}', "included and excluded"),
        ('{"id": "1", "label": 1, "title": 5}', '"title" is 5'),
        ('{"id": "1", "label": 1, "title": "x", "publication_types": "RCT"}', '"publication_types" is'),
    ],
)
def test_a_bad_decision_is_told_with_its_line(line, words):
    with pytest.raises(DocumentError) as told:
        parse_decisions(['{"id": "0", "label": 1}', line], source="d.jsonl")

    assert words in str(told.value)
    assert "d.jsonl, line 2" in str(told.value)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "no record"),
        (['{"id": "1", "title": "", "abstract": null}'], "neither"),
        (['{"id": "1", "title": "a"}', '{"id": "1", "title": "b"}'], "stands twice"),
    ],
)
def test_records_that_cannot_be_ranked_are_refused(lines, words):
    with pytest.raises(DocumentError, match=words):
        parse_documents(lines, source="r.jsonl")


def test_no_decision_at_all_is_refused():
    with pytest.raises(DocumentError, match="no decision"):
        parse_decisions(["", "  "], source="d.jsonl")


@given(st.lists(st.tuples(st.text(min_size=1), st.text(), st.text()), min_size=1, max_size=5))
def test_what_was_written_is_read_again(rows):
    lines = [
        json.dumps({"id": str(number), "title": f"T{title}", "abstract": abstract})
        for number, (_, title, abstract) in enumerate(rows)
    ]

    documents = parse_documents(lines, source="r")

    assert [each.title for each in documents] == [f"T{title}".strip() for _, title, _ in rows]
