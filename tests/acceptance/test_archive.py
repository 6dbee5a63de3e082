"""The recorded archive: true to its files, to the starting rows, and to what the query must find."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from extract.baseline import Baseline, BaselineReport
from extract.pubmed.parse import parse_records
from extract.pubmed.replay.archive import Archive, load_archive
from extract.pubmed.replay.evaluate import evaluate
from extract.pubmed.replay.language import parse_query
from extract.schema.protocol import Protocol
from extract.schema.record import Pmid, Record

FOLDER = Path(__file__).resolve().parents[2] / "extract" / "pubmed" / "replay" / "archive"
NIGHTS = (dt.date(2026, 11, 20), dt.date(2026, 11, 21), dt.date(2026, 11, 22))
FILES = sorted((FOLDER / "records").glob("*.xml")) + sorted((FOLDER / "revisions").glob("*/*.xml"))
REHEARSAL_IDS = range(990000001, 990001000)
MUST_PASS_THE_QUEUE = {"42057318", "28994557", "10.1186/s12885-018-4767-x", "10.1002/bjs.7650"}


def plain(text: str) -> str:
    """Fold a title as a reader compares it: no markup, case or punctuation."""
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


@pytest.fixture(scope="module")
def last_night() -> Archive:
    return load_archive(FOLDER, as_of=NIGHTS[-1])


@pytest.fixture(scope="module")
def records(last_night: Archive) -> dict[Pmid, Record]:
    return {pmid: stored.record for pmid, stored in last_night.records.items()}


@pytest.fixture(scope="module")
def found(protocol: Protocol, last_night: Archive) -> set[str]:
    return set(evaluate(parse_query(protocol.search[0].query()), last_night.records).pmids)


def record_of(report: BaselineReport, records: dict[Pmid, Record]) -> Record | None:
    """Find a report in the archive by PMID, DOI or title, in this order."""
    for record in records.values():
        if report.pmid and record.pmid == report.pmid:
            return record
        if report.doi and record.doi and record.doi.lower() == report.doi.lower():
            return record
        if not report.pmid and not report.doi and plain(record.title) == plain(report.title):
            return record
    return None


def test_the_archive_is_large_enough(records, found, baseline):
    assert len(records) >= 60 + 25
    excluded = {seed.key for seed in baseline.screening if seed.decision == "exclude"}
    screened_out = [
        p for p in found if {p, records[p].doi} & excluded or plain(records[p].title) in map(plain, excluded)
    ]
    assert len(screened_out) >= 25


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_is_well_formed_and_holds_the_record_of_its_name(path: Path):
    text = path.read_bytes()
    assert text.split(b"\n")[1].startswith(b"<!DOCTYPE PubmedArticleSet PUBLIC")
    root = etree.fromstring(text, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    assert root.tag == "PubmedArticleSet"
    assert [child.tag for child in root] == ["PubmedArticle"]
    ids = {root.findtext(".//MedlineCitation/PMID"), root.findtext(".//ArticleId[@IdType='pubmed']"), path.stem}
    assert ids == {path.stem}
    doi, in_ids = root.findtext(".//ELocationID[@EIdType='doi']"), root.findtext(".//ArticleId[@IdType='doi']")
    assert doi == in_ids
    (record,) = parse_records(io.BytesIO(text))
    assert isinstance(record, Record)
    assert record.title
    assert record.journal
    assert record.publication_types
    assert "stored copy" not in record.abstract_text()


def test_dates_are_days_that_exist_and_none_lies_after_the_last_night(records):
    for record in records.values():
        created = dt.date.fromisoformat(record.created)
        assert created <= NIGHTS[-1], record.pmid
        assert record.publication_year is not None
        assert 2002 <= record.publication_year <= 2026
        assert created.year in (record.publication_year, record.publication_year - 1, 2026), record.pmid


def test_no_doi_or_title_stands_twice(records):
    dois = [record.doi.lower() for record in records.values() if record.doi]
    titles = [plain(record.title) for record in records.values()]
    assert len(dois) == len(set(dois))
    assert len(titles) == len(set(titles))


def test_an_id_is_either_known_or_openly_a_rehearsal_id(records, baseline):
    known = {report.pmid for report in baseline.reports if report.pmid}
    for pmid, record in records.items():
        assert int(pmid) < 50_000_000 or int(pmid) in REHEARSAL_IDS
        if record.doi and record.doi in {report.doi for report in baseline.reports if report.pmid}:
            assert pmid in known


def test_every_pmid_of_the_starting_rows_is_in_the_archive(records, baseline):
    assert {report.pmid for report in baseline.reports if report.pmid} <= set(records)


def numbers(text: str) -> set[float]:
    return {float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)}


def abstract_figures(baseline: Baseline) -> Iterator[tuple[str, float]]:
    """Yield the estimate and limits of every value read in an abstract."""
    for v in baseline.values:
        if v.where_reported == "abstract":
            yield from ((v.value_id, figure) for figure in (v.estimate, v.ci_low, v.ci_high) if figure is not None)
            if v.p_value is not None and v.subtype == v.pattern == "all" and v.population is None:
                yield v.value_id, float(v.p_value.lstrip("<>= "))


def test_every_figure_of_a_value_stands_in_the_archived_abstract(records, baseline):
    reports = {report.report_id: report for report in baseline.reports}
    report_of = {value.value_id: reports[value.report_id] for value in baseline.values}
    missing = []
    for value_id, figure in abstract_figures(baseline):
        record = record_of(report_of[value_id], records)
        assert record is not None, value_id
        if figure not in numbers(record.abstract_text()):
            missing.append((value_id, figure, record.pmid))
    assert missing == []


def test_years_and_titles_agree_with_the_starting_rows(records, baseline):
    for report in baseline.reports:
        record = record_of(report, records)
        if record is None:
            continue
        if report.year is not None:
            assert record.publication_year == report.year, report.report_id
        if not report.title.startswith("["):
            assert plain(record.title) == plain(report.title), report.report_id


@pytest.mark.parametrize(
    "pmid",
    ["31082916", "34995128", "35427466", "22833684", "40615712", "29777404", "26363985", "29542106", "37025581"],
)
def test_the_query_finds_the_known_items(pmid, found):
    assert pmid in found


def test_the_query_leaves_other_subjects_alone(found, records):
    assert len(found) == 85
    for pmid in ("33548588", "33951556", "34082744", "34022475", "33646064", "32512564", "33693593"):
        assert pmid in records
        assert pmid not in found


def test_each_later_night_brings_at_least_three_new_records_that_the_query_finds(protocol):
    query = parse_query(protocol.search[0].query())
    seen = set(evaluate(query, load_archive(FOLDER, as_of=NIGHTS[0]).records).pmids)
    assert len(seen) == 78
    for night, expected in zip(NIGHTS[1:], (3, 4), strict=True):
        now = set(evaluate(query, load_archive(FOLDER, as_of=night).records).pmids)
        assert seen < now
        assert len(now - seen) == expected
        seen = now


def test_the_reports_that_must_pass_the_queue_are_in_no_starting_row(records, baseline):
    late = [r for r in records.values() if r.created > NIGHTS[0].isoformat() and {r.pmid, r.doi} & MUST_PASS_THE_QUEUE]
    assert len(late) == 4
    for record in late:
        assert re.search(r"HR ?=? ?\d\.\d+; (95% CI )?\d\.\d+-\d\.\d+", record.abstract_text()), record.pmid
        assert all(record_of(report, {record.pmid: record}) is None for report in baseline.reports)
        keys = {plain(seed.key) for seed in baseline.screening}
        assert not keys & {plain(record.pmid), plain(record.doi or "-"), plain(record.title)}


def test_e2108_gains_its_erratum_on_the_second_night():
    before, after = (load_archive(FOLDER, as_of=night).records[Pmid("34995128")] for night in NIGHTS[:2])
    assert before.record.links == ()
    assert [(link.ref_type, link.pmid) for link in after.record.links] == [("ErratumIn", "35427466")]
    assert after.modified == NIGHTS[1]
    assert before.record.abstract == after.record.abstract


def test_the_erratum_points_back_to_e2108(records):
    assert [(link.ref_type, link.pmid) for link in records[Pmid("35427466")].links] == [("ErratumFor", "34995128")]


def test_markup_inside_a_title_loses_no_word(records):
    assert records[Pmid("37025581")].title == "The Role of Primary Surgery in De Novo Metastatic Breast Carcinoma."


def test_no_record_is_an_invented_retraction(records):
    assert not [record.pmid for record in records.values() if record.is_retracted()]


def test_links_join_records_of_the_archive_and_agree_both_ways(records):
    links = json.loads((FOLDER / "links.json").read_text(encoding="utf-8"))
    pairs = {(a, b) for a, targets in links["pubmed_pubmed_refs"].items() for b in targets}
    back = {(a, b) for b, sources in links["pubmed_pubmed_citedin"].items() for a in sources}
    assert pairs == back
    assert {pmid for pair in pairs for pmid in pair} <= set(records)
    assert len(pairs) == 20


def test_every_screening_seed_but_the_known_absent_ones_has_its_record(records, baseline):
    dois = {record.doi.lower() for record in records.values() if record.doi}
    titles = {plain(record.title) for record in records.values()}
    absent = {
        seed.key
        for seed in baseline.screening
        if not (
            (seed.key_type == "pmid" and seed.key in records)
            or (seed.key_type == "doi" and seed.key.lower() in dois)
            or (seed.key_type == "title" and plain(seed.key) in titles)
        )
    }
    # registry entries, conference abstracts, a preprint and a journal outside PubMed
    assert {key for key in absent if not key.startswith(("NCT", "TBCRC 013"))} == {
        "10.21203/rs.3.rs-2692678/v1",
        "10.1186/bcr1691",
        "10.1200/jco.2023.41.16_suppl.523",
        "10.26502/jcsct.5079127",
    }


def runs_of_words(text: str) -> set[tuple[str, ...]]:
    """Every run of twelve words, figures left out: figures are facts, and shorter runs are set phrases."""
    words = [word for word in plain(text).split() if not word[0].isdigit()]
    return {tuple(words[i : i + 12]) for i in range(len(words) - 11)}


def test_no_sentence_of_the_test_material_is_copied(shared, records):
    theirs: set[tuple[str, ...]] = set()
    for name in ("hr_abstracts_dev.jsonl", "hr_abstracts_extra.jsonl"):
        for line in (shared / "corpus" / name).read_text(encoding="utf-8").splitlines():
            theirs |= runs_of_words(json.loads(line).get("abstract") or "")
    for record in records.values():
        assert not theirs & runs_of_words(record.abstract_text()), record.pmid
