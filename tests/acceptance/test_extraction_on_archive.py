"""Every value people read in an abstract is also proposed by the programs, with its interval and level.

Subject matter (outcome, stratum) is a reviewer's question as well and is measured elsewhere; a number that is
never proposed would be missed without anyone noticing.
"""

from __future__ import annotations

import datetime as dt

import pytest

from extract.baseline import Baseline
from extract.candidates import propose_effects
from extract.pubmed.replay.archive import load_archive
from extract.schema.effect import Document, Effect
from extract.schema.protocol import Protocol
from extract.schema.record import Pmid, Record
from tests.acceptance.test_archive import FOLDER, record_of


@pytest.fixture(scope="module")
def records() -> dict[Pmid, Record]:
    stored = load_archive(FOLDER, as_of=dt.date(2026, 11, 22)).records
    return {pmid: entry.record for pmid, entry in stored.items()}


def proposed(record: Record, protocol: Protocol) -> tuple[Effect, ...]:
    return propose_effects(Document(record.pmid, record.title, record.abstract_text()), protocol)


def test_every_value_read_in_an_abstract_is_proposed_with_interval_and_level(baseline: Baseline, protocol, records):
    reports = {report.report_id: report for report in baseline.reports}
    missed = []
    for v in baseline.values:
        if v.where_reported == "abstract":
            record = record_of(reports[v.report_id], records)
            assert record is not None
            numbers = {(e.estimate, e.ci_low, e.ci_high, e.ci_level) for e in proposed(record, protocol)}
            if (v.estimate, v.ci_low, v.ci_high, v.ci_level) not in numbers:
                missed.append(v.value_id)
    assert missed == []


@pytest.mark.parametrize(
    ("identifier", "numbers"),
    [
        ("42057318", (0.54, 0.48, 0.60, 95)),
        ("28994557", (0.2, 0.07, 0.57, 95)),
        ("10.1186/s12885-018-4767-x", (0.53, 0.36, 0.78, 95)),
        ("10.1002/bjs.7650", (0.72, 0.56, 0.94, 95)),
    ],
)
def test_the_cohorts_of_the_later_nights_bring_a_ratio_to_the_queue(identifier, numbers, protocol, records):
    record = next(record for record in records.values() if identifier in (record.pmid, record.doi))
    assert numbers in {(e.estimate, e.ci_low, e.ci_high, e.ci_level) for e in proposed(record, protocol)}
