"""The protocol is people's decisions; a wrong key, slug or date is one clear line with file and key."""

from __future__ import annotations

import copy
import tomllib
from typing import Any

import pytest

from extract.errors import ProtocolError
from extract.schema.protocol import protocol_from_mapping
from tests.stores import ROOT, protocol

DOCUMENT: dict[str, Any] = tomllib.loads((ROOT / "protocol.toml").read_text(encoding="utf-8"))


def changed(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("question", "titel"), "x", r"p\.toml: question\.titel: this key is not known here"),
        (("subtypes", 1, "slug"), "HR positive", r"p\.toml: subtypes\.1\.slug: .*'HR positive'"),
        (("subtypes", 1, "slug"), "all", r"subtypes: 'all' stands twice"),
        (("patterns", 0, "slug"), "everyone", r"patterns: the entry 'all' \(everyone\) is missing"),
        (("patterns", 2, "within"), ["bones"], r"patterns\.solitary-bone\.within: 'bones' is not a slug"),
        (("patterns", 2, "apart_from"), ["liver"], r"patterns\.solitary-bone\.apart_from: 'liver' is not a slug"),
        (("patterns", 2, "apart_from"), ["bone-only"], "an entry is not apart from itself or what it lies"),
        (("search", 0, "date"), "2026-13-01", r"search\.0\.date: .*month"),
        (("living", "night_at"), "25:00", r"living\.night_at: .*'25:00'"),
        (("living", "timezone"), "Mars/Olympus", r"living.*timezone 'Mars/Olympus' is not known"),
        (("living", "overlap_days"), 0, r"living\.overlap_days: .*value: 0"),
        (("living", "approvals_needed"), "two", r"living\.approvals_needed: .*'two'"),
        (("living", "one_must_be"), "viewer", r"living\.one_must_be: .*'viewer'"),
        (("outcomes", 1, "role"), "primary", "exactly one outcome must have role 'primary'"),
        (("analysis", "method"), "FE", r"analysis\.method: .*'FE'"),
        (("people", 0, "role"), "boss", r"people\.0\.role: .*'boss'"),
        (("format",), 2, r"format: .*value: 2"),
    ],
)
def test_a_wrong_entry_is_one_line_with_file_key_and_value(
    path: tuple[str | int, ...], value: object, message: str
) -> None:
    with pytest.raises(ProtocolError, match=message) as caught:
        protocol_from_mapping(changed(path, value), where="p.toml")
    assert "\n" not in str(caught.value)


def test_a_missing_part_is_named() -> None:
    document = copy.deepcopy(DOCUMENT)
    del document["living"]
    with pytest.raises(ProtocolError, match=r"p\.toml: living: Field required"):
        protocol_from_mapping(document, where="p.toml")


def test_the_query_is_sent_with_every_line_it_refers_to() -> None:
    query = protocol().search[0].query()
    assert "#" not in query
    assert query.count("(") == query.count(")")
    for words in ('"Breast Neoplasms"[Mesh]', '"de novo"[tiab]', "mastectom*[tiab]", "surviv*[tiab]", "animals[mh]"):
        assert words in query


def test_a_query_line_that_does_not_exist_is_refused() -> None:
    document = changed(("search", 0, "lines"), ["a[tiab]", "#1 AND #7"])
    with pytest.raises(ProtocolError, match="refers to #7"):
        protocol_from_mapping(document, where="p.toml").search[0].query()


def test_a_role_asked_of_one_reader_must_be_somebodys_on_the_team() -> None:
    document = changed(("living", "one_must_be"), "expert")
    document["people"] = [{**person, "role": "reviewer"} for person in document["people"]]
    with pytest.raises(ProtocolError, match=r"living\.one_must_be: nobody of people has the role 'expert'"):
        protocol_from_mapping(document, where="p.toml")
    document["people"][0]["role"] = "adjudicator"
    assert protocol_from_mapping(document, where="p.toml").living.one_must_be == "expert"


def test_a_protocol_that_asks_for_no_role_reads_on_as_before() -> None:
    document = copy.deepcopy(DOCUMENT)
    del document["living"]["one_must_be"]
    assert protocol_from_mapping(document, where="p.toml").living.one_must_be is None
