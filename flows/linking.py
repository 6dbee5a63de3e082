"""Records that report what the review already knows: tied to their report, with the decision that stood before.

A record is the same report when PubMed id, DOI or title (folded) agree; anything less is for people to decide.
"""

from __future__ import annotations

import re
import unicodedata

from extract.baseline.rows import Baseline, ScreeningSeed
from extract.schema.vocabulary import RecordState
from extract.store.curated import Report, all_reports
from extract.store.decisions import Decision, record_vote
from extract.store.engine import Transaction
from extract.store.records import StoredRecord, list_records, set_report, set_state
from flows.context import NightContext

PROTOCOL_TEAM = "protocol-team"
"""Who stands for the starting decisions."""


def folded(title: str) -> str:
    """Return a title reduced to its letters and digits, for comparing."""
    plain = unicodedata.normalize("NFKD", title).casefold()
    return " ".join(re.findall(r"[a-z0-9]+", plain))


def apply_starting_decisions(context: NightContext, baseline: Baseline) -> int:
    """Give records that were decided before the review began their decision; return how many."""
    with context.store.write() as tx:
        undecided = list_records(tx, states=[RecordState.NEW])
        seeds = _seeds(baseline)
        by_key = _report_keys(all_reports(tx))
        settled = 0
        for record in undecided:
            report = next((by_key[key] for key in _keys(record) if key in by_key), None)
            seed = next((seeds[key] for key in _keys(record) if key in seeds), None)
            if report is not None:
                set_report(tx, record.pmid, report.report_id)
            if seed is not None:
                _settle(tx, context, record, seed)
                settled += 1
    return settled


def _keys(record: StoredRecord) -> tuple[tuple[str, str], ...]:
    keys = [("pmid", str(record.pmid))]
    if record.doi:
        keys.append(("doi", record.doi.casefold()))
    return (*keys, ("title", folded(record.title)))


def _report_keys(reports: tuple[Report, ...]) -> dict[tuple[str, str], Report]:
    keys: dict[tuple[str, str], Report] = {}
    for report in reports:
        if report.facts.get("title"):
            keys[("title", folded(str(report.facts["title"])))] = report
        if report.doi:
            keys[("doi", report.doi.casefold())] = report
        if report.pmid:
            keys[("pmid", report.pmid)] = report
    return keys


def _seeds(baseline: Baseline) -> dict[tuple[str, str], ScreeningSeed]:
    """Return the starting decisions by every key their record may carry: the one given, and its report's."""
    reports = {report.report_id: report for report in baseline.reports}
    seeds: dict[tuple[str, str], ScreeningSeed] = {}
    for seed in baseline.screening:
        key = folded(seed.key) if seed.key_type == "title" else seed.key.casefold()
        seeds[(seed.key_type, key)] = seed
        report = reports.get(seed.report_id) if seed.report_id else None
        if report is None:
            continue
        if report.pmid:
            seeds.setdefault(("pmid", report.pmid), seed)
        if report.doi:
            seeds.setdefault(("doi", report.doi.casefold()), seed)
        seeds.setdefault(("title", folded(report.title)), seed)
    return seeds


def _settle(tx: Transaction, context: NightContext, record: StoredRecord, seed: ScreeningSeed) -> None:
    excluded = seed.decision == "exclude"
    decision = Decision(
        at=context.now(),
        by=PROTOCOL_TEAM,
        action="vote",
        subject_kind="record",
        subject_id=record.pmid,
        new=seed.decision,
        reason=f"starting decision: {seed.reason or seed.note or seed.decision}",
    )
    record_vote(tx, decision, pmid=record.pmid, vote=seed.decision, reason_code=seed.reason if excluded else None)
    set_state(tx, record.pmid, RecordState.EXCLUDED if excluded else RecordState.INCLUDED)
