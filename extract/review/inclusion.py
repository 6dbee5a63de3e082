"""What an included record becomes: a report of a known study or of a new one, by the facts its voters gave."""

from __future__ import annotations

import json

from extract.errors import DecisionError
from extract.pubmed.parse import record_from_json
from extract.registries.ids import registry_ids
from extract.schema.vocabulary import Design, ImmortalTime
from extract.store.curated import Report, TrialFamily, all_reports, curated_values, families, put_family, put_report
from extract.store.decisions import Decision, latest_votes, record_decision
from extract.store.engine import Transaction
from extract.store.records import StoredRecord, set_report

STUDY_FIELDS = (
    "study_id",
    "supersedes",
    "label",
    "design",
    "country",
    "overlap_group",
    "data_source",
    "immortal_time",
    "n_total",
)
"""Facts of a study that the first voter gives and the second confirms."""

NONE = "none"
"""Said of ``supersedes``: the new report replaces no other (a substudy, an erratum)."""

DECISIVE = ("study_id", "supersedes", "design", "overlap_group")
"""Facts that decide what is pooled: voters who give facts must agree on each of them, also on leaving it out."""

NEW_GROUP = "new:"
"""Marks an overlap group that no study carries yet, so that a slip of the pen does not found one."""


def study_facts(study: dict[str, str]) -> dict[str, str]:
    """Return the facts a voter gave, checked field by field.

    Raises
    ------
    DecisionError
        A field that is no field of a study, or a content it cannot have.
    """
    unknown = [name for name in study if name not in STUDY_FIELDS]
    if unknown:
        raise DecisionError(f"--set {unknown[0]}: not a field of a study; known: {', '.join(STUDY_FIELDS)}")
    if "design" in study and study["design"] not in list(Design):
        raise DecisionError(f"design: {study['design']!r} is not one of {', '.join(Design)}")
    if "immortal_time" in study and study["immortal_time"] not in list(ImmortalTime):
        raise DecisionError(f"immortal_time: {study['immortal_time']!r} is not one of {', '.join(ImmortalTime)}")
    if "n_total" in study and not study["n_total"].isdigit():
        raise DecisionError(f"n_total: {study['n_total']!r} is not a whole number")
    return study


def with_known_names(tx: Transaction, facts: dict[str, str]) -> dict[str, str]:
    """Return the facts with study, superseded report and overlap group checked against what the store knows.

    Raises
    ------
    DecisionError
        One of them is not known, or the design is not the known study's.
    """
    known = {family.study_id: family for family in families(tx)}
    study_id = facts.get("study_id")
    if study_id is not None and study_id not in known:
        raise DecisionError(f"study_id: {study_id!r} is not a known study; leave it out for a new one")
    if study_id is not None and facts.get("design", known[study_id].design) != known[study_id].design:
        raise DecisionError(f"design: {study_id} is a {known[study_id].design}, not a {facts['design']}")
    superseded = facts.get("supersedes")
    of_study = {report.report_id for report in all_reports(tx) if report.study_id == study_id}
    if superseded not in (None, NONE) and superseded not in of_study:
        raise DecisionError(
            f"supersedes: {superseded!r} is no report of {study_id}; one of {', '.join(sorted(of_study))}"
        )
    group = facts.get("overlap_group")
    if not group:
        return facts
    groups = {f.overlap_group.casefold(): f.overlap_group for f in known.values() if f.overlap_group}
    if group.startswith(NEW_GROUP):
        return {**facts, "overlap_group": group.removeprefix(NEW_GROUP)}
    if group.casefold() not in groups:
        raise DecisionError(
            f"overlap_group: {group!r} is not a known group ({', '.join(sorted(groups.values()))}); "
            f"write {NEW_GROUP}{group} to found one"
        )
    return {**facts, "overlap_group": groups[group.casefold()]}


