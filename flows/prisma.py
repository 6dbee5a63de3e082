"""The PRISMA flow: every box a count from the log, every edge a sum that holds."""

from __future__ import annotations

from collections.abc import Mapping

from extract.schema.protocol import Protocol
from extract.schema.record import Pmid
from extract.schema.vocabulary import RecordState
from extract.store.decisions import latest_votes
from extract.store.engine import Transaction
from extract.store.records import StoredRecord
from extract.store.results import QUERY_WINDOWS
from flows.frozen import FrozenTable
from reports.model import Flow, FlowBox, Synthesis
from reports.rows import ExcludedRow


def excluded_records(tx: Transaction, protocol: Protocol, records: tuple[StoredRecord, ...]) -> tuple[ExcludedRow, ...]:
    """Return the records people excluded, each with its one reason."""
    labels = {reason.code: reason.label for reason in protocol.eligibility.exclusion_reasons}
    rows = []
    for record in records:
        if record.state is not RecordState.EXCLUDED:
            continue
        # The last vote decided; the database refuses an exclusion without a reason.
        code = [code for _, code, _ in latest_votes(tx, record.pmid).values() if code][-1]
        rows.append(
            ExcludedRow(
                record_key=record.pmid,
                title=record.title,
                year=record.publication_year,
                reason_code=code,
                reason=labels.get(code, code),
                stage="screening",
            )
        )
    return tuple(rows)


def prisma_flow(
    protocol: Protocol,
    records: tuple[StoredRecord, ...],
    table: FrozenTable,
    syntheses: tuple[Synthesis, ...],
    excluded: tuple[ExcludedRow, ...],
    origins: Mapping[Pmid, str],
) -> Flow:
    """Count records, reports and studies as the log has them.

    Parameters
    ----------
    origins
        Kind of the run that brought each record in; a record without one came by an imported file.
    """
    in_state = {state: [r for r in records if r.state is state] for state in RecordState}
    waiting = sum(len(in_state[s]) for s in (RecordState.NEW, RecordState.SCREENING, RecordState.CONFLICT))
    with_record = {record.report_id for record in records if record.report_id}
    reports_with_values = {frozen.report.report_id for frozen in table.values}
    primary = [s for s in syntheses if s.outcome == protocol.primary_outcome().code and s.pattern == "all"]
    pooled = {i.study_id for s in primary if s.subtype == "all" for i in s.inputs}
    included = in_state[RecordState.INCLUDED]
    valued = sum(record.report_id in reports_with_values for record in included)
    found = [origins.get(record.pmid) for record in records]
    boxes = (
        FlowBox(
            key="identified", label="Records identified from PubMed", count=sum(kind in QUERY_WINDOWS for kind in found)
        ),
        FlowBox(
            key="other_citations",
            label="Records identified by citation searching (citing or cited by included reports)",
            count=sum(kind not in (None, *QUERY_WINDOWS) for kind in found),
        ),
        FlowBox(
            key="other_imported",
            label="Records imported by people from other databases",
            count=sum(kind is None for kind in found),
        ),
        FlowBox(key="records", label="Records to screen, from every source", count=len(records)),
        FlowBox(key="waiting", label="Records waiting for screening", count=waiting),
        FlowBox(key="excluded", label="Records excluded", count=len(excluded)),
        FlowBox(key="included_records", label="Records included", count=len(included)),
        FlowBox(
            key="records_without_value",
            label="Included records without an approved value so far",
            count=len(included) - valued,
        ),
        FlowBox(key="records_with_value", label="Included records with an approved value", count=valued),
        FlowBox(
            key="other_reports",
            label="Reports identified by other methods (in the starting table, not a record)",
            count=len(reports_with_values - with_record),
        ),
        FlowBox(key="reports", label="Reports with at least one approved value", count=len(reports_with_values)),
        FlowBox(
            key="studies",
            label="Studies (trial families) with at least one approved value",
            count=len({frozen.family.study_id for frozen in table.values}),
        ),
        FlowBox(key="pooled", label="Studies in the main analyses of the primary outcome", count=len(pooled)),
    )
    reasons = tuple(
        FlowBox(key=reason.code, label=reason.label, count=sum(e.reason_code == reason.code for e in excluded))
        for reason in protocol.eligibility.exclusion_reasons
    )
    return Flow(
        boxes=boxes,
        edges=(
            ("records", ("waiting", "excluded", "included_records")),
            ("included_records", ("records_without_value", "records_with_value")),
        ),
        exclusion_reasons=reasons,
    )
