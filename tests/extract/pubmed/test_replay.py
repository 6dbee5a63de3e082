"""The stand-in answers as PubMed does: its language, its calendar, its cap, its silences."""

from __future__ import annotations

import datetime as dt
import io
import json
import tomllib
import urllib.request
from pathlib import Path

import pytest

from extract.errors import DocumentError, SearchFailed
from extract.pubmed.fetch import run_search
from extract.pubmed.parse import parse_records
from extract.pubmed.replay import ReplayServer, load_archive
from extract.pubmed.replay.evaluate import day_range, evaluate
from extract.pubmed.replay.language import QueryError, parse_query
from extract.schema.protocol import protocol_from_mapping
from extract.schema.record import Pmid, Record
from tests.extract.pubmed.conftest import OpenDesk
from tests.extract.pubmed.samples import article, article_set, write_archive

ROOT = Path(__file__).resolve().parents[3]
TODAY = dt.date(2026, 11, 20)
MESH = (
    "<MeshHeadingList><MeshHeading><DescriptorName>{}</DescriptorName>"
    "<QualifierName>mortality</QualifierName></MeshHeading></MeshHeadingList>"
)

TEXTS = {
    "1": article(1, title="Breast-conserving surgery", abstract="<AbstractText>Tumours resected.</AbstractText>"),
    "2": article(2, title="Breast surgery", abstract="<AbstractText>Bone metastases at diagnosis.</AbstractText>"),
    "3": article(
        3, title="Mice", abstract="<AbstractText>Tumor growth.</AbstractText>", extra_citation=MESH.format("Animals")
    ),
    "4": article(
        4,
        title="Women",
        abstract="<AbstractText>Nothing.</AbstractText>",
        extra_citation=MESH.format("Triple Negative Breast Neoplasms"),
        created=dt.date(2026, 11, 10),
        entered=dt.date(2024, 3, 1),
    ),
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_archive(tmp_path_factory.mktemp("replay") / "texts", TEXTS)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("breast[tiab]", {"1", "2"}),
        ('"breast surgery"[tiab]', {"2"}),
        ('"breast conserving"[tiab]', {"1"}),
        ('"breast-conserving"[tiab]', {"1"}),
        ("tumo*[tiab]", {"1", "3"}),
        ('"bone metasta*"[tiab]', {"2"}),
        ('"metastases surgery"[tiab]', set()),
        ('"Breast Neoplasms"[Mesh]', {"4"}),
        ("mortality[sh]", {"3", "4"}),
        ("animals[mh] NOT humans[mh]", {"3"}),
        ("breast[tiab] OR mice[tiab] AND tumor[tiab]", {"3"}),
        ("breast[tiab] OR (mice[tiab] AND tumor[tiab])", {"1", "2", "3"}),
        ("breast surgery[ti]", {"2"}),
        ("breast[ti] surgery[ti]", {"1", "2"}),
        ("2:3[uid]", {"2", "3"}),
        ("4[pmid]", {"4"}),
        ('"2026/11/10"[crdt] : "2026/11/10"[crdt]', {"4"}),
        ("2024[edat]", {"4"}),
        ("2024/01:2024/12[edat]", {"4"}),
        ("2026/11/01:2026/11/09[Date - Create]".replace("Date - Create", "crdt"), {"1", "2", "3"}),
        ("2026[pdat]", {"1", "2", "3", "4"}),
        ("eng[la]", {"1", "2", "3", "4"}),
        ("doe j[au] AND mice", {"3"}),
    ],
)
def test_the_language_is_pubmeds(query: str, found: set[str], archive: Path) -> None:
    # no precedence, left to right: PubMed User Guide, "Combining search terms with Boolean operators"
    assert evaluate(parse_query(query), load_archive(archive, as_of=TODAY).records).pmids == found


@pytest.mark.parametrize("query", ["", "(a[tiab]", "a[tiab])", "AND b", "a AND", '"open', "a NOT OR b", "[tiab]"])
def test_a_query_that_cannot_be_read_is_an_error_not_an_empty_answer(query: str, open_desk: OpenDesk) -> None:
    with pytest.raises(QueryError):
        parse_query(query)
    if query:
        with pytest.raises(SearchFailed):
            run_search(open_desk().client, query)


def test_a_field_that_does_not_exist_is_named(open_desk: OpenDesk) -> None:
    with pytest.raises(SearchFailed, match="FieldNotFound: tiaab"):
        run_search(open_desk().client, "breast[tiaab]")
    accepted = run_search(
        open_desk().client, "breast[tiaab] OR breast[tiab]", accepted_drops=frozenset({"FieldNotFound: tiaab"})
    )
    assert accepted.count == 25


