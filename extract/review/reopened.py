"""Values that a notice re-opened: confirm them after reading it, correct them, or withdraw them from the pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from extract.checks import Finding
from extract.errors import DecisionError
from extract.review.acceptance import complete, refuse_second_value, with_other_arm, with_route
from extract.review.checked import NOTHING_KNOWN, Surroundings, findings_on
from extract.review.doubts import answers_to, unanswered
from extract.review.people import Reviewer, reviewer
from extract.review.readings import reading_key, readings_differ
from extract.review.reopened_standing import decided_since_reopening, standing_of
from extract.review.seeding import holds_wrong
from extract.review.seen import refuse_stale, value_mark
from extract.review.surroundings import surroundings
from extract.schema.protocol import Protocol
from extract.schema.value import ReportedValue, ValueCorrection, apply_corrections, value_with
from extract.store.curated import CuratedValue, all_reports, get_value, put_value
from extract.store.decisions import Decision, record_decision
from extract.store.engine import Store, Transaction
from extract.store.records import get_record
from extract.store.seeds import curated_from


def reopen_value(store: Store, protocol: Protocol, value_id: str, *, by: str, at: str, reason: str) -> str:
    """Re-open an approved value: one person's doubt is enough, two decide what becomes of it.

    Raises
    ------
    DecisionError
        Unknown value or person, no reason, or one that was withdrawn or is re-opened already.
    """
    person = reviewer(protocol, by)
    if not reason.strip():
        raise DecisionError("to re-open a value needs --reason: what is wrong with it")
    with store.write() as tx:
        value = get_value(tx, value_id)
        if value is None:
            raise DecisionError(f"value:{value_id}: no such approved value; see `living-review table export`")
        if value.state == "withdrawn":
            raise DecisionError(f"value:{value_id} was withdrawn; approve its words in the queue again instead")
        if value.state == "reopened":
            raise DecisionError(f"value:{value_id} is re-opened already; say in the queue what becomes of it")
        record_decision(
            tx,
            Decision(at, person.person_id, "reopen", "value", value_id, old=value.state, new="reopened", reason=reason),
        )
        put_value(tx, replace(value, state="reopened"))
    return "reopened"


def confirm_reopened(
    store: Store,
    protocol: Protocol,
    value_id: str,
    *,
    by: str,
    at: str,
    reason: str,
    seen: str | None = None,
    seconds: int | None = None,
) -> str:
    """Confirm a re-opened value after reading the notice that re-opened it; return its state after it.

    Raises
    ------
    StaleItem
        The value changed since the person looked at it (``seen``); nothing was saved.
    DecisionError
        Unknown value or person, no reason, or a value that is not re-opened.
    """
    return _settle_reopened(
        store, protocol, value_id, by=by, at=at, reason=reason, action="confirm", seen=seen, seconds=seconds
    )


def withdraw_value(
    store: Store,
    protocol: Protocol,
    value_id: str,
    *,
    by: str,
    at: str,
    reason: str,
    seen: str | None = None,
    seconds: int | None = None,
) -> str:
    """Withdraw a re-opened value from the pool; return its state after it.

    Raises
    ------
    StaleItem
        The value changed since the person looked at it (``seen``); nothing was saved.
    DecisionError
        Unknown value or person, no reason, or a value that is not re-opened.
    """
    return _settle_reopened(
        store, protocol, value_id, by=by, at=at, reason=reason, action="withdraw", seen=seen, seconds=seconds
    )


def correct_reopened(
    store: Store,
    protocol: Protocol,
    value_id: str,
    *,
    by: str,
    at: str,
    changes: dict[str, str],
    reason: str,
    cleared: Mapping[str, str] | None = None,
    clear_checks: bool = False,
    seen: str | None = None,
    seconds: int | None = None,
) -> str:
    """Correct a re-opened value as its erratum prints it; return its state after it.

    What the report said first is kept; each changed field is a correction beside it. Two people who have not seen each
    other's numbers must agree on every key field, as in any reading of a value.

    Parameters
    ----------
    changes
        Fields that differ from the value as it is used now.
    cleared, clear_checks
        Reasons for the checks that only the corrected value sets off: by code, or the one reason for all of them.

    Raises
    ------
    StaleItem
        The value changed since the person looked at it (``seen``); nothing was saved.
    DecisionError
        Unknown value or person, nothing changed, no reason, a field that cannot be, a check that was not answered, or
        a number that was once shown wrong on purpose.
    """
    with store.read() as tx:
        value = known_value(tx, value_id)
        corrected = corrected_value(value, changes, protocol)
        doubts = new_doubts(tx, protocol, value, corrected)
        answers = answers_to(doubts, corrected, cleared or {}, for_all=reason if clear_checks else None)
        if left := unanswered(doubts, answers):
            fired = "; ".join(f"{doubt.code} ({doubt.message})" for doubt in left)
            raise DecisionError(f"checks fired: {fired}; look, then answer with --clear-checks --reason")
    return _settle_reopened(
        store,
        protocol,
        value_id,
        by=by,
        at=at,
        reason=reason,
        action="correct",
        corrected=corrected,
        cleared={doubt.code: answers[doubt.code] for doubt in doubts},
        seen=seen,
        seconds=seconds,
    )


def corrected_value(value: CuratedValue, changes: dict[str, str], protocol: Protocol) -> ReportedValue:
    """Return a value as it would be used with the changes.

    Raises
    ------
    DecisionError
        Nothing changed, or a field that cannot be.
    """
    used = apply_corrections(value.reported, value.corrections)
    corrected = complete(value_with(used, with_route(with_other_arm(changes))), protocol)
    if corrected == used:
        raise DecisionError("nothing was changed: confirm the value instead, or correct what the notice corrects")
    return corrected


def new_doubts(
    tx: Transaction, protocol: Protocol, value: CuratedValue, corrected: ReportedValue
) -> tuple[Finding, ...]:
    """Return the doubts that only the corrected value sets off; the others were answered when it was approved."""
    report = next((one for one in all_reports(tx) if one.report_id == value.report_id), None)
    record = get_record(tx, report.pmid) if report is not None and report.pmid else None
    used = apply_corrections(value.reported, value.corrections)

    def around(one: ReportedValue) -> Surroundings:
        return surroundings(tx, protocol, record, one) if record is not None else NOTHING_KNOWN

    before = {finding.code for finding in findings_on(used, around(used))}
    return tuple(one for one in findings_on(corrected, around(corrected)) if one.code not in before)


def _settle_reopened(
    store: Store,
    protocol: Protocol,
    value_id: str,
    *,
    by: str,
    at: str,
    reason: str,
    action: str,
    seen: str | None,
    seconds: int | None,
    corrected: ReportedValue | None = None,
    cleared: Mapping[str, str] | None = None,
) -> str:
    person = reviewer(protocol, by)
    details: dict[str, Any] = {"seconds": seconds} if seconds is not None else {}
    details |= {"value": asdict(corrected)} if corrected is not None else {}
    details |= {"cleared": dict(cleared)} if cleared else {}
    if not reason.strip():
        raise DecisionError(f"to {action} a re-opened value needs --reason: what does the notice say about it")
    with store.write() as tx:
        value = known_value(tx, value_id)
        refuse_stale(value_mark(tx, value), seen)
        if value.state != "reopened":
            raise DecisionError(f"value:{value_id} is {value.state}, not re-opened: nothing to decide")
        if corrected is not None:
            refuse_second_value(tx, value.report_id, corrected, besides=value_id)
            _refuse_seeded(tx, value_id, corrected)
        # An adjudicator settles a disagreement of others alone; without one the adjudicator is one voice of two.
        settles = _may_settle(tx, value, person)
        decision = Decision(at, person.person_id, action, "value", value_id, reason=reason, details=details)
        record_decision(tx, decision)
        latest = decided_since_reopening(tx, value_id)
        agreeing = [d for d in latest.values() if reading_key(d) == reading_key(decision)]
        if not settles and (len(agreeing) < protocol.living.approvals_needed or readings_differ(latest.values())):
            return "reopened"
        put_value(tx, _settled(value, agreeing, action, at=at))
        return "withdrawn" if action == "withdraw" else "approved"


def _may_settle(tx: Transaction, value: CuratedValue, person: Reviewer) -> bool:
    """Tell whether a person's decision settles what others decided differently.

    Raises
    ------
    DecisionError
        The person decided already, or others differ and an adjudicator has to settle it.
    """
    decided = decided_since_reopening(tx, value.value_id)
    if person.person_id in decided:
        raise DecisionError(f"value:{value.value_id}: your decision is in already; take it back to decide again")
    if standing_of(value, decided) != "conflict":
        return False
    if person.role != "adjudicator":
        raise DecisionError(f"value:{value.value_id}: its readers differ: an adjudicator settles it now")
    return True


def _settled(value: CuratedValue, agreeing: Sequence[Decision], action: str, *, at: str) -> CuratedValue:
    """Return the value as it stands after the decision that settled it."""
    if action != "correct":
        return replace(value, state="withdrawn" if action == "withdraw" else "approved")
    first = agreeing[0]
    corrected, before = ReportedValue(**first.details["value"]), {one.field: one for one in value.corrections}
    used = apply_corrections(value.reported, value.corrections)
    people = tuple(decision.by for decision in agreeing)
    made = {
        name: ValueCorrection(
            field=name,
            reported=getattr(value.reported, name),
            corrected=getattr(corrected, name),
            reason=first.reason or "",
            by="; ".join(people),
            on=at[:10],
            kind="correction",
        )
        for name in ReportedValue.__dataclass_fields__
        if getattr(corrected, name) != getattr(used, name)
    }
    # A field that says again what the report said first needs no correction any more.
    kept = {name: one for name, one in (before | made).items() if name not in made or one.corrected != one.reported}
    return replace(value, state="approved", corrections=tuple(kept.values()), approved_by=people, approved_at=at)


def _refuse_seeded(tx: Transaction, value_id: str, corrected: ReportedValue) -> None:
    """Refuse a number that was shown wrong on purpose for the value's proposal: no version could be frozen with it."""
    _, shown = curated_from(tx).get(value_id, (None, ()))
    if any(holds_wrong(corrected, wrong) for wrong in shown):
        raise DecisionError(
            f"value:{value_id}: a number of this correction was once shown wrong on purpose for its proposal and can "
            "never be used; withdraw the value, and let the erratum be read as a report of its own"
        )


def known_value(tx: Transaction, value_id: str) -> CuratedValue:
    """Return a curated value.

    Raises
    ------
    DecisionError
        There is no such value.
    """
    value = get_value(tx, value_id)
    if value is None:
        raise DecisionError(f"value:{value_id}: no such value")
    return value
