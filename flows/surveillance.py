"""Surveillance of what is included: every night the included records are fetched and looked at again.

A retraction takes the report's values out of every pool at the next publication; an expression of concern, an
erratum or an update re-opens them for a second look while they stay, marked, in the pool.
"""

from __future__ import annotations

from dataclasses import dataclass

from extract.errors import SearchFailed
from extract.pubmed.parse import record_from_json
from extract.schema.record import Record
from extract.schema.vocabulary import RecordState, SearchState
from extract.store.curated import Alert, add_alert, curated_values, set_value_state
from extract.store.decisions import Decision, record_decision
from extract.store.engine import Transaction
from extract.store.log import close_run, open_run
from extract.store.records import StoredRecord, get_record, list_records
from flows.context import NightContext
from flows.search import fetch_now

WATCHED = (
    "RetractionIn",
    "RetractedandRepublishedIn",
    "CorrectedandRepublishedIn",
    "ErratumIn",
    "ExpressionOfConcernIn",
    "RepublishedIn",
    "UpdateIn",
)
"""Links of PubMed (DTD 2025) that say something happened to a report after it was published."""


@dataclass(frozen=True)
class SurveillanceOutcome:
    """Included records looked at, alerts found tonight, values re-opened, and what went wrong."""

    looked_at: int
    alerts: tuple[str, ...]
    reopened: int
    failures: tuple[str, ...]


def watch_included(context: NightContext) -> SurveillanceOutcome:
    """Fetch the included records again and re-open what a notice touches."""
    with context.store.read() as tx:
        included = list_records(tx, states=[RecordState.INCLUDED])
    failures = _fetch(context, included) if included else ()
    alerts: list[str] = []
    reopened = 0
    for known in included:
        with context.store.write() as tx:
            current = get_record(tx, known.pmid)
            if current is None or current.report_id is None:
                continue
            for alert in _alerts(current, context):
                if add_alert(tx, alert):
                    alerts.append(f"{alert.report_id}: {alert.kind} {alert.notice}")
                    reopened += _reopen(tx, context, alert)
    return SurveillanceOutcome(len(included), tuple(alerts), reopened, failures)


def _fetch(context: NightContext, included: tuple[StoredRecord, ...]) -> tuple[str, ...]:
    with context.store.write() as tx:
        run_id = open_run(
            tx,
            context.night_id,
            source="pubmed",
            query_hash="surveillance",
            date_type="watch",
            window_start=None,
            window_end=None,
            at=context.now(),
        )
    pmids = [record.pmid for record in included if record.deleted_night is None]
    try:
        found = fetch_now(context, pmids, run_id)
    except SearchFailed as error:
        # Not swallowed: logged as failed, told to the operator, exit code 3.
        with context.store.write() as tx:
            close_run(tx, run_id, state=SearchState.FAILED, at=context.now(), hits=len(pmids), message=str(error))
        return (f"surveillance: {error}",)
    with context.store.write() as tx:
        close_run(
            tx,
            run_id,
            state=SearchState.COMPLETE,
            at=context.now(),
            hits=len(pmids),
            received=found["received"],
            new_records=0,
            changed_records=found["changed"],
        )
    return ()


def _alerts(stored: StoredRecord, context: NightContext) -> list[Alert]:
    record: Record = record_from_json(stored.content)
    report_id = stored.report_id or ""
    night = context.night.isoformat()
    alerts = [
        Alert(report_id, link.ref_type, f"PMID {link.pmid}" if link.pmid else link.ref_source, night)
        for link in record.links
        if link.ref_type in WATCHED
    ]
    if "Retracted Publication" in record.publication_types and not any("Retract" in a.kind for a in alerts):
        alerts.append(Alert(report_id, "Retracted Publication", f"PMID {record.pmid}", night))
    if stored.deleted_night is not None:
        alerts.append(Alert(report_id, "Deleted", f"PMID {record.pmid}", night))
    return alerts


def _reopen(tx: Transaction, context: NightContext, alert: Alert) -> int:
    # Also those that wait already: whoever confirmed them after an earlier notice has not seen this one.
    values = [v for v in curated_values(tx, report_id=alert.report_id) if v.state in ("approved", "reopened")]
    set_value_state(tx, [v.value_id for v in values], "reopened")
    for value in values:
        record_decision(
            tx,
            Decision(
                at=context.now(),
                by="surveillance",
                action="reopen",
                subject_kind="value",
                subject_id=value.value_id,
                old=value.state,
                new="reopened",
                reason=f"{alert.kind}: {alert.notice}",
            ),
        )
    return len(values)
