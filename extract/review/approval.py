"""Approving and rejecting proposed values.

A value is approved by ``approvals_needed`` people who agree on every key field. What the report says is kept as
extracted; what reviewers changed stands beside it as corrections.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from extract.errors import DecisionError
from extract.review.acceptance import complete, refuse_second_value, with_other_arm
from extract.review.checked import findings_on
from extract.review.people import Reviewer, reviewer
from extract.review.proposal import proposed_value
from extract.review.seen import candidate_mark, refuse_stale
from extract.schema.protocol import Protocol
from extract.schema.value import (
    ReportedValue,
    ValueCorrection,
    value_with,
)
from extract.schema.vocabulary import RecordState
from extract.store.candidates import OPEN_STATES, Candidate, get_candidate, set_candidate
from extract.store.curated import CuratedValue, curated_values, put_value
from extract.store.decisions import Decision, decisions_on, record_decision
from extract.store.engine import Store, Transaction
from extract.store.records import StoredRecord, get_record

KEY_FIELDS = (
    "outcome",
    "subtype",
    "pattern",
    "population",
    "measure",
    "estimate",
    "ci_low",
    "ci_high",
    "ci_level",
    "numerator_arm",
    "denominator_arm",
    "adjusted",
    "immortal_time",
    "poolable",
    "comparison_group",
    "comparison_rank",
    "n_surgery",
    "n_control",
    "events_surgery",
    "events_control",
)
"""Fields on which two reviewers must agree before a value is approved."""


def approve_value(
    store: Store,
    protocol: Protocol,
    candidate_id: str,
    *,
    by: str,
    at: str,
    changes: dict[str, str],
    reason: str | None,
    clear_checks: bool = False,
    seen: str | None = None,
) -> str:
    """Approve a proposed value, as proposed or with corrections; return the candidate's state after it.

    The reported value is kept as extracted; each change is a correction beside it and needs a reason.

    Parameters
    ----------
    seen
        What the person had before them (:func:`extract.review.seen.candidate_mark`); None to skip that check.

    Raises
    ------
    StaleItem
        The candidate changed since; nothing was saved.
    DecisionError
        The record is not included yet, a field cannot hold what was typed, a correction has no reason, or a check
        that fired was not answered.
    """
    person = reviewer(protocol, by)
    with store.write() as tx:
        candidate = _open_candidate(tx, candidate_id, person, seen=seen)
        record = _included_record(tx, candidate)
        proposed = proposed_value(candidate.effect)
        approved = complete(value_with(proposed, with_other_arm(changes)), protocol)
        refuse_second_value(tx, record, approved)
        changed = [name for name in changes if getattr(approved, name) != getattr(proposed, name)]
        if changed and not reason:
            raise DecisionError(f"a change of {', '.join(changed)} needs --reason: what does the report say, and where")
        fired = open_checks(candidate, proposed, approved)
        if fired and not (reason and clear_checks):
            raise DecisionError(f"checks fired: {'; '.join(fired)}; look, then answer with --clear-checks --reason")
        _decide(tx, candidate, person, "approve", at=at, value=approved, reason=reason)
        return _settle_candidate(tx, protocol, candidate, record, person, at=at)


def reject_value(
    store: Store, protocol: Protocol, candidate_id: str, *, by: str, at: str, reason: str, seen: str | None = None
) -> str:
    """Reject a proposed value with a reason; return the candidate's state after it.

    Raises
    ------
    StaleItem
        The candidate changed since the person looked at it (``seen``); nothing was saved.
    DecisionError
        Unknown candidate or person, no reason, or a value already decided.
    """
    person = reviewer(protocol, by)
    if not reason.strip():
        raise DecisionError("a rejection needs --reason")
    with store.write() as tx:
        candidate = _open_candidate(tx, candidate_id, person, seen=seen)
        record = get_record(tx, candidate.pmid)
        _decide(tx, candidate, person, "reject", at=at, value=None, reason=reason)
        return _settle_candidate(tx, protocol, candidate, record, person, at=at)


def undo_approval(
    store: Store, protocol: Protocol, candidate_id: str, *, by: str, at: str, seen: str | None = None
) -> str:
    """Take back one's own approval or rejection, as a new decision; return the candidate's state after it.

    Raises
    ------
    StaleItem
        The candidate changed since the person looked at it; nothing was saved.
    DecisionError
        Unknown candidate or person, nothing of theirs to take back, or the value is curated by now.
    """
    person = reviewer(protocol, by)
    with store.write() as tx:
        candidate = _known_candidate(tx, candidate_id, seen=seen)
        if candidate.state not in (*OPEN_STATES, "rejected"):
            raise DecisionError(f"value:{candidate_id} is {candidate.state}: it cannot be taken back any more")
        if person.person_id not in latest_approvals(tx, candidate_id):
            raise DecisionError(f"value:{candidate_id}: there is no decision of {by} to take back")
        _decide(tx, candidate, person, "undo", at=at, value=None, reason=None)
        left = list(latest_approvals(tx, candidate_id).values())
        state = "proposed" if not left else "needs_second" if len({_key(d) for d in left}) == 1 else "conflict"
        set_candidate(tx, candidate_id, state=state)
        return state


def latest_approvals(tx: Transaction, candidate_id: str) -> dict[str, Decision]:
    """Return each person's approval or rejection of a candidate that was not taken back."""
    latest: dict[str, Decision] = {}
    for logged in decisions_on(tx, "candidate", candidate_id):
        if logged.decision.action in ("approve", "reject"):
            latest[logged.decision.by] = logged.decision
        elif logged.decision.action == "undo":
            latest.pop(logged.decision.by, None)
    return latest


