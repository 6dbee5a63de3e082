"""Screening: votes on records, and what the vote that completes the quorum does.

A record is included or excluded by ``votes_needed`` people who agree; disagreement is a conflict that an adjudicator
settles with one vote.
"""

from __future__ import annotations

import json
from typing import Any

from extract.errors import DecisionError
from extract.pubmed.parse import record_from_json
from extract.registries.ids import registry_ids
from extract.review.people import Reviewer, reviewer
from extract.review.seen import record_mark, refuse_stale
from extract.schema.protocol import Protocol
from extract.schema.vocabulary import Design, ImmortalTime, RecordState
from extract.store.curated import (
    Report,
    TrialFamily,
    all_reports,
    curated_values,
    families,
    put_family,
    put_report,
)
from extract.store.decisions import Decision, latest_votes, record_decision, record_vote
from extract.store.engine import Store, Transaction
from extract.store.records import StoredRecord, get_record, set_report, set_state

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


def include_record(
    store: Store,
    protocol: Protocol,
    pmid: str,
    *,
    by: str,
    at: str,
    study: dict[str, str],
    reason: str | None,
    seen: str | None = None,
    seconds: int | None = None,
) -> RecordState:
    """Vote to include a record; the vote that completes the quorum makes it a report of a study.

    Parameters
    ----------
    study
        Facts of the study the record reports (:data:`STUDY_FIELDS`); ``design`` is needed from the first voter,
        ``study_id`` names a known trial family when the record is another report of it.
    seen
        What the person had before them (:func:`extract.review.seen.record_mark`); None to skip that check.
    seconds
        How long the person had the item before them.

    Raises
    ------
    StaleItem
        The record changed since; nothing was saved.
    DecisionError
        Unknown record or person, a field that is no field, a design that is none, a record already decided.
    """
    person = reviewer(protocol, by)
    facts = _study_facts(study)
    with store.write() as tx:
        record = _open_record(tx, pmid, person, seen=seen)
        facts = _with_known_names(tx, facts)
        votes = latest_votes(tx, pmid)
        if not facts and not any(details.get("study") for _, _, details in votes.values()):
            raise DecisionError(
                f"record:{pmid}: say what study it is: --set design={'|'.join(Design)} "
                "(and --set study_id=... when it reports a known study)"
            )
        _vote(tx, record, person, at=at, vote="include", reason_code=None, reason=reason, study=facts, seconds=seconds)
        return _settle_record(tx, protocol, record, person, at=at)


def exclude_record(
    store: Store,
    protocol: Protocol,
    pmid: str,
    *,
    by: str,
    at: str,
    reason_code: str,
    reason: str | None,
    seen: str | None = None,
    seconds: int | None = None,
) -> RecordState:
    """Vote to exclude a record for one reason of the protocol's closed list.

    Raises
    ------
    StaleItem
        The record changed since the person looked at it (``seen``); nothing was saved.
    DecisionError
        Unknown record, person or reason, or a record already decided.
    """
    person = reviewer(protocol, by)
    codes = [entry.code for entry in protocol.eligibility.exclusion_reasons]
    if reason_code not in codes:
        raise DecisionError(f"--reason {reason_code!r} is not on the list; choose one of {', '.join(codes)}")
    with store.write() as tx:
        record = _open_record(tx, pmid, person, seen=seen)
        _vote(
            tx, record, person, at=at, vote="exclude", reason_code=reason_code, reason=reason, study={}, seconds=seconds
        )
        return _settle_record(tx, protocol, record, person, at=at)


def maybe_record(
    store: Store,
    protocol: Protocol,
    pmid: str,
    *,
    by: str,
    at: str,
    reason: str | None,
    seen: str | None = None,
    seconds: int | None = None,
) -> RecordState:
    """Vote that a record cannot be decided from what is shown; when the votes are complete an adjudicator decides.

    Raises
    ------
    StaleItem
        The record changed since the person looked at it (``seen``); nothing was saved.
    DecisionError
        Unknown record or person, a record already decided, or one in conflict, which only include or exclude settle.
    """
    person = reviewer(protocol, by)
    with store.write() as tx:
        record = _open_record(tx, pmid, person, seen=seen)
        if record.state is RecordState.CONFLICT:
            raise DecisionError(f"record:{pmid} is in conflict: include or exclude it")
        _vote(tx, record, person, at=at, vote="maybe", reason_code=None, reason=reason, study={}, seconds=seconds)
        return _settle_record(tx, protocol, record, person, at=at)


