"""What may belong together, put before people every night: records and studies, cohorts, versions of a publication.

Nothing here links anything: a proposal carries its score and its evidence, and waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from extract.linkage.duplicates import citation_of, propose_duplicates
from extract.linkage.evidence import Evidence
from extract.linkage.overlap import Cohort, propose_overlaps, sources_in
from extract.linkage.profiles import KnownReport, KnownStudy
from extract.linkage.proposals import propose_links
from extract.pubmed.parse import record_from_json
from extract.schema.vocabulary import Design, RecordState
from extract.store.curated import Report, TrialFamily, all_reports, families
from extract.store.engine import Transaction
from extract.store.links import LinkEvidence, confirmed_study, propose_link, supersede_links
from extract.store.log import latest_nights
from extract.store.records import StoredRecord, list_records, revised_since
from flows.context import NightContext

LOOKED_BACK = 60
"""Nights of the log among which the last one that ended is looked for; without one, everything is compared."""

UNDECIDED = (RecordState.NEW, RecordState.SCREENING, RecordState.CONFLICT)


@dataclass(frozen=True)
class ProposalOutcome:
    """How many links were proposed for the first time tonight, of each kind."""

    reports: int
    overlaps: int
    duplicates: int


def propose_night(context: NightContext) -> ProposalOutcome:
    """Propose links for what people have not decided yet; the same again changes nothing."""
    with context.store.read() as tx:
        studies = known_studies(tx)
        open_ones = [r for r in list_records(tx, states=UNDECIDED, deleted=False) if _is_open(tx, r)]
        # Two records are compared on the night one of them came or changed: all pairs again would cost ever more.
        fresh = revised_since(tx, _last_ended(tx, context))
        compared = [record for record in open_ones if record.pmid in fresh]
        records = list_records(tx) if compared else ()
        reports = [(record, propose_links(record_from_json(record.content), studies)) for record in open_ones]
        known = families(tx)
    groups = {family.study_id: _groups(family) for family in known}
    # Cohorts that are kept apart in every pool already need no person.
    overlaps = [pair for pair in propose_overlaps(_cohorts(known)) if not groups[pair.first] & groups[pair.second]]
    parsed = {record.pmid: record_from_json(record.content) for record in records}
    new = [citation_of(parsed[record.pmid]) for record in compared]
    others = [citation_of(each) for pmid, each in parsed.items() if pmid not in {c.citation_id for c in new}]
    duplicates = propose_duplicates(new, others)
    night = context.night.isoformat()
    counts = {"report": 0, "overlap": 0, "duplicate": 0}
    with context.store.write() as tx:
        for record, proposals in reports:
            supersede_links(tx, "report", record.pmid, keep=[each.study_id for each in proposals])
            for each in proposals:
                evidence = _stored(each.evidence)
                counts["report"] += propose_link(
                    tx, "report", record.pmid, each.study_id, score=each.score, evidence=evidence, night=night
                )
        for pair in overlaps:
            evidence = _stored(pair.evidence)
            counts["overlap"] += propose_link(
                tx, "overlap", pair.first, pair.second, score=pair.score, evidence=evidence, night=night
            )
        for twin in duplicates:
            first, second = sorted((twin.first_id, twin.second_id))
            evidence = _stored(twin.evidence)
            counts["duplicate"] += propose_link(
                tx, "duplicate", first, second, score=twin.score, evidence=evidence, night=night
            )
    return ProposalOutcome(counts["report"], counts["overlap"], counts["duplicate"])


def _last_ended(tx: Transaction, context: NightContext) -> str:
    """Return the night before this one that ran to its end; what came since then was not looked at."""
    ended = [n.night for n in latest_nights(tx, LOOKED_BACK) if n.finished_at and n.night_id != context.night_id]
    return min(ended[-1], context.night.isoformat()) if ended else ""


def known_studies(tx: Transaction) -> tuple[KnownStudy, ...]:
    """Return every study of the store with its reports, as far as a record could agree with it."""
    reports = all_reports(tx)
    return tuple(_study(family, [r for r in reports if r.study_id == family.study_id]) for family in families(tx))


def _is_open(tx: Transaction, record: StoredRecord) -> bool:
    """Tell whether nobody has said yet which study a record reports."""
    if record.deleted_night is not None or record.state not in UNDECIDED or record.report_id is not None:
        return False
    return confirmed_study(tx, record.pmid) is None


def _study(family: TrialFamily, reports: Sequence[Report]) -> KnownStudy:
    facts = family.facts
    ids = str(facts.get("registry_ids") or "").split("; ")
    return KnownStudy(
        study_id=family.study_id,
        label=str(facts.get("label") or family.study_id),
        design=family.design,
        country=facts.get("country"),
        registry_ids=tuple(each for each in ids if each),
        accrual_start=facts.get("accrual_start"),
        accrual_end=facts.get("accrual_end"),
        data_source=facts.get("data_source"),
        overlap_group=family.overlap_group,
        n_total=facts.get("n_total"),
        reports=tuple(_report(report) for report in reports),
    )


def _report(report: Report) -> KnownReport:
    facts = report.facts
    surgery, control = facts.get("n_surgery"), facts.get("n_control")
    return KnownReport(
        report_id=report.report_id,
        pmid=report.pmid,
        doi=report.doi,
        title=str(facts.get("title") or ""),
        first_author=facts.get("first_author"),
        year=facts.get("year"),
        n_total=facts.get("n_total"),
        n_arms=(surgery, control) if surgery is not None and control is not None else None,
        report_type=str(facts.get("report_type") or "primary"),
    )


def _cohorts(known: Iterable[TrialFamily]) -> list[Cohort]:
    """Return the studies that are no trials, with the sources they name and their years."""
    cohorts = []
    for family in known:
        if family.design == Design.RCT:
            continue
        facts = family.facts
        words = " ".join(str(facts.get(name) or "") for name in ("data_source", "label", "note"))
        start, end = facts.get("accrual_start"), facts.get("accrual_end")
        cohorts.append(Cohort(family.study_id, sources_in(words), start, end))
    return cohorts


def _groups(family: TrialFamily) -> set[str]:
    return {group for group in (family.overlap_group, *(family.facts.get("also_overlaps") or ())) if group}


def _stored(evidence: Sequence[Evidence]) -> tuple[LinkEvidence, ...]:
    return tuple(LinkEvidence(e.kind, e.weight, e.found, e.known, e.where) for e in evidence)
