"""Screening: votes on records, and what the vote that completes the quorum does.

A record is included or excluded by ``votes_needed`` people who agree; disagreement is a conflict that an adjudicator
settles with one vote.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

from extract.errors import DecisionError
from extract.review.inclusion import all_studies, disagree, make_report, study_facts, with_known_names
from extract.review.people import Reviewer, reviewer
from extract.review.readings import settler
from extract.review.seen import record_mark, refuse_stale
from extract.schema.protocol import Protocol
from extract.schema.vocabulary import Design, RecordState
from extract.store.decisions import Decision, latest_votes, record_decision, record_vote
from extract.store.engine import Store, Transaction
from extract.store.records import StoredRecord, get_record, set_state

Cast: TypeAlias = tuple[str, str | None, dict[str, Any]]
"""A vote, the code of its reason, and its details."""

SETTLED = (RecordState.INCLUDED, RecordState.EXCLUDED)


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
    facts = study_facts(study)
    with store.write() as tx:
        record = _open_record(tx, pmid, person, seen=seen)
        facts = with_known_names(tx, facts)
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
        votes = latest_votes(tx, pmid)
        if person.person_id not in votes:
            raise DecisionError(f"record:{pmid}: there is no vote of {by} to take back")
        if (by_adjudicator := who_settled(record, votes)) not in (None, person.person_id):
            raise DecisionError(f"record:{pmid}: {by_adjudicator} settled it; only who settled takes that back")
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


def _known_record(tx: Transaction, pmid: str, person: Reviewer, *, seen: str | None) -> StoredRecord:
    record = get_record(tx, pmid)
    if record is None:
        raise DecisionError(f"record:{pmid}: no such record in the store; `living-review queue list` shows what waits")
    refuse_stale(record_mark(tx, record, person.person_id), seen)
    return record


def _open_record(tx: Transaction, pmid: str, person: Reviewer, *, seen: str | None) -> StoredRecord:
    record = _known_record(tx, pmid, person, seen=seen)
    if record.state in SETTLED:
        raise DecisionError(f"record:{pmid} is {record.state} already; nothing to decide")
    voted = person.person_id in latest_votes(tx, pmid)
    if record.state is RecordState.CONFLICT:
        if person.role != "adjudicator":
            raise DecisionError(f"record:{pmid} is in conflict: an adjudicator decides now")
        if voted:
            raise DecisionError(f"record:{pmid}: you are part of this conflict; another adjudicator settles it")
    elif voted:
        raise DecisionError(f"record:{pmid}: your vote is in already; take it back to vote again")
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
    if len(votes) < needed:
        state = RecordState.SCREENING
    elif _cast_differently(votes.values()):
        state = RecordState.CONFLICT
    else:
        included = all(vote == "include" for vote, _, _ in votes.values())
        state = RecordState.INCLUDED if included else RecordState.EXCLUDED
    set_state(tx, record.pmid, state)
    if state is RecordState.INCLUDED:
        merged: dict[str, str] = {}
        for facts in all_studies(tx, record.pmid, _studies(votes.values())):
            merged = {**merged, **facts}
        make_report(tx, record, merged, at=at, by="; ".join(sorted(votes)))
    return state


def who_settled(record: StoredRecord, votes: dict[str, Cast]) -> str | None:
    """Return who settled what others had voted differently; None where the votes agreed or nothing is settled."""
    return settler(votes, _cast_differently) if record.state in SETTLED else None


def _cast_differently(votes: Collection[Cast]) -> bool:
    """Tell whether votes need an adjudicator: they differ, one is a maybe, or they would pool differently."""
    kinds, studies = {vote for vote, _, _ in votes}, _studies(votes)
    return len(kinds) > 1 or "maybe" in kinds or any(disagree(studies[0], other) for other in studies[1:])


def _studies(votes: Collection[Cast]) -> list[dict[str, str]]:
    return [details["study"] for _, _, details in votes if details.get("study")]