def undo_vote(store: Store, protocol: Protocol, pmid: str, *, by: str, at: str, seen: str | None = None) -> RecordState:
    """Take back one's own vote, as a new decision; return the record's state after it.

    Raises
    ------
    StaleItem
        The record changed since the person looked at it (``seen``); nothing was saved.
    DecisionError
        Unknown record or person, no vote of theirs to take back, or the record is a report of a study by now.
    """
    person = reviewer(protocol, by)
    with store.write() as tx:
        record = _known_record(tx, pmid, person, seen=seen)
        if record.state is RecordState.INCLUDED:
            raise DecisionError(f"record:{pmid} is included: its values wait already; reject those instead")
        if person.person_id not in latest_votes(tx, pmid):
            raise DecisionError(f"record:{pmid}: there is no vote of {by} to take back")
        record_decision(tx, Decision(at, person.person_id, "undo", "record", pmid))
        left = latest_votes(tx, pmid)
        if not left:
            state = RecordState.NEW
        elif len(left) < protocol.living.votes_needed:
            state = RecordState.SCREENING
        else:
            # An adjudicator took the settling vote back: the votes that differed stand again.
            state = RecordState.CONFLICT
        set_state(tx, pmid, state)
        return state


def _study_facts(study: dict[str, str]) -> dict[str, str]:
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


def _with_known_names(tx: Transaction, facts: dict[str, str]) -> dict[str, str]:
    """Return the facts with study, superseded report and overlap group checked against what the store knows."""
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


def _known_record(tx: Transaction, pmid: str, person: Reviewer, *, seen: str | None) -> StoredRecord:
    record = get_record(tx, pmid)
    if record is None:
        raise DecisionError(f"record:{pmid}: no such record in the store; `living-review queue list` shows what waits")
    refuse_stale(record_mark(tx, record, person.person_id), seen)
    return record


def _open_record(tx: Transaction, pmid: str, person: Reviewer, *, seen: str | None) -> StoredRecord:
    record = _known_record(tx, pmid, person, seen=seen)
    if record.state in (RecordState.INCLUDED, RecordState.EXCLUDED):
        raise DecisionError(f"record:{pmid} is {record.state} already; nothing to decide")
    if record.state is RecordState.CONFLICT:
        if person.role != "adjudicator":
            raise DecisionError(f"record:{pmid} is in conflict: an adjudicator decides now")
        if person.person_id in latest_votes(tx, pmid):
            raise DecisionError(f"record:{pmid}: you are part of this conflict; another adjudicator settles it")
    return record


def _vote(
    tx: Transaction,
    record: StoredRecord,
    person: Reviewer,
    *,
    at: str,
    vote: str,
    reason_code: str | None,
    reason: str | None,
    study: dict[str, str],
    seconds: int | None,
) -> None:
    details: dict[str, Any] = {"study": study} if study else {}
    if seconds is not None:
        details["seconds"] = seconds
    decision = Decision(
        at=at,
        by=person.person_id,
        action="vote",
        subject_kind="record",
        subject_id=record.pmid,
        new=vote,
        reason=reason_code if reason is None else f"{reason_code or vote}: {reason}",
        details=details,
    )
    record_vote(tx, decision, pmid=record.pmid, vote=vote, reason_code=reason_code)


def _settle_record(
    tx: Transaction, protocol: Protocol, record: StoredRecord, person: Reviewer, *, at: str
) -> RecordState:
    votes = latest_votes(tx, record.pmid)
    if person.role == "adjudicator" and record.state is RecordState.CONFLICT:
        votes = {person.person_id: votes[person.person_id]}
        needed = 1
    else:
        needed = protocol.living.votes_needed
    kinds = {vote for vote, _, _ in votes.values()}
    studies = [details["study"] for _, _, details in votes.values() if details.get("study")]
    if len(votes) < needed:
        state = RecordState.SCREENING
    elif len(kinds) > 1 or "maybe" in kinds or any(_disagree(studies[0], other) for other in studies[1:]):
        state = RecordState.CONFLICT
    else:
        state = RecordState.INCLUDED if kinds == {"include"} else RecordState.EXCLUDED
    set_state(tx, record.pmid, state)
    if state is RecordState.INCLUDED:
        merged: dict[str, str] = {}
        for facts in _all_studies(tx, record.pmid, studies):
            merged = {**merged, **facts}
        _make_report(tx, record, merged, at=at, by="; ".join(sorted(votes)))
    return state


def _all_studies(tx: Transaction, pmid: str, studies: list[dict[str, str]]) -> list[dict[str, str]]:
    if studies:
        return studies
    # An adjudicator who only says "include" takes over what the including reviewers wrote.
    return [d["study"] for vote, _, d in latest_votes(tx, pmid).values() if vote == "include" and d.get("study")]


def _disagree(one: dict[str, str], other: dict[str, str]) -> bool:
    return any(one.get(name) != other.get(name) for name in DECISIVE)


def _make_report(tx: Transaction, record: StoredRecord, facts: dict[str, str], *, at: str, by: str) -> None:
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
