"""The audit against what people were told: nothing lost, nothing doubled."""

from __future__ import annotations

from collections import Counter

from extract.store.decisions import all_decisions, verify_chain
from extract.store.engine import Store
from tests.load.reviewers import Work

KINDS = {"record": "record", "candidate": "value"}


def logged_decisions(store: Store) -> Counter[tuple[str, str]]:
    """Return how often each person decided on each item, from a log whose chain holds."""
    with store.read() as tx:
        logged = all_decisions(tx)
        if verify_chain(tx) != len(logged):
            raise AssertionError("the chain of the decision log is not as long as the log")
    return Counter(
        (d.decision.by, f"{KINDS[d.decision.subject_kind]}:{d.decision.subject_id}")
        for d in logged
        if d.decision.subject_kind in KINDS and d.decision.action in ("vote", "approve", "reject")
    )


def lost_and_doubled(store: Store, done: Work) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return decisions people were told of that are not in the log, and those in it that nobody was told of."""
    logged, told = logged_decisions(store), done.saved
    return sorted((told - logged).elements()), sorted((logged - told).elements())
