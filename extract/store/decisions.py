"""The append-only decision log, chained by hashes so that a missing or changed entry shows.

The database refuses UPDATE and DELETE (see :mod:`extract.store.append_only`); the chain shows what a person with
administrator rights on the database might have done all the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from dataclasses import field as dataclass_field
from typing import Any, Literal

from sqlalchemy import Row, bindparam, func, select

from extract.errors import StoreError
from extract.store.engine import Transaction, remembered
from extract.store.tables import decisions, screening_votes

GENESIS = "0" * 64
"""Hash before the first decision."""


@dataclass(frozen=True)
class Decision:
    """One decision: who did what to which thing, when and why.

    Parameters
    ----------
    subject_kind, subject_id
        ``record`` (PMID), ``candidate``, ``value``, ``report``, ``study``, ``bias`` (study~outcome) or ``synthesis``.
    field, old, new
        What changed, if one field did.
    details
        Whatever else the action needs to be understood again, as plain JSON.
    """

    at: str
    by: str
    action: str
    subject_kind: str
    subject_id: str
    field: str | None = None
    old: str | None = None
    new: str | None = None
    reason: str | None = None
    details: dict[str, Any] = dataclass_field(default_factory=dict)


@dataclass(frozen=True)
class LoggedDecision:
    """A decision with its number in the log."""

    seq: int
    decision: Decision


def record_decision(tx: Transaction, decision: Decision) -> int:
    """Append a decision and return its number."""
    last = tx.connection.execute(
        select(decisions.c.seq, decisions.c.hash).order_by(decisions.c.seq.desc()).limit(1)
    ).first()
    previous, seq = (last.hash, last.seq + 1) if last is not None else (GENESIS, 1)
    tx.connection.execute(
        decisions.insert().values(
            seq=seq, **asdict(decision), previous_hash=previous, hash=_hash(seq, decision, previous)
        )
    )
    return seq


def record_vote(tx: Transaction, decision: Decision, *, pmid: str, vote: str, reason_code: str | None) -> int:
    """Append a screening vote: the decision and its row for counting, together."""
    seq = record_decision(tx, decision)
    tx.connection.execute(
        screening_votes.insert().values(seq=seq, pmid=pmid, by=decision.by, vote=vote, reason_code=reason_code)
    )
    return seq


_VOTES_UNDONE = (
    select(decisions.c.by, func.max(decisions.c.seq).label("seq"))
    .where(
        decisions.c.subject_kind == "record",
        decisions.c.subject_id == bindparam("wanted"),
        decisions.c.action == "undo",
    )
    .group_by(decisions.c.by)
)
_VOTES = (
    select(screening_votes, decisions.c.details)
    .join(decisions, decisions.c.seq == screening_votes.c.seq)
    .where(screening_votes.c.pmid == bindparam("wanted"))
    .order_by(screening_votes.c.seq)
)


def latest_votes(tx: Transaction, pmid: str) -> dict[str, tuple[str, str | None, dict[str, Any]]]:
    """Return each person's latest vote on a record: ``{person: (vote, reason code, details)}``, oldest first.

    A vote its person took back does not count.
    """
    undone = {row.by: row.seq for row in tx.connection.execute(_VOTES_UNDONE, {"wanted": pmid})}
    rows = tx.connection.execute(_VOTES, {"wanted": pmid})
    return {row.by: (row.vote, row.reason_code, dict(row.details)) for row in rows if row.seq > undone.get(row.by, 0)}


def standing_decisions(tx: Transaction, kind: str) -> dict[str, dict[str, tuple[str, int]]]:
    """Return who decided what on every thing of a kind, without what was taken back.

    Returns
    -------
    dict
        ``{subject id: {person: (latest action, its number)}}``; for lists, where asking item by item is too slow.
    """
    found: dict[str, dict[str, tuple[str, int]]] = {}
    rows = tx.connection.execute(
        select(decisions.c.seq, decisions.c.subject_id, decisions.c.by, decisions.c.action)
        .where(decisions.c.subject_kind == kind)
        .order_by(decisions.c.seq)
    )
    for row in rows:
        people = found.setdefault(row.subject_id, {})
        if row.action == "undo":
            people.pop(row.by, None)
        elif row.action == "reopen":
            people.clear()
        else:
            people[row.by] = (row.action, row.seq)
    return found


_OF_ONE = (
    select(decisions)
    .where(decisions.c.subject_kind == bindparam("kind"), decisions.c.subject_id == bindparam("subject"))
    .order_by(decisions.c.seq)
)


@remembered
def decisions_on(tx: Transaction, kind: str, subject_id: str) -> tuple[LoggedDecision, ...]:
    """Return the decisions on one thing, oldest first."""
    return tuple(_logged(row) for row in tx.connection.execute(_OF_ONE, {"kind": kind, "subject": subject_id}))


_READ_BY_EACH = (
    select(decisions.c.subject_id, decisions.c.by, decisions.c.action)
    .where(
        decisions.c.subject_kind == bindparam("kind"),
        decisions.c.subject_id.in_(bindparam("wanted", expanding=True)),
        decisions.c.action.in_(("vote", "approve", "reject", "undo")),
    )
    .order_by(decisions.c.seq)
)


def read_by_each(tx: Transaction, kind: Literal["record", "candidate"], wanted: Collection[str]) -> dict[str, set[str]]:
    """Return whose vote, approval or rejection stands on each of several things: asked of all at once."""
    found: dict[str, set[str]] = {subject_id: set() for subject_id in wanted}
    if found:
        rows = tx.connection.execute(_READ_BY_EACH, {"kind": kind, "wanted": list(found)})
        for subject_id, person_id, action in rows:
            if action == "undo":
                found[subject_id].discard(person_id)
            else:
                found[subject_id].add(person_id)
    return found


@remembered
def decisions_of_kind(tx: Transaction, kind: str) -> tuple[LoggedDecision, ...]:
    """Return the decisions on every thing of a kind, oldest first."""
    query = select(decisions).where(decisions.c.subject_kind == kind).order_by(decisions.c.seq)
    return tuple(_logged(row) for row in tx.connection.execute(query))


def all_decisions(tx: Transaction) -> tuple[LoggedDecision, ...]:
    """Return the whole log, oldest first."""
    return tuple(_logged(row) for row in tx.connection.execute(select(decisions).order_by(decisions.c.seq)))


def last_decided(tx: Transaction) -> str | None:
    """Return the time of the last decision, or None while there is none."""
    return tx.connection.execute(select(decisions.c.at).order_by(decisions.c.seq.desc()).limit(1)).scalar()


def verify_chain(tx: Transaction) -> int:
    """Check the whole chain and return how many decisions it holds.

    Raises
    ------
    StoreError
        An entry is missing or was changed; the message gives its number.
    """
    return _verify(tx, after=0, previous=GENESIS)


def verify_newest(tx: Transaction, *, entries: int) -> int:
    """Check the newest entries of the chain and that none is missing before them; return how many the log holds.

    An older entry that was changed does not show here: nothing new may be published on this alone.

    Raises
    ------
    StoreError
        As in :func:`verify_chain`.
    """
    newest, held = tx.connection.execute(select(func.max(decisions.c.seq), func.count())).one()
    after = max((newest or 0) - entries, 0)
    previous = tx.connection.execute(select(decisions.c.hash).where(decisions.c.seq == after)).scalar()
    if (after and previous is None) or held != (newest or 0):
        return verify_chain(tx)  # which says where the gap is
    return _verify(tx, after=after, previous=previous or GENESIS)


def _verify(tx: Transaction, *, after: int, previous: str) -> int:
    """Check the entries after one whose hash is given; return the number of the last."""
    expected = after + 1
    for row in tx.connection.execute(select(decisions).where(decisions.c.seq > after).order_by(decisions.c.seq)):
        if row.seq != expected or row.previous_hash != previous:
            raise StoreError(f"the decision log is broken before entry {row.seq}: entry {expected} is missing")
        if row.hash != _hash(row.seq, _logged(row).decision, previous):
            raise StoreError(f"entry {row.seq} of the decision log was changed after it was written")
        previous, expected = row.hash, expected + 1
    return expected - 1


def _hash(seq: int, decision: Decision, previous: str) -> str:
    # Not dataclasses.asdict: its deep copies took most of the time that verifying a long log takes.
    content = json.dumps([seq, vars(decision), previous], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def _logged(row: Row[Any]) -> LoggedDecision:
    return LoggedDecision(
        seq=row.seq,
        decision=Decision(
            at=row.at,
            by=row.by,
            action=row.action,
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
            field=row.field,
            old=row.old,
            new=row.new,
            reason=row.reason,
            details=dict(row.details),
        ),
    )