def superseded_report(tx: Transaction, study_id: str, facts: dict[str, str]) -> str | None:
    """Return the report that a new report of a study replaces: the family's latest, unless the voters say else."""
    if facts.get("supersedes"):
        return None if facts["supersedes"] == NONE else facts["supersedes"]
    reports = [report for report in all_reports(tx) if report.study_id == study_id]
    replaced = {report.facts.get("supersedes") for report in reports}
    with_values = [r for r in reports if curated_values(tx, report_id=r.report_id)]
    latest = [report for report in with_values if report.report_id not in replaced]
    return max(latest, key=lambda r: (r.facts.get("year") or 0, r.report_id)).report_id if latest else None


def all_studies(tx: Transaction, pmid: str, studies: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the facts of those who include, or where they gave none, of everybody who voted to include."""
    if studies:
        return studies
    # An adjudicator who only says "include" takes over what the including reviewers wrote.
    return [d["study"] for vote, _, d in latest_votes(tx, pmid).values() if vote == "include" and d.get("study")]


def disagree(one: dict[str, str], other: dict[str, str]) -> bool:
    """Tell whether two voters' facts would pool differently."""
    return any(one.get(name) != other.get(name) for name in DECISIVE)


def make_report(tx: Transaction, record: StoredRecord, facts: dict[str, str], *, at: str, by: str) -> None:
    """Make an included record a report of its study, and the study if it is new.

    Raises
    ------
    DecisionError
        Nobody gave the design of a new study.
    """
    known = {family.study_id: family for family in families(tx)}
    first_author = _first_author(record)
    study_id = facts.get("study_id") or f"pmid-{record.pmid}"
    if study_id not in known:
        if "design" not in facts:
            raise DecisionError(f"record:{record.pmid}: the design is missing: --set design={'|'.join(Design)}")
        label = facts.get("label") or f"{first_author or 'PMID ' + record.pmid} {record.publication_year or ''}".strip()
        put_family(
            tx,
            TrialFamily(
                study_id=study_id,
                design=facts["design"],
                overlap_group=facts.get("overlap_group") or None,
                origin="queue",
                facts={
                    "label": label,
                    "country": facts.get("country"),
                    "data_source": facts.get("data_source"),
                    "immortal_time": facts.get("immortal_time", ImmortalTime.NOT_CHECKED.value),
                    "n_total": int(facts["n_total"]) if facts.get("n_total") else None,
                    "registry_ids": _registry_ids(record),
                },
            ),
        )
    existing = next((r for r in all_reports(tx) if r.pmid == record.pmid), None)
    report_id = existing.report_id if existing else f"pmid-{record.pmid}"
    if existing is None:
        content = json.loads(record.content)
        put_report(
            tx,
            Report(
                report_id=report_id,
                study_id=study_id,
                pmid=record.pmid if record.pmid.isdecimal() else None,
                doi=record.doi,
                origin="queue",
                facts={
                    "report_type": "primary",
                    "first_author": first_author,
                    "year": record.publication_year,
                    "title": record.title,
                    "journal": content.get("journal_abbreviation") or content.get("journal"),
                    "supersedes": superseded_report(tx, study_id, facts),
                },
            ),
        )
    set_report(tx, record.pmid, report_id)
    record_decision(tx, Decision(at, by, "link", "report", report_id, field="study_id", new=study_id))


def _registry_ids(record: StoredRecord) -> str | None:
    """Return the registry ids of a new study's first report: PubMed's databank list, else what the text prints."""
    parsed = record_from_json(record.content)
    listed = " ".join(accession for _, accession in parsed.databank_ids)
    found = registry_ids(listed) or registry_ids(f"{parsed.title}\n{parsed.abstract_text()}")
    return "; ".join(dict.fromkeys(each.number for each in found)) or None


def _first_author(record: StoredRecord) -> str | None:
    authors = json.loads(record.content).get("authors") or []
    if not authors:
        return None
    first = authors[0]
    name = first.get("last_name") or first.get("collective")
    return f"{name} {first['initials']}" if name and first.get("initials") else name
