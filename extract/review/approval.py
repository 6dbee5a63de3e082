"""Approving and rejecting proposed values.

A value is approved by ``approvals_needed`` people who agree on every key field, one of whom holds the role the protocol
asks for. What the report says is kept as extracted; what reviewers changed stands beside it as corrections.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from extract.errors import DecisionError
from extract.review.acceptance import complete, refuse_second_value, with_other_arm, with_route
from extract.review.asked_role import holds_asked_role, lacks_asked_role
from extract.review.blinding import barred_from_second, role_wait, saw_proposal
from extract.review.curation import curate
from extract.review.documents import is_placed
from extract.review.doubts import answers_to, doubts_about, unanswered
from extract.review.people import Reviewer, reviewer
from extract.review.proposal import proposed_value
from extract.review.readings import latest_approvals, readings_differ, who_settled_value
from extract.review.seeded import counting_missed, refuse_seed
from extract.review.seen import candidate_mark, refuse_stale
from extract.review.surroundings import surroundings
from extract.schema.protocol import Protocol
from extract.schema.value import value_with
from extract.schema.vocabulary import RecordState
from extract.store.candidates import OPEN_STATES, Candidate, get_candidate, set_candidate
from extract.store.decisions import Decision, record_decision
from extract.store.engine import Store, Transaction
from extract.store.records import StoredRecord, get_record
from extract.store.sightings import note_sighting


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
    cleared: Mapping[str, str] | None = None,
    blind: bool = False,
    seen: str | None = None,
    seconds: int | None = None,
) -> str:
    """Approve a proposed value, as proposed or with corrections; return the candidate's state after it.

    The reported value is kept as extracted; each change is a correction beside it and needs a reason.

    Parameters
    ----------
    clear_checks
        The one reason answers every check that fired.
    cleared
        Reason by code of check, for each one its own.
    blind
        The numbers were read from the document without sight of the proposal; the log keeps it.
    seen
        What the person had before them (:func:`extract.review.seen.candidate_mark`); None to skip that check.
    seconds
        How long the person had the item before them.

    Raises
    ------
    StaleItem
        The candidate changed since; nothing was saved.
    SeedMissed
        The value holds a number that was deliberately shown wrong; that is counted, and nothing else was saved.
    DecisionError
        The record is not included yet, a field cannot hold what was typed, a correction has no reason, or a check
        that fired was not answered.
    """
    person = reviewer(protocol, by)
    with counting_missed(store, candidate_id, person_id=by, at=at), store.write() as tx:
        candidate = _open_candidate(tx, protocol, candidate_id, person, seen=seen)
        record = _included_record(tx, candidate)
        proposed = proposed_value(candidate.effect)
        approved = complete(value_with(proposed, with_route(with_other_arm(changes))), protocol)
        refuse_seed(tx, candidate_id, approved)
        refuse_second_value(tx, record.report_id, approved)
        changed = [name for name in changes if getattr(approved, name) != getattr(proposed, name)]
        if changed and not reason:
            raise DecisionError(f"a change of {', '.join(changed)} needs --reason: what does the report say, and where")
        blind = blind and not saw_proposal(tx, candidate_id, person.person_id)
        placed, around = is_placed(tx, store.archive, candidate), surroundings(tx, protocol, record, approved)
        doubts = doubts_about(candidate, approved, blind=blind, placed=placed, around=around)
        answers = answers_to(doubts, approved, cleared or {}, for_all=(reason or "") if clear_checks else None)
        if left := unanswered(doubts, answers):
            fired = "; ".join(f"{doubt.code} ({doubt.message})" for doubt in left)
            raise DecisionError(f"checks fired: {fired}; look, then answer with --clear-checks --reason")
        facts: dict[str, Any] = {"value": asdict(approved), "blind": blind}
        if doubts:
            facts["cleared"] = {doubt.code: answers[doubt.code] for doubt in doubts}
        note_sighting(tx, candidate_id, person.person_id, at=at)
        _decide(tx, candidate, person, "approve", at=at, facts=facts, reason=reason, seconds=seconds)
        return _settle_candidate(tx, protocol, candidate, record, at=at, settled_by=_settling(candidate, person))


def reject_value(
    store: Store,
    protocol: Protocol,
    candidate_id: str,
    *,
    by: str,
    at: str,
    reason: str,
    seen: str | None = None,
    seconds: int | None = None,
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
        candidate = _open_candidate(tx, protocol, candidate_id, person, seen=seen)
        record = _included_record(tx, candidate)
        _decide(tx, candidate, person, "reject", at=at, reason=reason, seconds=seconds)
        return _settle_candidate(tx, protocol, candidate, record, at=at, settled_by=_settling(candidate, person))


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
        readings = latest_approvals(tx, candidate_id)
        if person.person_id not in readings:
            raise DecisionError(f"value:{candidate_id}: there is no decision of {by} to take back")
        if (by_adjudicator := who_settled_value(candidate, readings)) not in (None, person.person_id):
            raise DecisionError(f"value:{candidate_id}: {by_adjudicator} settled it; only who settled takes that back")
        _decide(tx, candidate, person, "undo", at=at, reason=None)
        return _settle_candidate(tx, protocol, candidate, get_record(tx, candidate.pmid), at=at)


def take_up_again(tx: Transaction, protocol: Protocol, candidate_id: str, *, at: str) -> None:
    """Put a proposal whose words came back into its record where the readings that stand had left it."""
    candidate = get_candidate(tx, candidate_id)
    if candidate is not None and latest_approvals(tx, candidate_id):
        _settle_candidate(tx, protocol, candidate, get_record(tx, candidate.pmid), at=at)


def _known_candidate(tx: Transaction, candidate_id: str, *, seen: str | None) -> Candidate:
    candidate = get_candidate(tx, candidate_id)
    if candidate is None:
        raise DecisionError(
            f"value:{candidate_id}: no such proposed value; `living-review queue list` shows what waits"
        )
    refuse_stale(candidate_mark(tx, candidate), seen)
    return candidate


def _open_candidate(
    tx: Transaction, protocol: Protocol, candidate_id: str, person: Reviewer, *, seen: str | None
) -> Candidate:
    candidate = _known_candidate(tx, candidate_id, seen=seen)
    if candidate.state not in OPEN_STATES:
        raise DecisionError(f"value:{candidate_id} is {candidate.state} already; nothing to decide")
    if candidate.state != "conflict" and person.person_id in latest_approvals(tx, candidate_id):
        raise DecisionError(f"value:{candidate_id}: your decision is in already; take it back to decide again")
    wait = role_wait(tx, protocol, candidate)
    if wait is not None and not holds_asked_role(protocol, person.person_id):
        raise DecisionError(f"value:{candidate_id}: {wait.words}")
    if candidate.state == "needs_second" and barred_from_second(tx, protocol, candidate_id, person.person_id):
        raise DecisionError(
            f"value:{candidate_id}: you have seen what was proposed; the second reader is one who has not"
        )
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


def _decide(
    tx: Transaction,
    candidate: Candidate,
    person: Reviewer,
    action: str,
    *,
    at: str,
    reason: str | None,
    facts: Mapping[str, Any] | None = None,
    seconds: int | None = None,
) -> None:
    details: dict[str, Any] = {"extractor": candidate.extractor_version, "pmid": candidate.pmid, **(facts or {})}
    if seconds is not None:
        details["seconds"] = seconds
    record_decision(
        tx,
        Decision(at, person.person_id, action, "candidate", candidate.candidate_id, reason=reason, details=details),
    )


def _settling(candidate: Candidate, person: Reviewer) -> Reviewer | None:
    return person if person.role == "adjudicator" and candidate.state == "conflict" else None


def _settle_candidate(
    tx: Transaction,
    protocol: Protocol,
    candidate: Candidate,
    record: StoredRecord | None,
    *,
    at: str,
    settled_by: Reviewer | None = None,
) -> str:
    """Draw the consequence of the readings that stand; of the adjudicator's alone where one settled a conflict."""
    latest = latest_approvals(tx, candidate.candidate_id)
    considered = [latest[settled_by.person_id]] if settled_by is not None else list(latest.values())
    needed = 1 if settled_by is not None else protocol.living.approvals_needed
    if not considered:
        state = "proposed"
    elif readings_differ(considered):
        state = "conflict"
    elif len(considered) < needed or lacks_asked_role(protocol, {decision.by for decision in considered}):
        state = "needs_second"
    else:
        state = "approved" if considered[0].action == "approve" else "rejected"
    value_id = None
    if state == "approved" and record is not None and record.report_id is not None:
        value_id = curate(tx, candidate, considered, record.report_id, at=at)
    set_candidate(tx, candidate.candidate_id, state=state, value_id=value_id)
    return state