def test_partial_dates_cover_their_whole_span() -> None:
    assert day_range("2026", "2026") == (dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    assert day_range("2026/02", "2026/02") == (dt.date(2026, 2, 1), dt.date(2026, 2, 28))
    assert day_range("2026/12", "2026/12/05") == (dt.date(2026, 12, 1), dt.date(2026, 12, 5))
    with pytest.raises(QueryError):
        day_range("2026/13", "2026")


def found_on(archive: Path, day: str, query: str = "breast[tiab]") -> dict[str, str]:
    records = load_archive(archive, as_of=dt.date.fromisoformat(day)).records
    return {pmid: records[pmid].record.title for pmid in evaluate(parse_query(query), records).pmids}


def test_nights_see_what_pubmed_showed_them(tmp_path: Path) -> None:
    created = {"1": "2026-11-01", "2": "2026-11-02", "3": "2026-11-03"}
    archive = write_archive(
        tmp_path / "nights",
        {pmid: article(pmid, title="Breast", created=dt.date.fromisoformat(day)) for pmid, day in created.items()},
        revisions={"2026-11-03": {"1": article(1, title="Retracted: Breast")}},
        deleted={"2026-11-04": ["2"]},
    )
    assert found_on(archive, "2026-11-01") == {"1": "Breast"}
    assert found_on(archive, "2026-11-02") == {"1": "Breast", "2": "Breast"}
    assert found_on(archive, "2026-11-03") == {"1": "Retracted: Breast", "2": "Breast", "3": "Breast"}
    assert set(found_on(archive, "2026-11-04")) == {"1", "3"}
    changed = '"2026/11/03"[mdat] : "2026/11/03"[mdat]'
    assert set(found_on(archive, "2026-11-05", changed)) == {"1", "3"}, "a new record and a revised one"


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("records/9.xml", article_set(article(8)), "must hold exactly the record 9"),
        ("records/9.xml", article_set(article(9), article(10)), "must hold exactly"),
        ("records/9.xml", article_set(article(9))[:-30], "cut short"),
        ("records/9.xml", b"", "before its first record"),
        ("revisions/2026-11-05/77.xml", article_set(article(77)), "revises a record the archive does not have"),
        ("revisions/soon/1.xml", article_set(article(1)), "named by a day"),
        ("deleted/2026-11-05.txt", b"77\n", "withdraws '77'"),
        ("deleted/2026-11-05.txt", b"7x7\n", "withdraws '7x7'"),
        ("archive.toml", b"title = 7", "title"),
        ("archive.toml", b"title =", "archive.toml"),
        ("archive.toml", b'title = "a"\nnights = ["soon"]', "nights"),
        ("links.json", b"[", "links.json"),
        ("links.json", b'{"a": []}', "must map"),
    ],
)
def test_an_archive_edited_by_hand_is_refused_with_its_file(name: str, body: bytes, said: str, tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "edited", {"1": article(1)})
    (archive / name).parent.mkdir(parents=True, exist_ok=True)
    (archive / name).write_bytes(body)
    with pytest.raises(DocumentError, match=said) as caught:
        load_archive(archive, as_of=TODAY)
    assert str(archive) in str(caught.value)


def get(server: ReplayServer, path: str) -> tuple[bytes, dict[str, str]]:
    with urllib.request.urlopen(server.url + path, timeout=10) as response:
        return response.read(), dict(response.headers)


def test_the_cap_is_the_real_ones(archive: Path) -> None:
    with ReplayServer(archive, as_of=TODAY) as server:
        body, headers = get(server, "esearch.fcgi?db=pubmed&term=breast[tiab]&retstart=9999&retmode=json")
        with pytest.raises(json.JSONDecodeError, match="Invalid control character at: line 1 column 105"):
            json.loads(body)
        assert b"cannot be larger than 9998" in body
        body, _ = get(server, "esearch.fcgi?db=pubmed&term=breast[tiab]&retstart=9998")
    assert b"<Count>2</Count><RetMax>0</RetMax>" in body
    assert headers["X-RateLimit-Limit"] == "3"


def test_the_error_of_the_cap_is_the_observed_one(archive: Path, shared: Path) -> None:
    observed = (shared / "eutils" / "observed_errors" / "200_esearch_retstart_raw_newline.invalid.json").read_text()
    with ReplayServer(archive, as_of=TODAY) as server:
        body, _ = get(server, "esearch.fcgi?db=pubmed&term=breast[tiab]&retstart=9999&retmode=json")
    assert body.decode().split() == observed.split()


def test_unknown_ids_are_passed_over_in_silence(open_desk: OpenDesk) -> None:
    answer = open_desk().client.fetch([Pmid("1001"), Pmid("77"), Pmid("1002")])
    assert answer.received == ("1001", "1002")
    assert answer.missing == ("77",)


def test_links_are_one_to_one_and_only_to_what_exists(open_desk: OpenDesk) -> None:
    answer = open_desk().client.link([Pmid("1001"), Pmid("1025"), Pmid("1003")])
    assert dict(answer.links) == {"1001": ("1002",), "1025": ("1001",), "1003": ("1004",)}
    other = open_desk().client.link([Pmid("1001")], link_name="pubmed_pubmed_refs")
    assert other.links == (("1001", ()),)


