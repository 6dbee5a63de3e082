"""The content of a snapshot: tables, flow, changes and validation, read from the store in one view."""

from __future__ import annotations

import importlib.metadata
from typing import Any

from extract.candidates import EXTRACTOR_VERSION
from extract.review.checked import findings_on
from extract.schema.protocol import Protocol
from extract.schema.vocabulary import Design, body_of
from extract.screening.model_card import model_card
from extract.screening.model_settings import MODEL_VERSION
from extract.store.curated import Report, TrialFamily
from extract.store.decisions import all_decisions
from extract.store.engine import Transaction
from extract.store.log import search_log
from extract.store.records import list_records
from extract.store.results import record_origins
from extract.store.versions import TableVersion
from flows.appraisal import bias_rows
from flows.frozen import FrozenTable, FrozenValue
from flows.prisma import excluded_records, prisma_flow
from flows.registered import ongoing_rows
from flows.settings import Settings
from flows.status import searched_through
from flows.validation import validation
from reports.changes import compare
from reports.model import Automation, Changes, Manifest, Snapshot, Synthesis
from reports.rows import DecisionRow, OtherResultRow, ReportRow, SearchRow, StudyRow, ValueRow
from reports.snapshot import FORMAT

PUBLISHED_DECISIONS = (
    "vote",
    "approve",
    "reject",
    "link",
    "confirm",
    "withdraw",
    "reopen",
    "import",
    "correct",
    "split",
    "list",
    "set_aside",
)


def snapshot_content(
    tx: Transaction,
    settings: Settings,
    table: FrozenTable,
    version: TableVersion,
    syntheses: tuple[Synthesis, ...],
    previous: Snapshot | None,
    *,
    label: str,
    snapshot_id: str,
    fingerprint: str,
    at: str,
) -> Snapshot:
    """Put together everything the site may say about one frozen version."""
    protocol = settings.protocol
    records = list_records(tx)
    through = searched_through(tx, protocol)
    excluded = excluded_records(tx, protocol, records)
    snapshot = Snapshot(
        manifest=Manifest(
            format=FORMAT,
            snapshot_id=snapshot_id,
            version=label,
            table_version=version.version,
            created_at=at,
            integrated_through=None,
            searched_through=through.isoformat() if through else None,
            code_revision=importlib.metadata.version("living-review"),
            protocol_sha256=settings.protocol_sha256,
            rehearsal=settings.rehearsal,
            previous_snapshot_id=previous.manifest.snapshot_id if previous else None,
            content_hash=fingerprint,
            automation=_automation(settings),
            files={},
        ),
        protocol=protocol_page(protocol),
        studies=_studies(table),
        reports=_reports(table),
        values=tuple(_value(frozen) for frozen in table.values),
        decisions=_decisions(tx),
        excluded=excluded,
        searches=_searches(tx),
        ongoing=ongoing_rows(tx, table),
        other_results=_other_results(table),
        risk_of_bias=bias_rows(table, protocol),
        results=syntheses,
        flow=prisma_flow(protocol, records, table, syntheses, excluded, record_origins(tx)),
        changes=NO_CHANGES,
        validation=validation(table, protocol),
    )
    return snapshot.model_copy(update={"changes": compare(previous, snapshot)})


def _automation(settings: Settings) -> Automation:
    second = settings.second_extractor
    return Automation(
        ranking=model_card(),
        ranking_version=MODEL_VERSION,
        extractor=EXTRACTOR_VERSION,
        second_extractor=second.model if second is not None else None,
    )


NO_CHANGES = Changes(
    previous_version=None, triggers=(), values_added=(), values_removed=(), values_changed=(), estimates=()
)


def protocol_page(protocol: Protocol) -> dict[str, Any]:
    """Return the protocol as plain JSON, with each query as sent."""
    page = protocol.model_dump(mode="json")
    for entry, strategy in zip(page["search"], protocol.search, strict=True):
        entry["query"] = strategy.query()
    return page


def _studies(table: FrozenTable) -> tuple[StudyRow, ...]:
    included = {frozen.family.study_id for frozen in table.values}
    return tuple(_study(family) for family in table.families if family.study_id in included)


def _study(family: TrialFamily) -> StudyRow:
    facts = family.facts
    years = [str(facts[key]) for key in ("accrual_start", "accrual_end") if facts.get(key)]
    return StudyRow(
        study_id=family.study_id,
        label=str(facts.get("label") or family.study_id),
        design=family.design,
        body=body_of(Design(family.design)).value,
        country=facts.get("country"),
        registry_ids=facts.get("registry_ids"),
        accrual="-".join(years) or None,
        data_source=facts.get("data_source"),
        overlap_group=family.overlap_group,
        immortal_time=facts.get("immortal_time"),
        n_total=facts.get("n_total"),
        note=facts.get("note"),
    )