def _known_candidate(tx: Transaction, candidate_id: str, *, seen: str | None) -> Candidate:
    candidate = get_candidate(tx, candidate_id)
    if candidate is None:
        raise DecisionError(
            f"value:{candidate_id}: no such proposed value; `living-review queue list` shows what waits"
        )
    refuse_stale(candidate_mark(tx, candidate), seen)
    return candidate


def _open_candidate(tx: Transaction, candidate_id: str, person: Reviewer, *, seen: str | None) -> Candidate:
    candidate = _known_candidate(tx, candidate_id, seen=seen)
    if candidate.state not in OPEN_STATES:
        raise DecisionError(f"value:{candidate_id} is {candidate.state} already; nothing to decide")
    if candidate.state == "conflict":
        if person.role != "adjudicator":
            raise DecisionError(f"value:{candidate_id} is in conflict: an adjudicator decides now")
        if person.person_id in latest_approvals(tx, candidate_id):
            raise DecisionError(f"value:{candidate_id}: you are part of this conflict; another adjudicator settles it")
    return candidate


def _included_record(tx: Transaction, candidate: Candidate) -> StoredRecord:
    record = get_record(tx, candidate.pmid)
    if record is None or record.state is not RecordState.INCLUDED or record.report_id is None:
        state = "unknown" if record is None else record.state.value
        raise DecisionError(
            f"value:{candidate.candidate_id}: decide its record first (record:{candidate.pmid} is {state})"
        )
    return record


def open_checks(candidate: Candidate, proposed: ReportedValue, approved: ReportedValue) -> list[str]:
    """Return the doubts about the value as it would be approved.

    Checks that need no more than the value itself run again on what the person typed; the others, which the program
    fired from the text around it, stay open until they are answered.
    """
    found = findings_on(approved)
    mended = {finding.code for finding in findings_on(proposed)}
    from_the_text = [code for code in candidate.effect.checks if code not in mended]
    return [f"{finding.code} ({finding.message})" for finding in found] + from_the_text


def _decide(
    tx: Transaction,
    candidate: Candidate,
    person: Reviewer,
    action: str,
    *,
    at: str,
    value: ReportedValue | None,
    reason: str | None,
) -> None:
    details: dict[str, Any] = {"extractor": candidate.extractor_version, "pmid": candidate.pmid}
    if value is not None:
        details["value"] = asdict(value)
    record_decision(
        tx,
        Decision(at, person.person_id, action, "candidate", candidate.candidate_id, reason=reason, details=details),
    )


def _settle_candidate(
    tx: Transaction,
    protocol: Protocol,
    candidate: Candidate,
    record: StoredRecord | None,
    person: Reviewer,
    *,
    at: str,
) -> str:
    latest = latest_approvals(tx, candidate.candidate_id)
    settled_alone = person.role == "adjudicator" and candidate.state == "conflict"
    considered = [latest[person.person_id]] if settled_alone else list(latest.values())
    needed = 1 if settled_alone else protocol.living.approvals_needed
    keys = {_key(decision) for decision in considered}
    if len(keys) > 1:
        state = "conflict"
    elif len(considered) < needed:
        state = "needs_second"
    else:
        state = "approved" if considered[0].action == "approve" else "rejected"
    value_id = None
    if state == "approved" and record is not None and record.report_id is not None:
        value_id = _curate(tx, candidate, considered, record.report_id, at=at)
    set_candidate(tx, candidate.candidate_id, state=state, value_id=value_id)
    return state


def _key(decision: Decision) -> str:
    value = decision.details.get("value")
    return json.dumps([decision.action, [value[name] for name in KEY_FIELDS] if value else None])


def _curate(tx: Transaction, candidate: Candidate, approvals: list[Decision], report_id: str, *, at: str) -> str:
    proposed = proposed_value(candidate.effect)
    approved = ReportedValue(**approvals[0].details["value"])
    corrections = tuple(
        ValueCorrection(
            field=name,
            reported=getattr(proposed, name),
            corrected=getattr(approved, name),
            reason=next((d.reason for d in approvals if d.reason), "") or "",
            by="; ".join(d.by for d in approvals),
            on=at[:10],
            kind="correction",
        )
        for name in ReportedValue.__dataclass_fields__
        if getattr(proposed, name) != getattr(approved, name)
    )
    value_id = _free_id(tx, report_id, approved)
    put_value(
        tx,
        CuratedValue(
            value_id=value_id,
            report_id=report_id,
            origin="queue",
            state="approved",
            reported=proposed,
            corrections=corrections,
            approved_by=tuple(d.by for d in approvals),
            approved_at=at,
            span=candidate.effect.span,
            span_pmid=candidate.pmid,
        ),
    )
    for approval in approvals:
        # The value's own history begins with the approvals that made it.
        record_decision(
            tx,
            Decision(
                at=approval.at,
                by=approval.by,
                action="approve",
                subject_kind="value",
                subject_id=value_id,
                reason=approval.reason,
                details={"candidate": candidate.candidate_id},
            ),
        )
    return value_id


def _free_id(tx: Transaction, report_id: str, value: ReportedValue) -> str:
    stem = f"{report_id}--{value.outcome}--{value.subtype}--{value.pattern}".lower().replace("_", "-")
    taken = {known.value_id for known in curated_values(tx, report_id=report_id)}
    return next(name for n in range(1, len(taken) + 2) if (name := f"{stem}--{n}") not in taken)
