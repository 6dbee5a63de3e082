"""Importing the starting table: once for each content of it, with a decision for every row.

A changed starting table (a new release) is imported again: rows it holds are replaced, rows that people approved in
the queue are left alone.
"""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import Any

from extract.baseline.corrections import apply_corrections
from extract.baseline.rows import Baseline, BaselineReport, BaselineStudy, CorrectedValue
from extract.review.routes import ROUTE_FIELDS
from extract.schema.value import ReportedValue, ValueCorrection
from extract.store.curated import (
    CuratedValue,
    Report,
    TrialFamily,
    all_reports,
    families,
    get_value,
    put_family,
    put_report,
    put_value,
)
from extract.store.decisions import Decision, decisions_on, record_decision
from extract.store.engine import Transaction
from extract.store.versions import content_hash, note_import, was_imported
from flows.context import NightContext
from flows.linking import PROTOCOL_TEAM

ORIGIN = "baseline"


def import_baseline(context: NightContext, baseline: Baseline) -> bool:
    """Import the starting rows unless this very content was imported before; return whether it was new.

    Raises
    ------
    extract.errors.BaselineError
        A correction no longer applies.
    """
    corrected = apply_corrections(baseline.values, baseline.corrections)
    fingerprint = content_hash([repr(baseline)])
    with context.store.write() as tx:
        if was_imported(tx, fingerprint):
            return False
        known = {family.study_id: family for family in families(tx)}
        for study in baseline.studies:
            put_family(tx, _with_decided_group(tx, _family(study), known.get(study.study_id)))
        linked = {report.report_id: report for report in all_reports(tx)}
        for report in baseline.reports:
            if report.study_id is not None:
                put_report(tx, _with_decided_study(tx, _report(report, baseline), linked.get(report.report_id)))
        for value in corrected:
            _import_value(tx, context, value)
        note_import(tx, fingerprint, kind=ORIGIN, at=context.now())
    return True


def _family(study: BaselineStudy) -> TrialFamily:
    facts = asdict(study)
    for key in ("study_id", "design", "overlap_group"):
        facts.pop(key)
    facts["registry_ids"] = "; ".join(study.registry_ids) or None
    facts["also_overlaps"] = list(study.also_overlaps)
    facts["immortal_time"] = study.immortal_time.value
    return TrialFamily(study.study_id, study.design.value, study.overlap_group, ORIGIN, facts)


def _with_decided_group(tx: Transaction, family: TrialFamily, known: TrialFamily | None) -> TrialFamily:
    """Return a starting study in the overlap group that people gave it since, if they did."""
    if known is None or not _decided(tx, "study", family.study_id):
        return family
    also = {"also_overlaps": known.facts.get("also_overlaps")}
    return replace(family, overlap_group=known.overlap_group, facts=family.facts | also)


def _with_decided_study(tx: Transaction, report: Report, known: Report | None) -> Report:
    """Return a starting report in the study that people moved it to since, if they did."""
    if known is None or not _decided(tx, "report", report.report_id):
        return report
    supersedes = {"supersedes": known.facts.get("supersedes")}
    return replace(report, study_id=known.study_id, facts=report.facts | supersedes)


def _decided(tx: Transaction, kind: str, identifier: str) -> bool:
    return any(logged.decision.action in ("link", "split") for logged in decisions_on(tx, kind, identifier))


def _report(report: BaselineReport, baseline: Baseline) -> Report:
    facts = asdict(report)
    for key in ("report_id", "study_id", "pmid", "doi"):
        facts.pop(key)
    facts["median_follow_up_months"] = facts.pop("median_followup_months")
    facts["unverified_fields"] = list(report.unverified_fields)
    facts["other_results"] = [
        {
            "outcome": other.outcome,
            "subtype": other.subtype,
            "pattern": other.pattern,
            "measure": other.measure,
            "result": other.text if other.population is None else f"{other.population}: {other.text}",
            "quote": other.text,
        }
        for other in baseline.other_results
        if other.report_id == report.report_id
    ]
    return Report(report.report_id, report.study_id or "", report.pmid, report.doi, ORIGIN, facts)


def _import_value(tx: Transaction, context: NightContext, corrected: CorrectedValue) -> None:
    row = asdict(corrected.reported)
    row["comparison_rank"] = row["comparison_rank"] or 1
    plain: dict[str, Any] = {
        field.name: _plain(row[field.name]) for field in fields(ReportedValue) if field.name not in ROUTE_FIELDS
    }
    reported = ReportedValue(**plain)
    corrections = tuple(
        ValueCorrection(
            field=decision.field,
            reported=_plain(getattr(corrected.reported, decision.field)),
            corrected=_plain(getattr(corrected.value, decision.field)) if decision.kind != "exclusion" else None,
            reason=f"{decision.reason} {decision.evidence}",
            by=decision.decided_by,
            on=decision.decided_on.isoformat(),
            kind=decision.kind,  # type: ignore[arg-type]
        )
        for decision in corrected.decisions
    )
    known = get_value(tx, corrected.reported.value_id)
    put_value(
        tx,
        CuratedValue(
            value_id=corrected.reported.value_id,
            report_id=corrected.reported.report_id,
            origin=ORIGIN,
            state=known.state if known else "approved",
            reported=reported,
            corrections=corrections,
            approved_by=(PROTOCOL_TEAM,),
            approved_at=context.now(),
            span=known.span if known else None,
            span_pmid=known.span_pmid if known else None,
        ),
    )
    _log_import(tx, context, corrected, corrections)


def _log_import(
    tx: Transaction, context: NightContext, corrected: CorrectedValue, corrections: tuple[ValueCorrection, ...]
) -> None:
    value_id = corrected.reported.value_id
    record_decision(
        tx,
        Decision(
            at=context.now(),
            by=PROTOCOL_TEAM,
            action="import",
            subject_kind="value",
            subject_id=value_id,
            reason=f"starting table, read in {corrected.reported.source_url}",
        ),
    )
    for correction in corrections:
        record_decision(
            tx,
            Decision(
                at=context.now(),
                by=correction.by,
                action=correction.kind if correction.kind != "correction" else "correct",
                subject_kind="value",
                subject_id=value_id,
                field=correction.field,
                old=_text(correction.reported),
                new=_text(correction.corrected),
                reason=correction.reason,
            ),
        )


def _plain(cell: object) -> object:
    """Return enum members as their plain text, so that JSON gives back what was put in."""
    return str(cell) if isinstance(cell, str) else cell


def _text(cell: object) -> str | None:
    return None if cell is None else str(cell)