def _reports(table: FrozenTable) -> tuple[ReportRow, ...]:
    included = {frozen.family.study_id for frozen in table.values}
    alerts: dict[str, list[str]] = {}
    for alert in table.alerts:
        alerts.setdefault(alert.report_id, []).append(f"{alert.kind}: {alert.notice}")
    return tuple(
        _report(report, "; ".join(alerts.get(report.report_id, [])) or None)
        for report in table.reports
        if report.study_id in included
    )


def _report(report: Report, alert: str | None) -> ReportRow:
    facts = report.facts
    return ReportRow(
        report_id=report.report_id,
        study_id=report.study_id,
        report_type=str(facts.get("report_type") or "primary"),
        first_author=facts.get("first_author"),
        year=facts.get("year"),
        title=facts.get("title"),
        journal=facts.get("journal"),
        pmid=report.pmid,
        doi=report.doi,
        supersedes=facts.get("supersedes"),
        median_follow_up_months=facts.get("median_follow_up_months"),
        alert=alert,
        source_url=facts.get("source_url"),
    )


def _said(content: object) -> str:
    """Return a field of a correction in words; one that the report leaves empty is not the word of a program."""
    return "not stated" if content is None else str(content)


def _value(frozen: FrozenValue) -> ValueRow:
    value, used = frozen.value, frozen.used
    corrections = "; ".join(
        f"{c.field}: {_said(c.reported)} -> {_said(c.corrected)} ({c.reason}; {c.by}, {c.on})"
        if c.kind == "correction"
        else f"{c.field}: {c.reported} ({c.kind}: {c.reason}; {c.by}, {c.on})"
        for c in value.corrections
    )
    span = value.span
    return ValueRow(
        value_id=value.value_id,
        study_id=frozen.family.study_id,
        report_id=frozen.report.report_id,
        outcome=used.outcome,
        subtype=used.subtype,
        pattern=used.pattern,
        population=used.population,
        measure=used.measure,
        estimate=used.estimate,
        ci_low=used.ci_low,
        ci_high=used.ci_high,
        ci_level=used.ci_level,
        p_value=used.p_value,
        p_sided=used.p_sided,
        numerator_arm=used.numerator_arm,
        numerator_arm_reported=value.reported.numerator_arm,
        n_surgery=used.n_surgery,
        n_control=used.n_control,
        events_surgery=used.events_surgery,
        events_control=used.events_control,
        median_surgery_months=used.median_surgery_months,
        median_control_months=used.median_control_months,
        adjusted=used.adjusted,
        where_reported=used.where_reported,
        quote=used.quote,
        span_source=span.source if span else None,
        span_start=span.start if span else None,
        span_end=span.end if span else None,
        source_pmid=value.span_pmid,
        origin=value.origin,
        approved_by="; ".join(value.approved_by),
        approved_at=value.approved_at,
        correction=corrections or None,
        checks="; ".join(finding.code for finding in findings_on(used)) or None,
        poolable=used.poolable,
        not_poolable_reason=used.not_poolable_reason,
    )


def _decisions(tx: Transaction) -> tuple[DecisionRow, ...]:
    return tuple(
        DecisionRow(
            seq=logged.seq,
            at=logged.decision.at,
            by=logged.decision.by,
            action=logged.decision.action,
            subject_kind=logged.decision.subject_kind,
            subject_id=logged.decision.subject_id,
            field=logged.decision.field,
            old=logged.decision.old,
            new=logged.decision.new,
            reason=logged.decision.reason,
        )
        for logged in all_decisions(tx)
        if logged.decision.action in PUBLISHED_DECISIONS
    )


def _searches(tx: Transaction) -> tuple[SearchRow, ...]:
    return tuple(
        SearchRow(
            run_id=run.run_id,
            source=run.source,
            night=run.night,
            date_type=run.date_type,
            window_start=run.window_start,
            window_end=run.window_end,
            state=run.state.value,
            hits=run.hits,
            received=run.received,
            new_records=run.new_records,
            message=run.message,
        )
        for run in search_log(tx)
    )


def _other_results(table: FrozenTable) -> tuple[OtherResultRow, ...]:
    return tuple(
        OtherResultRow(report_id=report.report_id, study_id=report.study_id, **other)
        for report in table.reports
        for other in report.facts.get("other_results", [])
    )
