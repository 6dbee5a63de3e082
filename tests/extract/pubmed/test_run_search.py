"""A search is complete or it failed; there is nothing between that looks like nothing found."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import pytest

from extract.errors import SearchFailed, UserError
from extract.pubmed.fetch import EntrezSettings, SearchResult, run_search
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


def test_an_answer_that_broke_off_is_kept_as_far_as_it_came(open_desk: OpenDesk) -> None:
    desk = open_desk(faults={0: Fault(mode="cut")})
    assert len(titles(run_search(desk.client, QUERY))) == 25
    first, second = desk.kept[0], desk.kept[1]
    assert str(first.failure).startswith("the answer broke off")
    assert 0 < len(first.body) < len(second.body)
    assert (second.failure, second.attempt, second.status) == (None, 2, 200)


def test_a_count_that_falls_while_paging_is_incomplete(open_desk: OpenDesk) -> None:
    page = b"<eSearchResult><Count>20</Count><IdList><Id>1015</Id></IdList></eSearchResult>"
    desk = open_desk(faults={1: Fault(body=page)}, id_page_size=10)
    with pytest.raises(SearchFailed, match="count fell from 25 to 20") as caught:
        run_search(desk.client, QUERY)
    assert caught.value.state == "incomplete"


def test_fewer_ids_than_counted_are_incomplete(open_desk: OpenDesk) -> None:
    repeated = b"<eSearchResult><Count>2</Count><IdList><Id>1015</Id><Id>1015</Id></IdList></eSearchResult>"
    desk = open_desk(faults={0: Fault(body=repeated)})
    with pytest.raises(SearchFailed, match=r"counts 2 records .* but gave 1 ids") as caught:
        run_search(desk.client, QUERY)
    assert caught.value.state == "incomplete"


def test_a_window_above_the_cap_is_split_without_dates_it_fails(open_desk: OpenDesk) -> None:
    large = b"<eSearchResult><Count>12000</Count><IdList><Id>1</Id></IdList></eSearchResult>"
    with pytest.raises(SearchFailed, match="holds 12000 records, PubMed serves 9999; give it dates"):
        run_search(open_desk(faults={0: Fault(body=large)}).client, QUERY)


def test_an_exchange_tells_what_was_asked_and_when(open_desk: OpenDesk) -> None:
    desk = open_desk()
    run_search(desk.client, QUERY)
    (exchange,) = desk.kept
    assert (exchange.utility, exchange.method, exchange.status) == ("esearch", "GET", 200)
    assert exchange.url == desk.server.url + "esearch.fcgi"
    assert dict(exchange.parameters)["term"] == QUERY
    assert exchange.started_at.utcoffset() == dt.timedelta(0)
    assert dict(exchange.headers)["x-ratelimit-limit"] == "3"
    assert exchange.described() == f"esearch(term={QUERY}, retstart=0, retmax=9999)"


def test_other_users_of_urllib_are_left_alone(open_desk: OpenDesk) -> None:
    import urllib.request

    desk = open_desk()
    run_search(desk.client, QUERY)
    with urllib.request.urlopen(desk.server.url + "einfo.fcgi", timeout=10) as response:
        assert response.status == 200
    assert len(desk.kept) == 1, "a request of somebody else is not ours to keep"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"base_url": "ftp://example.org/"}, "must be http"),
        ({"base_url": "file:///etc/passwd"}, "must be http"),
        ({"base_url": "http:///x"}, "must be http"),
        ({"email": "nobody"}, "is none"),
        ({"max_attempts": 0}, "max_attempts must be at least 1"),
    ],
)
def test_settings_that_cannot_work_are_refused(changed: dict[str, object], said: str, tmp_path: Path) -> None:
    given: dict[str, object] = {"email": "a@example.org", "limiter_folder": tmp_path, **changed}
    with pytest.raises(UserError, match=said):
        EntrezSettings(**given)  # type: ignore[arg-type]


def test_the_limit_follows_the_key(tmp_path: Path) -> None:
    assert EntrezSettings(email="a@example.org", limiter_folder=tmp_path).rate() == 3
    assert EntrezSettings(email="a@example.org", limiter_folder=tmp_path, api_key=KEY).rate() == 10


def test_four_threads_may_share_a_client(open_desk: OpenDesk) -> None:
    from concurrent.futures import ThreadPoolExecutor

    desk = open_desk(batch_size=5)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: sorted(titles(run_search(desk.client, QUERY))), range(8)))
    assert results == [[str(pmid) for pmid in range(1001, 1026)]] * 8
    assert len(desk.kept) == len(desk.server.requests) == 8 * 6