def test_many_links_go_out_as_a_form(open_desk: OpenDesk) -> None:
    desk = open_desk()
    answer = desk.client.link([Pmid(str(pmid)) for pmid in range(1001, 1026)] * 8)
    assert len(answer.links) == 200
    assert desk.server.requests[-1].method == "POST"


def test_pubmed_tells_its_size_and_its_fields(open_desk: OpenDesk) -> None:
    info = open_desk().client.info()
    assert (info.record_count, info.last_update) == (25, "2026/11/20 00:00")
    assert {"CRDT", "MDAT", "TIAB", "MESH"} <= set(info.fields)


def test_a_history_can_be_fetched_in_slices(open_desk: OpenDesk) -> None:
    desk = open_desk()
    search = desk.client.search("breast[tiab]")
    slices = [desk.client.fetch_history(search, retstart=start, retmax=10).received for start in (0, 10, 20)]
    assert [pmid for part in slices for pmid in part] == list(search.pmids)
    desk.server.utilities.forget_histories()
    with pytest.raises(SearchFailed, match="search again"):
        desk.client.fetch_history(search, retstart=0, retmax=10)


def test_full_texts_come_where_they_are_open(tmp_path: Path, open_desk: OpenDesk, shared: Path) -> None:
    archive = write_archive(tmp_path / "open", {"1": article(1)})
    (archive / "pmc").mkdir()
    text = (
        b'<?xml version="1.0"?><article><front><article-meta><article-id pub-id-type="pmcid">PMC3299399</article-id>'
        b"</article-meta></front><body><p>Text.</p></body></article>"
    )
    (archive / "pmc" / "PMC3299399.xml").write_bytes(text)
    answer = open_desk(archive).client.fetch_full_texts(["PMC3299399", "PMC1"])
    assert (answer.received, answer.withheld) == (("PMC3299399",), ("PMC1",))
    with pytest.raises(ValueError, match="'PMCx'"):
        open_desk(archive).client.fetch_full_texts(["PMCx"])


def test_a_real_answer_of_pmc_is_read(shared: Path) -> None:
    from extract.pubmed.fetch.answers import full_text_answer

    body = (shared / "eutils" / "answers" / "efetch_pmc.xml").read_bytes()
    import re

    found = re.findall(rb'pub-id-type="(?:pmcid|pmc)">(?:PMC)?([0-9]+)', body)
    answer = full_text_answer(body, ["PMC" + number.decode() for number in found])
    assert answer.received or answer.withheld


@pytest.mark.parametrize("name", ["esearch1", "esearch2", "esearch3", "esearch5"])
def test_real_answers_of_esearch_are_read(name: str, shared: Path) -> None:
    from extract.pubmed.fetch.answers import search_answer

    answer = search_answer((shared / "eutils" / "answers" / f"{name}.xml").read_bytes())
    expected = {"esearch1": (63, 20), "esearch2": (42249, 100), "esearch3": (2651, 6), "esearch5": (5, 5)}
    assert (answer.count, len(answer.pmids)) == expected[name]
    assert answer.dropped == ()


def test_a_real_answer_with_a_phrase_not_found_is_a_hole(shared: Path) -> None:
    from extract.pubmed.fetch.answers import search_answer

    answer = search_answer((shared / "eutils" / "answers" / "esearch8.xml").read_bytes())
    assert answer.dropped == ("PhraseNotFound: abcXYZ",)
    assert answer.warnings == ("No items found.",)


SHIPPED = ROOT / "extract" / "pubmed" / "replay" / "archive"
#: ../shared/evidence/README.md: "Known items every search must find" (those PubMed holds in our archive).
KNOWN = ("31082916", "34995128", "22833684", "40615712", "29777404", "26363985", "29542106")


@pytest.mark.skipif(not SHIPPED.exists(), reason="the rehearsal archive is not there yet")
def test_the_reviews_query_finds_the_known_items_in_the_shipped_archive() -> None:
    protocol = protocol_from_mapping(tomllib.loads((ROOT / "protocol.toml").read_text()), where="protocol.toml")
    archive = load_archive(SHIPPED, as_of=dt.date(2026, 12, 31))
    found = evaluate(parse_query(protocol.search[0].query()), archive.records)
    assert found.fields_not_found == []
    missing = [pmid for pmid in KNOWN if pmid in archive.records and pmid not in found.pmids]
    assert missing == []
    assert [pmid for pmid in KNOWN if pmid not in archive.records] == []


@pytest.mark.skipif(not SHIPPED.exists(), reason="the rehearsal archive is not there yet")
def test_the_shipped_archive_goes_through_client_and_parser(tmp_path: Path, open_desk: OpenDesk) -> None:
    protocol = protocol_from_mapping(tomllib.loads((ROOT / "protocol.toml").read_text()), where="protocol.toml")
    desk = open_desk(SHIPPED)
    result = run_search(desk.client, protocol.search[0].query(), date_type="crdt", start=dt.date(1900, 1, 1), end=TODAY)
    records = [one for batch in result.batches for one in parse_records(io.BytesIO(batch.raw))]
    assert len(records) == result.count > 50
    assert all(isinstance(record, Record) and record.title for record in records)
