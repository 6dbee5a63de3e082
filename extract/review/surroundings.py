"""What stands around a value in the curated table: notices, shared controls, overlapping cohorts, older reports."""

from __future__ import annotations

from collections.abc import Iterator

from extract.linkage.overlap import SHARED, sources_in
from extract.pubmed.parse import record_from_json
from extract.review.checked import NOTHING_KNOWN, Surroundings, people
from extract.review.strata import strata_sums
from extract.schema.protocol import Protocol
from extract.schema.value import ReportedValue, apply_corrections
from extract.schema.vocabulary import Design
from extract.store.curated import (
    CuratedValue,
    Report,
    TrialFamily,
    all_alerts,
    all_reports,
    curated_values,
    families,
)
from extract.store.engine import Transaction
from extract.store.links import list_links
from extract.store.records import StoredRecord


def surroundings(tx: Transaction, protocol: Protocol, record: StoredRecord, value: ReportedValue) -> Surroundings:
    """Return what the checks of a typed value need beyond the value; nothing while its record has no report.

    Parameters
    ----------
    protocol
        Says which strata share nobody.
    record
        The record the value is read from.
    value
        As it would be approved.
    """
    reports = {report.report_id: report for report in all_reports(tx)}
    own = reports.get(record.report_id or "")
    if own is None:
        return NOTHING_KNOWN
    studies = {family.study_id: family for family in families(tx)}
    study = studies[own.study_id]
    whole = (value.subtype, value.pattern, value.population) == ("all", "all", None)
    return Surroundings(
        notices=[alert.kind for alert in all_alerts(tx) if alert.report_id == own.report_id],
        shares_control_with=_sharing_controls(tx, own, value),
        overlap_used_by=_overlapping(tx, study, list(studies.values()), list(reports.values()), value),
        same_source_used_by=_same_source(tx, record, study, list(studies.values()), list(reports.values()), value),
        older_n=_older_people(tx, own, list(reports.values()), value),
        whole_n=study.facts.get("n_total") if whole else None,
        strata=strata_sums(value, _beside(tx, own), _arms(own), protocol),
    )


def _beside(tx: Transaction, own: Report) -> list[ReportedValue]:
    """Return every value of a report as it is used, poolable or not: its counts say how many there were."""
    return [
        apply_corrections(known.reported, known.corrections)
        for known in curated_values(tx, report_id=own.report_id)
        if known.state != "withdrawn"
    ]


def _arms(own: Report) -> dict[str, int | None]:
    return {name: own.facts.get(name) for name in ("n_surgery", "n_control")}


def _used(tx: Transaction, report: Report, value: ReportedValue) -> Iterator[tuple[CuratedValue, ReportedValue]]:
    """Yield the values of a report that stand for the same outcome and stratum and can be pooled."""
    place = (value.outcome, value.subtype, value.pattern, value.population)
    for known in curated_values(tx, report_id=report.report_id):
        used = apply_corrections(known.reported, known.corrections)
        here = (used.outcome, used.subtype, used.pattern, used.population) == place
        if here and used.poolable and known.state != "withdrawn":
            yield known, used


def _sharing_controls(tx: Transaction, own: Report, value: ReportedValue) -> list[str]:
    if value.comparison_group is None:
        return []
    return [
        known.value_id
        for known, used in _used(tx, own, value)
        if (used.comparison_group, used.comparison_rank) != (value.comparison_group, value.comparison_rank)
        and used.comparison_group == value.comparison_group
    ]


def _overlapping(
    tx: Transaction, study: TrialFamily, studies: list[TrialFamily], reports: list[Report], value: ReportedValue
) -> list[str]:
    if study.overlap_group is None:
        return []
    others = {
        other.study_id
        for other in studies
        if other.study_id != study.study_id and other.overlap_group == study.overlap_group
    }
    return sorted(
        {report.study_id for report in reports if report.study_id in others and any(_used(tx, report, value))}
    )


def _same_source(
    tx: Transaction,
    record: StoredRecord,
    study: TrialFamily,
    studies: list[TrialFamily],
    reports: list[Report],
    value: ReportedValue,
) -> list[str]:
    """Return the cohorts used here that may hold the same people, while nobody has said to which group a study belongs.

    A night proposes overlaps of cohorts after they were included; a value can be approved before that.
    """
    if study.overlap_group is not None or study.design == Design.RCT:
        return []
    parsed = record_from_json(record.content)
    own = sources_in(f"{parsed.title} {parsed.abstract_text()}") | _sources(study)
    own |= {other for pair in SHARED for other in pair if pair & own}
    apart = {(each.subject_id, each.target_id) for each in list_links(tx, kind="overlap", states=["rejected"])}
    others = {
        other.study_id
        for other in studies
        if other.study_id != study.study_id
        and other.design != Design.RCT
        and own & _sources(other)
        and not {(study.study_id, other.study_id), (other.study_id, study.study_id)} & apart
        and _years_may_meet(study, other)
    }
    return sorted(
        {report.study_id for report in reports if report.study_id in others and any(_used(tx, report, value))}
    )


def _sources(study: TrialFamily) -> frozenset[str]:
    return sources_in(" ".join(str(study.facts.get(name) or "") for name in ("data_source", "label")))


def _years_may_meet(one: TrialFamily, other: TrialFamily) -> bool:
    starts, ends = ([each.facts.get(name) for each in (one, other)] for name in ("accrual_start", "accrual_end"))
    known = [int(year) for year in (*starts, *ends) if year is not None]
    return len(known) < len((*starts, *ends)) or max(known[:2]) <= min(known[2:])


def _older_people(tx: Transaction, own: Report, reports: list[Report], value: ReportedValue) -> int | None:
    """Return the people of the same result in the latest earlier report of the study."""
    year = own.facts.get("year")
    older = [
        (report.facts["year"], counted)
        for report in reports
        if report.study_id == own.study_id and year is not None and (report.facts.get("year") or year) < year
        for _, used in _used(tx, report, value)
        if (counted := people(used)) is not None
    ]
    return max(older)[1] if older else None
