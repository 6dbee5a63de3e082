"""Registered trials that the registry search found: a person lists one among the ongoing trials, or sets it aside."""

from __future__ import annotations

from dataclasses import dataclass

from extract.errors import DecisionError
from extract.review.people import reviewer
from extract.schema.protocol import Protocol
from extract.store.decisions import Decision, record_decision, standing_decisions
from extract.store.engine import Store, Transaction
from extract.store.registry import StoredTrial, all_trials, get_trial

LIST = "list"
SET_ASIDE = "set_aside"


@dataclass(frozen=True)
class TrialItem:
    """A trial with what people decided on it last: ``list``, ``set_aside``, or None while nobody has looked."""

    trial: StoredTrial
    decided: str | None


def trial_items(tx: Transaction) -> tuple[TrialItem, ...]:
    """Return every trial of the registries, those nobody has looked at first."""
    decided = standing_decisions(tx, "trial")
    items = [TrialItem(trial, latest_of(decided.get(trial.registry_id, {}))) for trial in all_trials(tx)]
    return tuple(sorted(items, key=lambda item: (item.decided is not None, item.trial.registry_id)))


def latest_of(people: dict[str, tuple[str, int]]) -> str | None:
    """Return the latest action of those standing (:func:`extract.store.decisions.standing_decisions`), or None."""
    return max(people.values(), key=lambda each: each[1])[0] if people else None


def decide_trial(
    store: Store, protocol: Protocol, registry_id: str, *, by: str, at: str, listed: bool, reason: str | None
) -> None:
    """List a registered trial among the ongoing ones, or set it aside with a reason; the last decision stands.

    Raises
    ------
    DecisionError
        Unknown trial or person, or a trial set aside without a reason.
    """
    person = reviewer(protocol, by)
    if not listed and not (reason or "").strip():
        raise DecisionError("to set a trial aside needs --reason: why is it not about the question")
    with store.write() as tx:
        if get_trial(tx, registry_id) is None:
            raise DecisionError(f"trial {registry_id!r}: no registry gave it; `living-review trial list` shows them")
        action = LIST if listed else SET_ASIDE
        record_decision(tx, Decision(at, person.person_id, action, "trial", registry_id, reason=reason))
