"""Every night proposes what may belong together, with evidence; people decide, and what they decided stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from extract.baseline.load import load_baseline
from extract.pubmed.parse import content_hash, record_to_json
from extract.review.linking import confirm_link, reject_link
from extract.schema.record import Record
from extract.store.curated import families
from extract.store.links import list_links
from extract.store.records import upsert_record
from flows.baseline import import_baseline
from flows.context import NightContext
from flows.proposals import propose_night
from tests.extract.store.records import record
from tests.nights import night_on_starting_table
from tests.stores import AT, protocol


@pytest.fixture
def context(tmp_path: Path) -> Iterator[NightContext]:
    """Return a night on a store that holds the starting table and no record."""
    with night_on_starting_table(tmp_path) as opened:
        yield opened


def add(context: NightContext, *records: Record) -> None:
    with context.store.write() as tx:
        for each in records:
            content = record_to_json(each)
            upsert_record(tx, each, content=content, content_hash=content_hash(each), night="2026-11-20", run_id=None)


def test_a_record_with_a_trials_number_is_proposed_as_its_report_with_the_evidence(context: NightContext) -> None:
    add(context, record("100", title="Surgery or not", abstract="Registered as NCT00557986 before the first patient."))
    assert propose_night(context).reports == 1
    with context.store.read() as tx:
        (link,) = list_links(tx, kind="report")
    assert (link.subject_id, link.target_id, link.night) == ("100", "MF07-01", "2026-11-20")
    assert [(e.kind, e.found, e.where) for e in link.evidence] == [("registry_id", "NCT00557986", "abstract")]


def test_the_same_night_again_proposes_nothing_new(context: NightContext) -> None:
    add(context, record("100", abstract="Registered as NCT00557986."))
    propose_night(context)
    again = propose_night(context)
    assert (again.reports, again.overlaps, again.duplicates) == (0, 0, 0)


def test_cohorts_that_share_a_source_and_years_are_proposed_unless_they_are_one_group(context: NightContext) -> None:
    propose_night(context)
    with context.store.read() as tx:
        pairs = {(link.subject_id, link.target_id) for link in list_links(tx, kind="overlap")}
        groups = {family.study_id: family.overlap_group for family in families(tx)}
    # Khan 2002 (NCDB 1990-1993) stands apart in the starting table, two SEER cohorts cover those years.
    assert {("Gnerlich-2007", "Khan-2002"), ("Khan-2002", "Thomas-2016")} <= pairs
    assert not any(groups[one] == groups[other] for one, other in pairs)


def test_a_preprint_and_its_article_are_proposed_as_one_publication(context: NightContext) -> None:
    title = "Locoregional surgery of the primary tumour in de novo stage IV breast cancer in our county"
    preprint = replace(record("100", title=title), journal="medRxiv", doi="10.1101/2026.01.01.26343210")
    add(context, preprint, replace(record("101", title=title), doi="10.1000/breast.1"))
    assert propose_night(context).duplicates == 1


def test_what_people_rejected_stays_rejected_on_the_next_night(context: NightContext) -> None:
    add(context, record("100", abstract="Registered as NCT00557986."))
    propose_night(context)
    with context.store.read() as tx:
        (link,) = list_links(tx, kind="report")
    reject_link(context.store, protocol(), link.proposal_id, by="reviewer-a", at=AT, reason="a comment")
    propose_night(context)
    with context.store.read() as tx:
        assert list_links(tx, kind="report") == ()


def test_a_new_starting_table_leaves_the_groups_that_people_decided(context: NightContext) -> None:
    propose_night(context)
    with context.store.read() as tx:
        link = next(link for link in list_links(tx, kind="overlap") if link.target_id == "Khan-2002")
    confirm_link(context.store, protocol(), link.proposal_id, by="reviewer-a", at=AT)
    baseline = load_baseline(protocol())
    import_baseline(context, replace(baseline, screening=baseline.screening[:-1]))
    with context.store.read() as tx:
        khan = next(family for family in families(tx) if family.study_id == "Khan-2002")
    assert khan.facts["also_overlaps"] == ["SEER"]
