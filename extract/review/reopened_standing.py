"""Where a re-opened value stands: what people decided since, and whether an adjudicator has to settle it."""

from __future__ import annotations

from collections.abc import Mapping

from extract.review.readings import readings_differ
from extract.store.curated import CuratedValue, reopened_though_read_by
from extract.store.decisions import Decision, decisions_on
from extract.store.engine import Transaction


def decided_since_reopening(tx: Transaction, value_id: str) -> dict[str, Decision]:
    """Return each person's decision on a value since it was last re-opened, without what was taken back."""
    since = [d.decision for d in decisions_on(tx, "value", value_id)]
    last_reopen = max((i for i, d in enumerate(since) if d.action == "reopen"), default=-1)
    latest: dict[str, Decision] = {}
    for decision in since[last_reopen + 1 :]:
        latest.pop(decision.by, None)
        if decision.action != "undo":
            latest[decision.by] = decision
    return latest


def standing_of(value: CuratedValue, decided: Mapping[str, Decision]) -> str:
    """Return where a value stands: ``conflict`` where it is re-opened and people decided differently about it."""
    differ = value.state == "reopened" and readings_differ(decided.values())
    return "conflict" if differ else value.state


def disputed(tx: Transaction) -> dict[str, frozenset[str]]:
    """Return the re-opened values about which people decided differently, and who they are."""
    found = {value_id: decided_since_reopening(tx, value_id) for value_id in reopened_though_read_by(tx, 2)}
    return {value_id: frozenset(latest) for value_id, latest in found.items() if readings_differ(latest.values())}
