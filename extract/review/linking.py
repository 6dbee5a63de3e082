"""Links between reports, studies and cohorts: a person confirms what a program proposed, rejects it, or takes it apart.

A confirmed link decides what is pooled (one estimate a trial family, one an overlap group), so each action is one
transaction with its rows in the decision log, and each can be undone by another action.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from extract.errors import DecisionError
from extract.review.grouping import need_reason, study_of, unite
from extract.review.inclusion import NONE, superseded_report
from extract.review.people import Reviewer, reviewer
from extract.review.seen import refuse_stale
from extract.schema.protocol import Protocol
from extract.store.curated import Report, TrialFamily, all_reports, families, put_family, put_report
from extract.store.decisions import Decision, decisions_on, record_decision
from extract.store.engine import Store, Transaction
from extract.store.links import ProposedLink, confirmed_study, get_link, list_links, set_link_state
from extract.store.records import get_record


def link_mark(tx: Transaction, link: ProposedLink) -> str:
    """Return the mark of a proposal: what a page sends back as ``seen``."""
    last = max((d.seq for d in decisions_on(tx, "link", link.proposal_id)), default=0)
    return f"{link.state}-{last}"


def confirm_link(
    store: Store,
    protocol: Protocol,
    proposal: str,
    *,
    by: str,
    at: str,
    reason: str | None = None,
    supersedes: str | None = None,
    seen: str | None = None,
) -> None:
    """Confirm a proposed link, and draw its consequence.

    A record that is no report yet will be offered as a report of the study when it is included; a report in a family
    of its own moves to the study; cohorts get a common overlap group; duplicates are noted.

    Parameters
    ----------
    supersedes
        For a report: which report of the study it replaces, ``"none"`` for no one, None for the study's latest.
    seen
        What the person had before them (:func:`link_mark`); None to skip that check.

    Raises
    ------
    StaleItem
        The proposal changed since; nothing was saved.
    DecisionError
        Unknown proposal or person, one decided already, a record linked to another study, or no such report.
    """
    person = reviewer(protocol, by)
    with store.write() as tx:
        link = _waiting(tx, proposal, seen=seen)
        if link.kind == "report":
            _link_report(tx, link, person, at=at, reason=reason, supersedes=supersedes)
        elif link.kind == "overlap":
            one, other = study_of(tx, link.subject_id), study_of(tx, link.target_id)
            unite(tx, one, other, person, at=at, reason=reason)
        _decide(tx, link, person, "link", "confirmed", at=at, reason=reason)


def reject_link(
    store: Store, protocol: Protocol, proposal: str, *, by: str, at: str, reason: str, seen: str | None = None
) -> None:
    """Reject a proposed link with a reason; it is not proposed again.

    Raises
    ------
    StaleItem
        The proposal changed since the person looked at it; nothing was saved.
    DecisionError
        Unknown proposal or person, no reason, or one decided already.
    """
    person = reviewer(protocol, by)
    need_reason(reason, "a rejection needs a reason")
    with store.write() as tx:
        _decide(tx, _waiting(tx, proposal, seen=seen), person, "reject", "rejected", at=at, reason=reason)


def propose_again(store: Store, protocol: Protocol, proposal: str, *, by: str, at: str) -> None:
    """Take back a rejection, or the confirmation of a link that has had no consequence yet.

    Raises
    ------
    DecisionError
        Unknown proposal or person, one that waits already, or one whose consequence must be taken apart first.
    """
    person = reviewer(protocol, by)
    with store.write() as tx:
        link = _known(tx, proposal)
        if link.state not in ("rejected", "confirmed"):
            raise DecisionError(f"link:{proposal} was not decided; there is nothing to take back")
        if link.state == "confirmed" and link.kind == "overlap":
            raise DecisionError(f"link:{proposal}: the cohorts are one group now; split one of them from it instead")
        record = get_record(tx, link.subject_id) if link.kind == "report" else None
        if link.state == "confirmed" and record is not None and record.report_id is not None:
            raise DecisionError(f"link:{proposal}: the record is a report of the study now; split that report instead")
        _decide(tx, link, person, "undo", "proposed", at=at, reason=None)


def split_report(store: Store, protocol: Protocol, report_id: str, *, by: str, at: str, reason: str) -> str:
    """Take a report out of its trial family into one of its own; return the new family's id.

    Reports that replaced it replace now what it had replaced.

    Raises
    ------
    DecisionError
        Unknown report or person, no reason, or the family has no other report.
    """
    person = reviewer(protocol, by)
    need_reason(reason, "to split a report from its study needs a reason")
    with store.write() as tx:
        reports = {report.report_id: report for report in all_reports(tx)}
        report = reports.get(report_id)
        if report is None:
            raise DecisionError(f"report:{report_id}: no such report")
        others = [other for other in reports.values() if other.study_id == report.study_id and other != report]
        if not others:
            raise DecisionError(
                f"report:{report_id} is the only report of {report.study_id}; there is nothing to split"
            )
        family = _family_alone(tx, report)
        put_family(tx, family)
        put_report(tx, replace(report, study_id=family.study_id, facts=report.facts | {"supersedes": None}))
        for other in others:
            if other.facts.get("supersedes") == report_id:
                inherited = {"supersedes": report.facts.get("supersedes")}
                put_report(tx, replace(other, facts=other.facts | inherited))
        for link in list_links(tx, kind="report", subject_id=report.pmid or "", states=["confirmed"]):
            set_link_state(tx, link.proposal_id, "rejected")
        moved = Decision(at, person.person_id, "split", "report", report_id, "study_id", report.study_id)
        record_decision(tx, replace(moved, new=family.study_id, reason=reason))
        return family.study_id


def _link_report(
    tx: Transaction,
    link: ProposedLink,
    person: Reviewer,
    *,
    at: str,
    reason: str | None,
    supersedes: str | None,
) -> None:
    """Move the record's report to the study; a record that is none yet keeps the confirmed study for its inclusion."""
    study = study_of(tx, link.target_id)
    linked = confirmed_study(tx, link.subject_id)
    if linked is not None:
        raise DecisionError(f"record:{link.subject_id} is linked to {linked} already; take that back first")
    record = get_record(tx, link.subject_id)
    reports = {report.report_id: report for report in all_reports(tx)}
    report = reports.get(record.report_id) if record is not None and record.report_id else None
    if report is None or report.study_id == study.study_id:
        return
    known = {other.report_id for other in reports.values() if other.study_id == study.study_id}
    if supersedes not in (None, NONE) and supersedes not in known:
        raise DecisionError(
            f"supersedes: {supersedes!r} is no report of {study.study_id}; one of {', '.join(sorted(known))} or {NONE}"
        )
    replaced = superseded_report(tx, study.study_id, {"supersedes": supersedes} if supersedes else {})
    put_report(tx, replace(report, study_id=study.study_id, facts=report.facts | {"supersedes": replaced}))
    moved = Decision(at, person.person_id, "link", "report", report.report_id, "study_id", report.study_id)
    record_decision(tx, replace(moved, new=study.study_id, reason=reason))


