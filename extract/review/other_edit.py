"""What somebody else (or the same person in another tab) decided meanwhile, beside what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from extract.review.blinding import barred_from_second, saw_proposal
from extract.review.fields import label_of, text_of
from extract.review.inbox import SUBJECTS
from extract.schema.protocol import Protocol
from extract.schema.vocabulary import RecordState
from extract.store.candidates import get_candidate
from extract.store.decisions import Decision, decisions_on
from extract.store.engine import Transaction
from extract.store.records import get_record


@dataclass(frozen=True)
class EditedField:
    """A field two people filled in differently."""

    label: str
    yours: str
    theirs: str


def other_edit(
    tx: Transaction, protocol: Protocol, item: str, person_id: str, typed: Mapping[str, str]
) -> tuple[EditedField, ...]:
    """Return where the latest decision on an item differs from what was typed.

    Nothing of it shows to a person who may still have to judge independently.
    """
    kind, _, identifier = item.partition(":")
    logged = decisions_on(tx, SUBJECTS.get(kind, kind), identifier)
    if not logged or not _may_see(tx, protocol, item, person_id):
        return ()
    last = logged[-1].decision
    who = "you" if last.by == person_id else last.by
    decided = " ".join(filter(None, (last.action.replace("_", " "), last.new)))
    told = [EditedField("Decision", "not saved", f"{who}: {decided}, {last.at[11:16]} UTC")]
    told += [
        EditedField(label_of(name), typed[name], theirs)
        for name, theirs in _fields(last).items()
        if name in typed and typed[name].strip() != theirs
    ]
    return tuple(told)


def _fields(decision: Decision) -> dict[str, str]:
    value = decision.details.get("value") or decision.details.get("study") or {}
    return {name: text_of(content) for name, content in value.items()} | {"reason": decision.reason or ""}


def _may_see(tx: Transaction, protocol: Protocol, item: str, person_id: str) -> bool:
    kind, _, identifier = item.partition(":")
    own = any(d.decision.by == person_id for d in decisions_on(tx, SUBJECTS.get(kind, kind), identifier))
    if kind == "record":
        record = get_record(tx, identifier)
        settled = (RecordState.INCLUDED, RecordState.EXCLUDED, RecordState.CONFLICT)
        return own or (record is not None and record.state in settled)
    if kind == "value":
        candidate = get_candidate(tx, identifier)
        awaited = candidate is not None and candidate.state in ("proposed", "needs_second")
        barred = barred_from_second(tx, protocol, identifier, person_id)
        return own or not awaited or (barred and saw_proposal(tx, identifier, person_id))
    return own
