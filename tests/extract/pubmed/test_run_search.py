"""A search is complete or it failed; there is nothing between that looks like nothing found."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import pytest

from extract.errors import SearchFailed
from extract.pubmed.fetch import SearchResult, run_search
from extract.pubmed.parse import parse_records
from extract.pubmed.replay import Fault
from extract.schema.record import Record
from tests.extract.pubmed.conftest import KEY, OpenDesk

QUERY = '"de novo"[tiab] AND surviv*[tiab]'


def titles(result: SearchResult) -> dict[str, str]:
    records = [record for batch in result.batches for record in parse_records(io.BytesIO(batch.raw))]
    return {record.pmid: record.title for record in records if isinstance(record, Record)}


def test_a_search_returns_every_record_of_its_window_once(open_desk: OpenDesk) -> None:
    desk = open_desk(batch_size=4)
    result = run_search(desk.client, QUERY, date_type="crdt", start=dt.date(2026, 11, 11), end=dt.date(2026, 11, 20))
    found = titles(result)
    assert result.count == 10
    assert sorted(found) == [str(pmid) for pmid in range(1016, 1026)]
    assert found["1016"] == "Surgery of the primary tumour in de novo stage IV breast cancer."


def test_ids_beyond_the_first_page_come_from_the_history(open_desk: OpenDesk) -> None:
    desk = open_desk(id_page_size=10)
    result = run_search(desk.client, QUERY)
    assert len(result.pmids) == result.count == 25
    pages = [request for request in desk.server.requests if request.parameter("WebEnv")]
    assert [page.parameter("retstart") for page in pages] == ["10", "20"]


def test_a_search_without_hits_is_complete_and_empty(open_desk: OpenDesk) -> None:
    result = run_search(open_desk().client, "unheardof[tiab]")
    assert (result.count, result.pmids, list(result.batches)) == (0, (), [])
    assert result.warnings == ("No items found.",)


def test_the_answer_shows_what_was_asked(open_desk: OpenDesk) -> None:
    result = run_search(
        open_desk().client, QUERY, date_type="crdt", start=dt.date(2026, 11, 1), end=dt.date(2026, 11, 20)
    )
    assert result.query_translations == (
        '("de novo"[Title/Abstract] AND "surviv*"[Title/Abstract]) AND 2026/11/01:2026/11/20[Date - Create]',
    )


@pytest.mark.parametrize(
    "name",
    [
        "200_esearch_backend_failed_db.json",
        "200_esearch_backend_unresolved.json",
        "200_esearch_invalid_db.json",
        "200_esearch_quoted_phrase_not_found.json",
        "200_esearch_retstart_raw_newline.invalid.json",
        "200_esearch_webenv_expired.json",
        "200_efetch_unable_to_obtain_query.xml",
        "200_efetch_empty_set.xml",
        "500_ncbi_html_excerpt.html",
    ],
)
def test_an_error_body_with_http_200_is_a_failed_search(name: str, open_desk: OpenDesk, shared: Path) -> None:
    body = (shared / "eutils" / "observed_errors" / name).read_bytes()
    desk = open_desk(faults={0: Fault(body=body, times=99)})
    with pytest.raises(SearchFailed) as caught:
        run_search(desk.client, QUERY)
    assert caught.value.state == "failed"
    assert [exchange.body for exchange in desk.kept] == [body] * len(desk.kept), "raw answers are kept"


def test_a_passing_error_is_survived(open_desk: OpenDesk, shared: Path) -> None:
    body = (shared / "eutils" / "observed_errors" / "200_esearch_backend_failed_db.json").read_bytes()
    desk = open_desk(faults={0: Fault(body=body)})
    assert len(titles(run_search(desk.client, QUERY))) == 25
    assert desk.waits == [1.0]


def test_the_key_is_sent_but_never_kept_nor_told(open_desk: OpenDesk) -> None:
    echo = b'{"error":"API key invalid","api-key":"' + KEY.encode() + b'","type":"invalid","status":"unknown"}'
    desk = open_desk(faults={0: Fault(status=400, body=echo)}, api_key=KEY)
    with pytest.raises(SearchFailed, match="API key invalid") as caught:
        run_search(desk.client, QUERY)
    assert KEY not in str(caught.value)
    assert KEY not in repr(desk.kept) + repr(desk.client.settings)
    assert all(KEY.encode() not in exchange.body for exchange in desk.kept)


def test_tool_and_address_are_sent_with_every_request(open_desk: OpenDesk) -> None:
    desk = open_desk()
    titles(run_search(desk.client, QUERY))
    assert {request.parameter("email") for request in desk.server.requests} == {"team@example.org"}
    assert {request.parameter("tool") for request in desk.server.requests} == {"living-review"}