def _family_alone(tx: Transaction, report: Report) -> TrialFamily:
    """Return a family of its own for a report: what its family says of design, place and source stays."""
    family = study_of(tx, report.study_id)
    known = {each.study_id for each in families(tx)}
    study_id = next(
        each
        for each in (f"pmid-{report.pmid}" if report.pmid else report.report_id, f"{report.report_id}-alone")
        if each not in known
    )
    kept: dict[str, Any] = {
        name: family.facts.get(name) for name in ("country", "data_source", "immortal_time", "also_overlaps")
    }
    label = f"{report.facts.get('first_author') or report.report_id} {report.facts.get('year') or ''}".strip()
    return TrialFamily(study_id, family.design, family.overlap_group, "queue", kept | {"label": label, "n_total": None})


def _known(tx: Transaction, proposal: str) -> ProposedLink:
    link = get_link(tx, proposal)
    if link is None:
        raise DecisionError(f"link:{proposal}: no such proposal; `living-review link list` shows what waits")
    return link


def _waiting(tx: Transaction, proposal: str, *, seen: str | None) -> ProposedLink:
    link = _known(tx, proposal)
    refuse_stale(link_mark(tx, link), seen)
    if link.state != "proposed":
        raise DecisionError(f"link:{proposal} is {link.state} already; nothing to decide")
    return link


def _decide(
    tx: Transaction, link: ProposedLink, person: Reviewer, action: str, state: Any, *, at: str, reason: str | None
) -> None:
    set_link_state(tx, link.proposal_id, state)
    details = {"kind": link.kind, "subject": link.subject_id, "target": link.target_id, "score": link.score}
    decision = Decision(at, person.person_id, action, "link", link.proposal_id, old=link.state, new=state)
    record_decision(tx, replace(decision, reason=reason, details=details))
