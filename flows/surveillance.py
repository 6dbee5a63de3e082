"""Surveillance of what is included: every night the included records are fetched and looked at again.

A retraction takes the report's values out of every pool at the next publication; an expression of concern, an
erratum or an update re-opens them for a second look while they stay, marked, in the pool.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extract.errors import SearchFailed
from extract.pubmed.fetch import EntrezClient
from extract.pubmed.parse import record_from_json
from extract.schema.record import Pmid, Record
from extract.schema.vocabulary import RecordState
from extract.store.curated import Alert, add_alert, curated_values, set_value_state
from extract.store.decisions import Decision, record_decision
from extract.store.engine import Transaction
from extract.store.records import StoredRecord, get_record, list_records, set_deleted
from flows.context import NightContext
from flows.pubmed import pubmed
from flows.runs import LoggedRun, logged_run
from flows.search import store_batches

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
                    reopened += reopen_values(tx, context, alert)
    return SurveillanceOutcome(len(included), tuple(alerts), reopened, failures)


def _fetch(context: NightContext, included: tuple[StoredRecord, ...]) -> tuple[str, ...]:
    """Fetch the included records again; return what went wrong."""
    # A record of an imported file without a PubMed id has nothing to be looked up by.
    pmids = [record.pmid for record in included if record.deleted_night is None and record.pmid.isdecimal()]
    if not pmids:
        return ()
    try:
        with logged_run(context, source="pubmed", date_type="watch", query_hash="surveillance") as run:
            run.hits = len(pmids)
            with pubmed(context, run.run_id) as client:
                missing = _received(context, client, run, pmids)
                # Passed over once may be a slip of the service; twice is a question of its own.
                missing = _received(context, client, run, missing)
                if missing:
                    withdrawn = confirm_withdrawn(client, missing, present=next(p for p in pmids if p not in missing))
                    _note_withdrawn(context, withdrawn)
                    run.message = f"withdrawn from PubMed: PMID {', '.join(withdrawn)}"
    except SearchFailed as error:
        # Not swallowed: logged as failed, told to the operator, exit code 3.
        return (f"surveillance: {error}",)
    return ()


def _received(context: NightContext, client: EntrezClient, run: LoggedRun, pmids: Sequence[Pmid]) -> tuple[Pmid, ...]:
    """Fetch and store records; return those that did not come.

    Raises
    ------
    SearchFailed
        Nothing at all came.
    """
    missing: list[Pmid] = []
    for first in range(0, len(pmids), client.settings.batch_size):
        answer = client.fetch(pmids[first : first + client.settings.batch_size])
        missing.extend(answer.missing)
        if answer.received:
            store_batches(context, [answer], run.run_id, run.counts)
    if pmids and not run.counts["received"]:
        raise SearchFailed(f"none of {len(pmids)} included records came; nothing is known about them; search again")
    return tuple(missing)


def confirm_withdrawn(client: EntrezClient, missing: Sequence[Pmid], *, present: Pmid) -> tuple[Pmid, ...]:
    """Return which records PubMed no longer has.

    efetch passes over a withdrawn record in silence, as it does over one it merely failed to send. So the ids are
    searched for, beside one that is known to be there: an answer that holds it and not the others is proof.

    Raises
    ------
    SearchFailed
        The search failed, does not find the one that is there, or finds the others (then they did not come).
    """
    answer = client.search(" OR ".join(f"{pmid}[uid]" for pmid in (*missing, present)))
    if present not in answer.pmids:
        raise SearchFailed(f"PubMed sent PMID {present} and does not find it; search again", state="incomplete")
    there = [pmid for pmid in missing if pmid in answer.pmids]
    if there:
        raise SearchFailed(
            f"{len(there)} included records are in PubMed but did not come: PMID {', '.join(there)}; search again",
            state="incomplete",
        )
    return tuple(missing)


def _note_withdrawn(context: NightContext, pmids: Sequence[Pmid]) -> None:
    with context.store.write() as tx:
        for pmid in pmids:
            set_deleted(tx, pmid, night=context.night.isoformat())


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


def reopen_values(tx: Transaction, context: NightContext, alert: Alert) -> int:
    """Re-open the values of the report an alert is about, each with its decision; return how many."""
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
