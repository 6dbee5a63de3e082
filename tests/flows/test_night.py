"""Nights one after the other against the recorded archive: the real steps, the real server, the real site."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from extract.review.approval import approve_value
from extract.review.screening import include_record
from extract.review.views import queue_items
from extract.store.candidates import list_candidates
from extract.store.log import all_nights, request_count, search_log
from extract.store.records import list_records
from flows.context import open_store
from flows.publish import publish
from flows.rehearsal import rehearsal_clock
from flows.settings import Settings, sqlite_url
from reports.snapshot import read_snapshot
from tests.nights import NIGHTS, after_first_night, evidence_state, rehearsal, rehearse, site_state
from tests.stores import AT, BOTH_DATABASES

pytestmark = BOTH_DATABASES


@pytest.fixture(scope="module")
def three_nights(database: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = rehearsal(tmp_path_factory.mktemp("three") / "state")
    for night in NIGHTS:
        assert rehearse(settings, night).exit_code == 0
    return settings


@pytest.fixture(scope="session")
def nights_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("sqlite") / "state"
    settings = replace(rehearsal(folder), database_url=sqlite_url(folder))
    for night in NIGHTS:
        assert rehearse(settings, night).exit_code == 0
    return settings


def test_three_nights_in_a_row_add_each_record_once(three_nights: Settings) -> None:
    store = open_store(three_nights)
    with store.read() as tx:
        records = list_records(tx)
        runs = search_log(tx)
        nights = all_nights(tx)
    store.close()
    pmids = [record.pmid for record in records]
    assert len(pmids) == len(set(pmids))
    by_night = [sum(r.first_night == night.isoformat() for r in records) for night in NIGHTS]
    # The archive's README: 78 records on the first night, 3 and 4 new ones on the next two.
    assert by_night == [78, 3, 4]
    new = {night.isoformat(): 0 for night in NIGHTS}
    for run in runs:
        new[run.night] += run.new_records or 0
    assert list(new.values()) == by_night
    assert [night.state for night in nights] == ["done"] * 3


def test_no_night_needs_15_requests_of_pubmed(three_nights: Settings) -> None:
    store = open_store(three_nights)
    with store.read() as tx:
        counts = [request_count(tx, night.night_id) for night in all_nights(tx)]
    store.close()
    # The log counts the registry's requests as well.
    assert max(counts) < 15


def test_a_night_run_twice_changes_nothing_but_the_search_log(three_nights: Settings) -> None:
    before, site_before = evidence_state(three_nights), site_state(three_nights.site_dir)
    assert rehearse(three_nights, NIGHTS[-1]).exit_code == 0
    assert evidence_state(three_nights) == before
    assert site_state(three_nights.site_dir) == site_before


def test_the_erratum_of_e2108_reopens_its_values_and_shows_on_the_study_page(three_nights: Settings) -> None:
    store = open_store(three_nights)
    with store.read() as tx:
        reopened = [item.item for item in queue_items(tx) if item.state == "reopened"]
    store.close()
    assert "reopened:e2108-2022--os--all--all--1" in reopened
    assert all("e2108" in item for item in reopened)
    pages = [p for p in (three_nights.site_dir / "studies").rglob("index.html") if "e2108" in str(p).casefold()]
    assert any("35427466" in page.read_text(encoding="utf-8") for page in pages)
    pool = json.loads((_latest(three_nights) / "results" / "os--all--all--randomised.json").read_text(encoding="utf-8"))
    (e2108,) = [entry for entry in pool["inputs"] if entry["study_id"] == "E2108"]
    # An erratum re-opens and does not remove: the trial stays in the pool, marked.
    assert "re-opened by a notice in PubMed" in e2108["note"]
    assert pool["k"] == 5


def _latest(settings: Settings) -> Path:
    """Return the folder of the last published snapshot."""
    version = json.loads((settings.site_dir / "site.json").read_text(encoding="utf-8"))["snapshot_id"]
    return settings.snapshots_dir / version


def test_no_page_but_the_validation_page_shows_the_naive_result(three_nights: Settings) -> None:
    naive = [
        path.relative_to(three_nights.site_dir)
        for path in three_nights.site_dir.rglob("*")
        if path.is_file() and b"0.880" in path.read_bytes()
    ]
    assert naive
    assert all(path.parts[0] == "validation" for path in naive), naive


def test_every_page_of_a_rehearsal_says_so(three_nights: Settings) -> None:
    for page in three_nights.site_dir.rglob("*.html"):
        assert "ehearsal" in page.read_text(encoding="utf-8"), page


def test_the_headline_is_the_reference_result(tmp_path: Path) -> None:
    report = rehearse(rehearsal(tmp_path / "state"), NIGHTS[0])
    assert report.publication is not None
    assert "HR 0.928 (95 % CI 0.690-1.249)" in report.publication.headline
    assert (report.publication.version, report.publication.new) == ("2026.1", True)


def test_a_value_approved_by_two_people_is_in_the_published_pool_with_its_words(tmp_path: Path) -> None:
    settings = rehearsal(tmp_path / "state")
    for night in NIGHTS:
        rehearse(settings, night)
    store = open_store(settings)
    # LaPaz 2017 (PMID 28994557): HR 0.20 (0.07-0.57), not in the starting table (archive README).
    for person in ("reviewer-a", "reviewer-b"):
        include_record(
            store,
            settings.protocol,
            "28994557",
            by=person,
            at=AT,
            study={"design": "retrospective_cohort"},
            reason=None,
        )
    with store.read() as tx:
        (candidate,) = (c for c in list_candidates(tx, pmid="28994557") if c.effect.ci_high == 0.57)
        assert f"value:{candidate.candidate_id}" in [i.item for i in queue_items(tx)]
    for person in ("reviewer-a", "reviewer-b"):
        changes = {"numerator_arm": "surgery", "outcome": "OS", "subtype": "all", "pattern": "all", "ci_level": "95"}
        state = approve_value(
            store,
            settings.protocol,
            candidate.candidate_id,
            by=person,
            at=AT,
            changes=changes,
            reason="as the abstract says",
            clear_checks=True,
        )
    assert state == "approved"
    now = rehearsal_clock(settings, NIGHTS[-1])()
    done = publish(settings, store, now=now, night=NIGHTS[-1])
    store.close()
    assert done.new
    snapshot = read_snapshot(next(settings.snapshots_dir.glob(f"{done.version}-*")))
    pooled = snapshot.result("os--all--all--observational")
    assert pooled is not None
    assert "pmid-28994557" in {i.study_id for i in pooled.inputs}
    value = next(v for v in snapshot.values if v.report_id == "pmid-28994557")
    page = next(p for p in (settings.site_dir / "studies").rglob("index.html") if "28994557" in str(p))
    html = page.read_text(encoding="utf-8")
    assert value.quote is not None
    assert "0.07" in value.quote
    assert value.value_id in html
    assert "reviewer-a" in html


def test_the_approval_is_told_as_the_reason_for_the_new_version(tmp_path: Path) -> None:
    settings = after_first_night(tmp_path / "state")
    snapshot = read_snapshot(next(settings.snapshots_dir.glob("2026.1-*")))
    assert snapshot.changes.previous_version is None
    assert snapshot.manifest.rehearsal
    for box, parts in snapshot.flow.edges:
        counts = {b.key: b.count for b in snapshot.flow.boxes}
        assert counts[box] == sum(counts[part] for part in parts)


def test_the_same_nights_give_the_same_bytes_again_and_on_either_database(
    three_nights: Settings, nights_on_sqlite: Settings
) -> None:
    for folder in ("snapshots", "site"):
        expected, found = (
            {path.relative_to(s.state_dir / folder): path.read_bytes() for path in files(s.state_dir / folder)}
            for s in (nights_on_sqlite, three_nights)
        )
        assert len(expected) > 20
        assert set(found) == set(expected)
        assert [path for path in expected if found[path] != expected[path]] == []


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
